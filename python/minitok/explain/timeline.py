"""The stream laboratory: when does a byte that has arrived become text?

Tokens arrive one by one, and one may hold half a character. The streaming decoder shows all that is certain and holds the
rest back (SPEC D4). The timeline follows each byte from its arrival to the step at which it is shown, as a character or
replaced.

By hand: an emoji of four bytes in the tokens ``f0 9f`` and ``98 80``: after the first, two bytes are held; after the second,
four are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..reference.decode import StreamDecoder
from .chips import mark_up, plural, table
from .page import Section

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer


@dataclass(frozen=True)
class StreamStep:
    """What one token did: the text shown when it came, and the bytes held after it. The end of the stream has no id."""

    id: int | None
    token: bytes
    shown: str
    held: bytes


@dataclass(frozen=True)
class Timeline:
    """All steps, and of each byte: the step at which it came, at which it was shown, and whether it was replaced."""

    steps: tuple[StreamStep, ...]
    came: tuple[int, ...]
    left: tuple[int, ...]
    replaced: tuple[bool, ...]

    def state(self, byte: int, step: int) -> str:
        """How a byte stands after a step: not yet come, held, shown or replaced by then."""
        if step < self.came[byte]:
            return "to come"
        if step < self.left[byte]:
            return "held"
        return "replaced" if self.replaced[byte] else "shown"

    def section(self) -> Section:
        """As a part of a web page."""
        lead = (
            "Tokens arrive one by one. An incomplete character is held back; bytes that cannot become one are replaced."
        )
        return Section("Stream", timeline_html(self), lead)


def stream(tokenizer: Tokenizer, what: str | bytes | Iterable[int]) -> Timeline:
    """The timeline of a text's ids, or of ids.

    >>> from minitok import Tokenizer
    >>> lab = stream(Tokenizer([(240, 159)]), "é")
    >>> [(step.token, step.shown, step.held) for step in lab.steps]
    [(b'\\xc3', '', b'\\xc3'), (b'\\xa9', 'é', b''), (b'', '', b'')]
    """
    ids = tokenizer.encode(what) if isinstance(what, (str, bytes)) else list(what)
    return timeline(ids, [tokenizer.decode_bytes([token_id]) for token_id in ids])


def timeline(ids: Sequence[int], tokens: Sequence[bytes]) -> Timeline:
    decoder = StreamDecoder(dict(zip(ids, tokens)).get)
    steps: list[StreamStep] = []
    came: list[int] = []
    left: list[int] = []
    replaced: list[bool] = []
    waiting = b""
    for number, (token_id, token) in enumerate([*zip(ids, tokens), (None, b"")]):
        shown = decoder.finish() if token_id is None else decoder.push(token_id)
        waiting += token
        came += [number] * len(token)
        gone, waiting = waiting[: len(waiting) - len(decoder.held)], decoder.held
        left += [number] * len(gone)
        for char in gone.decode("utf-8", "surrogateescape"):
            replaced += [True] if "\udc80" <= char <= "\udcff" else [False] * len(char.encode())
        steps.append(StreamStep(token_id, token, shown, waiting))
    return Timeline(tuple(steps), tuple(came), tuple(left), tuple(replaced))


def timeline_html(lab: Timeline) -> str:
    """A row for each token with the bytes that have come."""
    data = b"".join(step.token for step in lab.steps)
    rows = []
    for number, step in enumerate(lab.steps):
        if step.id is None and not step.shown:
            continue
        cells = "".join(byte_html(byte, lab.state(at, number), lab.left[at] == number) for at, byte in enumerate(data))
        rows.append(
            (
                "end" if step.id is None else str(step.id),
                mark_up(step.token),
                f'<span class="bytes">{cells}</span>',
                mark_up(step.shown.encode()),
                plural(len(step.held), "byte") if step.held else "",
            )
        )
    return table(("id", "token", "bytes so far", "shown now", "held"), rows, "the stream, byte by byte", numeric=(0,))


def byte_html(byte: int, state: str, is_now: bool) -> str:
    """One byte on the ground of its state; what is to come is only a space."""
    if state == "to come":
        return '<span class="byte"> </span>'
    now = " now" if is_now else ""
    return f'<span class="byte {state}{now}" title="{state}">{byte:02x}</span>'
