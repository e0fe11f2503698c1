"""``Steps``: the components of a tokenizer run one after the other in Python, with where each token comes from.

Ids are usually made in the codec of the tokenizer, at once. This is how they are made where no codec can, as with a component
in Python; and where the columns of an encoding come from if tokens do not say which bytes they have.

By hand, with small letters and white space: ``Hey You`` -> ``hey you`` -> ``hey`` (0 to 3), ``you`` (4 to 7) -> the tokens of
each. White space that an added token takes after it may belong to the next one, too: ``c<a>··b`` with ``<a>`` (``rstrip``)
and ``··`` is ``c`` ``<a>··`` ``··`` ``b``.

Costs: O(n) for n characters, in Python, times the length of the longest name, and what the model needs for the pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minitok.errors import ComponentError

from ...lazy import cached_property
from .matching import compiled
from .models import PieceEncoder, Token
from .pre_tokenized_string import Piece, PreTokenizedString

if TYPE_CHECKING:
    from minitok.definition import Definition

    from .added import AddedTokens
    from .models import BPE
    from .normalized_string import NormalizedString
    from .normalizers import Normalizer
    from .pre_tokenizers import PreTokenizer

# The pattern that matches nowhere.
NOWHERE = "(?!)"


@dataclass
class Steps:
    """The steps from a text to tokens.

    Attributes:
        normalizer: What is done to text, or None.
        pre_tokenizer: What cuts it, or None.
        model: The model.
        added: The added tokens.
        hidden: The contents of those that are text: the special ones, where these are split.
        definition: What has been read for the whole tokenizer; its vocabulary encodes pieces.
    """

    normalizer: Normalizer | None
    pre_tokenizer: PreTokenizer | None
    model: BPE
    added: AddedTokens
    hidden: frozenset[str]
    definition: Definition | None = None

    @cached_property
    def late_names(self) -> dict[int, str]:
        """The added tokens that are looked for in normalized text, as they stand there."""
        normalize: Any = str if self.normalizer is None else self.normalizer.normalize_str
        tokens = sorted(self.added.tokens.items())
        names = {token_id: normalize(token.content) for token_id, token in tokens if token.normalized}
        if "" in names.values():
            raise ComponentError("an added token is normalized to nothing, which is found everywhere")
        return names

    @cached_property
    def finders(self) -> tuple[dict[str, int], dict[str, int]]:
        """The ids of added tokens by what is looked for in text, and in normalized text. Of two with one text, the first."""
        early = {token.content: token_id for token_id, token in self.added.tokens.items() if not token.normalized}
        return early, {name: token_id for token_id, name in reversed(self.late_names.items())}

    @cached_property
    def finds_like_codec(self) -> bool:
        """Whether a codec finds the added tokens in the same places: it finds white space that the last token has taken."""
        for names in self.finders:
            tokens = [(self.added.tokens[token_id], name) for name, token_id in names.items()]
            takes = any(token.rstrip for token, _ in tokens)
            if takes and any(token.lstrip and name[:1].isspace() for token, name in tokens):
                return False
        return True

    @cached_property
    def pieces(self) -> PieceEncoder:
        return self.model.pieces if self.definition is None else PieceEncoder(self.model, self.definition)

    def run(self, text: str) -> PreTokenizedString:
        """Returns the pieces of a text with their tokens.

        Raises:
            ComponentError: A custom component fails.
            FileFormatError: minitok does not run the model.
        """
        pretok = self.cut(text)
        open_pieces = [piece for piece in pretok.pieces if piece.tokens is None]
        tokens = self.pieces.encode([piece.normalized.normalized for piece in open_pieces])
        for piece, made in zip(open_pieces, tokens):
            piece.tokens = made
        return pretok

    def cut(self, text: str) -> PreTokenizedString:
        """Returns the pieces of a text; only added tokens have their tokens."""
        pretok = PreTokenizedString(text)
        early, late = self.finders
        self.find(pretok, early)
        if self.normalizer is not None:
            pretok.normalize(self.normalizer.normalize)
        self.find(pretok, late)
        if self.pre_tokenizer is not None:
            self.pre_tokenizer.pre_tokenize(pretok)
        return pretok

    def find(self, pretok: PreTokenizedString, names: dict[str, int]) -> None:
        """Cuts the pieces at the added tokens in them, which have their tokens. Empty pieces are dropped.

        What is left begins where its first character comes from, which a normalizer may have moved.
        """
        longest_first = sorted(filter(None, names), key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)) or NOWHERE)
        pretok.pieces = [
            found
            for piece in pretok.pieces
            for found in ([piece] if piece.tokens is not None else self.found(piece.normalized, pattern, names))
        ]

    def found(self, text: NormalizedString, pattern: re.Pattern[str], names: dict[str, int]) -> Iterator[Piece]:
        """Yields the tokens of a text, and the text between them.

        Of tokens that begin at one place, the longest is found. One that may not stand there hides what begins inside it.
        """
        done = 0
        spaces = range(0)  # The white space that was last measured.
        whole = text.normalized
        for match in pattern.finditer(whole):
            start, end = match.span()
            token_id = names[match.group()]
            token = self.added.tokens[token_id]
            neighbours = whole[max(start - 1, 0) : start], whole[end : end + 1]
            if token.content in self.hidden or (token.single_word and any(map(compiled(r"\w").fullmatch, neighbours))):
                continue
            if token.lstrip:
                while start > done and compiled(r"\s").fullmatch(whole[start - 1]):
                    start -= 1
                start = max(start, done)
            if token.rstrip:
                if end not in spaces:
                    spaces = range(end, compiled(r"\s*").match(whole, end).end())  # type: ignore[union-attr]  # it matches
                end = spaces.stop
            if done < start:
                yield Piece(text.between(done, start))
            if start < end:  # Else it is white space that the token before it has taken.
                part = text.between(start, end)
                size = len(part.normalized.encode())
                yield Piece(part, [Token(token_id, part.normalized, (0, size))])
            done = max(done, end)
        if done < len(whole):
            yield Piece(text.between(done, len(whole)))
