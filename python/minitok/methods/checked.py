"""What the methods of ``Tokenizer`` check before they call its codec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..arguments import allowed_tokens, check_dropout, refused_tokens
from ..backend.shortcuts import Shortcuts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..backend import Codec
    from ..definition import Definition
    from ..reference.text import Text

    Special = Literal["all"] | Collection[str]
    Allowed = Literal["all", "no_tokens"] | Collection[str]

    class Found(TypedDict, total=False):
        allowed_special: Allowed
        disallowed_special: Special


__all__ = ["NONE", "Checked"]

# The default of the options that name special tokens. A call without options is recognised by identity, which is cheap.
NONE: tuple[str, ...] = ()


class Checked(Shortcuts):
    """A definition, its codec, and the checks of what a call asks of it."""

    def _become(self, definition: Definition) -> None:
        self._definition = definition
        self._codec: Codec = definition.codec()
        self._hold(self._codec)

    def _allowed(self, allowed: Allowed) -> Sequence[str] | None:
        """Returns the special tokens that are found in a text; None if added tokens are not found in it, either."""
        if allowed == "all":
            return self._definition.special_names
        return allowed_tokens(allowed, self._definition.special_tokens, self._definition.added_tokens)

    def _refused(self, disallowed: Special, allowed: Allowed) -> Sequence[str]:
        """Returns the tokens that a text must not contain, where these are allowed."""
        held = self._definition
        return refused_tokens(disallowed, allowed, held.control_tokens, held.special_tokens, held.added_tokens)

    def _check(
        self, texts: Sequence[Text], allowed: Allowed, disallowed: Special, codec: Codec | None = None
    ) -> Sequence[str] | None:
        """Returns the special tokens to find in the texts; raises if a disallowed token occurs in one of them.

        ``codec``: the one that encodes the texts, if it is another.
        """
        names = self._allowed(allowed)
        if disallowed and (refused := self._refused(disallowed, allowed)):
            for text in texts:
                (codec or self._codec).check(text, refused, names)
        return names

    def _dropping(self, dropout: float, seed: int | None) -> Codec:
        """Returns the codec, or one that passes over merges at random."""
        wanted = check_dropout(dropout, seed)
        return self._codec if wanted is None else self._codec.dropping(*wanted)
