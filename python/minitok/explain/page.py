"""Self-contained web pages: one file, no network, no library.

Everything is in the HTML, written here and escaped here: with scripts off, or printed, a page shows all of its steps one
after the other. The script only turns a list of steps into a slider. A content security policy allows nothing to be loaded
and no other script (it names the hash of this one): even text that escaped its place could do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pkgutil import get_data

__all__ = ["Section", "framed", "page"]

FRAME_HEIGHT = 560


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, and HTML under it, in which every text is escaped already."""

    heading: str
    html: str
    lead: str = ""


@cache
def asset(name: str) -> str:
    """A file that comes with the package."""
    data = get_data("minitok.explain", f"assets/{name}")
    if data is None:
        raise FileNotFoundError(name)
    return data.decode()


def policy() -> str:
    """The content security policy: this style and this script, and nothing from anywhere."""

    def source(name: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(asset(name).encode()).digest()).decode()}'"

    return f"default-src 'none'; style-src {source('page.css')}; script-src {source('page.js')}; base-uri 'none'"


def page(title: str, sections: Sequence[Section], lead: str = "") -> str:
    """A whole page.

    >>> "<h2>Ids</h2>" in page("Mine", [Section("Ids", "<p>1 2 3</p>")])
    True
    """
    body = "\n".join(
        f"<section>\n<h2>{escape(section.heading)}</h2>\n"
        + (f'<p class="lead">{escape(section.lead)}</p>\n' if section.lead else "")
        + f"{section.html}\n</section>"
        for section in sections
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{asset("page.css")}</style>
</head>
<body>
<main>
<header>
<h1>{escape(title)}</h1>
{f"<p>{escape(lead)}</p>" if lead else ""}
</header>
{body}
<footer>Made by minitok. Everything on this page is in this one file.</footer>
</main>
<script>{asset("page.js")}</script>
</body>
</html>
"""


def framed(html: str) -> str:
    """Returns a page as an isolated frame: it runs its own script, and cannot reach the page around it."""
    return (
        f'<iframe title="minitok" sandbox="allow-scripts" srcdoc="{escape(html)}" width="100%" height="{FRAME_HEIGHT}" '
        'style="border: 1px solid #8886; border-radius: 8px"></iframe>'
    )
