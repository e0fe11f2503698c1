"""A picture of a terminal: what a recording console shows, as SVG with no font or style from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

__all__ = ["save_svg", "terminal"]

# Rich's frame, but with the reader's own fonts.
FRAME = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect fill="#16181d" width="{terminal_width}" height="{terminal_height}" rx="8"/>
<g transform="translate(14, 12) scale(0.97)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

# A run of text, as Rich writes it, and how wide each of its characters is.
RUN = re.compile(r'(<text [^>]*?)x="([\d.]+)"([^>]*)textLength="([\d.]+)"([^>]*>)([^<]*)</text>')
SPACE = "&#160;"
CHAR_WIDTH = 12.2

THEME = TerminalTheme(
    (22, 24, 29),
    (214, 217, 222),
    [(22, 24, 29), (224, 108, 117), (126, 201, 126), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (214, 217, 222)],
    [(92, 99, 112), (224, 108, 117), (126, 201, 126), (229, 192, 123),
     (97, 175, 239), (198, 120, 221), (86, 182, 194), (255, 255, 255)],
)  # fmt: skip


def terminal(file: IO[str] | None = None) -> Console:
    """A terminal of fixed size and colours, whose content is kept for the picture."""
    return Console(record=True, file=file, width=92, highlight=False, force_terminal=True, color_system="truecolor")


def save_svg(console: Console, path: Path, title: str) -> None:
    """Draw what the console, which must record, has shown."""
    drawn = console.export_svg(title=title, theme=THEME, code_format=FRAME, unique_id="minitok")
    path.write_text(RUN.sub(without_margins, drawn), encoding="utf-8")


def without_margins(run: re.Match[str]) -> str:
    """A run of text that begins and ends with a letter: not every renderer keeps white space at an edge.

    >>> RUN.sub(without_margins, '<text x="0" y="1" textLength="36.6">&#160;a&#160;</text>')
    '<text x="12.2" y="1" textLength="12.2">a</text>'
    """
    before, x, between, length, after, text = run.groups()
    plain = text.replace(SPACE, " ")
    start = float(x) + (len(plain) - len(plain.lstrip())) * CHAR_WIDTH
    width = float(length) - (len(plain) - len(plain.strip())) * CHAR_WIDTH
    inner = plain.strip().replace(" ", SPACE)
    return f'{before}x="{start:g}"{between}textLength="{width:g}"{after}{inner}</text>'
