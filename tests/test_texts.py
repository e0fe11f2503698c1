"""The texts that come with minitok are in NFC, the form in which people type."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from minitok.data import human_rights, tiny_shakespeare

ROOT = Path(__file__).parent.parent
# What is installed, and what the pages are made of.
SHIPPED = [ROOT / "python" / "minitok", ROOT / "pages", ROOT / "js", ROOT / "examples"]


def apart(text: str) -> list[str]:
    """The lines that are not in NFC."""
    return [line for line in text.splitlines() if not unicodedata.is_normalized("NFC", line)]


def test_the_declarations() -> None:
    assert len(human_rights()) >= 34
    assert {language: lines for language, each in human_rights().items() if (lines := apart("\n".join(each)))} == {}


def test_the_plays() -> None:
    assert tiny_shakespeare().isascii()


def test_every_file_of_text() -> None:
    found = {}
    for folder in SHIPPED:
        for path in folder.rglob("*"):
            try:
                text = path.read_text(encoding="utf-8") if path.is_file() else ""
            except UnicodeDecodeError:
                continue
            found[path.relative_to(ROOT).as_posix()] = apart(text)
    assert len(found) > 300
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_text_that_is_not_in_nfc_is_found() -> None:
    assert apart("ab\ne\u0301") == ["e\u0301"]


def test_no_sentence_of_hungarian_ends_in_its_middle() -> None:
    first = human_rights()["Hungarian"][0]
    assert first.startswith("Minden emberi lény szabadon születik")
