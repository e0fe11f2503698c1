"""The ``minitok`` command.

Reading order: ``app`` (the application and how it ends; it imports the command that is asked for), then what several commands
share: ``options`` (arguments that look alike everywhere), ``inputs`` (files, patterns of files, standard input), ``console``
(where output goes, and the version) and ``help``. Each of the other files is a command:

* text and ids: ``encode``, ``decode``, ``count``, ``chunk``, ``explain``, ``bench``
* tokenizers: ``train``, ``convert``, ``evaluate``, ``inspect`` with ``pattern``, ``audit``, ``verify`` and ``peers``
* a corpus: ``pack``
* to learn with: ``play``, ``course``, ``grade``
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command, and leave the process with its exit code."""
    import sys

    from minitok.errors import BackendError, MissingExtraError

    if sys.stdout is None:  # closed, as with `>&-`
        sys.exit("minitok: standard output is closed")
    try:
        if sys.argv[1:] == ["--version"]:  # needs no other package, and is asked for by scripts
            from .console import say, version_line

            say(version_line())
            return
        from minitok.extras import need

        need("click")
        from .app import app

        app(prog_name="minitok")
    except (BackendError, MissingExtraError) as error:
        # What the environment asks for, or the command needs, cannot be had.
        sys.exit(f"minitok: {error}")
    except KeyboardInterrupt:  # while the command was imported, or as it ended
        sys.stderr.write("minitok: interrupted\n")
        sys.exit(130)
