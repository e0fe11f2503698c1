"""Makes a wheel of the Python reference alone from a built wheel: python tools/pure_wheel.py WHEEL FOLDER

For places where no extension runs. What is compiled, its stub and its bill of materials are left out; the rest is the same. The
package warns at import that the reference runs, unless ``MINITOK_BACKEND=python`` chooses it. Do not publish this wheel on an
index: installers would prefer it to the sdist wherever no compiled wheel fits.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import sys
import zipfile
from pathlib import Path

COMPILED = re.compile(r"minitok/_rust\.|[^/]+\.dist-info/sboms/|minitok\.libs/")
LINKED = "THIRD_PARTY.md"  # the licences of what is linked with the extension


def record_line(name: str, data: bytes) -> tuple[str, str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return name, f"sha256={digest}", str(len(data))


def metadata_without(data: bytes, licence_file: str) -> bytes:
    lines = data.decode().split("\n")
    return "\n".join(line for line in lines if line != f"License-File: {licence_file}").encode()


def wheel_metadata(data: bytes) -> bytes:
    """Returns the file WHEEL of a wheel for every platform."""
    kept = [line for line in data.decode().splitlines() if line and not line.startswith(("Root-Is-Purelib:", "Tag:"))]
    return ("\n".join([*kept, "Root-Is-Purelib: true", "Tag: py3-none-any"]) + "\n").encode()


def make_pure(wheel: Path, folder: Path) -> Path:
    """Writes the wheel of the reference into the folder, and returns its path."""
    with zipfile.ZipFile(wheel) as built:
        files = {
            name: built.read(name)
            for name in built.namelist()
            if not COMPILED.match(name) and not name.endswith(("/", f"/{LINKED}"))
        }
    (info,) = {name.split("/")[0] for name in files if name.split("/")[0].endswith(".dist-info")}
    files[f"{info}/WHEEL"] = wheel_metadata(files[f"{info}/WHEEL"])
    files[f"{info}/METADATA"] = metadata_without(files[f"{info}/METADATA"], LINKED)
    record = f"{info}/RECORD"
    del files[record]
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(
        [*(record_line(name, data) for name, data in files.items()), (record, "", "")]
    )
    files[record] = rows.getvalue().encode()

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pure:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # dated 1980, so that equal contents are equal files
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            pure.writestr(entry, data)
    return target


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(make_pure(Path(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
