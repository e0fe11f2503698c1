"""Which implementation runs: Rust, or the Python reference."""

from __future__ import annotations

import copyreg
import os
import sys
import warnings
from functools import cache
from importlib import import_module
from typing import NoReturn

from ..errors import BackendError
from .protocols import Backend, BackendName


def default_backend() -> tuple[BackendName, str]:
    """Returns the backend that the environment and the installation choose, and why.

    Warns if the Python reference runs without having been chosen, since it is much slower.
    """
    chosen = os.environ.get("MINITOK_BACKEND", "")
    if chosen not in ("", "rust", "python"):
        raise BackendError(f"MINITOK_BACKEND is {chosen!r}; it can be 'rust' or 'python'")
    if chosen == "python":
        return "python", "MINITOK_BACKEND is 'python'"
    try:
        import_module("minitok._rust")
    except ImportError as error:
        if chosen == "rust":
            raise BackendError(f"MINITOK_BACKEND is 'rust', but the extension cannot be loaded: {error}") from error
        reason = f"the extension cannot be loaded: {error}"
        warnings.warn(
            f"minitok runs the Python reference, some hundred times slower than Rust: {reason}. Install a wheel for this "
            "platform, or set MINITOK_BACKEND=python to choose the reference",
            RuntimeWarning,
            stacklevel=first_frame_outside(),
        )
        return "python", reason
    return "rust", "MINITOK_BACKEND is 'rust'" if chosen else "the extension is installed"


def first_frame_outside() -> int:
    """The ``stacklevel`` of the line that uses minitok, above the frames of minitok and of Python's imports."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ("minitok", "importlib"):
        level += not frame.f_code.co_filename.startswith("<frozen importlib")
        frame = frame.f_back
    return level


def check_cache() -> None:
    """Raises unless ``MINITOK_CACHE`` is a size that the extension can use."""
    wanted = os.environ.get("MINITOK_CACHE", "")
    digits = wanted.isascii() and wanted.isdecimal() and len(wanted) <= 7
    if wanted and not (digits and 1 <= int(wanted) <= 1 << 20):
        raise BackendError(f"MINITOK_CACHE is {wanted!r}; it can be a number of MiB, from 1 to 1048576")


BACKEND: BackendName
BACKEND_REASON: str
BACKEND, BACKEND_REASON = default_backend()
check_cache()


def refuse_pickle(_: object) -> NoReturn:
    raise TypeError("a stream decoder is not copied or pickled: keep the ids, and push them to a new one")


@cache
def load_backend(name: str | None = None) -> Backend:
    """Returns the implementation of that name, or the default.

    >>> load_backend("python").name
    'python'
    """
    if name is None:
        name = BACKEND
    if name == "python":
        return Backend.of("python", import_module(".python", __package__))
    if name != "rust":
        raise BackendError(f"unknown backend {name!r}; it can be 'rust' or 'python'")
    try:
        rust = import_module("minitok._rust")
    except ImportError as error:
        raise BackendError(f"the rust backend cannot be loaded: {error}") from error
    copyreg.pickle(rust.StreamDecoder, refuse_pickle)
    return Backend.of("rust", rust)
