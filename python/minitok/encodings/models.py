"""The encoding of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definition.names import ENCODING_OF_MODEL, PREFIXES, encoding_of_model, suggest
from ..errors import UnknownModelError
from .registry import get_encoding

if TYPE_CHECKING:
    from ..backend import BackendName
    from ..tokenizer import Tokenizer

__all__ = ["ENCODING_OF_MODEL", "PREFIXES", "encoding_for_model", "encoding_name_for_model"]

OTHERS = "; minitok knows the models of OpenAI and Whisper, and reads those of others from their files (minitok.load)"


def encoding_name_for_model(model: str) -> str:
    """The name of the encoding that a model uses.

    Raises:
        UnknownModelError: The model is not known; the message suggests one.

    >>> encoding_name_for_model("gpt-4-0314"), encoding_name_for_model("whisper-large-v3")
    ('cl100k_base', 'whisper_v3')
    """
    if not isinstance(model, str):
        raise TypeError(f"the name of a model must be str, not {type(model).__name__}")
    found = encoding_of_model(model)
    if found is None:
        raise UnknownModelError(
            f"unknown model {model!r}{suggest(model.rpartition('/')[2], ENCODING_OF_MODEL, OTHERS)}"
        )
    return found


def encoding_for_model(model: str, *, backend: BackendName | None = None) -> Tokenizer:
    """The encoding that a model uses. Raises UnknownModelError for a model that is not known.

    >>> encoding_for_model("gpt-4").encode("hello world")
    [15339, 1917]
    """
    return get_encoding(encoding_name_for_model(model), backend=backend)
