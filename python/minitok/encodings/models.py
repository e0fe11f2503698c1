"""The encoding of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UnknownModelError
from ..foreign import explains
from ..reference.published.names import encoding_of_model, table, unknown_model
from .registry import get_encoding

if TYPE_CHECKING:
    from ..backend import BackendName
    from ..tokenizer import Tokenizer

ENCODING_OF_MODEL = table().models
# Names of other models start so; the first that fits is taken.
PREFIXES = table().prefixes


def encoding_name_for_model(model: str) -> str:
    """The name of the encoding that a model uses.

    Raises:
        UnknownModelError: The model is not known; the message suggests one, or says where the model's file is.

    >>> encoding_name_for_model("gpt-4-0314"), encoding_name_for_model("whisper-large-v3")
    ('cl100k_base', 'whisper_v3')
    """
    if not isinstance(model, str):
        raise TypeError(f"the name of a model must be str, not {type(model).__name__}")
    found = encoding_of_model(model)
    if found is None:
        raise UnknownModelError(unknown_model(model))
    return found


@explains
def encoding_for_model(model: str, *, backend: BackendName | None = None) -> Tokenizer:
    """The encoding that a model uses. Raises UnknownModelError for a model that is not known.

    >>> encoding_for_model("gpt-4").encode("hello world")
    [15339, 1917]
    """
    return get_encoding(encoding_name_for_model(model), backend=backend)
