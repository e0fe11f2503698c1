"""Self-contained web pages: one file, no network, no library.

A page has sections of HTML, written and escaped in Python, and places that its script draws from data (``drawn``): an
explanation, a training. The script consists of modules that the playground has, too. A content security policy allows nothing
to be loaded and no other script (it names the hash of this one): even text that escaped its place could do nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from html import escape
from pkgutil import get_data
from typing import Any

from .bundle import bundle

FRAME_HEIGHT = 560


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, and HTML under it, in which every text is escaped; without a heading, the HTML alone."""

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


@cache
def script() -> str:
    """What draws explanations and trainings."""
    return bundle("view.js", asset)


def hashed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def to_data(value: Any) -> Any:
    """The value in the types of JSON. Bytes are a string if they are UTF-8, otherwise ``{"hex": "ff00"}``.

    >>> to_data({1: b"a", 2: b"\\xff"})
    {'1': 'a', '2': {'hex': 'ff'}}
    """
    if is_dataclass(value):
        return {field.name: to_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"hex": value.hex()}
    if isinstance(value, (tuple, list)):
        return [to_data(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_data(item) for key, item in value.items()}
    return value


def drawn(view: str, data: Any) -> Section:
    """A place of a page in which the script draws data: an ``explanation``, or a ``training``.

    >>> drawn("training", {"merges": ["<"]}).html.count("<script")
    1
    """
    written = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return Section(
        "",
        f'<div data-view="{view}"><script type="application/json">{written}</script>'
        "<p>What belongs here is drawn by the script of this page, which has not run.</p></div>",
    )


def page(title: str, sections: Sequence[Section], lead: str = "") -> str:
    """A whole page.

    >>> "<h2>Ids</h2>" in page("Mine", [Section("Ids", "<p>1 2 3</p>")])
    True
    """
    body = "\n".join(map(section_html, sections))
    # What a page draws is named by its places; whatever else is in it is escaped, quotes too.
    code = script() if '<div data-view="' in body else ""
    allowed = f"script-src {hashed(code)}; " if code else ""
    policy = f"default-src 'none'; style-src {hashed(asset('page.css'))}; {allowed}base-uri 'none'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
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
{f"<script>{code}</script>" if code else ""}
</body>
</html>
"""


def section_html(section: Section) -> str:
    lead = f'<p class="lead">{escape(section.lead)}</p>\n' if section.lead else ""
    if not section.heading:
        return lead + section.html
    return f"<section>\n<h2>{escape(section.heading)}</h2>\n{lead}{section.html}\n</section>"


def framed(html: str) -> str:
    """Returns a page as an isolated frame: it runs its own script, and cannot reach the page around it."""
    return (
        f'<iframe title="minitok" sandbox="allow-scripts" srcdoc="{escape(html)}" width="100%" height="{FRAME_HEIGHT}" '
        'style="border: 1px solid #8886; border-radius: 8px"></iframe>'
    )
