"""Writes THIRD_PARTY.md: the libraries that the extension is linked with, and their licences.

    python tools/third_party.py            write the file anew
    python tools/third_party.py --check    fail if it is not what would be written

A wheel holds machine code of these crates, so it carries their notices. Of alternative licences the MIT License is chosen where
it is offered. Build scripts, procedural macros and what only tests use are not in a wheel, and not listed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "THIRD_PARTY.md"
HEAD = """# Libraries in minitok's extension

The compiled extension `minitok._rust` contains the Rust crates below, and Rust's standard library (MIT or Apache-2.0, copyright
the Rust project contributors). `make third-party` writes this file; `make lint` checks that it is complete. What minitok itself
is licensed under is in LICENSE and NOTICE.
"""


def linked_crates() -> list[dict[str, Any]]:
    """Returns the packages that are linked into the extension, on any platform, by name."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--features", "python"]
    read = json.loads(subprocess.check_output(command, cwd=TARGET.parent))  # noqa: S603
    packages = {package["id"]: package for package in read["packages"]}
    edges = {node["id"]: node["deps"] for node in read["resolve"]["nodes"]}
    root = read["resolve"]["root"]
    seen, waiting = set(), [root]
    while waiting:
        at = waiting.pop()
        if at in seen or any("proc-macro" in target["kind"] for target in packages[at]["targets"]):
            continue
        seen.add(at)
        waiting += [edge["pkg"] for edge in edges[at] if any(kind["kind"] is None for kind in edge["dep_kinds"])]
    return sorted((packages[name] for name in seen - {root}), key=lambda package: (package["name"], package["version"]))


def licence_texts(package: dict[str, Any]) -> list[str]:
    """Returns the texts that come with a crate: its notices, and the licence that is chosen."""
    folder = Path(package["manifest_path"]).parent
    names = sorted(
        path.name for path in folder.iterdir() if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))
    )
    permissive = [name for name in names if "MIT" in name.upper()] if "MIT" in package["license"] else []
    chosen = permissive or names
    if not chosen:
        raise SystemExit(f"{package['name']} {package['version']} comes without the text of its licence")
    notices = sorted(path.name for path in folder.iterdir() if path.name.upper().startswith("NOTICE"))
    return [(folder / name).read_text(encoding="utf-8").strip() for name in chosen + notices]


def document() -> str:
    crates = linked_crates()
    sections = [HEAD, "| crate | version | licence |\n|---|---|---|"]
    sections[-1] += "".join(f"\n| {it['name']} | {it['version']} | {it['license']} |" for it in crates)
    by_text: dict[str, list[str]] = {}
    for package in crates:
        for text in licence_texts(package):
            by_text.setdefault(text, []).append(package["name"])
    for text, names in by_text.items():
        indented = "\n".join(f"    {line.rstrip()}".rstrip() for line in text.splitlines())
        sections.append(f"## {', '.join(dict.fromkeys(names))}\n\n{indented}")
    return "\n\n".join(section.strip() for section in sections) + "\n"


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    made = document()
    if not sys.argv[1:]:
        TARGET.write_text(made, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != made:
        sys.exit(f"{TARGET.name} is not what Cargo.lock says: run 'make third-party'")


if __name__ == "__main__":
    main()
