"""``Backend``: what a tokenizer of ``transformers`` has in place of a ``tokenizers.Tokenizer``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import tokenizers

from minitok.backend.shortcuts import PlainCalls
from minitok.compat.tokenizers import Tokenizer
from minitok.errors import MinitokError

if TYPE_CHECKING:
    import minitok

# What has been said already.
TOLD: set[str] = set()


class Backend(Tokenizer):
    """``minitok.compat.tokenizers.Tokenizer``, which gives out the added tokens that ``transformers`` knows."""

    _added_token_class = tokenizers.AddedToken
    # How plain calls were answered last: at first, there are none that are answered so.
    _plan: Any = (PlainCalls(), None, None)


def adopt(tokenizer: Any) -> bool:
    """Lets a tokenizer of ``transformers`` run on minitok from now on.

    Args:
        tokenizer: A fast tokenizer. Any other object stays as it is.

    Returns:
        Whether it runs on minitok. If not, a warning says why, once for each reason.
    """
    theirs = getattr(tokenizer, "_tokenizer", None)
    if not isinstance(theirs, tokenizers.Tokenizer):
        return isinstance(theirs, Backend)
    try:
        backend = Backend.from_str(theirs.to_str())
    except MinitokError as error:
        # Without what says which file it is: it is JSON in memory.
        reason = getattr(error, "reason", None) or str(error)
        if reason not in TOLD:
            TOLD.add(reason)
            kind = type(tokenizer).__name__
            warnings.warn(f"this {kind} stays Hugging Face's own, and not minitok's: {reason}", stacklevel=2)
        return False
    backend.encode_special_tokens = theirs.encode_special_tokens
    tokenizer._tokenizer = backend  # noqa: SLF001 - where transformers has it
    return True


def wrap(tokenizer: minitok.Tokenizer, **options: Any) -> Any:
    """Makes a ``PreTrainedTokenizerFast`` of a tokenizer of minitok.

    Args:
        tokenizer: The tokenizer.
        options: As for ``PreTrainedTokenizerFast``: ``bos_token``, ``eos_token``, ``pad_token``, ``model_max_length``,
            ``chat_template``, ...

    Raises:
        VocabularyError: A ``tokenizer.json`` cannot express it; the message says why.
    """
    import transformers

    fast: Any = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=Backend.from_minitok(tokenizer), **options)
