"""The entry point of serving engines: with ``MINITOK_PLUGIN=1``, each of their processes calls ``install``.

vLLM (``vllm.general_plugins``) and SGLang (``sglang.srt.plugins``) call the entry points of installed packages in every
process, before it makes a tokenizer. The processes that an engine starts inherit the variable.

axolotl calls what a line of its configuration names, in every process, too.
"""

from __future__ import annotations

import os
from typing import Any

from minitok.errors import BackendError

from .patching import install

VARIABLE = "MINITOK_PLUGIN"


def plug_in() -> None:
    """Calls ``install``, if the environment variable ``MINITOK_PLUGIN`` is ``1``.

    Raises:
        BackendError: The variable has another value than ``0`` or ``1``.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in ("", "0", "1"):
        raise BackendError(f"{VARIABLE} is {wanted!r}; it can be 1 (run on minitok) or 0")
    if wanted == "1":
        install()


def axolotl_plugin() -> Any:
    """Calls ``install``, for axolotl: ``plugins: [minitok.compat.transformers.axolotl_plugin]`` in its configuration.

    Raises:
        ModuleNotFoundError: axolotl is not installed.
    """
    from axolotl.integrations.base import BasePlugin

    install()
    return BasePlugin()
