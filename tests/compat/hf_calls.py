"""``transformers`` for the tests that call it with and without minitok: texts, and what a call gives, as data."""

import os
import warnings

import numpy as np
from hypothesis import strategies as st

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what other packages say when they are imported
    from minitok.compat.transformers import Backend, adopt, install, uninstall, wrap
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

__all__ = [
    "TEMPLATE", "TEXTS", "AutoTokenizer", "Backend", "PreTrainedTokenizerFast", "adopt", "install", "outcome",
    "shown", "uninstall", "wrap",
]  # fmt: skip

BITS = [
    "low", " lower", " the", "  ", "\n", "é", "e\u0301", "漢字", "😀", "12345", "▁", "<s>", "</s>", " <mask> ", "wide",
    "\ufb01",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(BITS), max_size=9).map("".join)
TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}: {{ message['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)


def as_data(value):
    """A value that compares as a whole: arrays with their types, wherever they are."""
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, as_data(list(value)) if value.dtype == object else value.tolist()
    return (
        [as_data(one) if isinstance(one, (list, np.ndarray)) else one for one in value]
        if isinstance(value, list)
        else value
    )


def shown(encoding):
    """A ``BatchEncoding`` as data: its fields with their types, and what its encodings say."""
    data = {key: as_data(value) for key, value in encoding.items()}
    if encoding.encodings is None:
        return type(encoding).__name__, data, None
    columns = [(one.ids, one.tokens, one.offsets, one.attention_mask, one.n_sequences) for one in encoding.encodings]
    return type(encoding).__name__, data, columns, encoding.n_sequences, encoding.is_fast


def outcome(call):
    """What a call gives, or that it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return shown(call())
    except BaseException as error:
        # Where transformers or its backend refuse, both do; a panic there is an error here.
        if (
            isinstance(error, (ValueError, OverflowError))
            or type(error) is Exception
            or "Panic" in type(error).__name__
        ):
            return "fails"
        raise
