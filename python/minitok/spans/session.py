"""A text that changes: its ids stay those of the whole text, at the cost of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .._rust import Session as Core

__all__ = ["Cover", "Session", "Splice"]


class Splice(NamedTuple):
    """What a change did to the ids: from number ``start`` on, ``removed`` ids were replaced by ``ids``.

    All ids before ``start`` are as they were, and so are all after those that were removed. Ids are an array of NumPy here and
    elsewhere in a session; where that is not installed, an ``array.array``.
    """

    start: int
    removed: int
    ids: npt.NDArray[np.uint32]


class Cover(NamedTuple):
    """Tokens that may stand over the end of a text: after its first ``kept`` ids and the ids ``extra``, any one of ``ids``.

    ``kept + len(extra)`` ids are before such a token. It begins in the text and ends after it.
    """

    kept: int
    extra: npt.NDArray[np.uint32]
    ids: npt.NDArray[np.uint32]


class Session:
    """A text whose ids are kept while it changes, made by ``Tokenizer.session``.

    After every change, ``ids()`` are those of encoding the whole text again. A change that fails leaves the session as it was.
    Places are in characters, or in bytes of UTF-8 with ``unit="byte"``; ``start`` and ``end`` work as in slices, without
    negative numbers. A session is for one thread at a time.

    Costs of a change: where ``local`` is True, those of encoding the new text and some words next to it, whatever the length of
    the text: some microseconds (about a kilobyte is encoded if the tokenizer changes text). Otherwise those of encoding the
    text.

    >>> import minitok
    >>> session = minitok.get_encoding("gpt2").session("To be, or not")
    >>> session.append(" to be")
    Splice(start=5, removed=0, ids=array([284, 307], dtype=uint32))
    >>> session.edit(0, 2, "Not to")
    Splice(start=0, removed=1, ids=array([3673,  284], dtype=uint32))
    >>> session.text(), session.count(), len(session)
    ('Not to be, or not to be', 8, 23)
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def local(self) -> bool:
        """Whether the tokenizer has places at which text can be cut, so that a change costs what it touches."""
        return self._core.local

    def append(self, text: str) -> Splice:
        """Adds text at the end."""
        end = len(self._core)
        return Splice(*self._core.edit(end, end, whole(text)))

    def edit(self, start: int, end: int, text: str) -> Splice:
        """Replaces the text from ``start`` to ``end``.

        Raises:
            ValueError: The range is not in the text, or a place in bytes is inside a character; the text has a lone surrogate.
            DisallowedSpecialTokenError: The text would contain a special token that must not be in it.
        """
        return Splice(*self._core.edit(*self._range(start, end), whole(text)))

    def set(self, text: str) -> Splice:
        """Makes the text another one: what both begin and end with is not encoded again."""
        return Splice(*self._core.set(whole(text)))

    def text(self, start: int = 0, end: int | None = None) -> str:
        """Returns the text, or a part of it."""
        return self._core.text(*self._range(start, end))

    def __len__(self) -> int:
        """The length of the text in its unit."""
        return len(self._core)

    def ids(self, start: int = 0, end: int | None = None) -> npt.NDArray[np.uint32]:
        """Returns the ids of the text, or those from number ``start`` to ``end``."""
        held = self._core.n_ids
        end = held if end is None else end
        if not 0 <= start <= end <= held:
            raise ValueError(f"ids {start} to {end} are not in a session of {held} ids")
        return self._core.ids(start, end)

    def encode(self, start: int = 0, end: int | None = None) -> npt.NDArray[np.uint32]:
        """Returns the ids of a part of the text as a text by itself.

        Only its two ends are encoded where the session is ``local``.

        >>> import minitok
        >>> minitok.get_encoding("gpt2").session("To be, or not").encode(3).tolist()
        [1350, 11, 393, 407]
        """
        return self._core.encode(*self._range(start, end))

    def count(self, start: int = 0, end: int | None = None) -> int:
        """Returns how many ids a part of the text has as a text by itself."""
        start, end = self._range(start, end)
        return self._core.n_ids if (start, end) == (0, len(self._core)) else self._core.count(start, end)

    def token_at(self, at: int) -> int:
        """Returns the number of the id whose token holds a place of the text: of the first, if a character is in several.

        Encodes about a kilobyte where the session is ``local``.

        Raises:
            ValueError: The place is not in the text, or the tokens of this tokenizer do not spell the text.

        >>> import minitok
        >>> minitok.get_encoding("gpt2").session("To be, or not").token_at(4)
        1
        """
        held = len(self._core)
        if not 0 <= at < held:
            raise ValueError(f"{at} is not a place of a text of length {held}")
        found = self._core.token_at(at)
        if found is None:
            raise ValueError("the tokens of this tokenizer do not spell the text (SPEC L5)")
        return found

    @property
    def stable(self) -> int:
        """How many ids the text keeps, whatever text is appended: all but the last one or two, as a rule.

        Costs some tens of microseconds where the session is ``local``; otherwise those of encoding the text a hundred times.

        Raises:
            ValueError: This is not known: the tokenizer normalizes text, or cuts it into words; its tokens do not spell the
                text; or a token that is found in it takes white space or has conditions.

        >>> import minitok
        >>> session = minitok.get_encoding("gpt2").session("The quick brown f")
        >>> session.ids().tolist(), session.stable
        ([464, 2068, 7586, 277], 3)
        """
        self._check_tails()
        return self._core.stable()

    def covers(self) -> list[Cover]:
        """Returns all tokens that may stand over the end of the text, by what is before them.

        A model that completes the text as if it had been trained on it gets the first ``stable`` ids, and chooses what follows
        among the ids of the text, and these. The order is that of the places where they begin, then of their bytes.

        Costs: a microsecond or so for each token that begins with what the text ends with: many for a space, few for a word.

        Raises:
            ValueError: As for ``stable``.

        >>> import minitok
        >>> session = minitok.get_encoding("gpt2").session("https:/")
        >>> [(cover.kept, len(cover.extra), len(cover.ids)) for cover in session.covers()]
        [(1, 0, 1), (1, 1, 1)]
        """
        self._check_tails()
        return [Cover(*found) for found in self._core.covers()]

    def _check_tails(self) -> None:
        if not self._core.knows_tails:
            raise ValueError("what may follow is not known for this tokenizer, which changes text (SPEC L3)")

    def fork(self) -> Session:
        """Returns a copy that changes by itself; what neither has changed is held once."""
        return Session(self._core.fork())

    def __copy__(self) -> Session:
        """As ``fork``: a copy never changes with the session that it was made of."""
        return self.fork()

    def __deepcopy__(self, _: object) -> Session:
        return self.fork()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session is not pickled: keep its text, and open it again")

    def _range(self, start: int, end: int | None) -> tuple[int, int]:
        held = len(self._core)
        end = held if end is None else end
        if not 0 <= start <= end <= held:
            raise ValueError(f"{start} to {end} is not a range of a text of length {held}")
        return start, end


def whole(text: str) -> str | bytes:
    """The text, which must not hold half of a surrogate pair: its other half could come with a later change."""
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    if text.isascii():
        return text
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the text contains a lone surrogate at {error.start}") from None
