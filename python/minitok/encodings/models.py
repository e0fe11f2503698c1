"""The encoding of each model: the models of tiktoken 0.14, and Whisper's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UnknownModelError
from .registry import get_encoding, suggest

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

MODELS = {
    "r50k_base": (
        "davinci curie babbage ada text-davinci-001 text-curie-001 text-babbage-001 text-ada-001 "
        "text-similarity-davinci-001 text-similarity-curie-001 text-similarity-babbage-001 text-similarity-ada-001 "
        "text-search-davinci-doc-001 text-search-curie-doc-001 text-search-babbage-doc-001 text-search-ada-doc-001 "
        "code-search-babbage-code-001 code-search-ada-code-001"
    ),
    "p50k_base": (
        "text-davinci-003 text-davinci-002 code-davinci-002 code-davinci-001 code-cushman-002 code-cushman-001 "
        "davinci-codex cushman-codex"
    ),
    "p50k_edit": "text-davinci-edit-001 code-davinci-edit-001",
    "cl100k_base": (
        "gpt-4 gpt-3.5-turbo gpt-3.5 gpt-35-turbo davinci-002 babbage-002 text-embedding-ada-002 "
        "text-embedding-3-small text-embedding-3-large"
    ),
    "o200k_base": "o1 o3 o4-mini gpt-5 gpt-4.1 gpt-4o",
    "gpt2": "gpt2 gpt-2",
    "whisper": "tiny base small medium large-v1 large-v2",
    "whisper_v3": "large-v3 large large-v3-turbo turbo",
    "whisper_en": "tiny.en base.en small.en medium.en",
}

# Names that begin so, where no name above fits: dated versions and fine-tuned models. The first that fits is taken.
PREFIXES = {
    "o1-": "o200k_base",
    "o3-": "o200k_base",
    "o4-mini-": "o200k_base",
    "gpt-5": "o200k_base",
    "gpt-4.5-": "o200k_base",
    "gpt-4.1-": "o200k_base",
    "chatgpt-4o-": "o200k_base",
    "gpt-4o-": "o200k_base",
    "gpt-4-": "cl100k_base",
    "gpt-3.5-turbo-": "cl100k_base",
    "gpt-35-turbo-": "cl100k_base",
    "gpt-oss-": "o200k_harmony",
    "ft:gpt-4o": "o200k_base",
    "ft:gpt-4": "cl100k_base",
    "ft:gpt-3.5-turbo": "cl100k_base",
    "ft:davinci-002": "cl100k_base",
    "ft:babbage-002": "cl100k_base",
}

ENCODING_OF_MODEL = {model: encoding for encoding, models in MODELS.items() for model in models.split()}
# "whisper-1" is the name of large-v2 as a service; the others say "whisper-" before the model's own name.
ENCODING_OF_MODEL |= {
    f"whisper-{model}": encoding for model, encoding in ENCODING_OF_MODEL.items() if encoding.startswith("whisper")
} | {"whisper-1": "whisper"}


def encoding_name_for_model(model: str) -> str:
    """The name of the encoding that a model uses.

    Raises:
        UnknownModelError: The model is not known; the message suggests one.

    >>> encoding_name_for_model("gpt-4-0314"), encoding_name_for_model("whisper-large-v3")
    ('cl100k_base', 'whisper_v3')
    """
    if not isinstance(model, str):
        raise TypeError(f"the name of a model must be str, not {type(model).__name__}")
    found = ENCODING_OF_MODEL.get(model)
    if found is None:
        found = next((name for prefix, name in PREFIXES.items() if model.startswith(prefix)), None)
    if found is None:
        raise UnknownModelError(f"unknown model {model!r}{suggest(model, list(ENCODING_OF_MODEL))}")
    return found


def encoding_for_model(model: str, *, backend: str | None = None) -> Tokenizer:
    """The encoding that a model uses. Raises UnknownModelError for a model that is not known.

    >>> encoding_for_model("gpt-4").encode("hello world")
    [15339, 1917]
    """
    return get_encoding(encoding_name_for_model(model), backend=backend)
