"""The algorithms in plain Python, written to be read beside their Rust mirrors of the same name in ``rust/``.

Read the files in this order. The first two exist in Python only.

1. ``basic``: byte-pair encoding, text in and text out; type it along
2. ``naive``: the same on pieces of bytes; the oracle of the tests
3. ``pairs``: count pairs, merge a pair, and what that changes
4. ``pretokenize``: text -> pieces; ``families``: its patterns of open models, by name
5. ``special``: text -> segments and special tokens
6. ``vocab``: ids <-> bytes, merges, ranks
7. ``count``: text -> words with counts
8. ``train``: words with counts -> merges
9. ``encode``: piece -> ids, by ``merging`` its parts
10. ``decode``: ids -> bytes -> text
11. ``codec``: all of it put together
12. ``regexes``: the regular expressions that mean the same in both languages, read with ``regex_reader`` into ``regex_tree``
13. ``unicode``: which characters are letters, digits, white space
14. ``trace``: what training and encoding did, step by step, as data
15. ``packed``: the vocabularies inside the package -> ids and merges
16. ``ranks``: merges from ranks and from scores
17. ``characters``: vocabularies of characters, with byte fallback or an unknown token
18. ``metaspace``: the space as a marker, and the space before a text
19. ``byte_chars``: bytes as characters, for patterns that cut these
20. ``normal_forms``: the normal forms of Unicode
21. ``normalize``: what is done to a text before it is cut
22. ``words``: pieces of words, where the text between words is dropped
23. ``flags``: what tokens that are found in text take of the text around them
24. ``preprocess``: text -> segments, by all of these steps
"""
