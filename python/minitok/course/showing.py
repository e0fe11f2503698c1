"""Texts, ids, tokens and merges, short enough for one line of a message; and links into the playground."""

from __future__ import annotations

import base64
import json
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import combining
from urllib.parse import urlencode

from ..tokenizer import Tokenizer

__all__ = [
    "link", "printable", "show", "show_ids", "show_merges", "show_text", "show_token", "show_tokens", "token_table",
]  # fmt: skip

# Where `minitok play` listens.
PLAYGROUND = "http://127.0.0.1:8765/"
LONGEST_TEXT = 100
MOST_IDS = 14
MOST_MERGES = 6
LONGEST_LINK = 1500

Pair = tuple[int, int]


def printable(text: str) -> str:
    """What a program has printed, raised or named, for a message: what cannot be seen is written as an escape.

    >>> printable("\\x1b[2Jé\\n\\ud800")
    '\\\\x1b[2Jé\\\\n\\\\ud800'
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def show_text(text: str) -> str:
    """A text in quotes, cut where it is long. What cannot be seen, or joins what is before it, is written as an escape.

    >>> show_text("a\\n"), show_text("e\\u0301"), show_text("b" * 1000)[-21:]
    ('"a\\\\n"', '"e\\\\u0301"', '"… (1,000 characters)')
    """
    if len(text) <= LONGEST_TEXT:
        return quoted(text)
    return f"{quoted(text[: LONGEST_TEXT // 2])}… ({len(text):,} characters)"


def quoted(text: str) -> str:
    hidden = (char for char in set(text) if char != " " and (combining(char) or not char.isprintable()))
    escapes = {ord(char): json.dumps(char)[1:-1] for char in hidden}
    # json.dumps writes the escapes of control characters; the others are put in after it.
    return json.dumps(text, ensure_ascii=False).translate({code: to for code, to in escapes.items() if code >= 0x7F})


def show_ids(ids: Sequence[Any]) -> str:
    """Ids, the first few of many."""
    shown = ", ".join(map(str, ids[:MOST_IDS]))
    return f"[{shown}]" if len(ids) <= MOST_IDS else f"[{shown}, … {len(ids):,} ids]"


def show_token(token: bytes) -> str:
    """A token as text; bytes that are not valid UTF-8 in hexadecimal; a space as a space's sign.

    >>> show_token(b" low"), show_token(b"\\xc3")
    ('·low', '<C3>')
    """
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return f"<{token.hex(' ').upper()}>"
    return printable(text.replace(" ", "·"))


def show_tokens(tokens: Sequence[bytes]) -> str:
    """Tokens with bars between them."""
    shown = "|".join(map(show_token, tokens[:MOST_IDS]))
    return shown if len(tokens) <= MOST_IDS else f"{shown}|…"


def token_table(merges: Iterable[Pair]) -> dict[int, bytes]:
    """The bytes of each id: merge k makes id 256 + k."""
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for rank, (left, right) in enumerate(merges):
        tokens[256 + rank] = tokens[left] + tokens[right]
    return tokens


def show_merges(merges: Mapping[Pair, int] | Sequence[Pair]) -> str:
    """Merges with their ranks.

    >>> show_merges([(98, 97), (99, 98)])
    'b+a rank 0, c+b rank 1'
    """
    pairs = list(merges)
    if not pairs:
        return "no merges"
    tokens = token_table(pairs)
    shown = [
        f"{show_token(tokens[left])}+{show_token(tokens[right])} rank {k}" for k, (left, right) in enumerate(pairs)
    ]
    return (
        ", ".join(shown) if len(pairs) <= MOST_MERGES else f"{', '.join(shown[:MOST_MERGES])}, … {len(pairs):,} merges"
    )


def show(value: object) -> str:
    """Any value, cut where it is long."""
    if isinstance(value, str):
        return show_text(value)
    if isinstance(value, list) and value and all(isinstance(item, int) for item in value):
        return show_ids(value)
    text = repr(value)
    return text if len(text) <= 2 * LONGEST_TEXT else f"{text[: 2 * LONGEST_TEXT]}…"


def link(
    text: str,
    merges: Sequence[Pair] = (),
    pattern: str = "none",
    *,
    step: int | None = None,
    special_tokens: Mapping[str, int] | None = None,
    allowed: bool = False,
) -> str | None:
    """The text under these merges in the playground, at a step of its first piece; None where it is too long for a link.

    ``special_tokens`` belong to the tokenizer; ``allowed``: they are looked for.
    """
    fields = {"text": text, **({"special": "1"} if allowed else {})}
    if merges:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tokenizer.json"
            Tokenizer(list(merges), pattern=pattern, special_tokens=special_tokens).save(path)
            file = path.read_text(encoding="utf-8")
        name = f"own-{zlib.crc32(file.encode()):08x}"
        fields["encodings"] = name
        if step is not None:
            fields["at"], fields["step"] = f"0,{name}", str(step)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(json.dumps([file]).encode()) + packer.flush()
        fields["own"] = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    else:
        fields["encodings"] = "gpt2"
    url = f"{PLAYGROUND}#{urlencode(fields)}"
    return url if len(url) <= LONGEST_LINK else None
