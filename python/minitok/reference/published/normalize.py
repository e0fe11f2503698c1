r"""Steps that change a text before it is cut: normal forms of Unicode, small letters, and replacements.

========================= ====================================================================================================
``"NFC"``, ...            the normal form
``"lowercase"``           small letters of Unicode 17, character by character: a final sigma is not an exception
``"space_ideographs"``    a space before and after each Chinese character (BERT)
``("replace", p, text)``  the text in place of each match of the pattern ``p``
``("prepend", text)``     the text before a segment that is not empty
========================= ====================================================================================================

A normalizer takes the steps in turn. By hand, CLIP's ``("NFC", ("replace", r"\s+", " "), "lowercase")``: ``A\n\n Cat`` ->
``A Cat`` -> ``a cat``.

``aligned`` also says where each byte of the result comes from. A character of a normal form comes from the characters that it
was made of, each character of a replacement from the whole match, and a character that is put in from the empty range after
the character before it. By hand, with the steps above: the space in ``a cat`` comes from the bytes 1 to 4.

Bytes that are not UTF-8 do not change; a pattern sees U+FFFD in their place.

Costs: O(n) for each step, and what the pattern needs, up to the limit of SPEC P6. A text that steps make too long is an error
before it takes the memory.

Implements SPEC N1 and N2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from ...errors import VocabularyError
from ...lazy import lines_in_package
from ..text import utf8
from .characters import characters
from .normal_forms import FORMS, Change, normal_changes
from .patterns import compile_pattern, limited_matches
from .unicode import contains

Step = str | tuple[str, ...]
# One step, or several.
Steps = Step | Sequence[Step]
# Where a byte comes from: a range of bytes.
Span = tuple[int, int]

STEPS = (*FORMS, "lowercase", "space_ideographs", "replace", "prepend")
# The steps that look at no more than a character and the marks after it.
LOCAL = (*FORMS, "lowercase")
# How many texts a step has besides its name.
TEXTS = {"replace": 2, "prepend": 1}
# How long the steps may make a text, in bytes: this many times its length (a normal form makes it up to 11 times as long), plus
# a constant.
MOST_TIMES = 64
MOST_MORE = 4096
IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


class Normalizer:
    """Steps that have been checked by ``check_step``, ready for texts."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.patterns = {step[1]: compile_pattern(step[1]) for step in self.steps if step[0] == "replace"}

    def is_local(self) -> bool:
        """Whether all steps look at no more than a character and the marks after it."""
        return all(step in LOCAL for step in self.steps)

    def apply(self, text: bytes) -> bytes:
        r"""Returns the text after all steps.

        >>> Normalizer([("replace", r"\s+", " "), "lowercase"]).apply(b"A  Cat")
        b'a cat'

        Raises:
            PatternError: A pattern takes too long.
            VocabularyError: A step makes the text too long.
        """
        return self.run(text, None)[0]

    def aligned(self, text: bytes) -> tuple[bytes, list[Span]]:
        r"""Returns the text after all steps, and for each byte of it the range of bytes that its character comes from.

        >>> Normalizer([("replace", r"\s+", " "), "lowercase"]).aligned(b"A  C")
        (b'a c', [(0, 1), (1, 3), (3, 4)])
        """
        spans = [(start, end) for _, start, end in chars_with_offsets(text) for _ in range(start, end)]
        made, found = self.run(text, spans)
        return made, found or []

    def run(self, text: bytes, spans: list[Span] | None) -> tuple[bytes, list[Span] | None]:
        """The text after all steps, and, where they are given, the spans of its bytes."""
        most = most_bytes(len(text))
        for number, step in enumerate(self.steps, 1):
            found = list(self.changes(step, text))
            length = len(text) + sum(len(part) for _, _, parts in found for part, _, _ in parts)
            length -= sum(end - start for start, end, _ in found)
            self.check_length(number, length, most)
            text, spans = changed(text, found, spans)
        return text, spans

    def check_length(self, number: int, length: int, most: int) -> None:
        """Refuses a text that a step makes longer than it may be."""
        if length > most:
            raise VocabularyError(
                f"step {number} of the normalizer, {name_of(self.steps[number - 1])}, makes the text too long: {length} bytes, "
                f"where {most} are allowed"
            )

    def changes(self, step: Step, text: bytes) -> Iterator[Change]:
        """What a step changes in a text."""
        name = name_of(step)
        if name in FORMS:
            return normal_changes(text, name)
        if name == "lowercase":
            return lowercase(text)
        if name == "space_ideographs":
            return space_ideographs(text)
        if name == "replace":
            found = limited_matches(self.patterns[step[1]], step[1], text)
            new = step[2].encode()
            return ((start, end, [(new, start, end)]) for start, end in found if start < end)
        return iter([(0, 0, [(step[1].encode(), 0, 0)])] if text else [])


def most_bytes(length: int) -> int:
    """How long the steps may make a text of some length."""
    return MOST_TIMES * length + MOST_MORE


def changed(text: bytes, changes: Iterable[Change], spans: list[Span] | None) -> tuple[bytes, list[Span] | None]:
    """The text with changes, and the spans of its bytes, where they are given."""
    made: list[bytes] = []
    places: list[Span] = []
    done = 0
    for start, end, parts in changes:
        made.append(text[done:start])
        if spans is not None:
            places += spans[done:start]
        for part, first, last in parts:
            made.append(part)
            if spans is not None:
                places += [span_of(spans, first, last)] * len(part)
        done = end
    if not made:
        return text, spans
    made.append(text[done:])
    return b"".join(made), None if spans is None else places + spans[done:]


def span_of(spans: Sequence[Span], start: int, end: int) -> Span:
    """Where a range of bytes comes from; an empty one from after what the byte before it comes from."""
    if start == end:
        at = spans[start - 1][1] if start else 0
        return at, at
    return min(span[0] for span in spans[start:end]), max(span[1] for span in spans[start:end])


def chars_with_offsets(text: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yields the characters of a text, each with the range of its bytes; a byte that is not part of one counts as one."""
    at = 0
    for char in characters(text):
        yield char, at, at + len(char)
        at += len(char)


def lowercase(text: bytes) -> Iterator[Change]:
    """Each capital letter becomes its small letter."""
    small = small_letters()
    for char, start, end in chars_with_offsets(text):
        if char in small:
            yield start, end, [(small[char], start, end)]


@cache
def small_letters() -> dict[bytes, bytes]:
    """The small form of each character that has another."""
    found = {}
    for line in lines_in_package(__file__, "small_letters_17.txt"):
        if line.startswith("#"):
            continue
        ends, *fields = line.split()
        ends, _, every = ends.partition("/")
        first, _, last = ends.partition("-")
        small, *more = (int(field, 16) for field in fields)
        for char in range(int(first, 16), int(last or first, 16) + 1, int(every or 1)):
            codes = [small + char - int(first, 16), *more]
            found[chr(char).encode()] = "".join(map(chr, codes)).encode()
    return found


def space_ideographs(text: bytes) -> Iterator[Change]:
    """Each Chinese character gets a space before and after it."""
    for char, start, end in chars_with_offsets(text):
        if len(char) > 1 and contains(IDEOGRAPHS, ord(char.decode())):
            yield start, end, [(b" ", start, start), (char, start, end), (b" ", end, end)]


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
    parts: Sequence[Any] = step if isinstance(step, (list, tuple)) and step else [step]
    name, *texts = parts
    if name not in STEPS:
        raise VocabularyError(f"unknown normalizer {name!r}; expected one of {', '.join(STEPS)}")
    if len(texts) != TEXTS.get(name, 0) or not all(isinstance(text, str) for text in texts):
        raise VocabularyError(f"the normalizer {name} takes {TEXTS.get(name, 0)} texts, not {texts!r}")
    if name == "replace":
        compile_pattern(texts[0])
    return (name, *(utf8(text).decode() for text in texts)) if texts else name


def steps_of(normalizer: Steps | None) -> tuple[Step, ...]:
    """The steps of a normalizer that has been checked."""
    if normalizer is None:
        return ()
    if isinstance(normalizer, str) or is_step(normalizer):
        return (normalizer,)  # type: ignore[return-value]  # is_step says so
    return tuple(normalizer)


def name_of(step: Step) -> str:
    """The name of a step."""
    return step if isinstance(step, str) else step[0]
