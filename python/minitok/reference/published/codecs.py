"""Text -> segments -> pieces -> ids, and back, with all that files of models ask for.

A text is prepared first (``preprocess``). By hand, with the step ``lowercase``: ``Hi A<s>`` with the special token allowed ->
the segment ``hi a`` and the id of ``<s>``; then all is as in ``codec``.

Besides ids, it says where each id stands in the text, which tokens a text must not contain, and where a text may be cut.

Invariants: those of ``codec``. Where no step changes the text, so are the ids.

Costs: those of the parts; O(n log n) in all for n bytes.

Implements SPEC E3, E5, E6, E12, N3, S5, S6 and S9.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from ...errors import DisallowedSpecialTokenError, MissingByteError, VocabularyError
from ..encode import encode_piece
from ..special import token_pattern
from .found_tokens import SpecialTokens
from .metaspace import Metaspace, spaced
from .normalize import Normalizer
from .patterns import Pattern
from .preprocess import NOTHING, TEXT, Prepared, Preprocessor, TokenFinder
from .streams import Joining, joined_bytes
from .vocabs import Vocab
from .words import WordCutter

# A piece and its place in the text -> its ids.
EncodePiece = Callable[[bytes, int], list[int]]


class Refused(NamedTuple):
    """Tokens that a text must not contain (E12).

    Attributes:
        names: Their names, which must not stand in the text.
        ids: By id, the names of those that other text may become: in prepared text, or where merges make them.
    """

    names: tuple[str, ...]
    ids: Mapping[int, str]

    def check_names(self, text: bytes) -> None:
        """Raises if one of the names stands in a text."""
        if self.names and (found := token_pattern(self.names).search(text)):
            raise DisallowedSpecialTokenError(found.group().decode(), found.start())


class Codec:
    """A vocabulary, a split pattern, and what is done to text first: everything that ids depend on.

    >>> codec = Codec(Vocab.from_merges(bytes(range(256)), [(32, 97)]), Pattern("gpt2"), SpecialTokens({"<s>": 257}))
    >>> codec.encode(b"b a<s>", codec.finder(["<s>"]))
    [98, 256, 257]
    """

    def __init__(
        self,
        vocab: Vocab,
        pattern: Pattern,
        special: SpecialTokens,
        normalizer: Normalizer | None = None,
        metaspace: Metaspace | None = None,
        words: WordCutter | None = None,
    ) -> None:
        self.vocab = vocab
        self.pattern = pattern
        self.special = special
        self.metaspace = metaspace
        self.words = words
        self.preprocessor = Preprocessor(special, normalizer or Normalizer([]), metaspace)
        # What the ids of special tokens are decoded to.
        self.names = {token_id: decoded(self.preprocessor, name) for token_id, name in special.names.items()}
        for name, token_id in special.ids.items():
            token = vocab.token_bytes(token_id)
            if token is not None and token not in (name.encode(), decoded(self.preprocessor, name)):
                raise VocabularyError(f"the special token {name!r} has the id {token_id} of the token {token!r}")

    def finder(self, allowed: Collection[str] | None = ()) -> TokenFinder:
        """Returns what finds these special tokens and the added ones; nothing if it is None."""
        wanted = self.special.wanted(allowed)
        return self.preprocessor.finder(wanted, self.special.left_alone(wanted) if wanted else ())

    def encode(self, text: bytes, finder: TokenFinder, continues: bool = False) -> list[int]:
        """Returns the ids of a text. The tokens of the finder are found in it; everything else is text.

        Where no normalizer changes the text, the segments are what lies between the tokens (``SpecialTokens.split``).

        ``continues``: the text continues another, so that no space is put before it (S4).
        """
        ids: list[int] = []
        try:
            for segment, token_id in self.preprocessor.segments(text, finder, TEXT if continues else NOTHING):
                ids += self.encode_segment(segment.data) if token_id is None else [token_id]
        except MissingByteError as error:
            raise with_offset(error, text) from None
        return ids

    def placed_ids(
        self, text: bytes, finder: TokenFinder, continues: bool = False, encode: EncodePiece | None = None
    ) -> Iterator[tuple[int, int]]:
        """Yields the ids of a text, each with the place of its token or its piece.

        ``encode``: what gives the ids of a piece at a place, if not ``encode_piece``.
        """
        try:
            for segment, token_id in self.preprocessor.segments(text, finder, TEXT if continues else NOTHING):
                if token_id is not None:
                    yield token_id, segment.start
                    continue
                for piece, place in self.placed_pieces(segment):
                    ids = encode(piece, place) if encode else encode_piece(self.vocab, piece)
                    yield from ((made, place) for made in ids)
        except MissingByteError as error:
            raise with_offset(error, text) from None

    def placed_pieces(self, segment: Prepared) -> Iterator[tuple[bytes, int]]:
        """Yields the pieces of a segment, each with its place in the text."""
        offset = 0
        for piece in self.pieces(segment.data):
            yield piece, segment.start + offset if self.words else segment.origin(offset)[0]
            offset += len(piece)

    def encode_segment(self, segment: bytes) -> list[int]:
        """Returns the ids of a segment as the preprocessor has made it."""
        return [token_id for piece in self.pieces(segment) for token_id in encode_piece(self.vocab, piece)]

    def pieces(self, segment: bytes) -> Iterable[bytes]:
        """Returns the pieces of a segment."""
        return self.pattern.split(segment) if self.words is None else self.words.pieces(self.pattern, segment)

    def refusing(self, names: Collection[str]) -> Refused:
        """Returns what finds these tokens in order to refuse them."""
        ids = {name: token_id for name, token_id in self.special.ids.items() if name in names}
        becoming = {token_id: name for name, token_id in ids.items() if self.may_become(name, token_id)}
        return Refused(tuple(ids), becoming)

    def may_become(self, name: str, token_id: int) -> bool:
        """Returns whether a text that does not contain the name of a token may have its id.

        The unknown id (S7) is that of any text without a token, and does not count.
        """
        preprocessor, vocab = self.preprocessor, self.vocab
        changes = bool(preprocessor.normalizer.steps) or self.metaspace is not None or self.words is not None
        if vocab.symbols is not None and vocab.symbols.unknown == token_id:
            return False
        if not changes and vocab.symbols is None and not vocab.drops_bytes:
            return False
        return name in self.special.late or vocab.token_bytes(token_id) is not None

    def check(
        self,
        text: bytes,
        refused: Refused,
        finder: TokenFinder,
        continues: bool = False,
        encode: EncodePiece | None = None,
    ) -> None:
        """Raises if the name of a refused token stands in the text, or if the text becomes its id when it is encoded."""
        refused.check_names(text)
        for token_id, place in self.placed_ids(text, finder, continues, encode) if refused.ids else ():
            if token_id in refused.ids:
                raise DisallowedSpecialTokenError(refused.ids[token_id], place)

    def safe_cut(self, text: bytes, finder: TokenFinder) -> int:
        """Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known.

        The second part then continues the first (``continues``). No cut is known where text becomes words, where a step of the
        normalizer looks further than a character and its marks, where a late token need not be in the text as it is, and
        where a token takes white space.
        """
        if not self.knows_cuts(finder):
            return 0
        names = [name for tokens in finder for name in (*tokens.ids, *tokens.left_as_text)]
        known = text[: max(0, len(text) - finder.early.longest(names))]
        if self.vocab.fallback is None or self.pattern.source != "none":
            cut = self.pattern.safe_cut(known)
        else:  # a part of a text could be a token as a whole
            cut = 0 if self.vocab.whole_pieces else self.vocab.safe_cut(known)
        return cut if cut and self.survives_steps(text, cut, names) else 0

    def knows_cuts(self, finder: TokenFinder) -> bool:
        """Returns whether cuts of the pattern can be cuts of the text."""
        normalizer, flags = self.preprocessor.normalizer, self.preprocessor.flags
        changes = bool(normalizer.steps) or self.metaspace is not None
        if self.words is not None or not normalizer.is_local() or (changes and finder.late.ids):
            return False
        return not any(token_id in flags for token_id in (*finder.early.ids.values(), *finder.late.ids.values()))

    def survives_steps(self, text: bytes, cut: int, names: Collection[str]) -> bool:
        """Returns whether a cut of the pattern is also one of what the steps make of the text.

        No step changes ASCII white space, nor looks across it from ASCII. After a token a segment begins, which may want a
        space before it.
        """
        if self.special.crosses(text, cut, names) or (self.metaspace and self.special.ends_at(text, cut, names)):
            return False
        around = text[cut - 1 : cut + 1]
        normalizer = self.preprocessor.normalizer
        return not normalizer.steps or (
            around.isascii() and around[1:].isspace() and normalizer.apply(around) == around
        )

    def token_bytes(self, token_id: int) -> bytes | None:
        """Returns the bytes of an id, special tokens included; None if there is no such token."""
        token = self.vocab.token_bytes(token_id)
        return self.names.get(token_id) if token is None else token

    def drops_space(self) -> bool:
        """Returns whether decoding drops one space from the start."""
        return self.metaspace is not None and self.metaspace.drops_space()

    def joining(self) -> Joining | None:
        """Returns how tokens are joined to text; None if they are concatenated."""
        return None if self.vocab.symbols is None else self.vocab.symbols.joining

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Returns the bytes of the ids."""
        data = joined_bytes(self.token_bytes, ids, self.joining())
        return data.removeprefix(b" ") if self.drops_space() else data


def decoded(preprocessor: Preprocessor, name: str) -> bytes:
    """Returns what a special or an added token is decoded to: a late one as it is found (E10), markers as spaces (S5)."""
    special, metaspace = preprocessor.special, preprocessor.metaspace
    text = preprocessor.late_text(name) if name in special.late else name
    data = spaced(text.encode()) if metaspace is not None and metaspace.has_markers() else text.encode()
    return text.encode() if data.decode() in special.ids else data


def with_offset(error: MissingByteError, text: bytes) -> MissingByteError:
    """Returns the error with its offset in the text."""
    return MissingByteError(error.byte, text.index(error.byte))
