"""``Encoding``: the ids of a text with all that belongs to them; columns are made when they are read.

Which tokens have a character or a word is looked up without going over all of them (``Places``). By hand, the tokens ``ab``,
``c`` and ``!`` with the offsets (0, 2), (2, 3), (3, 4): the character 2 is in the first token that ends after it, number 1.

Costs of a look-up: O(n) for the first in an encoding of n tokens; then O(1) for a token or a word, and O(log n) for a
character, unless tokens lie in each other: then O(n).
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Any

from ...lazy import cached_property
from .columns import Columns, SourceSlice, fixed, slice_parts
from .options import unsigned
from .settings import DIRECTIONS

if TYPE_CHECKING:
    from .columns import Span, Word


class Places:
    """Where the tokens of some parts are in their texts."""

    def __init__(self, parts: Sequence[SourceSlice]) -> None:
        self.parts = parts
        # What was found for a range of tokens, those of one text.
        self._words: dict[Span, dict[int, Span]] = {}
        self._starts: dict[Span, tuple[list[int], list[int], list[int], bool]] = {}

    @cached_property
    def offsets(self) -> list[Span]:
        """Where each token begins and ends in its text."""
        return list(chain.from_iterable(part.offsets() for part in self.parts))

    @cached_property
    def words(self) -> list[Word]:
        """The number of each token's word."""
        return list(chain.from_iterable(part.words() for part in self.parts))

    def tokens_of_words(self, start: int, stop: int) -> dict[int, Span]:
        """For each word of a range of tokens, its first token and the one after its last; what stands after a later word is
        not looked at."""  # noqa: D205, D209 - one sentence
        found = self._words.get((start, stop))
        if found is None:
            found, highest = {}, -1
            for index, word in enumerate(self.words[start:stop], start):
                if word is not None and word >= highest:
                    found[word], highest = (found.get(word, (index,))[0], index + 1), word
            self._words[start, stop] = found
        return found

    def token_of_char(self, start: int, stop: int, char: int) -> int | None:
        """The first token of a range that has a character."""
        if (start, stop) not in self._starts:
            # Tokens that hold nothing are skipped.
            spans = enumerate(self.offsets[start:stop], start)
            held = [(number, first, end) for number, (first, end) in spans if first < end]
            numbers, starts, ends = ([row[column] for row in held] for column in range(3))
            ascending = all(a <= b for each in (starts, ends) for a, b in zip(each, each[1:]))
            self._starts[start, stop] = numbers, starts, ends, ascending
        numbers, starts, ends, ascending = self._starts[start, stop]
        if ascending:
            at = bisect_right(ends, char)
            return numbers[at] if at < len(numbers) and starts[at] <= char else None
        places = zip(numbers, starts, ends)
        return next((number for number, first, end in places if first <= char < end), None)


def column(doc: str, of: Callable[[SourceSlice], Sequence[Any]]) -> Any:
    """A value for each token, as an attribute."""

    def read(encoding: Encoding) -> list[Any]:
        return list(chain.from_iterable(map(of, encoding._parts)))  # noqa: SLF001 - an attribute of the class

    return property(read, doc=doc)


class Encoding:
    """The result of encoding a text, or two.

    Attributes have the names and values of ``tokenizers``. Each reading of one makes a new list.

    >>> import minitok
    >>> from minitok.compat.tokenizers import Tokenizer
    >>> encoding = Tokenizer.from_minitok(minitok.Tokenizer([])).encode("a é")
    >>> encoding.ids, encoding.tokens
    ([97, 32, 195, 169], ['a', 'Ġ', 'Ã', '©'])
    >>> encoding.offsets
    [(0, 1), (1, 2), (2, 3), (2, 3)]
    """

    __slots__ = ("_overflowing", "_parts", "_places", "_ranges")

    def __init__(
        self,
        parts: tuple[SourceSlice, ...] = (),
        ranges: dict[int, Span] | None = None,
        overflowing: list[Encoding] | None = None,
    ) -> None:
        self._parts = parts
        # The tokens of each of the sequences; empty if they are all of one.
        self._ranges = {} if ranges is None else ranges
        self._overflowing = [] if overflowing is None else overflowing
        self._places = Places(parts)

    def copy(self) -> Encoding:
        """A copy that changes by itself."""
        return Encoding(self._parts, dict(self._ranges), [other.copy() for other in self._overflowing])

    def __len__(self) -> int:
        return sum(part.size for part in self._parts)

    def __repr__(self) -> str:
        attributes = "ids, type_ids, tokens, offsets, attention_mask, special_tokens_mask, overflowing"
        return f"Encoding(num_tokens={len(self)}, attributes=[{attributes}])"

    # -- columns: a value for each token -------------------------------------------------------------------------------

    ids = column("The ids.", lambda part: part.source.ids[part.start : part.stop])
    tokens = column("The tokens as the vocabulary of the file writes them.", SourceSlice.tokens)
    offsets = column("Where each token begins and ends in its text, in characters.", SourceSlice.offsets)
    word_ids = column(
        "The number of the piece, or of the word that was given, that each token is in; None for added tokens.",
        SourceSlice.words,
    )
    type_ids = column("The type of each token.", lambda part: [part.type_id] * part.size)
    special_tokens_mask = column(
        "1 for the special tokens that were added and for padding, else 0.", lambda part: [part.special] * part.size
    )
    attention_mask = column("0 for padding, else 1.", lambda part: [part.attention] * part.size)

    @property
    def words(self) -> list[Word]:
        """As ``word_ids``; deprecated."""
        warnings.warn("Deprecated in 0.9.4: use Encoding.word_ids", DeprecationWarning, stacklevel=2)
        return list(self.word_ids)

    @property
    def sequence_ids(self) -> list[int | None]:
        """The number of the text that each token is of; None for added tokens."""
        found: list[int | None] = [None] * len(self)
        for number in range(self.n_sequences):
            start, stop = self._range(number)
            found[start:stop] = [number] * (stop - start)
        return found

    @property
    def n_sequences(self) -> int:
        """The number of texts."""
        return len(self._ranges) or 1

    @property
    def overflowing(self) -> list[Encoding]:
        """What truncation cut off, in encodings of the same length."""
        return [other.copy() for other in self._overflowing]

    # -- from places to tokens and back --------------------------------------------------------------------------------

    def set_sequence_id(self, sequence_id: int) -> None:
        """Makes all tokens those of one text."""
        self._ranges[unsigned(sequence_id)] = (0, len(self))

    def _held(self) -> Places:
        """What is known of the parts that it has now."""
        if self._places.parts is not self._parts:
            self._places = Places(self._parts)
        return self._places

    def _range(self, sequence_id: int) -> Span:
        return self._ranges.get(unsigned(sequence_id), (0, len(self)))

    def token_to_sequence(self, token_index: int) -> int | None:
        """The text that a token is of."""
        if unsigned(token_index) > len(self):
            return None
        ranges = self._ranges or {0: (0, token_index + 1)}
        return next((number for number, (start, stop) in ranges.items() if start <= token_index < stop), None)

    def _has_text(self, token_index: int) -> bool:
        return self.token_to_sequence(token_index) is not None and token_index < len(self)

    def token_to_chars(self, token_index: int) -> Span | None:
        """Where a token begins and ends in its text."""
        return self._held().offsets[token_index] if self._has_text(token_index) else None

    def token_to_word(self, token_index: int) -> int | None:
        """The word that a token is in."""
        return self._held().words[token_index] if self._has_text(token_index) else None

    def word_to_tokens(self, word_index: int, sequence_index: int = 0) -> Span | None:
        """The first token of a word, and the one after its last."""
        unsigned(word_index)
        return self._held().tokens_of_words(*self._range(sequence_index)).get(word_index)

    def word_to_chars(self, word_index: int, sequence_index: int = 0) -> Span | None:
        """Where a word begins and ends in its text."""
        tokens = self.word_to_tokens(word_index, sequence_index)
        if tokens is None:
            return None
        offsets = self._held().offsets
        return offsets[tokens[0]][0], offsets[tokens[1] - 1][1]

    def char_to_token(self, char_pos: int, sequence_index: int = 0) -> int | None:
        """The first token that has a character."""
        unsigned(char_pos)
        return self._held().token_of_char(*self._range(sequence_index), char_pos)

    def char_to_word(self, char_pos: int, sequence_index: int = 0) -> int | None:
        """The word that has a character."""
        token = self.char_to_token(char_pos, sequence_index)
        return None if token is None else self.token_to_word(token)

    # -- changes -------------------------------------------------------------------------------------------------------

    def pad(
        self,
        length: int,
        *,
        direction: str = "right",
        pad_id: int = 0,
        pad_type_id: int = 0,
        pad_token: str = "[PAD]",  # noqa: S107 - no password
    ) -> None:
        """Fills up to a length, the overflowing encodings too.

        Raises:
            ValueError: ``direction`` is neither ``left`` nor ``right``.
        """
        if direction not in DIRECTIONS:
            raise ValueError(f"Unknown `direction`: `{direction}`. Use one of `left` or `right`")
        for other in self._overflowing:
            other.pad(length, direction=direction, pad_id=pad_id, pad_type_id=pad_type_id, pad_token=pad_token)
        missing = unsigned(length) - len(self)
        if missing <= 0:
            return
        padding = SourceSlice(
            fixed([pad_id] * missing, [pad_token] * missing), 0, missing, pad_type_id, special=1, attention=0
        )
        if direction == "right":
            self._parts = (*self._parts, padding)
            return
        self._parts = (padding, *self._parts)
        self._ranges = {number: (start + missing, stop + missing) for number, (start, stop) in self._ranges.items()}

    def truncate(self, max_length: int, stride: int = 0, direction: str = "right") -> None:
        """Cuts down to a length; what is cut off becomes ``overflowing``, each ``stride`` tokens into the one before.

        Raises:
            ValueError: ``direction`` is neither ``left`` nor ``right``, or ``stride`` is not below ``max_length``.
        """
        if direction not in DIRECTIONS:
            raise ValueError(f"Invalid truncation direction value : {direction}")
        length = len(self)
        if unsigned(max_length) >= length:
            return
        if max_length == 0:
            self._overflowing = [Encoding(self._parts, self._ranges, self._overflowing)]
            self._parts, self._ranges = (), {}
            return
        if unsigned(stride) >= max_length:
            raise ValueError(f"`stride` must be strictly less than `max_len={max_length}`, not {stride}")
        # Up to the first that reaches the end.
        starts = range(0, length - stride, max_length - stride)
        spans = [(start, min(start + max_length, length)) for start in starts]
        if direction == "left":
            spans = [(length - stop, length - start) for start, stop in spans]
        pieces = [slice_parts(self._parts, start, stop) for start, stop in spans]
        self._parts, self._ranges, self._overflowing = pieces[0], {}, [Encoding(piece) for piece in pieces[1:]]

    @staticmethod
    def merge(encodings: Sequence[Encoding], growing_offsets: bool = True) -> Encoding:
        """Returns one encoding of several. ``growing_offsets``: the offsets of each go on where the last ones ended."""
        merged = Encoding()
        parts, length = list[SourceSlice](), 0
        for pair in encodings:
            merged._put_behind(pair, parts, length, growing_offsets)
            length += len(pair)
        merged._parts = tuple(parts)
        return merged

    def _put_behind(self, pair: Encoding, parts: list[SourceSlice], length: int, growing_offsets: bool) -> None:
        """Puts another encoding after this one, whose parts are ``parts`` as long as more follow, and their length."""
        overflowing: list[Encoding] = []
        if self._overflowing or pair._overflowing:
            self._parts = tuple(parts)
            others = [pair, *pair._overflowing]
            combined = [(mine, other) for mine in self._overflowing for other in others]
            combined += [(self, other) for other in pair._overflowing]
            overflowing = [Encoding.merge(both, growing_offsets) for both in combined]
        shift = last_end(parts) if growing_offsets else 0
        for number, (start, stop) in pair._ranges.items():
            self._ranges[number] = (length + start, length + stop)
        parts += [part._replace(shift=part.shift + shift) for part in pair._parts] if shift else pair._parts
        self._overflowing = overflowing

    def merge_with(self, pair: Encoding, growing_offsets: bool = False) -> None:
        """Puts another encoding after this one; overflowing encodings are combined each with each."""
        made: Encoding = Encoding.merge((self, pair), growing_offsets)
        self._parts, self._ranges, self._overflowing = made._parts, made._ranges, made._overflowing

    def changed(self, change: Callable[[SourceSlice], SourceSlice], *, overflowing: bool = False) -> Encoding:
        """The same texts with each part changed, and, if asked for, those of what overflows."""
        others = [other.changed(change) for other in self._overflowing] if overflowing else self._overflowing
        return Encoding(tuple(map(change, self._parts)), self._ranges, others)

    # -- as an object --------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        names = "ids", "type_ids", "tokens", "word_ids", "offsets", "special_tokens_mask", "attention_mask"
        columns = {name: getattr(self, name) for name in names}
        return {**columns, "overflowing": self._overflowing, "sequence_ranges": self._ranges}

    def __setstate__(self, state: dict[str, Any]) -> None:
        source = Columns(state["ids"], state["tokens"], state["offsets"], state["word_ids"])
        kinds = zip(state["type_ids"], state["special_tokens_mask"], state["attention_mask"])
        runs = [(kind, len(list(run))) for kind, run in groupby(kinds)]
        ends = accumulate(size for _, size in runs)
        parts = tuple(SourceSlice(source, end - size, end, *kind) for (kind, size), end in zip(runs, ends))
        Encoding.__init__(self, parts, state["sequence_ranges"], state["overflowing"])


def last_end(parts: Sequence[SourceSlice]) -> int:
    """Where the last token of the parts ends; 0 if there is none."""
    last = next((part for part in reversed(parts) if part.size), None)
    return 0 if last is None else last._replace(start=last.stop - 1).offsets()[0][1]
