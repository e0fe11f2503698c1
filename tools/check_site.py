"""Checks a site that `make docs` has built: what a reader looks for first is where it is looked for.

    python tools/check_site.py FOLDER

prints what is wrong, and fails if anything is.
"""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PLAYGROUND = "playground/index.html"
EMPTY_HEAD = re.compile(r"<th[^>]*></th>")
# What people call most, with the page of the reference that begins with it.
FIRST = {"api/minitok.html": ["minitok.get_encoding", "minitok.load", "minitok.train"]} | {
    "api/tokenizer.html": [f"minitok.Tokenizer.{name}" for name in ("encode", "decode", "count", "save")]
}


def wrong(site: Path) -> Iterator[str]:
    """What is wrong with a site, a line each."""
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in pages_of(site)}
    if f'href="{PLAYGROUND}"' not in pages["index.html"].partition("<article")[2]:
        yield "index.html: no link to the playground"
    for name, page in pages.items():
        tab = re.search(r'<a href="([^"]*)" class="md-tabs__link">\s*Playground', page)
        if tab is None or not (site / name).parent.joinpath(tab[1]).resolve().is_relative_to(
            site.resolve() / "playground"
        ):
            yield f"{name}: the tab Playground does not lead to the playground"
        if "<picture>" in page:
            yield f"{name}: a picture that follows the system, not the page's switch"
        if page.count("#only-light") != page.count("#only-dark"):
            yield f"{name}: a picture for light pages alone, or for dark ones"
        for block in re.findall(r"<pre>.*?</pre>", page, re.DOTALL):
            if "&gt;&gt;&gt; " in block and 'class="gp"' not in block and ".mirror" not in page:
                yield f"{name}: an example whose prompts would be copied: {re.sub('<[^>]*>', '', block)[:60]!r}"
    for name, wanted in FIRST.items():
        start = pages[name].partition("<article")[2].partition('class="doc doc-object')[0]
        yield from (f"{name}: does not begin with {one}" for one in wanted if f'href="#{one}"' not in start)
    for name in (name for name in pages if name.startswith("course/")):
        yield from (
            f"{name}: no link to the {way} page"
            for way in ("prev", "next")
            if f"md-footer__link--{way}" not in pages[name]
        )
    yield from (f"{name}: the head of a column without a word" for name in pages if EMPTY_HEAD.search(pages[name]))
    yield from wrong_search(site)
    yield from wrong_links(site)


def wrong_links(site: Path) -> Iterator[str]:
    """The links within the site that lead to no file, or to no place in a page."""
    pages = {
        path.resolve(): path.read_text(encoding="utf-8")
        for path in [*pages_of(site), *sorted(site.glob("source/*.html"))]
    }
    names = {path: set(re.findall(r'\b(?:id|name)="([^"]+)"', page)) for path, page in pages.items()}
    for path, page in pages.items():
        for link in sorted(set(re.findall(r'\b(?:href|src)="([^"]+)"', page))):
            address = urlsplit(unescape(link))
            if address.scheme or address.netloc:
                _, ours, within = link.partition("github.com/minitok/minitok/blob/main/")
                if ours and not (ROOT / within.partition("#")[0]).exists():
                    yield f"{path.relative_to(site.resolve()).as_posix()}: {link} is not in the repository"
                continue
            file = path.parent.joinpath(unquote(address.path)).resolve() if address.path else path
            place = unquote(address.fragment)
            if not file.exists() or (place and file in names and place not in names[file]):
                yield f"{path.relative_to(site.resolve()).as_posix()}: {link} leads nowhere"


def pages_of(site: Path) -> list[Path]:
    """The pages that the theme has made, but those of the source."""
    folders = (site / "rust", site / "playground", site / "source", site / "404.html")
    return [path for path in sorted(site.rglob("*.html")) if not any(path.is_relative_to(one) for one in folders)]


def wrong_search(site: Path) -> Iterator[str]:
    """What would not be found: guides come before the reference and the source."""
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    boosts = {page["location"].partition("#")[0]: page.get("boost", 1) for page in index}
    guides = [boost for page, boost in boosts.items() if page.startswith("guides/")]
    others = [boost for page, boost in boosts.items() if page.startswith(("api/", "source/"))]
    if not guides or not others or min(guides) <= max(others):
        yield "the search finds the reference before the guides"


if __name__ == "__main__":
    found = list(wrong(Path(sys.argv[1])))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
