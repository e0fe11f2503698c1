"""``minitok course pack``: what a lecturer uploads to Gradescope, with seeds that nobody knows before.

The archive holds the secret; a submission's seed is made of the secret and of the students' ids, so every student is graded on
other texts, and the same student on the same ones each time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import MinitokError

__all__ = ["pack", "student_seed"]

SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when the image is built.
set -euo pipefail
cd "$(dirname "$0")"
apt-get update
apt-get install -y python3 python3-pip python3-venv
# Where everybody may read it: a submission runs as a user without rights.
python3 -m venv /opt/minitok
if compgen -G "wheels/*.whl" > /dev/null; then
    for wheel in wheels/*.whl; do /opt/minitok/bin/python -m pip install "$wheel[course]"; done
else
    /opt/minitok/bin/python -m pip install "minitok[course]=={version}"
fi
chmod -R go+rX /opt/minitok
# The secret is for the grader, not for what it grades.
chmod 600 secret.json
"""

RUN = """#!/usr/bin/env bash
# Gradescope runs this for each submission. AUTOGRADER and PYTHON are for trying it elsewhere.
set -euo pipefail
AUTOGRADER="${AUTOGRADER:-/autograder}"
PYTHON="${PYTHON:-/opt/minitok/bin/python}"
mkdir -p "$AUTOGRADER/results"
exec "$PYTHON" "$AUTOGRADER/source/run.py" "$AUTOGRADER"
"""

RUN_PY = '''"""Grade one submission: find its file, make its seed, write results.json."""

import json
import sys
from pathlib import Path

from minitok.course.packing import run

autograder = Path(sys.argv[1])
secret = json.loads((autograder / "source" / "secret.json").read_text(encoding="utf-8"))
sys.exit(run(autograder, **secret))
'''


def student_seed(secret: str, students: Iterable[str]) -> int:
    """The seed of a submission: from the lecturer's secret and the ids of the students who handed it in, in any order.

    >>> student_seed("s", ["1", "2"]) == student_seed("s", ["2", "1"]) != student_seed("t", ["1", "2"])
    True
    """
    message = json.dumps(sorted(students)).encode()
    return int.from_bytes(hmac.new(secret.encode(), message, hashlib.sha256).digest()[:6], "big")


def pack(
    path: str | os.PathLike[str],
    secret: str,
    *,
    file: str = "",
    ties: str = "auto",
    stages: Iterable[str] = (),
    wheels: Iterable[str | os.PathLike[str]] = (),
) -> Path:
    """Write the archive; the same arguments give the same bytes.

    Args:
        path: Where to; ``autograder.zip`` is what Gradescope expects.
        secret: Any text; keep it.
        file: The name of the file that students hand in; the only ``.py`` or ``.ipynb`` without it.
        ties: The rule for ties, as for ``grade``.
        stages: The stages to grade; all those that earn points without.
        wheels: minitok as a wheel, where it cannot be installed by name.

    Raises:
        MinitokError: The secret is empty, or there is no such wheel.
    """
    if not secret:
        raise MinitokError("the secret is empty, and everybody can guess that")
    settings = {"secret": secret, "file": file, "ties": ties, "stages": list(stages)}
    contents: dict[str, bytes] = {
        "setup.sh": SETUP.replace("{version}", __version__).encode(),
        "run_autograder": RUN.encode(),
        "run.py": RUN_PY.encode(),
        "secret.json": json.dumps(settings, indent=1).encode(),
    }
    for wheel in wheels:
        source = Path(wheel)
        if not source.is_file():
            raise MinitokError(f"{source}: there is no such wheel")
        contents[f"wheels/{source.name}"] = source.read_bytes()
    target = Path(path)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100600 if name == "secret.json" else 0o100755) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return target


def run(autograder: Path, secret: str, file: str, ties: str, stages: list[str]) -> int:
    """Grade what Gradescope has laid into ``submission/``, and write ``results/results.json``. Always exit code 0."""
    from .gathering import NotGradable
    from .grading import grade
    from .report import gradescope, write_results

    seed = student_seed(secret, students_of(autograder))
    results: dict[str, Any]
    try:
        submitted = handed_in(autograder / "submission", file)
        results = grade(submitted, stages=stages, ties=ties, seed=seed).to_gradescope()
    except NotGradable as error:
        results = gradescope((), str(error))
    write_results(autograder / "results" / "results.json", results)
    return 0


def students_of(autograder: Path) -> list[str]:
    """The ids of the students, from what Gradescope says of the submission."""
    try:
        metadata = json.loads((autograder / "submission_metadata.json").read_text(encoding="utf-8"))
        return [str(user["id"]) for user in metadata["users"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def handed_in(folder: Path, file: str) -> Path:
    from .gathering import NotGradable

    if file:
        return folder / file
    found = sorted(path for path in folder.iterdir() if path.suffix in (".py", ".ipynb"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise NotGradable(f"hand in one file, .py or .ipynb; there are {len(found)}: {names}")
    return found[0]
