"""``install`` and ``uninstall``: fast tokenizers of ``transformers`` are given a ``Backend`` once they are made.

``tokenizers.decoders.DecodeStream`` is replaced, too, by one for tokenizers of either kind: servers give it what they find in a
tokenizer of ``transformers``.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import tokenizers

from minitok.compat.tokenizers.decode_stream import DecodeStream

from .backend import adopt
from .plain_call import calling_plainly, encoding_plainly

# What stands in a class that has a method from a base.
INHERITED = object()
# What was replaced, while minitok is installed: class or module, name, and what stood there.
REPLACED: list[tuple[Any, str, Any]] = []


class Installed(AbstractContextManager["Installed"]):
    """What ``install`` returns: as a context manager, it ends the installation when it is left."""

    def __exit__(self, *_: object) -> None:
        uninstall()


def install() -> Installed:
    """Lets every fast tokenizer of ``transformers`` that is made from now on run on minitok, if minitok reads it.

    Calling it again changes nothing. Tokenizers that there are already stay as they are; ``adopt`` changes one.

    Raises:
        ModuleNotFoundError: ``transformers`` is not installed.
    """
    if not REPLACED:
        from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

        replace(PreTrainedTokenizerFast, "__init__", adopting_init)
        replace(PreTrainedTokenizerBase, "_from_pretrained", adopting_from_pretrained)
        replace(PreTrainedTokenizerFast, "__call__", calling_plainly)
        replace(PreTrainedTokenizerFast, "encode", encoding_plainly)
        replace(tokenizers.decoders, "DecodeStream", stream_of_either)
    return Installed()


def uninstall() -> None:
    """Ends the installation. Tokenizers made meanwhile stay minitok's."""
    while REPLACED:
        owner, name, original = REPLACED.pop()
        if original is INHERITED:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replaces a method, or a class of a module, by one made of it."""
    original = owner.__dict__.get(name, INHERITED)
    made = make(getattr(owner, name) if original is INHERITED else original)
    REPLACED.append((owner, name, original))
    setattr(owner, name, made)


def adopting_init(original: Any) -> Any:
    """``PreTrainedTokenizerFast.__init__``, and then a ``Backend``."""

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        adopt(self)

    return init


def adopting_from_pretrained(original: Any) -> Any:
    """``PreTrainedTokenizerBase._from_pretrained``, and then a ``Backend`` for what a class puts in place by itself."""

    @functools.wraps(original.__func__)
    def from_pretrained(cls: type, *args: Any, **kwargs: Any) -> Any:
        tokenizer = original.__get__(None, cls)(*args, **kwargs)
        adopt(tokenizer)
        return tokenizer

    return classmethod(from_pretrained)


def stream_of_either(original: Any) -> Any:
    """``DecodeStream`` for tokenizers of both libraries: the first step says whose it is."""

    class StreamOfEither(DecodeStream):
        _theirs: Any = None

        def _step(self, tokenizer: Any, id: Any) -> str | None:
            if not isinstance(tokenizer, tokenizers.Tokenizer):
                return super()._step(tokenizer, id)
            if self._theirs is None:
                ids = {"ids": self._ids} if self._ids else {}
                self._theirs = original(**ids, skip_special_tokens=self.skip_special_tokens)
            said: str | None = self._theirs.step(tokenizer, id)
            return said

        def __copy__(self) -> StreamOfEither:
            made: Any = super().__copy__()
            made._theirs = copy.copy(self._theirs)  # noqa: SLF001 - its own
            return made  # type: ignore[no-any-return]

    StreamOfEither.__name__ = StreamOfEither.__qualname__ = original.__name__
    return StreamOfEither
