"""A text that changes. Its ids are always those of the whole text; a change costs what it touches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..arguments import check_index

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
    """A text that changes, and its ids; ``Tokenizer.session`` makes one.

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
        self._check_whole()
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
        """Replaces the text; what the old and the new one begin and end with is not encoded again."""
        self._check_whole()
        return Splice(*self._core.set(whole(text)))

    def text(self, start: int = 0, end: int | None = None) -> str:
        return self._core.text(*self._range(start, end))

    def __len__(self) -> int:
        """The length of the text in its unit."""
        return len(self._core)

    def ids(self, start: int = 0, end: int | None = None) -> npt.NDArray[np.uint32]:
        """Returns the ids of the text, or those from number ``start`` to ``end``."""
        held = self._core.n_ids
        start, end = check_index(start, "start"), held if end is None else check_index(end, "end")
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
        if start == 0 and (end is None or end == len(self._core)):
            return self._core.n_ids
        return self._core.count(*self._range(start, end))

    def token_at(self, at: int) -> int:
        """Returns the number of the id whose token holds a place of the text: of the first, if a character is in several.

        Encodes about a kilobyte where the session is ``local``.

        Raises:
            ValueError: The place is not in the text, or the tokens of this tokenizer do not spell the text.

        >>> import minitok
        >>> minitok.get_encoding("gpt2").session("To be, or not").token_at(4)
        1
        """
        self._check_whole()
        held = len(self._core)
        if not 0 <= check_index(at, "at") < held:
            raise ValueError(f"{at} is not a place of a text of length {held}")
        found = self._core.token_at(at)
        if found is None:
            raise ValueError("the tokens of this tokenizer do not spell the text (SPEC L5)")
        return found

    @property
    def stable(self) -> int:
        """How many ids the text keeps, whatever text is appended: all but the last one or two, as a rule.

        Costs some hundred encodings of the last piece, tens of microseconds for a word; of the text, where it is not ``local``.

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

        Costs those of ``next_ids`` for each place where a token may begin that goes on after the text: one to three.

        Raises:
            ValueError: As for ``stable``.

        >>> import minitok
        >>> session = minitok.get_encoding("gpt2").session("https:/")
        >>> [(cover.kept, len(cover.extra), len(cover.ids)) for cover in session.covers()]
        [(1, 0, 1), (1, 1, 1)]
        """
        self._check_tails()
        return [Cover(*found) for found in self._core.covers()]

    def next_ids(self) -> npt.NDArray[np.uint64]:
        """Returns the ids that may come next, so that all ids remain the first ids of some text.

        The tokenizer would encode any other continuation differently: two ids merge, the pattern cuts a token, or bytes
        complete no character. A sampler that chooses among these ids only never drifts from the tokenizer's own. Special
        tokens may come where the session finds them (``allowed_special``), and the ids so far are those of their text.

        Returns:
            A bit for each of ``vocab_size`` ids, then zeros: id i may come if bit ``i % 64`` of word ``i // 64`` is 1.

        Raises:
            ValueError: This is not known, as for ``stable``; or the pattern cuts bytes, or looks further ahead than a
                character.

        Costs some microseconds, and a millisecond for each new state of the split pattern; for text that was not appended by
        ``append_ids``, those of going over its last words, too. The first call makes tables in about a tenth of a second. The
        Python backend goes by the definition, which takes minutes for a large vocabulary.

        >>> import minitok, numpy as np
        >>> tok = minitok.get_encoding("gpt2")
        >>> bits = tok.session("The quick br").next_ids()
        >>> mask = np.unpackbits(bits.view(np.uint8), bitorder="little", count=tok.vocab_size).astype(bool)
        >>> [bool(mask[tok.token_id(token)]) for token in ("own", " fox")]
        [False, True]
        """
        found = self._core.next_ids()
        if found is None:
            raise self._unknown()
        return found

    def append_ids(self, ids: Iterable[int]) -> None:
        """Adds ids at the end, which stay as they are: those that a model has sampled among ``next_ids``.

        They need not be the ids of their text: two spaces may be two ids if a digit follows later. The next change of the text
        makes its ids those of the whole text again. While the text ends inside a character, only its ids can be asked for.

        Raises:
            ValueError: An id cannot come next, and none is added; or this is not known, as for ``next_ids``.
            TypeError, UnknownTokenError: What ``decode`` raises for what cannot be an id.

        Costs those of ``next_ids`` for each id.

        >>> import minitok
        >>> session = minitok.get_encoding("cl100k_base").session("a")
        >>> session.append_ids([220, 220])
        >>> session.ids().tolist(), session.append("1"), session.append("  ").ids.tolist()
        ([64, 220, 220], Splice(start=3, removed=0, ids=array([16], dtype=uint32)), [256])
        """
        refused = self._core.append_ids(ids)
        if refused is None:
            return
        number, token_id = refused
        if token_id is None:
            raise self._unknown()
        raise ValueError(f"id {token_id} at index {number} cannot come next: no text has these ids (SPEC L6)")

    def _check_tails(self) -> None:
        self._check_whole()
        if not self._core.knows_tails:
            raise self._unknown()

    def _unknown(self) -> ValueError:
        """Why it is not known what may follow."""
        if not self._core.knows_tails:
            return ValueError("what may follow is not known for this tokenizer, which changes text (SPEC L3)")
        return ValueError(
            "which ids may come next is not known: the pattern cuts bytes or looks further ahead than a character, or a space "
            "may be put before the text (SPEC L6)"
        )

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

    def _check_whole(self) -> None:
        if self._core.ends_inside:
            raise ValueError("the text ends inside a character: add the ids that complete it first")

    def _range(self, start: int, end: int | None) -> tuple[int, int]:
        self._check_whole()
        held = len(self._core)
        start, end = check_index(start, "start"), held if end is None else check_index(end, "end")
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
