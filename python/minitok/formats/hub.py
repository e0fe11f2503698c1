"""A model's files in Hugging Face's cache on this machine, by the model's name. Nothing is downloaded.

The cache holds a folder for each model (``models--Qwen--Qwen3-8B``), with the revisions under ``snapshots``, and under ``refs``
which revision a branch is. ``HF_HUB_CACHE`` names the cache; without it, it is ``hub`` in ``HF_HOME``, or in
``~/.cache/huggingface``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

NAME = re.compile(r"\w[\w.-]*/[\w.-]+", re.ASCII)
# A revision is a commit's hash; what else a cache may hold is still the name of a folder there.
REVISION = re.compile(rb"(?!\.+$)[\w.-]{1,100}")


def is_model_name(path: str | os.PathLike[str]) -> bool:
    """Whether a path looks like a model's name, ``owner/model``, and does not exist as a file or folder.

    >>> is_model_name("nobody/nothing"), is_model_name("./nothing")
    (True, False)
    """
    is_name = isinstance(path, str) and NAME.fullmatch(path) is not None
    return is_name and not os.path.exists(path)


def cache_folder() -> Path:
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache)
    return Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface") / "hub"


def revision_of_main(folder: Path) -> str | None:
    """The revision that ``refs/main`` names; None without the file, or if it does not hold the name of a folder."""
    branch = folder / "refs" / "main"
    if not branch.is_file():
        return None
    with branch.open("rb") as file:
        written = file.read(200).strip()
    return written.decode() if REVISION.fullmatch(written) else None


def cached_model(name: str, revision: str = "main") -> Path:
    """The folder of a model's files: of a commit, or of the branch ``main``, or else of the one revision that is there.

    Raises:
        FileNotFoundError: The model is not in the cache; the message says where it was looked for, and how to get it.
    """
    folder = cache_folder() / f"models--{name.replace('/', '--')}"
    commit = revision_of_main(folder) if revision == "main" else revision
    if commit and (found := folder / "snapshots" / commit).is_dir():
        return found
    revisions = sorted((folder / "snapshots").glob("*")) if revision == "main" else []
    if len(revisions) == 1:
        return revisions[0]
    what = "a model" if revision == "main" else f"the revision {revision!r} of a model"
    raise FileNotFoundError(
        f"{name!r} is not a file or folder, and not {what} in the cache {folder}; "
        f"'hf download {name} tokenizer.json' puts it there"
    )
