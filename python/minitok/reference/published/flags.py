r"""How a token that is found in text affects the text around it, and on what it depends.

=============== ==================================================================
``lstrip``      it takes the white space before it
``rstrip``      it takes the white space after it
``single_word`` it is found only where no character of a word is next to it (``\w``)
``hides``       where it is not allowed, no other token is found in its text
=============== ==================================================================

By hand, ``a <s> b`` with ``rstrip`` for ``<s>``: the segment ``a·``, the token ``<s>·``, the segment ``b``.

A token that hides others is found wherever it stands, and left as text where it is not allowed (``special``).

A token of white space that would take what is before it, and stands in what the token before it takes, is not found.

Where the spaces of a text are markers already, they are not white space, and no token takes one.

Invariants: the parts leave no gap, and of two tokens next to the same white space, the first takes it.

Costs: O(n).

Implements SPEC E9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..special import Slice
from .unicode import CharSet, contains, white_space, word

FLAGS = ("single_word", "lstrip", "rstrip")
HIDES = "hides"


def as_flagged(text: bytes, parts: Sequence[Slice], flags: Mapping[int, Collection[str]], marked: bool) -> list[Slice]:
    """Returns the parts of a text with the white space that tokens take, and without those that must stand alone.

    ``flags``: by id. ``marked``: the spaces of the text are markers.

    >>> as_flagged(b"a <s> b", [(0, 2, None), (2, 5, 256), (5, 7, None)], {256: ["rstrip"]}, marked=False)
    [(0, 2, None), (2, 6, 256), (6, 7, None)]
    """
    found: list[Slice] = []
    done = 0
    strips = False  # whether the last token takes the white space after it
    for start, end, token_id in parts:
        if token_id is None:
            continue
        own = flags.get(token_id, ())
        if "single_word" in own and touches_word(text, start, end):
            continue
        if strips:
            reach = space_end(text, done, end if "lstrip" in own else start, marked)
            done = end if reach == end else min(reach, start)
            found[-1] = (found[-1][0], done, found[-1][2])
            if done == end:
                continue
        first = before_space(text, done, start, marked) if "lstrip" in own else start
        if done < first:
            found.append((done, first, None))
        found.append((first, end, token_id))
        done, strips = end, "rstrip" in own
    if strips:
        done = space_end(text, done, len(text), marked)
        found[-1] = (found[-1][0], done, found[-1][2])
    if done < len(text):
        found.append((done, len(text), None))
    return found


def touches_word(text: bytes, start: int, end: int) -> bool:
    """Returns whether a character of a word is on either side of a range of the text."""
    before = text[max(0, start - 4) : start].decode("utf-8", "replace")
    after = text[end : end + 4].decode("utf-8", "replace")
    return is_of(before[-1:], word()) or is_of(after[:1], word())


def before_space(text: bytes, start: int, end: int, marked: bool) -> int:
    """Returns where the white space begins that ends at ``end``, from ``start`` on."""
    while size := next((n for n in (1, 2, 3) if start + n <= end and is_space(text[end - n : end], marked)), 0):
        end -= size
    return end


def space_end(text: bytes, start: int, end: int, marked: bool) -> int:
    """Returns where the white space ends that begins at ``start``, up to ``end``."""
    while size := next((n for n in (1, 2, 3) if start + n <= end and is_space(text[start : start + n], marked)), 0):
        start += size
    return start


def is_space(char: bytes, marked: bool) -> bool:
    """Returns whether these bytes are one white-space character; where spaces are markers, a space is not."""
    try:
        return is_of(char.decode(), white_space()) and not (marked and char == b" ")
    except UnicodeDecodeError:
        return False


def is_of(char: str, chars: CharSet) -> bool:
    """Returns whether a text is one character of a set."""
    return len(char) == 1 and contains(chars, ord(char))
