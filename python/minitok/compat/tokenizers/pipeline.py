"""``Pipeline``: what a tokenizer does with text, as it is at one time.

A ``Tokenizer`` of this package can be changed. It makes a pipeline for what it is, and another one after a change; encodings
keep that of their time, to make their columns from it when they are read.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from minitok.errors import UnknownTokenError

from .decoders import ByteLevel, token_bytes
from .encoder import Encoder
from .options import unsigned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minitok.definition import Definition

    from .decoders import Decoder
    from .steps import Steps

__all__ = ["Pipeline"]


class Pipeline(Encoder):
    """Encodes and decodes.

    Args:
        definition: What encodes; None if minitok's codec cannot do what the components do.
        steps: The components, one by one.
        decoder: The decoder, or None.
    """

    def __init__(self, definition: Definition | None, steps: Steps, decoder: Decoder | None) -> None:
        super().__init__(definition, steps)
        self.decoder = decoder

    def decode(self, ids: Sequence[int], skip_special_tokens: bool) -> str:
        """The text of ids; those without a token are left out."""
        if skip_special_tokens and self.special_ids and not self.special_ids.isdisjoint(ids):
            ids = [token_id for token_id in ids if token_id not in self.special_ids]
        if self.decodes_as_codec and self.codec is not None and (not self.odd_ids or self.odd_ids.isdisjoint(ids)):
            try:
                return self.codec.decode(ids, "replace")
            except UnknownTokenError:
                pass
        names = self.names
        tokens = [names[token_id] for token_id in ids if unsigned(token_id) in names]
        return " ".join(tokens) if self.decoder is None else self.decoder.decode(tokens)

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """The ids that are left out where special tokens are."""
        special = self.steps.added.special
        return frozenset(token_id for token_id, name in self.added_names.items() if name in special)

    @cached_property
    def decodes_as_codec(self) -> bool:
        """Whether the decoder is that of byte-level tokens, whose text is that of their bytes."""
        definition = self.definition
        if definition is None or definition.prefix is not None or not isinstance(self.decoder, ByteLevel):
            return False
        return definition.symbols is None or definition.symbols.unit == "bytes"

    @cached_property
    def odd_ids(self) -> frozenset[int]:
        """The added tokens whose text, read in byte-level notation, is another one: ``é`` is a byte there."""
        tokens = self.steps.added.tokens
        names = self.added_names.items()
        return frozenset(i for i, name in names if token_bytes(name) != tokens[i].content.encode())
