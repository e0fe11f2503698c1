"""minitok inside Hugging Face's ``transformers`` (4.50 and newer, and 5).

``install()`` makes every fast tokenizer that is loaded or made from then on run on minitok, if it is BPE that minitok reads;
another one stays Hugging Face's own, and a warning says why, once. ``uninstall()`` ends that; ``with install():`` does both.
Tokenizers keep their classes, and everything that they can do: padding, truncation, offsets, chat templates, files, pickles.
``plug_in()`` is how vLLM and SGLang call it, in each of their processes, if ``MINITOK_PLUGIN=1``; axolotl calls
``axolotl_plugin()``. ``python -m minitok.compat.transformers MODULE`` runs a module as ``python -m MODULE`` does, on minitok.

``wrap(tok)`` makes a ``PreTrainedTokenizerFast`` of a tokenizer of minitok.

>>> import minitok
>>> from minitok.compat.transformers import wrap
>>> tok = minitok.train(["low lower lowest"], 280, special_tokens=["<s>", "<pad>"])
>>> fast = wrap(tok, bos_token="<s>", pad_token="<pad>")
>>> fast(["low", "low lower"], padding=True)["attention_mask"]
[[1, 0], [1, 1]]
"""

from .backend import Backend, adopt, wrap
from .patching import Installed, install, uninstall
from .plug_in import axolotl_plugin, plug_in

__all__ = ["Backend", "Installed", "adopt", "axolotl_plugin", "install", "plug_in", "uninstall", "wrap"]
