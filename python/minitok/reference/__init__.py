"""The algorithms in plain Python, written to be read beside their Rust mirrors of the same name in ``rust/``.

This folder is byte-pair encoding, an evening's reading; ``published`` is what the files of published tokenizers need besides.
Read the files in this order. The first two exist in Python only.

1. ``basic``: byte-pair encoding, text in and text out; type it along
2. ``text``: ``str`` or ``bytes`` -> UTF-8
3. ``pairs``: count pairs, merge a pair, and what that changes
4. ``pretokenize``: text -> pieces
5. ``byte_chars``: bytes as characters, for patterns that cut these
6. ``special``: text -> segments and special tokens
7. ``vocab``: ids <-> bytes, merges, ranks
8. ``count``: text -> words with counts
9. ``train``: words with counts -> merges
10. ``parity``: words of several languages -> merges that are fair to all
11. ``merging``: the parts of a piece, of which the pair of lowest rank is merged first
12. ``encode``: piece -> ids
13. ``dropout``: piece -> ids at random
14. ``decode``: ids -> bytes -> text
15. ``codec``: all of it put together
16. ``trace``: what training and encoding did, step by step, as data
17. ``session``: a text that changes, and what that does to its ids
18. ``tails``: what may follow a text
19. ``borders``: where a text may end: behind a paragraph, a sentence, a word
20. ``chunk``: a text in parts of a limited number of tokens
"""
