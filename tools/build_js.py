"""The package for JavaScript: ``python tools/build_js.py WASM FOLDER``

puts into a folder what ``npm pack`` makes a package of: ``js/`` as it stands, the readers of files that the site's pages share,
the engine, and the published vocabularies. What only Python knows (patterns, special tokens, names of models) is written as
modules: one for each encoding in ``encodings/``, its functions in ``only/``, and ``tables.js``.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import tomllib
from minitok.definition.names import ENCODING_OF_MODEL, PREFIXES
from minitok.encodings.published import PUBLISHED
from minitok.formats.gguf import PATTERNS, WHOLE_PIECES
from minitok.formats.huggingface.tables import DIGITS, PUNCTUATION
from minitok.formats.pattern_names import NAMES
from minitok.play.app import static_files
from minitok.reference.pretokenize import BYTES, THEN

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "js"
READERS = ROOT / "pages" / "core" / "formats"
LICENCES = ("LICENSE", "NOTICE", "THIRD_PARTY.md")
# What the readers have from the playground.
SHARED = re.compile(r'from "../../static/([\w.]+)"')
# The type in index.d.ts that becomes a choice.
NAME_TYPE = "export type EncodingName = string;"


def build(wasm: Path, folder: Path) -> None:
    """Writes the package, anew. Vocabularies are shared by encodings, each is there once."""
    shutil.rmtree(folder, ignore_errors=True)
    modules = folder / "js"
    modules.mkdir(parents=True)
    for source in [*SOURCES.glob("*.js"), *SOURCES.glob("*.d.ts")]:
        shutil.copyfile(source, modules / source.name)
    shutil.copytree(READERS, folder / "core" / "formats")
    for name in sorted(
        {name for path in READERS.glob("*.js") for name in SHARED.findall(path.read_text(encoding="utf-8"))}
    ):
        write_bytes(folder / "static" / name, static_files()[name])
    shutil.copyfile(wasm, folder / "minitok.wasm")
    for name in sorted({published.file for published in PUBLISHED.values()}):
        write_bytes(folder / "vocabularies" / f"{name}.vocab", vocabulary(name))
    for name in PUBLISHED:
        write(modules / "encodings" / f"{name}.js", encoding(name))
        write(modules / "only" / f"{name}.js", only(name))
    write(modules / "encodings" / "all.js", every_encoding())
    write(modules / "tables.js", f"{MADE}export const IN_FILES = {told(in_files())};\n")
    typed = (SOURCES / "index.d.ts").read_text(encoding="utf-8")
    write(
        modules / "index.d.ts", typed.replace(NAME_TYPE, NAME_TYPE.replace("string", " | ".join(map(told, PUBLISHED))))
    )
    write(folder / "package.json", json.dumps(manifest(), indent=2) + "\n")
    for name in LICENCES:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copyfile(SOURCES / "README.md", folder / "README.md")


MADE = "// Written by tools/build_js.py.\n\n"


def told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def vocabulary(name: str) -> bytes:
    return files("minitok.encodings").joinpath(f"data/{name}.vocab").read_bytes()


def encoding(name: str) -> str:
    """The module that says what a published encoding is."""
    published = PUBLISHED[name]
    described = {"name": name, "pattern": published.pattern, "special_tokens": published.special_tokens()}
    return (
        f'{MADE}export const vocabulary = new URL("../../vocabularies/{published.file}.vocab", import.meta.url);\n'
        f"export const below = {told(published.below)};\n"
        f"export const described = {told(described)};\n"
    )


def only(name: str) -> str:
    """The module that has the functions of one encoding."""
    names = ", ".join(
        re.findall(r"export (?:const|function) (\w+)", (SOURCES / "only.d.ts").read_text(encoding="utf-8"))
    )
    return (
        f'{MADE}import * as published from "../encodings/{name}.js";\nimport {{ only }} from "../opened.js";\n\n'
        f"export const {{ {names} }} = await only(published);\n"
    )


def every_encoding() -> str:
    imports = "".join(f'  {name}: () => import("./{name}.js"),\n' for name in PUBLISHED)
    return (
        f"{MADE}export const ENCODINGS = {{\n{imports}}};\n"
        f"export const ENCODING_OF_MODEL = {told(ENCODING_OF_MODEL)};\nexport const PREFIXES = {told(PREFIXES)};\n"
    )


def in_files() -> dict[str, object]:
    """How files of other formats spell patterns."""
    gguf = {"patterns": PATTERNS, "whole_pieces": sorted(WHOLE_PIECES)}
    spelled = {"spelled": NAMES, "then": THEN, "bytes": BYTES, "digits": DIGITS, "punctuation": PUNCTUATION}
    return {**spelled, "gguf": gguf}


def manifest() -> dict[str, object]:
    """package.json with the version, the address and an entry for each encoding."""
    crate = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    address = {"repository": {"type": "git", "url": f"git+{crate['repository']}.git"}}
    made = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    each = {f"./{name}": {"types": "./js/only.d.ts", "default": f"./js/only/{name}.js"} for name in PUBLISHED}
    return {**made, **address, "version": crate["version"], "exports": {**made["exports"], **each}}


def write(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_bytes(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build(Path(sys.argv[1]), Path(sys.argv[2]))
