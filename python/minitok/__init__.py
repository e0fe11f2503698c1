"""minitok: byte-level BPE to read, to run and to trust.

>>> import minitok
>>> tok = minitok.train(["low lower lowest"], vocab_size=259)
>>> tok.encode("lowest low")
[257, 101, 115, 116, 258]
>>> tok.decode(tok.encode("lowest low"))
'lowest low'

These give a ``Tokenizer``:

- ``get_encoding``, ``encoding_for_model``: a published one. ``list_encoding_names`` and ``encoding_name_for_model`` name them.
- ``load``: one from a file, or from a model's folder.
- ``train``, ``train_files``: a new one. ``count_pieces`` and ``count_pieces_in_files`` give ``PieceCounts`` to train from.

``Tokenizer.encode_files`` packs a corpus into a file of ids, ``open_packed`` reads it, and ``join_packed`` joins several.
``errors`` has the exceptions, ``patterns`` compares split patterns, and ``BACKEND`` says what runs: ``rust`` or ``python``.

Modules for special tasks: ``parity`` (training that is fair to several languages), ``chat`` (conversations), ``explain`` (why a
text has its ids), ``evaluation`` (comparing tokenizers), ``transfer`` (two tokenizers over one text), ``bytewise`` (the
probability of the next byte), ``arrow`` (columns), ``padding`` (rows of one length), ``packing`` (corpora), ``encodings``,
``formats``, ``compat`` (interfaces of other libraries) and ``scale`` (clusters). ``reference`` is the algorithm, written to be
read. All other modules are internal: docs/design.md is their map.
"""

import os
from _thread import RLock

TYPE_CHECKING = False  # type checkers take it for true; importing it from `typing` costs as much time as all the rest
if TYPE_CHECKING:
    from . import errors, patterns
    from .backend import BACKEND
    from .corpus.counting import count_pieces, count_pieces_in_files
    from .corpus.counts import PieceCounts
    from .encodings import encoding_for_model, encoding_name_for_model, get_encoding, list_encoding_names
    from .loading import load
    from .packing import join_packed, open_packed
    from .tokenizer import Tokenizer
    from .training import train, train_files

    __version__: str

# The public names. A name more is a decision: docs/stability.md says what is promised of them.
__all__ = [
    "BACKEND", "PieceCounts", "Tokenizer", "count_pieces", "count_pieces_in_files", "encoding_for_model",
    "encoding_name_for_model", "errors", "get_encoding", "join_packed", "list_encoding_names", "load", "open_packed",
    "patterns", "train", "train_files",
]  # fmt: skip
# The module that defines each of them. It is imported when the name is first used: `import minitok` takes no time.
_HOMES = {
    "BACKEND": "backend",
    "PieceCounts": "corpus.counts",
    "Tokenizer": "tokenizer",
    "count_pieces": "corpus.counting",
    "count_pieces_in_files": "corpus.counting",
    "encoding_for_model": "encodings",
    "encoding_name_for_model": "encodings",
    "get_encoding": "encodings",
    "join_packed": "packing",
    "list_encoding_names": "encodings",
    "load": "loading",
    "open_packed": "packing",
    "train": "training",
    "train_files": "training",
}
# Modules that are used through the package: `import minitok` is enough for `minitok.parity.train`.
_MODULES = (
    "arrow", "bytewise", "chat", "compat", "encodings", "errors", "evaluation", "explain", "formats", "packing",
    "padding", "parity", "patterns", "reference", "scale", "transfer",
)  # fmt: skip
# A process is not forked while a name is imported, which would leave half a module in the child.
_lock = RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def __getattr__(name: str) -> object:
    """A public name or module, imported when it is first used; the version, from the installed package."""
    with _lock:
        value = globals()[name] = _imported(name)
    return value


def _imported(name: str) -> object:
    from importlib import import_module

    if home := _HOMES.get(name):
        return getattr(import_module(f"minitok.{home}"), name)
    if name in _MODULES:
        return import_module(f"minitok.{name}")
    if name == "__version__":
        try:
            from ._rust import VERSION
        except ImportError:
            from importlib.metadata import version

            return version("minitok")
        return VERSION
    raise AttributeError(f"module 'minitok' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
