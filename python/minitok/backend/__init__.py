"""The two implementations behind one set of calls: Rust, and the Python reference.

``BACKEND`` names the default: ``"rust"`` where the extension is installed, else ``"python"``, with a warning;
``BACKEND_REASON`` says why. The environment variable ``MINITOK_BACKEND`` chooses one; ``rust`` without the extension is an
error, never a silent change. Every object also takes ``backend=``, so that both can run side by side.

Each thread that encodes with a tokenizer caches the pieces that it has met, in Rust, in up to 40 MiB. Set ``MINITOK_CACHE`` to
change the limit (MiB, at least 1). Only speed depends on it.

Reading order: ``protocols`` (what a backend offers), ``python`` (the reference behind those calls; ``rust/python`` is its
counterpart), ``select`` (which one runs), ``shortcuts`` (calls that go to the extension without a Python frame).
"""

from .protocols import (
    Backend,
    BackendName,
    Codec,
    Documents,
    Emit,
    Merge,
    MergeTable,
    PieceCounter,
    StreamDecoder,
    TrainOptions,
    Vocab,
)
from .select import BACKEND, BACKEND_REASON, check_cache, default_backend, load_backend

__all__ = [
    "BACKEND",
    "BACKEND_REASON",
    "Backend",
    "BackendName",
    "Codec",
    "Documents",
    "Emit",
    "Merge",
    "MergeTable",
    "PieceCounter",
    "StreamDecoder",
    "TrainOptions",
    "Vocab",
    "check_cache",
    "default_backend",
    "load_backend",
]
