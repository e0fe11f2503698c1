"""The two implementations behind one set of calls: Rust, and the Python reference.

``BACKEND`` names the default: ``"rust"`` where the extension is installed, else ``"python"``, with a warning;
``BACKEND_REASON`` says why. The environment variable ``MINITOK_BACKEND`` chooses one; ``rust`` without the extension is an
error, never a silent change. Every object also takes ``backend=``, so that both can run side by side.

Each thread that encodes with a tokenizer caches the pieces that it has met, in Rust, in up to 40 MiB. Set ``MINITOK_CACHE`` to
change the limit (MiB, at least 1). Only speed depends on it.

Reading order: ``_rust.pyi`` (the calls), ``protocols`` (what a backend offers), ``python`` (the reference under the same calls;
``rust/python`` is its counterpart) with ``python_ids``, ``documents``, ``python_training`` and ``python_session``, ``select``
(which one runs), ``shortcuts`` (calls that go to the extension without a Python frame).
"""

from typing import TYPE_CHECKING

from .protocols import Backend, BackendName, Emit, Merge
from .select import BACKEND, BACKEND_REASON, check_cache, default_backend, load_backend

if TYPE_CHECKING:
    from .._rust import Codec as Codec
    from .._rust import Documents as Documents
    from .._rust import StreamDecoder as StreamDecoder
    from .._rust import Vocab as Vocab

__all__ = [
    "BACKEND", "BACKEND_REASON", "Backend", "BackendName", "Emit", "Merge", "check_cache", "default_backend", "load_backend",
]  # fmt: skip
