"""Stage 2: text as the bytes of its UTF-8."""

from __future__ import annotations

import unicodedata
from typing import Any

from ..bench import Bench, parts_at
from ..report import Failure
from ..showing import link, show_text
from .stage import Stage
from .texts import texts

EXAMPLES = (
    *("a", "", "Hi", "é", "€", "🦀", "naïve café", "\x00\n\t", "e\u0301", "\ufeffa", "한국어"),
    # What programs like to change: line ends, other spaces, what cannot be seen, private and rare characters.
    *(
        "a\r\nb\rc", "a\xa0b", "a\u2028b\u2029c\x85", "👩\u200d💻", "a\xadb", "\x7f\x1b", "\ue000\uffff\ufffd",
        "𠀀\U0010ffff", "a\\n", "&lt;", "%20",
    ),
    "é" * 70_000,
)  # fmt: skip


def run(bench: Bench) -> Failure | None:
    bench.need("text_to_bytes")
    return bench.search(lambda text: check(bench, text), EXAMPLES, texts(bench.random, 20))


def check(bench: Bench, text: str) -> Failure | None:
    expected = list(text.encode())
    return bench.compare(
        f"text_to_bytes({show_text(text)})",
        lambda: bench.session.call("text_to_bytes", text),
        expected,
        lambda yours: why(text, yours, expected),
        link=lambda _: link(text),
    )


def why(text: str, yours: Any, expected: list[int]) -> str:
    """Where two lists of bytes part, and what the submission's list is instead."""
    if not isinstance(yours, list):
        return "The answer is a list of whole numbers from 0 to 255."
    at = parts_at(yours, expected)
    start = 0
    for char in text:
        length = len(char.encode())
        if at < start + length:
            break
        start += length
    else:
        char = ""
    sentence = f"They part at byte {at}: "
    if char:
        name = unicodedata.name(char, "a control character").lower()
        bytes_ = f"{length} {'byte' if length == 1 else 'bytes'} in UTF-8, {char.encode().hex(' ').upper()}"
        sentence += f"{char!r} (U+{ord(char):04X}, {name}) is {bytes_}."
    else:
        sentence += "the text ends there, yours goes on."
    known = {
        "Yours are code points, not UTF-8.": [ord(one) for one in text],
        "Yours leaves out what is not ASCII.": list(text.encode("ascii", "ignore")),
        "Yours has a question mark for what is not ASCII.": list(text.encode("ascii", "replace")),
        "Yours is UTF-16.": list(text.encode("utf-16-le")),
        "Yours is Latin-1.": list(text.encode("latin-1", "replace")),
        "Yours has put the text into a normal form first; a tokenizer changes nothing.": list(
            unicodedata.normalize("NFC", text).encode()
        ),
        "Yours has taken white space away.": list(text.strip().encode()),
        "Yours has changed capitals; a tokenizer changes nothing.": list(text.lower().encode()),
        "Yours has a byte order mark in front.": list(text.encode("utf-8-sig")),
    }
    return " ".join([sentence, *(words for words, ids in known.items() if ids == yours)][:2])


STAGE = Stage(2, "bytes", 5, run, ("minitok",))
