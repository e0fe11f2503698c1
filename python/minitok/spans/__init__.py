"""Spans of text and of ids: which belong together, and what may be encoded by itself.

Reading order: ``offsets`` (where the tokens of a text stand in it), ``streaming`` (text that comes in chunks), ``cutting``
(where the tokens of any text end, and its beginning up to some number of them), ``chunks`` (a text in parts of a number of
tokens), ``segments`` (text of which only some spans may hold special tokens), ``session`` (a text that changes).
"""
