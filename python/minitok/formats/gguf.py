"""GGUF, the files of llama.cpp: the tokenizer among the key-values at their head.

Two kinds are read. ``llama`` is SentencePiece's BPE: tokens with scores and types. ``gpt2`` is byte-level BPE: tokens, merges,
and the *name* of a split pattern, ``tokenizer.ggml.pre``, which stands for one of some sixty that llama.cpp knows; a name that
is not in ``PATTERNS`` is refused. The ids are llama.cpp's, which gives those of the model's own library up to the flags of
added tokens, which GGUF does not hold: llama.cpp knows those of some models by their names (``flags_of``).

Special tokens are the control tokens and the user-defined ones, which llama.cpp finds in every text, and minitok where it is
asked to. Left out are padding tokens (unused), and normal tokens that are not written as bytes are, which no text has.

Costs: O(n) for n bytes of key-values; the tensors of a model are not read. With the extension, 150,000 tokens and merges take
some tens of milliseconds.
"""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backend import load_backend
from ..definition import Definition
from ..definition.chat_templates import ChatTemplates
from ..errors import FileFormatError, MinitokError
from ..reference.published.metaspace import MARKER
from ..reference.vocab import NEVER_IN_UTF8
from .byte_level import to_bytes
from .files import NO_MARKER, Reason, blame, found_tokens, is_regular, lacks_space, shown
from .gguf_values import MAGIC, read_values
from .gpt2 import find_pairs, read_merges

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable

__all__ = ["MAGIC", "load"]

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)

GGML = "tokenizer.ggml."
WANTED = {
    *(GGML + name for name in ("model", "pre", "tokens", "scores", "token_type", "merges", "add_space_prefix")),
    GGML + "precompiled_charsmap",
    GGML + "bos_token_id",
    GGML + "eos_token_id",
    "tokenizer.chat_template",
    "general.name",
}


def read_patterns() -> tuple[dict[str, str], set[str]]:
    """The patterns by the names that stand for them, and the names under which a piece that is a token is not merged."""
    lines = Path(__file__).with_name("gguf_patterns.txt").read_text("ascii").splitlines()
    rows = [line.partition(" = ") for line in lines if not line.startswith("#")]
    named = [(name, pattern) for names, _, pattern in rows for name in names.split()]
    return {name.rstrip("*"): pattern for name, pattern in named}, {name[:-1] for name, _ in named if name[-1] == "*"}


PATTERNS, WHOLE_PIECES = read_patterns()


def load(path: str | os.PathLike[str], *, backend: str | None = None) -> Definition:
    """Reads the tokenizer of a GGUF file.

    Raises:
        FileFormatError: The file is malformed, or its tokenizer is of a kind or has a pattern that minitok does not know; or
            it is a pipe or a device.
    """
    if not is_regular(Path(path)):
        raise FileFormatError(
            path, "GGUF is read in parts, which a pipe or a device does not allow: name a regular file"
        )
    if (found := parse_table(path, backend)) is not None:
        return found
    with blame(path):
        with open(path, "rb") as file:
            values = read_values(file, WANTED)
        model = text_of(values, "model")
        read = {"llama": read_scores, "gpt2": read_bytes}.get(model)
        if read is None:
            raise Reason(f"its tokenizer is of the kind {shown(model)}; minitok reads llama and gpt2")
        return read(values, {"backend": backend, "chat": chat_of(values)})


def parse_table(path: str | os.PathLike[str], backend: str | None) -> Definition | None:
    """The tokenizer of a file that the backend reads; None for one that is left to the readers below, or refused there."""
    chosen = load_backend(backend)
    table = chosen.readers.read_gguf(path)
    rows = table.special() if table is not None else None
    if table is None or rows is None:
        return None
    (model, pre), (space, replaces), chat = table.names(), table.changes(), table.chat()
    # A file whose name says more is left to the readers below.
    fields: dict[str, Any] = found_of(rows, "", pre or "")
    fields["chat"] = ChatTemplates({"default": chat[0]}, dict(chat[1])) if chat else None
    vocab = None
    if model == "gpt2" and pre in PATTERNS and not space:
        fields |= {"pattern": PATTERNS[pre]}
        vocab = table.byte_level(pre in WHOLE_PIECES)
    elif model == "llama" and not replaces:
        fields |= {"pattern": "none", "prefix": "never" if space is False else "segment"}
        vocab = table.characters()
        if vocab is not None and lacks_space(vocab):
            return None
    with suppress(MinitokError):
        return None if vocab is None else Definition.of(vocab, chosen.name, **fields)
    return None


def read_scores(values: dict[str, Any], options: dict[str, Any]) -> Definition:
    """BPE of characters with byte fallback, from scores."""
    if values.get(GGML + "precompiled_charsmap"):
        raise Reason("the tokenizer replaces characters (precompiled_charsmap), which minitok does not support")
    tokens, kinds = tokens_of(values)
    scores = items(values, "scores", float, len(tokens))
    if (wrong := next((token_id for token_id, score in enumerate(scores) if math.isnan(score)), None)) is not None:
        raise Reason(f"the score of token {wrong} is not a number")
    scored = [
        (token.replace(MARKER, b" "), token_id, scores[token_id])
        for token_id, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind == NORMAL
    ]
    by_name = {token: token_id for token_id, token in enumerate(tokens) if kinds[token_id] == BYTE}
    missing = next((byte for byte in range(256) if b"<0x%02X>" % byte not in by_name), None)
    if missing is not None:
        raise Reason(f"the byte 0x{missing:02x} has no token")
    fallback = [by_name[b"<0x%02X>" % byte] for byte in range(256)]
    prefix = "segment" if values.get(GGML + "add_space_prefix", True) else "never"
    if b" " not in (text for text, _, _ in scored):
        raise Reason(NO_MARKER)
    return Definition.from_scores(
        scored, fallback, pattern="none", prefix=prefix, **special_of(values, tokens, kinds), **options
    )


def read_bytes(values: dict[str, Any], options: dict[str, Any]) -> Definition:
    """Byte-level BPE, from merges and the name of a pattern."""
    pre = text_of(values, "pre")
    if pre not in PATTERNS:
        raise Reason(f"the split pattern has the name {shown(pre)}, which minitok does not know")
    if values.get(GGML + "add_space_prefix"):
        raise Reason("it puts a space before the text (add_space_prefix), which minitok does not support with bytes")
    tokens, kinds = tokens_of(values)
    ids: dict[str, int] = {}
    by_bytes: dict[bytes, int] = {}
    for token_id, token in enumerate(tokens):
        if kinds[token_id] != NORMAL:
            continue
        text = as_text(token, token_id)
        if ids.setdefault(text, token_id) != token_id:
            raise Reason(f"the token {token_id}, {shown(token)}, appears twice")
        with suppress(KeyError):
            by_bytes[to_bytes(text)] = token_id
    rows = [row.decode("utf-8", "replace") for row in items(values, "merges", bytes, None)]
    return Definition.from_tokens(
        by_bytes,
        find_pairs(read_merges(rows), ids),
        pattern=PATTERNS[pre],
        whole_pieces=pre in WHOLE_PIECES,
        drops_bytes=any(bytes([byte]) not in by_bytes for byte in range(256) if byte not in NEVER_IN_UTF8),
        **special_of(values, tokens, kinds),
        **options,
    )


def tokens_of(values: dict[str, Any]) -> tuple[list[bytes], list[int]]:
    """The tokens and their types, by id."""
    tokens = items(values, "tokens", bytes, None)
    kinds = items(values, "token_type", int, len(tokens))
    for token_id, kind in enumerate(kinds):
        if not NORMAL <= kind <= BYTE:
            raise Reason(f"the token {token_id} has the unknown type {kind}")
    return tokens, kinds


def special_of(values: dict[str, Any], tokens: list[bytes], kinds: list[int]) -> dict[str, Any]:
    """The fields of a definition for the tokens that are found in text."""
    rows = [
        (as_text(token, token_id), token_id, kind == USER_DEFINED)
        for token_id, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind in (UNKNOWN, CONTROL, USER_DEFINED)
    ]
    name, pre = (
        found.decode("utf-8", "replace") if isinstance(found := values.get(key), bytes) else ""
        for key in ("general.name", GGML + "pre")
    )
    return found_of(rows, name, pre)


def found_of(rows: Iterable[tuple[str, int, bool]], name: str, pre: str) -> dict[str, Any]:
    """The same, given names, ids, and whether they are added tokens. And what tokens take."""
    found = found_tokens(rows)
    return {**found, "token_flags": flags_of(name, pre, [token for kind in found.values() for token in kind])}


def flags_of(model: str, pre: str, special: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The white space that tokens take, which llama.cpp knows by the name of the model or of its pattern."""
    model = model.lower()
    if any(part in pre for part in ("jina-v2-de", "jina-v2-es", "jina-v2-code")):
        return {name: ("lstrip",) for name in ("<mask>",) if name in special}
    if "phi-3" in model or "phi3" in model:
        return {name: ("rstrip",) for name in special if name not in ("<unk>", "<s>", "<|endoftext|>")}
    if "modern-bert" in model:
        return {name: ("lstrip",) for name in ("[MASK]",) if name in special}
    return {}


def as_text(token: bytes, token_id: int) -> str:
    try:
        return token.decode()
    except UnicodeDecodeError:
        raise Reason(f"the token {token_id}, {shown(token)}, is not UTF-8") from None


def chat_of(values: dict[str, Any]) -> ChatTemplates | None:
    """The chat template, and what it knows as ``bos_token`` and ``eos_token``."""
    source = values.get("tokenizer.chat_template")
    if not isinstance(source, bytes):
        return None
    tokens, _ = tokens_of(values)
    named = {}
    for name in ("bos_token", "eos_token"):
        token_id = values.get(f"{GGML}{name}_id")
        if type(token_id) is int and 0 <= token_id < len(tokens):
            named[name] = tokens[token_id].decode("utf-8", "replace")
    try:
        return ChatTemplates({"default": source.decode()}, named)
    except UnicodeDecodeError:
        raise Reason("tokenizer.chat_template is not UTF-8") from None


def items(values: dict[str, Any], name: str, kind: type, count: int | None) -> list[Any]:
    """A list that must be there, of that type and length."""
    found = values.get(GGML + name)
    if not isinstance(found, list) or not all(type(item) is kind for item in found):
        raise Reason(f"the file has no tokenizer, or {GGML}{name} is not a list of {kind.__name__}")
    if count is not None and len(found) != count:
        raise Reason(f"{GGML}{name} has {len(found):,} items for {count:,} tokens")
    return found


def text_of(values: dict[str, Any], name: str) -> str:
    """A string that must be there."""
    found = values.get(GGML + name)
    if not isinstance(found, bytes):
        raise Reason(f"the file has no {GGML}{name}")
    return found.decode("utf-8", "replace")
