"""The package for JavaScript: ``python tools/build_js.py WASM FILES FOLDER``

puts into a folder what ``npm pack`` makes a package of: ``js/`` as it stands, the engine of the published encodings and that of
files, and the published vocabularies. What
only Python knows (the encodings and their files) is written as modules: one for each encoding in ``encodings/``, and its
functions in ``only/``.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import tomllib
from minitok.encodings.published import PUBLISHED
from minitok.reference.published.names import table

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "js"
LICENCES = ("LICENSE", "NOTICE", "THIRD_PARTY.md")
# These become one module, in this order: a first count takes some 3 ms of processor time less.
JOINED = ("errors", "bytes", "engine", "options", "session", "loaded", "tokenizer", "opened")
# The types in index.d.ts that become choices.
ENCODING_TYPE = "export type EncodingName = string;"
MODEL_TYPE = "export type ModelName = string;"


def build(wasm: Path, files_wasm: Path, folder: Path) -> None:
    """Writes the package, anew. Vocabularies are shared by encodings, each is there once."""
    shutil.rmtree(folder, ignore_errors=True)
    modules = folder / "js"
    modules.mkdir(parents=True)
    for source in [*SOURCES.glob("*.js"), *SOURCES.glob("*.d.ts")]:
        if source.stem not in JOINED:
            write(modules / source.name, of_joined(source.read_text(encoding="utf-8")))
    write(modules / "minitok.js", joined())
    shutil.copyfile(wasm, folder / "minitok.wasm")
    shutil.copyfile(files_wasm, folder / "minitok-files.wasm")
    for name in sorted({published.file for published in PUBLISHED.values()}):
        write_bytes(folder / "vocabularies" / f"{name}.vocab", vocabulary(name))
    for name in PUBLISHED:
        write(modules / "encodings" / f"{name}.js", encoding(name))
        write(modules / "only" / f"{name}.js", only(name))
    write(modules / "encodings" / "all.js", every_encoding())
    typed = (SOURCES / "index.d.ts").read_text(encoding="utf-8")
    for declared, names in ((ENCODING_TYPE, encoding_names()), (MODEL_TYPE, model_names())):
        typed = typed.replace(declared, declared.replace("string", " | ".join(names)))
    write(modules / "index.d.ts", typed)
    write(folder / "package.json", json.dumps(manifest(), indent=2) + "\n")
    for name in LICENCES:
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copyfile(SOURCES / "README.md", folder / "README.md")


MADE = "// Written by tools/build_js.py.\n\n"
OF_JOINED = rf'"\./(?:{"|".join(JOINED)})\.js"'


def told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def vocabulary(name: str) -> bytes:
    return files("minitok.encodings").joinpath(f"data/{name}.vocab").read_bytes()


def joined() -> str:
    """One module that exports what several do: all of them, end to end, without their imports of one another."""
    parts = [(SOURCES / f"{name}.js").read_text(encoding="utf-8") for name in JOINED]
    return MADE + "\n".join(re.sub(rf"import .*? from {OF_JOINED};\n+", "", part) for part in parts)


def of_joined(content: str) -> str:
    """A module that imports the one in place of its parts."""
    return re.sub(OF_JOINED, '"./minitok.js"', content)


def vocabulary_address(name: str) -> str:
    """An expression that bundlers know: with it they find the file."""
    return f'new URL("../../vocabularies/{PUBLISHED[name].file}.vocab", import.meta.url)'


def encoding(name: str) -> str:
    """The module that says where the vocabulary of a published encoding is."""
    return f"{MADE}export const name = {told(name)};\nexport const vocabulary = {vocabulary_address(name)};\n"


def only(name: str) -> str:
    """The module that has the functions of one encoding."""
    names = ", ".join(
        re.findall(r"export (?:const|function) (\w+)", (SOURCES / "only.d.ts").read_text(encoding="utf-8"))
    )
    return (
        f'{MADE}import {{ only }} from "../minitok.js";\n\nconst vocabulary = {vocabulary_address(name)};\n'
        f"export const {{ {names} }} = await only({{ name: {told(name)}, vocabulary }});\n"
    )


def encoding_names() -> list[str]:
    """The encodings as types, with and without ``_base``."""
    return list(map(told, dict.fromkeys(each for name in PUBLISHED for each in (name, name.removesuffix("_base")))))


def model_names() -> list[str]:
    """The models as types; of some, the start of the name is known."""
    return [*map(told, table().models), *(f"`{start}${{string}}`" for start in table().prefixes)]


def every_encoding() -> str:
    imports = "".join(f'  {name}: () => import("./{name}.js"),\n' for name in PUBLISHED)
    return f"{MADE}export const ENCODINGS = {{\n{imports}}};\n"


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
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    build(*map(Path, sys.argv[1:]))
