"""``get_encoding``: each encoding is loaded once per process, shared by all threads, and pickled by its name.

Other packages add encodings through the entry point group ``minitok.encodings``: the entry's name is the encoding's name, and
it points to a function without arguments that returns a ``Tokenizer``::

    [project.entry-points."minitok.encodings"]
    my_encoding = "my_package:load_my_encoding"
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from ..backend import BACKEND, load_backend
from ..definition import Definition
from ..errors import UnknownEncodingError
from ..foreign import explains
from ..reference.published.names import encoding_named, unknown_encoding
from ..tokenizer import Tokenizer
from .published import PUBLISHED, vocabulary

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ..backend import BackendName


GROUP = "minitok.encodings"
CLIP = "clip"

_lock = RLock()
_loaded: dict[tuple[str, str], Tokenizer] = {}


@explains
def get_encoding(name: str, *, backend: BackendName | None = None) -> Tokenizer:
    """Returns a published encoding. The first call for a name costs 3 to 30 milliseconds; later ones share what it loaded.

    Args:
        name: One of ``list_encoding_names()``, with or without ``_base``, or a model, as ``encoding_for_model`` takes it.
        backend: As for ``Tokenizer``.

    Raises:
        UnknownEncodingError: There is no such encoding; the message suggests one.

    >>> get_encoding("o200k_base")
    Tokenizer(name='o200k_base', vocab_size=200019, pattern='o200k', special_tokens=2, backend='rust')
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of an encoding must be str, not {type(name).__name__}")
    key = name, backend or BACKEND
    found = _loaded.get(key)
    if found is None:
        with _lock:
            found = _loaded.get(key) or _loaded.setdefault(key, load(*key))
    return found


def by_name(name: str, backend: BackendName) -> Tokenizer:
    """A published encoding again, in another process or on another backend (``Definition.reopen``)."""
    return get_encoding(name, backend=backend)


def list_encoding_names() -> list[str]:
    """Returns the names that ``get_encoding`` knows: those of minitok, then those of other packages.

    >>> list_encoding_names()[:7]
    ['gpt2', 'r50k_base', 'p50k_base', 'p50k_edit', 'cl100k_base', 'o200k_base', 'o200k_harmony']
    """
    own = [*PUBLISHED, CLIP]
    return [*own, *sorted(set(plugins()) - set(own))]


def is_encoding(name: str) -> bool:
    """Whether a name is an encoding's. Those of other packages, which take milliseconds to find, are looked for last."""
    return name in PUBLISHED or name == CLIP or name in plugins()


def load(name: str, backend: BackendName) -> Tokenizer:
    """Loads an encoding."""
    if name == CLIP:
        from .clip import clip

        return Tokenizer(clip(load_backend(backend), by_name))
    published = PUBLISHED.get(name)
    if published is None:
        return load_plugin(name, backend)
    implementation = load_backend(backend)
    vocab = implementation.unpack(vocabulary(published.file), published.below)
    special_tokens = published.special_tokens()
    definition = Definition(
        vocab, published.pattern, special_tokens, name=name, backend=implementation.name, reopen=by_name
    )
    return Tokenizer(definition)


def plugins() -> dict[str, EntryPoint]:
    """The entry points of other packages, by name."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def load_plugin(name: str, backend: BackendName) -> Tokenizer:
    """An encoding of another package."""
    entry = plugins().get(name)
    if entry is None:
        if meant := encoding_named(name):
            return get_encoding(meant, backend=backend)
        raise UnknownEncodingError(unknown_encoding(name, list_encoding_names()[len(PUBLISHED) :]))
    tokenizer = entry.load()()
    if not isinstance(tokenizer, Tokenizer):
        raise TypeError(f"the encoding {name!r} ({entry.value}) is a {type(tokenizer).__name__}, not a Tokenizer")
    return tokenizer if tokenizer.definition.backend == backend else tokenizer.replace(backend=backend)
