"""The decoders of BPE files, and ``DecodeStream``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from minitok.formats.byte_level import BYTES

from .components import Component, pattern_state, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence as Tokens

__all__ = [
    "BPEDecoder", "ByteFallback", "ByteLevel", "DecodeStream", "Decoder", "Fuse", "Metaspace", "Replace", "Sequence", "Strip",
]  # fmt: skip

BYTE = re.compile("<0x([0-9A-Fa-f]{2})>")


class Decoder(Component):
    """What makes text of tokens."""

    def decode(self, tokens: Tokens[str]) -> str:
        """Returns the text of the tokens.

        >>> ByteLevel().decode(["Hello", "Ġworld"])
        'Hello world'
        """
        return "".join(decoded(self.as_json(), list(tokens)))


class ByteLevel(Decoder):
    defaults = {"add_prefix_space": True, "trim_offsets": True, "use_regex": True}  # noqa: RUF012 - declared in the base

    def __init__(self) -> None:
        self._become(**self.defaults)


class ByteFallback(Decoder):
    def __init__(self) -> None:
        self._become()


class Fuse(Decoder):
    def __init__(self) -> None:
        self._become()


class Strip(Decoder):
    def __init__(self, content: str = " ", left: int = 0, right: int = 0) -> None:
        self._become(content=content, start=left, stop=right)


class Replace(Decoder):
    def __init__(self, pattern: Any, content: str) -> None:
        self._become(pattern=pattern_state(pattern), content=content)


class Metaspace(Decoder):
    defaults = {"replacement": "▁", "prepend_scheme": "always", "split": True}  # noqa: RUF012 - declared in the base

    def __init__(self, replacement: str = "▁", prepend_scheme: str = "always", split: bool = True) -> None:
        self._become(replacement=replacement, prepend_scheme=prepend_scheme, split=split)


class BPEDecoder(Decoder):
    def __init__(self, suffix: str = "</w>") -> None:
        self._become(suffix=suffix)


class Sequence(Decoder):
    parts_field = "decoders"

    def __init__(self, decoders: Iterable[Any]) -> None:
        self._become(decoders=[Decoder.from_state(state_of(part)) for part in decoders])


def decoded(state: dict[str, Any], tokens: list[str]) -> list[str]:
    """The tokens after a decoder, given as JSON."""
    kind = state["type"]
    if kind == "Sequence":
        for part in state["decoders"]:
            tokens = decoded(part, tokens)
        return tokens
    if kind == "ByteLevel":
        return [b"".join(map(token_bytes, tokens)).decode("utf-8", "replace")]
    if kind == "ByteFallback":
        return joined_bytes(tokens)
    if kind == "Fuse":
        return ["".join(tokens)]
    if kind == "Metaspace":
        first = [
            token.removeprefix(state["replacement"] * (state["prepend_scheme"] != "never")) for token in tokens[:1]
        ]
        return [token.replace(state["replacement"], " ") for token in first + tokens[1:]]
    if kind == "BPEDecoder":
        last = len(tokens) - 1
        return [token.replace(state["suffix"], "" if at == last else " ") for at, token in enumerate(tokens)]
    return [changed(state, token) for token in tokens]


def changed(state: dict[str, Any], token: str) -> str:
    """A token after a decoder that looks at one token at a time."""
    if state["type"] == "Strip":
        return stripped(token, state["content"], state["start"], state["stop"])
    if state["type"] != "Replace":
        raise NotImplementedError(f"minitok does not run the decoder {state['type']}")
    if "String" in state["pattern"]:
        return token.replace(state["pattern"]["String"], state["content"])
    return re.sub(state["pattern"]["Regex"], lambda _: str(state["content"]), token)


def token_bytes(token: str) -> bytes:
    """The bytes of a token in byte-level notation; of any other token, its UTF-8."""
    try:
        return bytes(map(BYTES.__getitem__, token))
    except KeyError:
        return token.encode()


def joined_bytes(tokens: list[str]) -> list[str]:
    """The tokens with each run of ``<0x..>`` as one token of these bytes, or, if they are not UTF-8, as U+FFFD for each."""
    found: list[str] = []
    run = bytearray()
    for token in [*tokens, ""]:
        byte = BYTE.fullmatch(token)
        if byte:
            run.append(int(byte[1], 16))
            continue
        if run:
            try:
                found.append(run.decode())
            except UnicodeDecodeError:
                found += ["\ufffd"] * len(run)
            run.clear()
        found.append(token)
    return found[:-1]


def stripped(token: str, content: str, start: int, stop: int) -> str:
    """The token without up to ``start`` and ``stop`` of a character at its ends."""
    for _ in range(start):
        token = token.removeprefix(content)
    for _ in range(stop):
        token = token.removesuffix(content)
    return token


class DecodeStream:
    """Text of ids as they come: ``step`` gives the text that has become certain, or None.

    >>> import minitok
    >>> from minitok.compat.tokenizers import Tokenizer
    >>> tok = Tokenizer.from_minitok(minitok.Tokenizer([]))
    >>> stream = DecodeStream()
    >>> [stream.step(tok, byte) for byte in "é!".encode()]
    [None, 'é', '!']
    """

    def __init__(self, ids: Tokens[int] | None = None, skip_special_tokens: bool = False) -> None:
        self.skip_special_tokens = skip_special_tokens
        self._ids = list(ids or ())
        self._prefix = ""
        self._prefix_index = 0

    def step(self, tokenizer: Any, id: int | Tokens[int]) -> str | None:  # noqa: A002 - as there
        """Returns the text that an id, or several, make certain; None if that is none yet."""

        def decode(ids: list[int]) -> str:
            return str(tokenizer.decode(ids, self.skip_special_tokens))

        if not self._prefix and self._ids:
            text = decode(self._ids)
            if not text.endswith("\ufffd"):
                self._prefix, self._prefix_index = text, len(self._ids)
        self._ids += [id] if isinstance(id, int) else id
        text = decode(self._ids)
        if len(text.encode()) <= len(self._prefix.encode()) or text.endswith("\ufffd"):
            return None
        if not text.startswith(self._prefix):
            raise ValueError(f"the text {text!r} does not begin with {self._prefix!r}, which has been given out")
        new = text[len(self._prefix) :]
        self._ids, index = self._ids[self._prefix_index :], len(self._ids) - self._prefix_index
        self._prefix, self._prefix_index = decode(self._ids), index
        return new

    def __copy__(self) -> DecodeStream:
        made = DecodeStream(self._ids, self.skip_special_tokens)
        made._prefix, made._prefix_index = self._prefix, self._prefix_index
        return made

    def __deepcopy__(self, memo: Any) -> DecodeStream:
        return self.__copy__()
