"""The ``minitok`` command.

``app.py`` holds the application and how it ends; each of the other files is one command, registered in ``app.py``. What
several commands share: ``console.py`` (where output goes), ``inputs.py`` (files, patterns, standard input),
``options.py`` (arguments that look alike everywhere).
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command, and leave the process with its exit code."""
    from .app import app

    app(prog_name="minitok")
