"""minitok: byte-level BPE to read, to run and to trust.

The steps, by the name of the module of ``minitok.reference`` that shows each (its mirror is in ``rust/``):

1. ``pretokenize``  text -> pieces; no merge crosses the boundary of a piece
2. ``train``        pieces with counts -> merges; the most frequent pair becomes a new id, again and again
3. ``encode``       piece -> ids; of the pairs that have a merge, the one of lowest rank is merged first
4. ``decode``       ids -> bytes -> text; nothing is lost

>>> import minitok
>>> tok = minitok.train(["low lower lowest"], vocab_size=259)
>>> tok.encode("lowest low")
[257, 101, 115, 116, 258]
>>> tok.decode(tok.encode("lowest low"))
'lowest low'

``train``, ``train_files``, ``load`` and ``get_encoding`` give a ``Tokenizer``; ``count_pieces`` counts what ``train`` learns
from, and ``open_packed`` reads what ``Tokenizer.encode_files`` has written. Exceptions are in ``minitok.errors``. What not
everybody needs is in modules of its own: ``minitok.parity`` (training that is fair to several languages), ``arrow`` (columns),
``padding``, ``chat``, ``explain``, ``scale`` (clusters), and ``compat`` (the interfaces of other libraries).

To read the source, begin with ``reference``; then ``definition``, ``tokenizer``, ``training``, ``parity`` and ``loading``, and
the small files beside them: ``checked``, ``arguments``, ``errors``, ``foreign``, ``lazy``, ``patterns``, ``padding``,
``arrow``. docs/design.md is the map.
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
    "BACKEND",
    "PieceCounts",
    "Tokenizer",
    "count_pieces",
    "count_pieces_in_files",
    "encoding_for_model",
    "encoding_name_for_model",
    "errors",
    "get_encoding",
    "join_packed",
    "list_encoding_names",
    "load",
    "open_packed",
    "patterns",
    "train",
    "train_files",
]
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
    *(
        "arrow",
        "chat",
        "compat",
        "encodings",
        "errors",
        "evaluation",
        "explain",
        "formats",
        "packing",
        "padding",
        "parity",
    ),
    *("patterns", "reference", "scale"),
)
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
        from importlib.metadata import version

        return version("minitok")
    raise AttributeError(f"module 'minitok' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
