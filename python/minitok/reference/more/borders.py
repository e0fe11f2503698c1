r"""Where a text may end: before a heading, after a paragraph, a line, a sentence, a word.

A *border* is a place between two characters. The kinds of borders, best first:

- ``heading``: before an ATX heading of Markdown
- ``paragraph``: after a blank line, before a line without indentation
- ``block``: after any other blank line, and any in fenced code
- ``line``: after another line
- ``sentence``: after a sentence
- ``wrap``: after a line that was only wrapped, a line of fenced code, or a heading
- ``clause``: after a comma, a colon, a bracket
- ``space``: before white space
- ``word``: between a word and something else, and next to each character of a script without spaces
- ``character``: between graphemes, what a reader takes for one character

White space before a word goes with the word, and a line feed with the line that it ends. Where a kind is not wanted, its
borders count as the next kind that is.

By hand: ``# A\n\nHi. You`` has a wrap border after each line feed, since the heading stays with what it heads; a sentence
border before the last space; and one of the kind ``space`` before ``A``.

Lines are read once, forward, so what a border is does not depend on what follows the next line: a fence that is open stays
open, as in Markdown, though not forever.

Invariants: a border is never inside a grapheme or a token that was found. What is added after a text, after a whole line,
changes no border before that line.

Costs: O(n) for the lines of n characters, then O(1) for a place, or what stands between a sentence and the next word.

Implements SPEC C2 and C3.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from .fences import closes, fence_of, is_blank, is_heading, is_item
from .graphemes import flag_runs, is_alone, is_grapheme_border, is_letter, is_space, is_word
from .sentences import CLAUSES, CLOSERS, ENDING, TERMINALS, WIDE, WIDE_CLAUSES, ends_sentence

KINDS = ("heading", "paragraph", "block", "line", "sentence", "wrap", "clause", "space", "word", "character", "end")
HEADING, PARAGRAPH, BLOCK, LINE, SENTENCE, WRAP, CLAUSE, SPACE, WORD, CHARACTER, END = range(11)

# Names for several. Code has no headings, sentences and clauses.
PRESETS = {"text": range(CHARACTER), "code": (PARAGRAPH, BLOCK, LINE, WRAP, SPACE, WORD)}

APOSTROPHES = "'\u2019"

# A line that is shorter was not ended by wrapping.
WRAPPED = 40
# What ends a line that was not wrapped, and what begins the next line of one that was, besides letters and digits.
STOPS = ":;|>}"
OPENERS = "\"'(`*_[\u201c\u2018\u00ab"
# After how many lines fenced code ends that nothing has closed.
FENCED = 200


def kinds_of(names: Iterable[str]) -> list[int]:
    """Returns the kinds that some names stand for, ascending. ``text`` stands for all, ``code`` for those of program code.

    >>> kinds_of(["sentence", "paragraph"]), kinds_of(["code"])
    ([1, 4], [1, 2, 3, 5, 7, 8])
    """
    found: set[int] = set()
    for name in names:
        if name not in (*PRESETS, *KINDS[:CHARACTER]):
            known = ", ".join(KINDS[:CHARACTER])
            raise ValueError(f"there is no border {name!r}: a chunk ends at text or code, or at some of {known}")
        found.update(PRESETS[name] if name in PRESETS else [KINDS.index(name)])
    return sorted(found)


def line_borders(text: str, markdown: bool) -> list[tuple[int, int]]:
    r"""Returns the places after the line feeds, each with its kind. ``markdown``: whether headings and fences are read.

    >>> line_borders("# A\n\nb\n\nc", True)
    [(4, 5), (5, 5), (7, 3), (8, 1)]
    """
    found: list[tuple[int, int]] = []
    lines, start = LineReader(markdown), 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if start > 0:
            found.append((start, lines.kind_before(line)))
        lines.read(line)
        start = end + 1
    return found


class LineReader:
    """What is known of the lines read so far: the last one, a fence that is open, a heading that nothing has followed yet."""

    def __init__(self, markdown: bool) -> None:
        self.markdown = markdown
        self.above, self.fence, self.headed = "", "", False
        self.left = 0  # how many lines of a fence may follow

    def kind_before(self, line: str) -> int:
        """Returns the kind of the border between the last line and the next."""
        fenced, headed = self.fence != "", self.headed and self.fence == ""
        if is_blank(line):
            return WRAP if fenced or headed or is_blank(self.above) else LINE
        if headed:
            return WRAP
        if self.markdown and not fenced and is_heading(line):
            return HEADING
        if is_blank(self.above):
            return BLOCK if fenced or is_space(line[0]) else PARAGRAPH
        return WRAP if fenced or self.opens(line) != "" or continues(self.above, line) else LINE

    def opens(self, line: str) -> str:
        """Returns the marks of the next line if it opens fenced code: not what underlines a title, as in reStructuredText."""
        marks = fence_of(line) if self.markdown else ""
        return "" if marks.startswith("~") and not is_blank(self.above) else marks

    def read(self, line: str) -> None:
        """Goes on to the next line."""
        if self.markdown and not is_blank(line):
            self.headed = self.fence == "" and is_heading(line)
        if self.fence == "":
            self.fence, self.left = self.opens(line), FENCED
        elif self.left == 0 or closes(line, self.fence):
            self.fence = ""
        self.left, self.above = self.left - 1, line


def continues(above: str, line: str) -> bool:
    """Whether a line goes on with a sentence of the line above it, which was wrapped."""
    length = len(above)
    while length > 0 and is_space(above[length - 1]):
        length -= 1
    if length < WRAPPED or above[length - 1] in STOPS or is_item(line):
        return False
    return (is_word(line[0]) or line[0] in OPENERS) and not ends_sentence(above, length, line[0])


def kind_within(text: str, place: int) -> int:
    """Returns the kind of a border within a line.

    >>> [kind_within("Hi, you. So", place) for place in (1, 3, 4, 8)] == [CHARACTER, CLAUSE, CHARACTER, SENTENCE]
    True
    """
    left, right = text[place - 1], text[place]
    if is_letter(left) and is_letter(right):
        return CHARACTER
    if is_space(left) or right in "\r\n" or right in ENDING:
        return CHARACTER
    spaced = is_space(right)
    if spaced or left in WIDE or (left in CLOSERS and place > 1 and text[place - 2] in WIDE):
        at = place
        # Only after what may end a sentence.
        while (left in TERMINALS or left in CLOSERS) and at < len(text) and is_space(text[at]):
            at += 1
        if ends_sentence(text, place, text[at : at + 1]):
            return SENTENCE
    if (spaced and left in CLAUSES) or left in WIDE_CLAUSES:
        return CLAUSE
    if spaced:
        return SPACE
    if left in APOSTROPHES or right in APOSTROPHES:
        return CHARACTER
    return WORD if is_word(left) != is_word(right) or is_alone(left) or is_alone(right) else CHARACTER


class Borders:
    """The borders of a text, of the kinds that are wanted.

    Args:
        text: The text.
        wanted: The kinds, ascending.
        kept: Where tokens that were found begin and end, ascending: no border is inside one.

    >>> borders = Borders("One fish. Two fish", [SENTENCE, SPACE], [])
    >>> borders.best(2, 14), borders.best(9, 14), borders.nearest(WORD, 0, 8)
    ((9, 4), (13, 7), (3, 7))
    """

    def __init__(self, text: str, wanted: Sequence[int], kept: Sequence[tuple[int, int]]) -> None:
        self.text, self.kept = text, kept
        # What a border of each kind counts as: the first kind wanted from its own on.
        self.counts_as = [min((other for other in wanted if other >= kind), default=CHARACTER) for kind in range(10)]
        self.lines = line_borders(text, HEADING in wanted)
        self.flags = flag_runs(text)

    def kind_at(self, place: int) -> int | None:
        """Returns the kind of a place within the text as it counts; None if it is not a border."""
        if not self.is_free(place):
            return None
        if self.text[place - 1] == "\n":
            return self.counts_as[self.lines[bisect_left(self.lines, (place, 0))][1]]
        return self.counts_as[kind_within(self.text, place)]

    def is_free(self, place: int) -> bool:
        """Whether a place is between graphemes, and in no token that was found."""
        return not self.cuts_token(place) and is_grapheme_border(self.text, place, self.flags)

    def cuts_token(self, place: int) -> bool:
        """Whether a place is inside a token that was found."""
        number = bisect_left(self.kept, (place, 0))
        return number > 0 and self.kept[number - 1][1] > place

    def best(self, after: int, upto: int) -> tuple[int, int] | None:
        """Returns the best border with ``after < place <= upto``, of these the last, and its kind."""
        found: tuple[int, int] | None = None
        first, last = (bisect_right(self.lines, (place, END)) for place in (after, upto))
        for place, kind in reversed(self.lines[first:last]):
            kind = self.counts_as[kind]
            if kind < (found[1] if found else CHARACTER) and self.is_free(place):
                found = place, kind
        if found and found[1] < SENTENCE:
            return found
        # The best that may be found within lines.
        least = min(found[1] if found else CHARACTER, self.counts_as[SENTENCE])
        found = None
        for place in range(upto, after, -1):
            there = self.kind_at(place)
            if there is not None and there < (found[1] if found else CHARACTER):
                found = place, there
                if there <= least:
                    break
        return found

    def nearest(self, least: int, after: int, upto: int) -> tuple[int, int] | None:
        """Returns the last border with ``after < place <= upto`` of a kind, or of a better one, and its kind."""
        for place in range(upto, after, -1):
            kind = self.kind_at(place)
            if kind is not None and kind <= least:
                return place, kind
        return None

    def first(self, least: int, start: int, end: int) -> int | None:
        """Returns the first border with ``start <= place < end`` of a kind, or of a better one."""
        for place in range(start, end):
            kind = self.kind_at(place)
            if kind is not None and kind <= least:
                return place
        return None

    def last_character(self, after: int, upto: int) -> int | None:
        """Returns the last place with ``after < place <= upto`` between graphemes, or else between characters."""
        for whole in (True, False):
            for place in range(upto, after, -1):
                if self.is_free(place) if whole else not self.cuts_token(place):
                    return place
        return None
