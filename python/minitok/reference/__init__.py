"""The algorithms in plain Python, written to be read beside their Rust mirrors of the same name in ``rust/``.

This folder is byte-pair encoding, an evening's reading; ``published`` is what the files of published tokenizers need besides.
Read the files in this order. The first three exist in Python only.

1. ``basic``: byte-pair encoding, text in and text out; type it along
2. ``small``: all of it in one file, with pieces, special tokens, streams, ranks and files
3. ``text``: ``str`` or ``bytes`` -> UTF-8
4. ``pairs``: count pairs, merge a pair, and what that changes
5. ``pretokenize``: text -> pieces
6. ``byte_chars``: bytes as characters, for patterns that cut these
7. ``special``: text -> segments and special tokens
8. ``vocab``: ids <-> bytes, merges, ranks
9. ``count``: text -> words with counts
10. ``train``: words with counts -> merges
11. ``parity``: words of several languages -> merges that are fair to all
12. ``merging``: the parts of a piece, of which the pair of lowest rank is merged first
13. ``encode``: piece -> ids
14. ``dropout``: piece -> ids at random
15. ``decode``: ids -> bytes -> text
16. ``codec``: all of it put together
17. ``trace``: what training and encoding did, step by step, as data
18. ``session``: a text that changes, and what that does to its ids
19. ``tails``: what may follow a text
20. ``graphemes``: what a reader takes for one character
21. ``fences``: lines of Markdown
22. ``borders``: where a text may end: behind a paragraph, a sentence, a word
23. ``chunk``: a text in parts of a limited number of tokens
24. ``align``: two lists of tokens over one text
"""
