"""``AddedToken`` and the added tokens of a tokenizer: what ``tokenizers`` finds in text before the model sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")


class AddedToken:
    """A token that is found in text as it is, with its options.

    Args:
        content: The text of the token.
        single_word: It is not found inside a word.
        lstrip: It takes the white space before it.
        rstrip: It takes the white space after it.
        normalized: It is looked for in normalized text. By default, special tokens are not.
        special: ``decode`` leaves it out by default.

    >>> AddedToken("<s>", special=True)
    AddedToken("<s>", rstrip=False, lstrip=False, single_word=False, normalized=False, special=True)
    """

    __slots__ = ("_normalized", "content", "lstrip", "rstrip", "single_word", "special")

    def __init__(
        self,
        content: str | None = None,
        *,
        single_word: bool = False,
        lstrip: bool = False,
        rstrip: bool = False,
        normalized: bool | None = None,
        special: bool = False,
    ) -> None:
        self.content = "" if content is None else content
        self.single_word, self.lstrip, self.rstrip, self.special = single_word, lstrip, rstrip, special
        self._normalized = normalized

    @property
    def normalized(self) -> bool:
        """Whether it is looked for in normalized text."""
        return not self.special if self._normalized is None else self._normalized

    def __getstate__(self) -> dict[str, Any]:
        return {"content": self.content, **{flag: getattr(self, flag) for flag in FLAGS}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # a state is what the constructor takes

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AddedToken):
            return NotImplemented
        return self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash(tuple(self.__getstate__().values()))

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        flags = ", ".join(f"{flag}={getattr(self, flag)}" for flag in ("rstrip", "lstrip", *FLAGS[::3], "special"))
        return f'AddedToken("{self.content}", {flags})'


def as_added(token: Any, *, special: bool) -> AddedToken:
    """The token that is meant by a text, or by an ``AddedToken`` of minitok's or of ``tokenizers``."""
    if isinstance(token, str):
        return AddedToken(token, special=special)
    if special and type(token).__name__ == "AddedToken":
        token.special = True  # Which decides whether it is normalized, unless that was said.
    state = token.__getstate__() if hasattr(token, "__getstate__") else None
    if not isinstance(state, dict) or "content" not in state:
        raise TypeError("Input must be a List[Union[str, AddedToken]]")
    return AddedToken(**state)


@dataclass
class AddedTokens:
    """The added tokens. A recipe copies them before it changes what something else has taken.

    Attributes:
        tokens: The tokens by id.
        ids: Their ids by content.
        special: The contents of those that are special, or have been before they were added again.
    """

    tokens: dict[int, AddedToken] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    special: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        # The id after the last of them.
        self.free = 1 + max(self.tokens, default=-1)

    @classmethod
    def from_rows(cls, rows: Iterable[dict[str, Any]]) -> AddedTokens:
        """From the ``added_tokens`` of a ``tokenizer.json``."""
        # Options that are missing are as for an ``AddedToken``.
        tokens = {
            row["id"]: AddedToken(row["content"], **{flag: bool(row[flag]) for flag in FLAGS if flag in row})
            for row in rows
        }
        special = {token.content for token in tokens.values() if token.special}
        return cls(tokens, {token.content: token_id for token_id, token in tokens.items()}, special)

    def copy(self) -> AddedTokens:
        """A copy that changes by itself."""
        return AddedTokens(dict(self.tokens), dict(self.ids), set(self.special))

    def rows(self) -> list[dict[str, Any]]:
        """The ``added_tokens`` of a ``tokenizer.json``, by id."""
        return [{"id": token_id, **token.__getstate__()} for token_id, token in sorted(self.tokens.items())]

    def fields(self) -> dict[str, Any]:
        """The fields of a definition that finds them in text: a token that has been special is found as a special one."""
        ids = {token.content: token_id for token_id, token in sorted(self.tokens.items())}
        flags = {token.content: {flag for flag in FLAGS[:3] if getattr(token, flag)} for token in self.tokens.values()}
        return {
            "special_tokens": {name: token_id for name, token_id in ids.items() if name in self.special},
            "added_tokens": {name: token_id for name, token_id in ids.items() if name not in self.special},
            "late_tokens": {token.content for token in self.tokens.values() if token.normalized},
            "token_flags": {name: own for name, own in flags.items() if own},
        }

    def found_rows(self) -> list[dict[str, Any]]:
        """As ``rows``, for what finds them in text: a token that has been special is found as a special one."""
        return [{**row, "special": row["content"] in self.special} for row in self.rows()]

    def add(self, new: Iterable[AddedToken], size: int, id_in_model: Callable[[str], int | None]) -> int:
        """Adds tokens; returns how many were added or changed.

        A token that the model has keeps its id; another one gets the next free id.

        Args:
            new: The tokens.
            size: How many tokens the model has.
            id_in_model: The id of a token of the model, or None.
        """
        count = 0
        for token in new:
            known = self.ids.get(token.content)
            if not token.content or (known is not None and self.tokens.get(known) == token):
                continue
            token_id = id_in_model(token.content) if known is None else known
            if token_id is None:
                token_id = max(size, self.free)
            self.tokens[token_id], self.ids[token.content] = token, token_id
            self.free = max(self.free, token_id + 1)
            if token.special:
                self.special.add(token.content)
            count += 1
        return count
