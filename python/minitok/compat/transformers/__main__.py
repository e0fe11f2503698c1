"""Runs a module on minitok, as ``python -m`` runs it: ``python -m minitok.compat.transformers lm_eval --model hf ...``.

``install`` is called first, so the module and what it imports need not be changed. A process that the module starts runs on
minitok, too, if it is forked or gets its tokenizers pickled; one that loads a tokenizer by itself needs the same command.
"""

from __future__ import annotations

import runpy
import sys

from .patching import install


def main() -> None:
    """Runs the module that the first argument names, with the arguments after it."""
    del sys.argv[0]
    if not sys.argv or sys.argv[0].startswith("-"):
        sys.exit("usage: python -m minitok.compat.transformers MODULE [ARGUMENTS]")
    install()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
