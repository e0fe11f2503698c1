"""The playground and the first lessons as pages, with the Rust core as WebAssembly.

    python tools/build_pages.py TARGET
    python tools/build_pages.py TARGET FOLDER [COURSE [ADDRESS]]
    python tools/build_pages.py --quick TARGET FOLDER [COURSE [ADDRESS]]

TARGET is the folder with the modules. The first puts the playground into the package, for ``minitok play`` and for wheels. The
second puts all pages into a folder, from which any file server serves them: ``pages/``; what they need of ``js/``; the cores;
the published vocabularies; and the texts of the bill by language. Labels of patterns, which stand in Python only, go into
``core/encodings.json``. The third is for tests: one core answers all, in a third of the time of a page, and is packed at once.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import shutil
import struct
import sys
import tarfile
import tempfile
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from minitok import get_encoding
from minitok.data import human_rights
from minitok.encodings.published import PUBLISHED
from minitok.explain.alternatives import LABELS
from minitok.explain.bundle import bundle
from minitok.explain.chips import chip
from minitok.explain.explanation import TITLE
from minitok.explain.page import asset, drawn, page, to_data
from minitok.play import PAGE, shakespeare
from minitok.play.alone import alone
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "pages"
# Where the modules of the pages are, by their folder there: some draw explanations, others are of the package for JavaScript.
MODULES = {
    "core": [PAGES / "core"],
    "static": [PAGES / "playground", ROOT / "python/minitok/explain/assets"],
    "lesson": [PAGES / "lesson"],
    "js": [ROOT / "js"],
}
# Begins to load the core, while the page's script still comes.
SOURCE = ("static/source.js", "static/refused.js")
# What a card of a link to the playground shows: tools/pictures.py photographs it.
CARD = ROOT / "docs" / "images" / "play-card.png"
# Scripts and styles of the page's own files only, no text as markup; the core may be compiled, and run in a worker.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types minitok-worker; worker-src 'self'"
)
# How much the page takes on, in bytes: a text to encode, one made into a page, a piece whose merges are drawn, how much of a
# text is cut in lanes, how many bytes from the last place at which a text can be cut are looked at for what may follow, a text
# to train on, a tokenizer's file. And how many encodings are shown, ids learnt, and tokenizers of the reader's own kept.
LIMITS = {
    "text": 1 << 20,
    "explained": 1 << 12,
    "piece": 256,
    "lanes": 4_000,
    "tail": 1_000,
    "corpus": 1 << 24,
    "tokenizer": 1 << 26,
    "encodings": 6,
    "vocab_size": 1 << 16,
    "kept": 32,
}
# All of the core, and the part that shows a text: the features `pages` and `first`, by the folder of the module.
CORES = {"minitok": "wasm", "first": "first"}
SMALL = 9 | lzma.PRESET_EXTREME
# The models that readers look for, beside the encodings that they use.
KNOWN_FOR = {
    "r50k_base": ["davinci"],
    "p50k_base": ["text-davinci-003"],
    "p50k_edit": ["text-davinci-edit-001"],
    "cl100k_base": ["gpt-4", "gpt-3.5-turbo", "text-embedding-3-small"],
    "o200k_base": ["gpt-5", "gpt-4.1", "gpt-4o", "o3"],
    "o200k_harmony": ["gpt-oss-120b"],
}
# The encoding that the page begins with, as state.js has it.
FIRST_ENCODING = "o200k_base"
# Articles of the declaration among the examples, by language: as on the web, some languages have less text than others.
ARTICLES = {"English": 20, "German": 20, "Hindi": 5, "Thai": 5}


def build(target: Path, folder: Path, course: str = "", address: str = "", *, quick: bool = False) -> None:
    """Write all pages, anew.

    Args:
        target: Cargo's folder of the target, with the cores.
        folder: What becomes the folder of the pages.
        course: The address of the folder of lessons, as seen from the pages, if there is one.
        address: Where the pages will be, with a slash at the end. A card that shows a link to them needs it.
        quick: One core answers all.
    """
    cores = ("minitok",) if quick else ("minitok", "first")
    build_playground(target, folder, cores, lambda page: with_card(with_course(page, course), address), quick=quick)
    shutil.copyfile(CARD, folder / CARD.name)
    for name in sorted({published.file for published in PUBLISHED.values()}):
        data = files("minitok.encodings").joinpath(f"data/{name}.vocab").read_bytes()
        write(folder / "vocabularies" / f"{name}.vocab", data)
    texts = "udhr.json.gz"
    write(folder / "texts" / texts, files("minitok.data").joinpath(texts).read_bytes())
    for lesson in sorted(folder.glob("lesson-*.html")):
        write(folder / "alone" / lesson.name, alone(lesson.name, lambda path: (folder / path).read_bytes()).encode())


def build_for_package(target: Path, archive: Path, *, quick: bool = False) -> None:
    """Write the page that ``minitok play`` serves, with one core for all, and without the plays, which the package has.

    It is one archive, compressed as a whole: scripts have modules in common.
    """
    with tempfile.TemporaryDirectory() as made, tarfile.open(archive, "w:xz", preset=0 if quick else SMALL) as page:
        folder = Path(made)
        build_playground(target, folder, ("minitok",), of_this_machine, quick=quick)
        (folder / "static" / "shakespeare.txt").unlink()
        for path in sorted(folder.rglob("*.*")):
            member, content = tarfile.TarInfo(path.relative_to(folder).as_posix()), path.read_bytes()
            member.size = len(content)
            page.addfile(member, io.BytesIO(content))


def build_playground(
    target: Path, folder: Path, cores: Sequence[str], change: Callable[[str], str], *, quick: bool = False
) -> None:
    """Write the playground and its lessons, anew, without what the package has: vocabularies, and the texts of the bill."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in cores:
        core = (target / CORES[name] / "minitok.wasm").read_bytes()
        write(folder / "core" / f"{name}.lzma", packed(core, 0 if quick else SMALL))
    write(folder / "core" / "encodings.json", json.dumps(catalogue(), ensure_ascii=False).encode())
    write(
        folder / "index.html",
        change(with_policy(with_first((PAGES / "playground/index.html").read_text("utf-8")))).encode(),
    )
    for name, content in static_files().items():
        write(folder / "static" / name, content)
    shutil.copy(PAGES / "lesson/lesson.css", folder / "static")
    read = modules().__getitem__
    scripts = {name: bundle(name, read, SOURCE) for name in ("static/main.js", "core/worker.js")}
    for lesson in sorted((PAGES / "lesson").glob("lesson-*.html")):
        write(folder / lesson.name, change(with_policy(in_frame(lesson))).encode())
        scripts[f"lesson/{lesson.stem}.js"] = bundle(f"lesson/{lesson.stem}.js", read)
    # A worker that is no module may also come from a file that is on a disk.
    scripts["core/worker.js"] = scripts["core/worker.js"].replace("import.meta.url", "location.href")
    if quick:
        scripts["core/worker.js"] = re.sub(r"const FIRST = \[.*?\];", "const FIRST = [];", scripts["core/worker.js"])
    for name, script in (scripts | {name: read(name) for name in SOURCE}).items():
        write(folder / name, script.encode())


def packed(core: bytes, preset: int = SMALL) -> bytes:
    """A core as ``pages/core/lzma.js`` unpacks it: a quarter smaller than by gzip, which not every server has for it."""
    filters = [{"id": lzma.FILTER_LZMA1, "preset": preset, "dict_size": 1 << 21, "lc": 3, "lp": 0, "pb": 0}]
    return struct.pack("<I", len(core)) + lzma.compress(core, format=lzma.FORMAT_RAW, filters=filters)


def modules() -> dict[str, str]:
    """The modules of the pages, by the paths at which they import each other."""
    return {
        f"{name}/{file.relative_to(folder).as_posix()}": file.read_text(encoding="utf-8")
        for name, folders in MODULES.items()
        for folder in folders
        for file in folder.rglob("*.js")
    }


def static_files() -> dict[str, bytes]:
    """What the page has beside its scripts; the page to fill with an explanation is of ``minitok.explain``."""
    found = {name: (PAGES / "playground" / name).read_bytes() for name in ("icon.svg", "play.css")}
    found |= {"explain.css": asset("page.css").encode(), "keep.html": page(TITLE, [drawn("explanation", {})]).encode()}
    return {**found, "shakespeare.txt": shakespeare(), "languages.txt": languages()}


def languages() -> bytes:
    """Articles of the declaration in four languages, as an example to train on with parity."""
    texts = [[language, *human_rights()[language][:most]] for language, most in ARTICLES.items()]
    return "".join(f"{line}\n" for lines in texts for line in lines).encode()


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def catalogue() -> dict[str, object]:
    """The encodings, the patterns with their labels, the limits, and the languages of the bill, as data for the core."""
    encodings = {
        name: {"file": published.file, "models": KNOWN_FOR.get(name, [])} for name, published in PUBLISHED.items()
    }
    patterns = {
        name: {"source": source, "labels": LABELS.get(name), "is_family": name in FAMILIES}
        for name, source in (NAMED | FAMILIES).items()
    }
    return {
        "encodings": encodings,
        "patterns": patterns,
        "limits": LIMITS,
        "languages": list(human_rights()),
    }


def in_frame(lesson: Path) -> str:
    """The page of a lesson: what all of them share stands in one file, with room for the title and the text of each."""
    frame = (PAGES / "lesson" / "frame.html").read_text(encoding="utf-8")
    title, text = lesson.read_text(encoding="utf-8").removeprefix("<title>").split("</title>\n", 1)
    links = "".join(
        f'<li><a href="{one.name}"{" aria-current=page" if one == lesson else ""}>{number_of(one)}</a></li>'
        for one in sorted(lesson.parent.glob("lesson-*.html"), key=number_of)
    )
    return Template(frame).substitute(title=title, name=lesson.stem, lesson=text, lessons=links)


def number_of(lesson: Path) -> int:
    """The number of a lesson."""
    return int(lesson.stem.rpartition("-")[2])


def with_first(page: str) -> str:
    """The page with the tokens of its first text, and the merges of the longest: they are seen before the core has come."""
    state = (PAGES / "playground" / "state.js").read_text(encoding="utf-8")
    text = re.findall('FIRST_TEXT = "([^"]+)"', state)[0]
    tok = get_encoding(FIRST_ENCODING)
    tokens, ids = tok.tokenize(text), tok.encode(text)
    longest = max(tokens, key=len)
    told = tok.explain(longest)
    first = {
        "start": text.encode().index(longest),
        "piece": to_data(told.pieces[0]),
        "vocabulary": to_data(told.vocabulary),
    }
    chips = "".join(
        chip(token, token_id, str(token_id), " both chosen" if token == longest else " both")
        for token, token_id in zip(tokens, ids, strict=True)
    )
    panel = (
        f'<section class="panel" aria-label="{FIRST_ENCODING}"><div class="counts"><b>{len(ids)}</b><p><strong>tokens</strong>'
        f"<span>{len(text)} characters, {len(text) / len(ids):.1f} a token</span></p></div>"
        f'<div class="strip"><div class="block">{chips}</div></div></section>'
    )
    data = json.dumps(first, separators=(",", ":")).replace("<", "\\u003c")
    for place, content in {
        'aria-label="Text">': escape(text),
        '<div id="panels" class="panels">': panel,
        '<div id="inside">': f'<script type="application/json" id="first">{data}</script>',
    }.items():
        before, after = page.split(place)
        page = before + place + content + after
    return page


def with_policy(page: str) -> str:
    """The page that tells the browser what may run. Who may frame the page, only a server can say."""
    head = '<meta charset="utf-8">\n'
    before, after = page.split(head)
    return f'{before}{head}<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n{after}'


def of_this_machine(page: str) -> str:
    """The page that knows that others cannot see it, and that files to open may have been named."""
    head = "<title>"
    return page.replace(head, f'<meta name="local" content="">\n{head}', 1)


def with_course(page: str, course: str) -> str:
    """The page that knows where the lessons are, and links to them."""
    head = "<title>"
    return page.replace(head, f'<meta name="course" content="{course}">\n{head}', 1) if course else page


def with_card(page: str, address: str) -> str:
    """The page with the picture that others show beside a link to it."""
    alt = "A sentence as tokens, and the tree of merges that make unforgettable one of them"
    named = {"og:image": address + CARD.name, "og:image:width": "1200", "og:image:height": "630", "og:image:alt": alt}
    named |= {"og:url": address} if address else {}
    head = '<meta name="twitter:card"'
    lines = "".join(f'<meta property="{name}" content="{content}">\n' for name, content in named.items())
    return page.replace(head, lines + head, 1)


if __name__ == "__main__":
    quick = sys.argv[1] == "--quick"
    target, *folder = sys.argv[1 + quick :]
    if folder:
        build(Path(target), Path(folder[0]), *folder[1:3], quick=quick)
    else:
        build_for_package(Path(target), PAGE)
