"""The algorithms in plain Python, written to be read next to their Rust mirrors of the same name in ``rust/``.

This folder is byte-pair encoding: three rungs, and two folders that extend the last. ``basic``, on the three functions of
``pairs``, is BPE in a hundred lines, text in and text out; ``small`` is all of it in one file; the core, the other files here,
does the same at the right cost, and imports nothing of what follows. ``published`` extends it by what files of published
tokenizers need, and ``more`` by further uses of BPE. Read the files in this order. ``basic``, ``small`` and
``text`` exist in Python only.

1. ``pairs``: count pairs, merge a pair, and what that changes
2. ``basic``: byte-pair encoding, text in and text out; type it along
3. ``small``: all of it in one file, with pieces, special tokens, streams, ranks and files
4. ``text``: ``str`` or ``bytes`` -> UTF-8
5. ``pretokenize``: text -> pieces
6. ``special``: text -> segments and special tokens
7. ``vocab``: ids <-> bytes, merges, ranks
8. ``merging``: the parts of a piece, of which the pair of lowest rank is merged first
9. ``encode``: piece -> ids
10. ``count``: text -> words with counts
11. ``train``: words with counts -> merges
12. ``decode``: ids -> bytes -> text
13. ``codec``: all of it put together
14. ``published``: patterns, normal forms, characters, markers, words
15. ``more``: dropout, parity, traces, sessions, what may follow, chunks, two tokenizers over one text
"""
