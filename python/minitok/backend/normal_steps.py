r"""Steps that change a text before it is cut: normal forms of Unicode, small letters, and replacements.

========================= ====================================================================================================
``"NFC"``, ...            the normal form
``"lowercase"``           small letters of Unicode 17, character by character: a final sigma is not an exception
``"space_ideographs"``    a space before and behind each Chinese character (BERT)
``("replace", p, text)``  the text in place of each match of the pattern ``p``
``("prepend", text)``     the text before a segment that is not empty
========================= ====================================================================================================

A normalizer is one of these or a sequence of them, which are taken in turn; None changes nothing. By hand, CLIP's
``("NFC", ("replace", r"\s+", " "), "lowercase")``: ``A\n\n Cat`` -> ``A Cat`` -> ``a cat``.

Bytes that are not UTF-8 do not change; a pattern sees U+FFFD in their place.

Costs: O(n), and what the pattern needs, up to the limit of SPEC P6. A text that steps make too long is an error before it takes
the memory.

Implements SPEC N2, for both backends.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..errors import PatternError, VocabularyError
from ..reference.pretokenize import STAND_INS, TIME_LIMIT, TIME_PER_CHAR, compile_pattern
from ..text import utf8
from .normal_forms import FORMS, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import regex

    Step = str | tuple[str, ...]
    Normalizer = Step | Sequence[Step]

__all__ = ["STEPS", "check_normalizer", "matches", "normalized", "steps_of"]

STEPS = (*FORMS, "lowercase", "space_ideographs", "replace", "prepend")
# How many texts a step has beside its name.
TEXTS = {"replace": 2, "prepend": 1}
# How long the steps may make a text, in bytes: this many times its length (a normal form makes it up to 11 times as long), plus
# a constant.
MOST_TIMES = 64
MOST_MORE = 4096
IDEOGRAPHS = (
    r"[\u4E00-\u9FFF\u3400-\u4DBF\U00020000-\U0002A6DF\U0002A700-\U0002B73F\U0002B740-\U0002B81F\U0002B920-\U0002CEAF"
    r"\uF900-\uFAFF\U0002F800-\U0002FA1F]"
)

# Capital letters that Unicode has got since version 13, which is that of Python 3.10, up to version 17: the first, the last,
# and the small form of the first.
NEWER_CAPITALS = (
    (0x1C89, 0x1C89, 0x1C8A),
    (0x2C2F, 0x2C2F, 0x2C5F),
    (0xA7C0, 0xA7C0, 0xA7C1),
    (0xA7CB, 0xA7CB, 0x0264),
    *((char, char, char + 1) for char in (0xA7CC, 0xA7CE, 0xA7D0, 0xA7D2, 0xA7D4, 0xA7D6, 0xA7D8, 0xA7DA)),
    (0xA7DC, 0xA7DC, 0x019B),
    (0x10570, 0x1057A, 0x10597),
    (0x1057C, 0x1058A, 0x105A3),
    (0x1058C, 0x10592, 0x105B3),
    (0x10594, 0x10595, 0x105BB),
    (0x10D50, 0x10D65, 0x10D70),
    (0x16EA0, 0x16EB8, 0x16EBB),
)
# Small forms that Python's own tables lack, depending on its version, or choose by what is beside the letter: the sigma's.
SMALL = {char: small + char - first for first, last, small in NEWER_CAPITALS for char in range(first, last + 1)}
SMALL[ord("\N{GREEK CAPITAL LETTER SIGMA}")] = ord("\N{GREEK SMALL LETTER SIGMA}")


def check_normalizer(normalizer: object) -> Step | tuple[Step, ...] | None:
    """Returns a normalizer in one spelling: None, one step, or a tuple of two steps or more.

    >>> check_normalizer(["NFC"]), check_normalizer(["NFC", ["prepend", "x"]])
    ('NFC', ('NFC', ('prepend', 'x')))

    Raises:
        VocabularyError: It is not a normalizer; the message says what is wrong.
        PatternError: A pattern is malformed.
    """
    if normalizer is None:
        return None
    if isinstance(normalizer, str) or is_step(normalizer):
        return check_step(normalizer)
    if not isinstance(normalizer, (list, tuple)):
        raise VocabularyError(f"a normalizer is a step or a sequence of steps, not {type(normalizer).__name__}")
    steps = tuple(check_step(step) for step in normalizer)
    return steps if len(steps) > 1 else steps[0] if steps else None


def is_step(value: object) -> bool:
    """Whether a sequence is one step with its texts."""
    if not isinstance(value, (list, tuple)) or len(value) < 2 or not isinstance(value[0], str):
        return False
    return value[0] in TEXTS and isinstance(value[1], str)


def check_step(step: object) -> Step:
    """Returns a step, as a string or a tuple."""
    name, *texts = [step] if isinstance(step, str) else step if isinstance(step, (list, tuple)) and step else [step]
    if name not in STEPS:
        raise VocabularyError(f"unknown normalizer {name!r}; there are {', '.join(STEPS)}")
    if len(texts) != TEXTS.get(name, 0) or not all(isinstance(text, str) for text in texts):
        raise VocabularyError(f"the normalizer {name} takes {TEXTS.get(name, 0)} texts, not {texts!r}")
    if name == "replace":
        compiled(texts[0])
    return (name, *texts) if texts else name


def steps_of(normalizer: Normalizer | None) -> tuple[Step, ...]:
    """The steps of a normalizer that has been checked."""
    if normalizer is None:
        return ()
    if isinstance(normalizer, str) or is_step(normalizer):
        return (normalizer,)  # type: ignore[return-value]  # is_step says so
    return tuple(normalizer)


def normalized(text: str | bytes, steps: Sequence[Step]) -> bytes:
    """Returns the text after all steps, as UTF-8.

    >>> normalized("A  Cat", (("replace", r"\\s+", " "), "lowercase"))
    b'a cat'

    Raises:
        PatternError: A pattern takes too long.
        VocabularyError: A step makes the text too long.
    """
    data = utf8(text)
    most = MOST_TIMES * len(data) + MOST_MORE
    for step in steps:
        if step in FORMS:
            data = normal(data, str(step))
        else:
            chars = data.decode("utf-8", "surrogateescape")
            data = changed(chars, step, most).encode("utf-8", "surrogateescape")
        check_length(len(data), most, step)
    return data


def check_length(length: int, most: int, step: Step) -> None:
    """Refuses a text that a step makes longer than it may be."""
    if length > most:
        raise VocabularyError(
            f"the normalizer's step {repr(step)[:80]} makes the text too long: "
            f"{length:,} bytes or more, where {most:,} are allowed"
        )


def changed(chars: str, step: Step, most: int) -> str:
    """Returns the text after a step that is not a normal form. A replacement is refused if it has more than ``most`` bytes."""
    if step == "lowercase":
        return (chars if chars.isascii() else chars.translate(SMALL)).lower()
    if step == "space_ideographs":
        return "".join(replaced(chars, IDEOGRAPHS, lambda found: f" {found} "))
    if step[0] == "prepend":
        return step[1] + chars if chars else chars
    parts = replaced(chars, step[1], lambda _: step[2])
    # Each part that takes a place is one text that they share: only joined do they take memory.
    check_length(sum(map(len, parts)), most, step)
    return "".join(parts)


def replaced(chars: str, pattern: str, text_for: Callable[[str], str]) -> list[str]:
    """The text in parts, with another in place of each match."""
    parts: list[str] = []
    done = 0
    for start, end in matches(chars, pattern):
        parts += [chars[done:start], text_for(chars[start:end])]
        done = end
    return [*parts, chars[done:]]


def matches(chars: str, pattern: str) -> Iterator[tuple[int, int]]:
    """Where the matches of a pattern stand that are not empty.

    Raises:
        PatternError: It takes too long.
    """
    view = chars if chars.isascii() else chars.translate(STAND_INS)
    try:
        for found in compiled(pattern).finditer(view, timeout=TIME_LIMIT + TIME_PER_CHAR * len(view)):
            if found.start() < found.end():
                yield found.span()
    except TimeoutError:
        raise PatternError(pattern, "matching the pattern takes too many steps") from None


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """The pattern, compiled once."""
    return compile_pattern(pattern)
