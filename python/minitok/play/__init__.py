"""The playground: minitok in a browser, served from this machine and fetching nothing from any other.

Reading order: ``answers`` (pure functions: tokens, a piece explained, split lanes, a page to keep), ``tokenizers`` (those that
a reader may name), ``learning`` (a training, reported while it runs), ``app`` (the Starlette application over them),
``requests`` (bodies of bounded size), ``guard`` (only the reader's own page is admitted), ``connections`` (idle ones are
closed), ``server`` (which runs it). ``static/`` is what the browser gets: modules without a build step.

Needs the extra ``play``: ``pip install 'minitok[play]'``.
"""
