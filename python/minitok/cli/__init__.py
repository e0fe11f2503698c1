"""The ``minitok`` command.

Reading order: ``app`` (the application and how it ends; it imports the command that is asked for), then what several commands
share: ``options`` (arguments that look alike everywhere), ``inputs`` (files, patterns of files, standard input), ``console``
(where output goes) and ``narrow`` (help on a narrow screen). Each of the other files is a command:

* text and ids: ``encode``, ``decode``, ``count``, ``chunk``, ``explain``, ``compare``, ``bench``
* tokenizers: ``train``, ``count_pieces``, ``convert``, ``inspect`` with ``pattern``, ``verify`` with ``peers``, ``audit``,
  ``evaluate``
* a corpus: ``pack``
* to learn with: ``demo`` with ``showcase`` and ``svg``, ``play``, ``course``, ``grade``
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command, and leave the process with its exit code."""
    from .app import app

    app(prog_name="minitok")
