"""Checks packaged crates, which it is given: what they hold, and that the registry takes them (10 MB)."""

import re
import sys
import tarfile
from pathlib import Path

# What crates.io takes, compressed.
MOST_BYTES = 10_000_000
# Everything a crate may hold, besides the files that cargo adds.
ALLOWED = re.compile(
    r"rust/.+\.(rs|md)|rust/c/minitok\.h|rust/formats/\w+\.txt|examples/count\.rs"
    r"|python/minitok/(encodings/data/\w+\.vocab|(reference|formats)/\w+(/\w+)?\.txt)"
    r"|tests/(vectors\.rs|patterns\.json|vectors/\w+\.(json|rs))|LICENSE|Cargo\.(toml|lock|toml\.orig)|\.cargo_vcs_info\.json"
)
NEEDED = (
    "LICENSE",
    "rust/README.md",
    "rust/lib.rs",
    *(f"python/minitok/encodings/data/{name}.vocab" for name in ("cl100k", "o200k", "p50k", "whisper")),
)


def faults(names: list[str], size: int) -> list[str]:
    """What is wrong with a crate of these files and so many bytes.

    >>> faults([*NEEDED, "notes/x.txt"], 11_000_000)
    ['it has 11,000,000 bytes, of which the registry takes 10,000,000', 'notes/x.txt does not belong into it']
    """
    found = [f"it has {size:,} bytes, of which the registry takes {MOST_BYTES:,}"] if size > MOST_BYTES else []
    found += [f"{name} is missing" for name in NEEDED if name not in names]
    return found + [f"{name} does not belong into it" for name in names if not ALLOWED.fullmatch(name)]


def main(path: str) -> None:
    with tarfile.open(path) as crate:
        names = [member.name.partition("/")[2] for member in crate.getmembers() if member.isfile()]
    size = Path(path).stat().st_size
    if wrong := faults(names, size):
        raise SystemExit("\n".join([f"{path}:", *wrong]))
    print(f"{path}: {len(names)} files, {size:,} bytes")


if __name__ == "__main__":
    for file in sys.argv[1:]:
        main(file)
