"""Checks what is in a wheel: python tools/check_wheel.py WHEEL...

Version, licences, bill of materials and typing marker are there; nothing of the workshop is. The tools of the packaging
authorities, auditwheel and abi3audit, check what the extension is linked with; `make wheel` runs all three.
"""

from __future__ import annotations

import json
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path

import tomllib

CARGO = Path(__file__).parents[1] / "Cargo.toml"
TABLES = (
    *(
        f"minitok/reference/published/{name}.txt"
        for name in ("names", "normal_forms_16", "small_letters_17", "unicode_16")
    ),
    "minitok/formats/huggingface/tables.txt",
    "minitok/course/mutants.diff",
)
PAGE = "minitok/play/page.tar.xz"
STRANGERS = ("tests/", "benchmarks/", "rust/", "docs/", "tools/", "Cargo.toml", "__pycache__", ".cargo")


def faults(wheel: Path) -> list[str]:
    """Returns what is wrong with a wheel; nothing if it is right."""
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        info = next(name for name in names if name.endswith(".dist-info/METADATA")).rsplit("/", 1)[0]
        metadata = BytesParser().parsebytes(file.read(f"{info}/METADATA"))
        materials = [json.loads(file.read(name)) for name in names if name.startswith(f"{info}/sboms/")]
    extensions = [name for name in names if name.startswith("minitok/_rust.") and name.endswith((".so", ".pyd"))]
    licences = {"LICENSE", "NOTICE", "THIRD_PARTY.md"}
    crates = {part["name"] for sbom in materials for part in sbom.get("components", [])}
    version = tomllib.loads(CARGO.read_text(encoding="utf-8"))["package"]["version"]
    checks = {
        f"the version is not Cargo.toml's, {version}": metadata["Version"] == version,
        "a licence is missing": licences == set(metadata.get_all("License-File") or [])
        and all(f"{info}/licenses/{name}" in names for name in licences),
        "the typing marker is missing": "minitok/py.typed" in names,
        "there is not one extension": len(extensions) == 1,
        "the bill of materials does not list pyo3": "pyo3" in crates,
        "a table is missing": set(TABLES) <= set(names),
        "the page of the playground is missing": PAGE in names,
        "files of the workshop are in it": not any(
            name.startswith(STRANGERS) or "__pycache__" in name for name in names
        ),
    }
    return [what for what, holds in checks.items() if not holds]


def main() -> None:
    if not sys.argv[1:]:
        sys.exit(__doc__)
    found = [(wheel, what) for wheel in sys.argv[1:] for what in faults(Path(wheel))]
    for wheel, what in found:
        print(f"{wheel}: {what}", file=sys.stderr)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
