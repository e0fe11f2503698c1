"""What else can be done with byte-pair encoding. Its core needs none of it.

The files are independent, except where one names another. Each has its mirror of the same name in ``rust/``.

1. ``dropout``: piece -> ids at random
2. ``parity``: words of several languages -> merges that are fair to all
3. ``trace``: what training and encoding did, step by step, as data
4. ``viable``: which ids may come next
5. ``session``: a text that changes, and what that does to its ids
6. ``tails``: what may follow a text
7. ``align``: two lists of tokens over one text

A text in chunks (SPEC C1 to C6) is in Rust alone, in files of the same folder there.
"""
