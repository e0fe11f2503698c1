"""The pages about explanations and the playground: their pictures are there, light and dark, small, and load nothing.

Their examples run as doctests.
"""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("explain.md", "play.md")}


@pytest.mark.parametrize(("page", "number"), [("explain.md", 11), ("play.md", 4)])
def test_every_picture_is_there_light_and_dark_and_small(page, number):
    named = re.findall(r'(?:src|srcset)="(images/[^"]+)"', PAGES[page])
    assert len(named) == number
    for light in (name for name in named if "-light." in name):
        assert light.replace("-light.", "-dark.") in named
    for name in named:
        assert (DOCS / name).stat().st_size < 80_000
        if name.endswith(".svg"):
            drawn = (DOCS / name).read_text(encoding="utf-8")
            assert not re.search(r'(?:href|src)="(?!#)|url\((?!#)', drawn)


@pytest.mark.parametrize(("page", "number"), [("explain.md", 6), ("play.md", 2)])
def test_every_picture_is_described(page, number):
    pictures = re.findall(r"<img [^>]*>", PAGES[page])
    assert len(pictures) == number
    assert all(re.search(r'alt="[^"]{40,}"', picture) for picture in pictures)
