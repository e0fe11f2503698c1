"""What else can be done with byte-pair encoding. Its core needs none of it.

The files are independent, except where one names another. Each has its mirror of the same name in ``rust/``.

1. ``dropout``: piece -> ids at random
2. ``parity``: words of several languages -> merges that are fair to all
3. ``trace``: what training and encoding did, step by step, as data
4. ``viable``: which ids may come next
5. ``session``: a text that changes, and what that does to its ids
6. ``tails``: what may follow a text
7. ``graphemes``: what a reader takes for one character
8. ``fences``: lines of Markdown
9. ``sentences``: where a sentence ends
10. ``borders``: where a text may end: after a paragraph, a sentence, a word
11. ``chunk``: a text in parts of a limited number of tokens
12. ``align``: two lists of tokens over one text
"""
