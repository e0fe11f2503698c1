"""The page about explanations: its pictures are there, light and dark, small, and load nothing. Its examples run as doctests."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "explain.md").read_text(encoding="utf-8")


def test_every_picture_is_there_light_and_dark_and_small():
    named = re.findall(r'(?:src|srcset)="(images/[^"]+)"', PAGE)
    assert len(named) == 8
    for light in (name for name in named if "-light." in name):
        assert light.replace("-light.", "-dark.") in named
    for name in named:
        assert (DOCS / name).stat().st_size < 64_000
        if name.endswith(".svg"):
            drawn = (DOCS / name).read_text(encoding="utf-8")
            assert not re.search(r'(?:href|src)="(?!#)|url\((?!#)', drawn)


def test_every_picture_is_described():
    pictures = re.findall(r"<img [^>]*>", PAGE)
    assert len(pictures) == 4
    assert all(re.search(r'alt="[^"]{40,}"', picture) for picture in pictures)
