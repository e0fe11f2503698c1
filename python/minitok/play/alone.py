"""A lesson as one file, which works from a disk, without a network, and can be mailed."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING

from ..explain.page import hashed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["alone"]

STYLES = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n')
SCRIPT = re.compile(r'<script type="module" src="([^"]+)"></script>\n')
# What does not belong to a page from a disk: an icon, the policy of a page from a server, and the link to this file.
LEFT_OUT = re.compile(r'<link rel="icon"[^>]*>\n|<meta http-equiv[^>]*>\n|<p id="alone">.*?</p>\n', re.DOTALL)
WORKER = "../core/worker.js"
# How a script names a file that comes with it.
BESIDE = re.compile(r"new URL\(([^()]+), (?:import\.meta\.url|location\.href)\)")
CORE = {"minitok.lzma": "core/minitok.lzma", "encodings.json": "core/encodings.json"}
CORPUS = {"../static/shakespeare.txt": "static/shakespeare.txt"}
VOCABULARIES = {name: f"vocabularies/{name}.vocab" for name in ("p50k", "o200k")}
# The lessons that read the plays, and the vocabularies under which each shows texts.
READ = ("lesson-1.html", "lesson-16.html", "lesson-18.html")
SHOWN = {"lesson-1.html": ("p50k", "o200k"), "lesson-5.html": ("p50k",), "lesson-6.html": ("p50k",)}
START = f"""const HELD = JSON.parse(document.getElementById("held").textContent);
HELD.files["first.lzma"] = HELD.files["minitok.lzma"];
const worker = ["const HELD = ", JSON.stringify(HELD.files), ";", HELD.worker];
HELD.files["{WORKER}"] = URL.createObjectURL(new Blob(worker, {{ type: "text/javascript" }}));
"""


def alone(name: str, read: Callable[[str], bytes]) -> str:
    """The page of a lesson with its styles, its script, the core and its data in it.

    Args:
        name: The name of the page.
        read: Gives a file by its path in the folder of the pages.
    """

    def text(path: str) -> str:
        return read(path).decode()

    page = (
        LEFT_OUT.sub("", text(name)).replace('"index.html', '"../index.html').replace('"../course/"', '"../../course/"')
    )
    style = "".join(map(text, STYLES.findall(page)))
    source = text(SCRIPT.findall(page)[0])
    # Some lessons compute everything themselves.
    has_core = WORKER in source
    files = CORE if has_core else {}
    files |= {f"../{VOCABULARIES[one]}": VOCABULARIES[one] for one in SHOWN.get(name, ())}
    files |= CORPUS if name in READ else {}
    data = {key: f"data:;base64,{base64.b64encode(packed(read(path))).decode()}" for key, path in files.items()}
    worker = within(text("core/worker.js"), "HELD") if has_core else ""
    held = json.dumps({"files": data, "worker": worker}).replace("<", "\\u003c")
    script = START + within(source, "HELD.files").replace("`index.html", "`../index.html")
    policy = (
        f"default-src 'none'; script-src {hashed(script)} blob: 'wasm-unsafe-eval'; style-src {hashed(style)}; "
        "worker-src blob:; connect-src data:; base-uri 'none'; form-action 'none'"
    )
    page = STYLES.sub("", page).replace(
        "<title>", f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<title>'
    )
    page = SCRIPT.sub(lambda _: f"<style>{style}</style>\n", page)
    end = f'<script type="application/json" id="held">{held}</script>\n<script type="module">{script}</script>\n</body>'
    return page.replace("</body>", end)


def packed(content: bytes) -> bytes:
    """A file as it goes into the page: a server may have it packed already."""
    return content if content.startswith(b"\x1f\x8b") else gzip.compress(content, mtime=0)


def within(script: str, files: str) -> str:
    """A script that has its files in itself."""
    return BESIDE.sub(rf'new URL({files}[\1] ?? "data:,")', script)
