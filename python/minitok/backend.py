"""Which implementation runs: Rust, or the Python reference.

``BACKEND`` names the default: ``"rust"`` where the extension is there, else ``"python"``. The environment variable
``MINITOK_BACKEND`` chooses one; ``rust`` without the extension is an error, never a silent change. Every object also takes
``backend=``, so that both can run side by side.

Each thread that encodes with a tokenizer keeps the pieces that it met in a cache, of Rust, of up to 40 MiB; ``MINITOK_CACHE``
is another number of MiB, 1 at least. Nothing but speed depends on it.

Both offer the same names (``Backend``). The extension has them by itself; ``reference_backend.py`` gives the reference,
which is written for reading, the calls of the extension by the simplest means.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from .errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    Ids = npt.NDArray[np.uint32]
    Emit = Callable[[dict[str, Any]], object]

BackendName = Literal["rust", "python"]


class Vocab(Protocol):
    @property
    def tokens(self) -> dict[int, bytes]: ...
    @property
    def merges(self) -> Sequence[tuple[int, int, int, int]]: ...
    @property
    def whole_pieces(self) -> bool: ...
    @property
    def merges_make_all(self) -> bool: ...
    @property
    def n_ids(self) -> int: ...
    def token_bytes(self, token_id: int, /) -> bytes | None: ...
    def token_id(self, token: bytes, /) -> int | None: ...
    def merge_of(self, left: int, right: int, /) -> tuple[int, int] | None: ...
    def truncate(self, n_merges: int, /) -> Vocab: ...


class Codec(Protocol):
    def encode(self, text: str | bytes, allowed: Sequence[str] = ..., threads: int = ...) -> list[int]: ...
    def encode_to_numpy(self, text: str | bytes, allowed: Sequence[str] = ..., threads: int = ...) -> Ids: ...
    def encode_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = ..., threads: int = ...
    ) -> list[list[int]]: ...
    def encode_batch_to_numpy(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = ..., threads: int = ...
    ) -> tuple[Ids, npt.NDArray[np.uint64]]: ...
    def count(self, text: str | bytes, allowed: Sequence[str] = ...) -> int: ...
    def count_batch(
        self, texts: Sequence[str | bytes], allowed: Sequence[str] = ..., threads: int = ...
    ) -> list[int]: ...
    def check(self, text: str | bytes, disallowed: Sequence[str]) -> None: ...
    def trace(self, text: str | bytes, allowed: Sequence[str], emit: Emit) -> list[int]: ...
    def safe_cut(self, text: bytes, allowed: Sequence[str]) -> int: ...
    def token_bytes(self, token_id: int) -> bytes | None: ...
    def decode_bytes(self, ids: Iterable[int] | npt.NDArray[Any]) -> bytes: ...
    def decode(self, ids: Iterable[int] | npt.NDArray[Any], errors: str) -> str: ...
    def stream_decoder(self, strict: bool) -> StreamDecoder: ...


class StreamDecoder(Protocol):
    """Turns ids into text as they come, and never shows half a character (SPEC D4)."""

    def push(self, token_id: int) -> str:
        """The text that is certain now that this token has come; possibly none."""

    def finish(self) -> str:
        """The end of the stream: what was held back is no character any more, and becomes U+FFFD."""


class PieceCounter(Protocol):
    @property
    def pieces(self) -> dict[bytes, int]: ...
    def add(self, documents: Sequence[str | bytes]) -> int: ...
    def add_pieces(
        self, data: bytes, lengths: Ids, counts: npt.NDArray[np.int64], documents: int, size: int
    ) -> None: ...
    def finish(self) -> None: ...
    def files(self) -> Sequence[Path] | None: ...
    def packed(self) -> tuple[bytes, Ids, npt.NDArray[np.int64]]: ...
    def totals(self) -> tuple[int, int, int, int]: ...
    def add_file(self, path: Path, separator: bytes | None, on_chunk: Callable[[int], None]) -> None: ...
    def add_stream(
        self, source: BinaryIO, separator: bytes | None, on_chunk: Callable[[int], None], path: Path
    ) -> None: ...


class TrainOptions(Protocol):
    @property
    def n_merges(self) -> int: ...
    @property
    def byte_order(self) -> bytes: ...
    @property
    def tie_break(self) -> str: ...
    @property
    def min_frequency(self) -> int: ...
    @property
    def max_token_length(self) -> int | None: ...


@dataclass(frozen=True)
class Backend:
    """One implementation: its name, and its classes and functions."""

    name: BackendName
    vocab: Any
    pattern: Callable[[str], Any]
    special_tokens: Callable[[Mapping[str, int]], Any]
    codec: Callable[[Any, Any, Any], Codec]
    piece_counter: Callable[..., PieceCounter]
    train: Callable[..., tuple[list[tuple[int, int]], list[int], int, str]]


def default_backend() -> BackendName:
    """The backend that the environment and the installation ask for."""
    chosen = os.environ.get("MINITOK_BACKEND", "")
    if chosen not in ("", "rust", "python"):
        raise BackendError(f"MINITOK_BACKEND is {chosen!r}; it can be 'rust' or 'python'")
    if chosen == "python":
        return "python"
    try:
        import_module("minitok._rust")
    except ImportError as error:
        if chosen == "rust":
            raise BackendError(f"MINITOK_BACKEND is 'rust', but the extension cannot be loaded: {error}") from error
        return "python"
    return "rust"


def check_cache() -> None:
    """Raise unless the extension can read how large the environment wants the caches."""
    wanted = os.environ.get("MINITOK_CACHE", "")
    digits = wanted.isascii() and wanted.isdecimal() and len(wanted) <= 7
    if wanted and not (digits and 1 <= int(wanted) <= 1 << 20):
        raise BackendError(f"MINITOK_CACHE is {wanted!r}; it can be a number of MiB, from 1 to 1048576")


BACKEND: BackendName = default_backend()
check_cache()


@cache
def load_backend(name: str | None = None) -> Backend:
    """The implementation of that name; the default without one.

    >>> load_backend("python").name
    'python'
    """
    if name is None:
        name = BACKEND
    if name == "python":
        return python_backend()
    if name != "rust":
        raise BackendError(f"unknown backend {name!r}; it can be 'rust' or 'python'")
    try:
        rust = import_module("minitok._rust")
    except ImportError as error:
        raise BackendError(f"the rust backend cannot be loaded: {error}") from error
    return Backend("rust", rust.Vocab, rust.Pattern, rust.SpecialTokens, rust.Codec, rust.PieceCounter, rust.train)


def python_backend() -> Backend:
    from .reference import pretokenize, special, vocab
    from .reference_backend import PythonCodec, PythonPieceCounter, train

    return Backend(
        "python", vocab.Vocab, pretokenize.Pattern, special.SpecialTokens, PythonCodec, PythonPieceCounter, train
    )
