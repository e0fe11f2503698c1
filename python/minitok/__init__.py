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

from typing import TYPE_CHECKING

from . import errors

try:
    from .backend import BACKEND
except errors.BackendError as error:
    errors.end_command(error)  # the command imports this file before its own
    raise
from . import patterns
from .corpus.counting import count_pieces, count_pieces_in_files
from .corpus.counts import PieceCounts
from .encodings import encoding_for_model, encoding_name_for_model, get_encoding, list_encoding_names
from .loading import load
from .tokenizer import Tokenizer
from .training import train, train_files

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

if TYPE_CHECKING:
    from .packing import join_packed, open_packed

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """What takes time to import or to find out is looked up when it is asked for.

        ``__version__`` is that of the installed package, which has it from Cargo.toml.
        """
        if name in ("join_packed", "open_packed"):
            from . import packing

            return getattr(packing, name)
        if name == "__version__":
            from importlib.metadata import version

            return version("minitok")
        raise AttributeError(f"module 'minitok' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
