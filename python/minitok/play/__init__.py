"""The playground: minitok in a browser, served from this machine and fetching nothing from any other.

``app.create_app`` is a Starlette application over pure functions: ``answers`` (tokens, a piece explained, split lanes, a page
to keep), ``learning`` (a training, reported while it runs) and ``tokenizers`` (those that a reader may name). ``guard`` admits
only the reader's own page. ``server`` runs it; ``static/`` is what the browser gets: modules without a build step.

Needs the extra ``play``: ``pip install 'minitok[play]'``.
"""
