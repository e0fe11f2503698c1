"""``Steps``: the components of a tokenizer run one after the other in Python, with where each token comes from.

Ids are usually made in the codec of the tokenizer, at once. This is how they are made where the codec cannot, as with a
component in Python; and where the columns of an encoding come from: its tokens, offsets and words.

By hand, with small letters and white space: ``Hey You`` -> ``hey you`` -> ``hey`` (0 to 3), ``you`` (4 to 7) -> the tokens of
each.

Costs: O(n) for n characters, in Python, and what the model needs for the pieces.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .finder import Finder
from .piece_encoder import PieceEncoder, Token
from .pre_tokenized_string import Piece, PreTokenizedString

if TYPE_CHECKING:
    from minitok.definition import Definition

    from .added import AddedTokens
    from .models import BPE
    from .normalized_string import NormalizedString
    from .normalizers import Normalizer
    from .pre_tokenizers import PreTokenizer

__all__ = ["Steps"]


class Steps:
    """The steps from a text to tokens.

    Args:
        normalizer: What is done to text, or None.
        pre_tokenizer: What cuts it, or None.
        model: The model.
        added: The added tokens.
        splits_special: Special tokens in a text are text.
    """

    def __init__(
        self,
        normalizer: Normalizer | None,
        pre_tokenizer: PreTokenizer | None,
        model: BPE,
        added: AddedTokens,
        splits_special: bool,
    ) -> None:
        self.normalizer, self.pre_tokenizer, self.model, self.added = normalizer, pre_tokenizer, model, added
        self._pieces: PieceEncoder | None = None
        self.hidden = added.special if splits_special else frozenset[str]()

    @property
    def pieces(self) -> PieceEncoder:
        """What encodes pieces."""
        return self._pieces or self.model.pieces

    def use(self, definition: Definition) -> None:
        """Encodes pieces with the vocabulary that has been read for the whole tokenizer."""
        self._pieces = PieceEncoder(self.model, definition)

    @cached_property
    def late_names(self) -> dict[int, str]:
        """The added tokens that are looked for in normalized text, as they stand there."""
        normalize: Any = str if self.normalizer is None else self.normalizer.normalize_str
        tokens = sorted(self.added.tokens.items())
        return {token_id: normalize(token.content) for token_id, token in tokens if token.normalized}

    @cached_property
    def finds_like_codec(self) -> bool:
        """Whether a codec finds the added tokens in the same places.

        It does not look for the tokens that are hidden, so they hide nothing from it; and it finds a token of white space that
        the one before it has taken.
        """
        early = {token_id: token.content for token_id, token in self.added.tokens.items() if not token.normalized}
        return all(map(self.finds_these_like_codec, (early, self.late_names)))

    def finds_these_like_codec(self, names: dict[int, str]) -> bool:
        """The same for tokens that are looked for together."""
        tokens = {token_id: self.added.tokens[token_id] for token_id in names}
        if any(token.rstrip for token in tokens.values()) and any(
            token.lstrip and names[token_id][:1].isspace() for token_id, token in tokens.items()
        ):
            return False
        hidden = [name for token_id, name in names.items() if tokens[token_id].content in self.hidden]
        found = [name for token_id, name in names.items() if tokens[token_id].content not in self.hidden]
        return not any(hides(name, other) for name in hidden for other in found)

    @cached_property
    def finders(self) -> tuple[Finder, Finder]:
        """What finds added tokens in text, and in normalized text. Of two late ones with one text, the first is found."""
        tokens = self.added.tokens
        early = {token.content: token_id for token_id, token in tokens.items() if not token.normalized}
        late = {name: token_id for token_id, name in reversed(self.late_names.items())}
        return Finder(early, tokens, self.hidden), Finder(late, tokens, self.hidden)

    def run(self, text: str) -> PreTokenizedString:
        """Returns the pieces of a text with their tokens.

        Raises:
            ComponentError: A custom component fails.
            FileFormatError: minitok does not run the model.
        """
        pretok = PreTokenizedString(text)
        early, late = self.finders
        pretok.pieces = [found for piece in pretok.pieces for found in with_tokens(piece, early)]
        if self.normalizer is not None:
            pretok.normalize(self.normalizer.normalize)
        pretok.pieces = [found for piece in pretok.pieces for found in with_tokens(piece, late)]
        if self.pre_tokenizer is not None:
            self.pre_tokenizer.pre_tokenize(pretok)
        open_pieces = [piece for piece in pretok.pieces if piece.tokens is None]
        tokens = self.pieces.encode([piece.normalized.normalized for piece in open_pieces])
        for piece, made in zip(open_pieces, tokens):
            piece.tokens = made
        return pretok


def with_tokens(piece: Piece, finder: Finder) -> list[Piece]:
    """A piece cut at the added tokens in it, which have their tokens. Empty pieces are dropped."""
    if piece.tokens is not None:
        return [piece]
    normalized: NormalizedString = piece.normalized
    made: list[Piece] = []
    for start, end, token_id in finder.find(normalized.normalized):
        part = normalized.between(start, end)
        value = part.normalized
        tokens = None if token_id is None else [Token(token_id, value, (0, len(value.encode())))]
        made.append(Piece(part, tokens))
    return made


def hides(name: str, other: str) -> bool:
    """Whether another name may begin inside a name, where that is found first."""
    return (name.startswith(other) and name != other) or any(
        name.startswith(other, at) or other.startswith(name[at:]) for at in range(1, len(name))
    )
