"""The texts that are measured: made from what every Python has, or read from files given by path.

``english`` is the play that comes with minitok, ``code`` the sources of Python's standard library, ``scripts`` words of
many scripts made from the bundled Unicode table, ``chat`` short lines. A folder given with ``--corpus`` replaces those for
which it holds a file (``english.txt``, ``code.txt``, ``multilingual.txt``, ``chat.jsonl``); the results say which.
"""

from __future__ import annotations

import json
import random
import re
import sysconfig
from functools import cache
from itertools import accumulate
from pathlib import Path

FILES = {"english": "english.txt", "code": "code.txt", "scripts": "multilingual.txt", "chat": "chat.jsonl"}
NAMES = tuple(FILES)
# A letter of each, by the first and last code point of its block.
SCRIPTS = {
    "Greek": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "Devanagari": (0x900, 0x97F),
    "Thai": (0xE00, 0xE7F),
    "Georgian": (0x10D0, 0x10FF),
    "Kana": (0x3040, 0x30FF),
    "Han": (0x4E00, 0x5FFF),
    "Hangul": (0xAC00, 0xB7FF),
}
WITHOUT_SPACES = {"Thai", "Kana", "Han"}


def read(name: str, size: int, corpus: Path | None = None) -> tuple[str, str]:
    """Two different texts of a kind, each of about ``size`` bytes, or each a half of what there is."""
    text = from_file(name, 2 * size, corpus) if corpus and (corpus / FILES[name]).exists() else made(name, 2 * size)
    # Some libraries find special tokens in any text, and have no call that does not: so there are none.
    text = re.sub(r"<\|\w+\|>", "", text)
    raw = text.encode()[: 2 * size]
    middle = len(raw) // 2
    return raw[:middle].decode(errors="ignore"), raw[middle:].decode(errors="ignore")


def write(path: Path, name: str, size: int, corpus: Path | None = None) -> tuple[int, int]:
    """Write a text of a kind to a file: the bytes written, and how many times the text stands in it, whole or in part.

    ``all`` is English, code and many scripts, one after the other. A text that is too short is repeated.
    """
    names = ["english", "code", "scripts"] if name == "all" else [name]
    raw = b"".join(content(name, size, corpus).encode() for name in names)
    copies, rest = divmod(size, len(raw))
    # What is cut off ends with a character.
    rest_of_it = raw[:rest].decode(errors="ignore").encode()
    with path.open("wb") as file:
        for _ in range(copies):
            file.write(raw)
        file.write(rest_of_it)
    return copies * len(raw) + len(rest_of_it), copies + bool(rest_of_it)


def content(name: str, size: int, corpus: Path | None) -> str:
    """A text of a kind, of about ``size`` bytes, or all there is."""
    found = from_file(name, size, corpus) if corpus and (corpus / FILES[name]).exists() else made(name, size)
    return found.replace("<|endoftext|>", "")


def from_file(name: str, size: int, corpus: Path) -> str:
    path = corpus / FILES[name]
    if path.suffix != ".jsonl":
        with path.open("rb") as file:
            return file.read(size + 4).decode(errors="ignore")
    lines: list[str] = []
    length = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            lines.append(longest_string(line))
            length += len(lines[-1])
            if length >= size:
                break
    return "\n".join(lines)


def longest_string(line: str) -> str:
    """The text in a line of JSON: the longest string in it."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, (list, dict)):
            for inner in value.values() if isinstance(value, dict) else value:
                walk(inner)

    walk(json.loads(line))
    return max(found, key=len, default="")


def made(name: str, size: int) -> str:
    """A text made from what is at hand; at most ``size`` bytes, or all there is."""
    from minitok.data import tiny_shakespeare

    if name == "english":
        return tiny_shakespeare()
    if name == "code":
        return python_sources(size)
    if name == "scripts":
        return many_scripts(size)
    return chat_lines(size)


@cache
def python_sources(size: int) -> str:
    """The standard library's own sources, in the order of their names."""
    parts: list[str] = []
    total = 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")) + sorted(
        Path(sysconfig.get_path("stdlib")).glob("[a-r]*/*.py")
    ):
        if total >= size:
            break
        parts.append(path.read_text(encoding="utf-8", errors="ignore"))
        total += len(parts[-1])
    return "".join(parts)


@cache
def many_scripts(size: int) -> str:
    """Sentences of made-up words, a script each; words come as often as Zipf's law says."""
    from minitok.reference.published.unicode import property_set

    letters = {ordinal for first, last in property_set("L") for ordinal in range(first, last + 1)}
    dice = random.Random(1)
    vocabularies = []
    for script, (first, last) in SCRIPTS.items():
        alphabet = [chr(ordinal) for ordinal in range(first, last + 1) if ordinal in letters]
        weights = list(accumulate(1 / rank for rank in range(1, len(alphabet) + 1)))
        dice.shuffle(alphabet)
        words = ["".join(dice.choices(alphabet, cum_weights=weights, k=dice.randint(1, 8))) for _ in range(3000)]
        vocabularies.append((words, "" if script in WITHOUT_SPACES else " "))
    word_weights = list(accumulate(1 / rank for rank in range(1, 3001)))
    sentences: list[str] = []
    total = 0
    while total < size:
        words, space = dice.choice(vocabularies)
        sentences.append(space.join(dice.choices(words, cum_weights=word_weights, k=dice.randint(5, 30))) + ".\n")
        total += len(sentences[-1].encode())
    return "".join(sentences)


@cache
def chat_lines(size: int) -> str:
    """Short lines with names, emoji, addresses and figures between the words of the play."""
    from minitok.data import tiny_shakespeare

    dice = random.Random(2)
    words = tiny_shakespeare()[:200_000].split()
    extras = [
        "👍",
        "😂😂",
        "lol",
        "https://example.org/?q=1&page=2",
        "v2.0.1",
        "10:45",
        "I'd",
        "@someone",
        "naïve",
        "—",
    ]
    lines: list[str] = []
    total = 0
    while total < size:
        line = [dice.choice(extras if dice.random() < 0.15 else words) for _ in range(dice.randint(2, 20))]
        lines.append(f"user{dice.randint(1, 99)}: {' '.join(line)}\n")
        total += len(lines[-1])
    return "".join(lines)


def documents(text: str, size: int = 2000) -> list[str]:
    """A text as many: lines, joined until each has so many characters."""
    found: list[str] = []
    part: list[str] = []
    length = 0
    for line in text.splitlines(keepends=True):
        part.append(line)
        length += len(line)
        if length >= size:
            found.append("".join(part))
            part, length = [], 0
    return [*found, "".join(part)] if part else found


def short_strings(text: str, length: int, count: int) -> list[str]:
    """Strings of one length from all over a text."""
    step = max(1, (len(text) - length) // count)
    return [text[start : start + length] for start in range(0, len(text) - length + 1, step)][:count]


def pathological(size: int = 1_000_000) -> dict[str, str]:
    """Inputs on which some tokenizers take quadratic time, or fail."""
    dice = random.Random(3)
    return {
        "one letter": "a" * size,
        "spaces": " " * size,
        "newlines": "\n" * size,
        "random letters, no space": "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=size)),
        "Han, no space": "".join(chr(dice.randint(0x4E00, 0x9FA5)) for _ in range(size)),
        "digits": "0123456789" * (size // 10),
        "punctuation": "!?" * (size // 2),
    }
