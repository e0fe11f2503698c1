"""The pages that need no install and no server: the playground and the first lessons, with the Rust core as WebAssembly.

    python tools/build_pages.py WASM FOLDER [COURSE [ADDRESS]]

puts them into a folder, from which any file server serves them: the files of ``minitok play`` as they stand, but for
``source.js``, which asks the core in place of the server; ``pages/``; the core; the published vocabularies; and the texts of
the bill by language. Labels of patterns, which stand in Python only, go into ``core/encodings.json``.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from string import Template

from minitok.data import human_rights
from minitok.encodings.published import PUBLISHED
from minitok.explain.alternatives import LABELS
from minitok.play.app import static_files
from minitok.play.guard import POLICY, RequestLimits
from minitok.play.tokenizers import KNOWN_FOR
from minitok.reference.pretokenize import NAMED
from minitok.reference.published.families import FAMILIES

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "pages"
# Of the package for JavaScript, what the pages are made of: not how its own files are found, of which they have others.
SHARED = {f"{name}.js" for name in ("engine", "tokenizer", "session", "errors", "loaded", "bytes", "options")}
# What a card of a link to the playground shows: tools/play_pictures.py photographs it.
CARD = ROOT / "docs" / "images" / "play-card.png"


def build(wasm: Path, folder: Path, course: str = "", address: str = "") -> None:
    """Write the pages, anew.

    Args:
        wasm: The core.
        folder: What becomes the folder of the pages.
        course: The address of the folder of lessons, as seen from the pages, if there is one.
        address: Where the pages will be, with a slash at the end. A card that shows a link to them needs it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PAGES / "core", folder / "core", ignore=shutil.ignore_patterns("source.js"))
    shutil.copytree(ROOT / "js", folder / "js", ignore=lambda _, names: {name for name in names if name not in SHARED})
    shutil.copytree(PAGES / "lesson", folder / "lesson", ignore=shutil.ignore_patterns("*.html"))
    shutil.copyfile(wasm, folder / "core" / "minitok.wasm")
    (folder / "core" / "encodings.json").write_text(json.dumps(catalogue(), ensure_ascii=False), encoding="utf-8")
    static = {**static_files(), "source.js": (PAGES / "core" / "source.js").read_bytes()}
    index = with_card(with_course(with_policy(static.pop("index.html").decode()), course), address)
    index = with_modules(index, static)
    write(folder / "index.html", index.encode())
    shutil.copyfile(CARD, folder / CARD.name)
    for lesson in sorted((PAGES / "lesson").glob("lesson-*.html")):
        write(folder / lesson.name, with_course(with_policy(in_frame(lesson)), course).encode())
    for name, content in static.items():
        write(folder / "static" / name, content)
    for name in sorted({published.file for published in PUBLISHED.values()}):
        data = files("minitok.encodings").joinpath(f"data/{name}.vocab").read_bytes()
        write(folder / "vocabularies" / f"{name}.vocab", data)
    texts = "udhr.json.gz"
    write(folder / "texts" / texts, files("minitok.data").joinpath(texts).read_bytes())


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
        "limits": asdict(RequestLimits()),
        "languages": list(human_rights()),
    }


def in_frame(lesson: Path) -> str:
    """The page of a lesson: what all of them share stands in one file, with room for the title and the text of each."""
    frame = (PAGES / "lesson" / "frame.html").read_text(encoding="utf-8")
    title, text = lesson.read_text(encoding="utf-8").removeprefix("<title>").split("</title>\n", 1)
    return Template(frame).substitute(title=title, name=lesson.stem, lesson=text)


def with_policy(page: str) -> str:
    """The page with the rules that the server would send: scripts and styles from its own files only, no text as markup.

    Besides these: the core may be compiled, and run in a worker. Who may frame the page, only a server can say.
    """
    rules = [rule for rule in POLICY.split("; ") if not rule.startswith("frame-ancestors")]
    policy = "; ".join([*rules, "worker-src 'self'"])
    policy = policy.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
    policy = policy.replace("trusted-types 'none'", "trusted-types minitok-worker")
    head = '<meta charset="utf-8">\n'
    before, after = page.split(head)
    return f'{before}{head}<meta http-equiv="Content-Security-Policy" content="{policy}">\n{after}'


def with_modules(page: str, static: dict[str, bytes]) -> str:
    """The page that fetches all of its modules at once, and begins with the one that starts the core's worker."""
    main = '<script type="module" src="static/main.js"></script>\n'
    names = ["main.js"]
    for name in names:
        found = re.findall(r'^(?:import|export) [^;]*from "\./([^"]+)";$', static[name].decode(), re.MULTILINE)
        names += [one for one in dict.fromkeys(found) if one not in names]
    links = "".join(f'<link rel="modulepreload" href="static/{name}">\n' for name in names)
    return page.replace(main, main.replace("main.js", "source.js") + links + main)


def with_course(page: str, course: str) -> str:
    """The page that knows where the lessons are, and links to them."""
    head = "<title>"
    return page.replace(head, f'<meta name="course" content="{course}">\n{head}', 1) if course else page


def with_card(page: str, address: str) -> str:
    """The page with the picture that others show beside a link to it."""
    alt = "A text under two tokenizers, and the tree of merges that make HTTPRequest one token"
    named = {"og:image": address + CARD.name, "og:image:width": "1200", "og:image:height": "630", "og:image:alt": alt}
    named |= {"og:url": address} if address else {}
    head = '<meta name="twitter:card"'
    lines = "".join(f'<meta property="{name}" content="{content}">\n' for name, content in named.items())
    return page.replace(head, lines + head, 1)


def sizes(folder: Path) -> str:
    """How large the parts are, as they are and as a server may compress them."""
    core = [*folder.glob("core/**/*.*"), *folder.glob("static/*"), folder / "index.html"]
    parts = {"the playground and its core": core} | {
        path.name: [path] for path in sorted(folder.glob("vocabularies/*"))
    }
    lines = []
    for name, paths in parts.items():
        contents = [path.read_bytes() for path in paths]
        packed = sum(len(gzip.compress(content)) for content in contents)
        lines.append(f"{name}: {sum(map(len, contents)) / 1000:,.0f} kB, {packed / 1000:,.0f} kB by gzip")
    return "\n".join(lines)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:5])
    print(sizes(Path(sys.argv[2])))
