"""The ``minitok`` command.

``app.py`` holds the application and how it ends; each of the other files is one command, registered in ``app.py``. What
several commands share: ``console.py`` (where output goes), ``inputs.py`` (files, patterns, standard input),
``options.py`` (arguments that look alike everywhere).
"""

from __future__ import annotations

import sys

__all__ = ["main"]

NEEDS = "the minitok command needs Typer and Rich: pip install 'minitok[cli]'"


def main() -> None:
    """Run the command, and leave the process with its exit code."""
    try:
        from .app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("typer", "rich"):
            raise
        sys.exit(f"minitok: {NEEDS}")
    app(prog_name="minitok")
