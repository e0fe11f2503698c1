"""The most frequent methods without their Python frame, which would be a quarter of a call with a few words.

If Rust is the default, ``Shortcuts`` is a class of the extension. It handles calls with only a text, and passes calls with
options on to the Python methods, which are kept here. Otherwise the Python methods are the only ones.

``inspect.signature`` shows the parameters of a shortcut and their defaults, but no types: CPython does not allow types in the
text that it reads them from. So docstrings of these methods have the types, and type checkers read the Python methods.

``DecodeSteps`` is the same for ``DecodeStream.step`` of ``minitok.compat.tokenizers``, which servers call for each token, and
``PlainCalls`` for calls of tokenizers of ``transformers``.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ..foreign import explains, refuse
from .select import BACKEND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._rust import Codec, StreamDecoder

Method = TypeVar("Method", bound="Callable[..., Any]")

# The methods in Python that have a shortcut, by their names.
IN_PYTHON: dict[str, Callable[..., Any]] = {}


def refuse_option(method: str, name: str) -> NoReturn:
    """Raises the error for an option that a method with a shortcut does not have, but other libraries'."""
    refuse(f"Tokenizer.{method}", name, inspect.signature(IN_PYTHON[method]).parameters)


if not TYPE_CHECKING and BACKEND == "rust":
    from .._rust import DecodeStream as DecodeSteps
    from .._rust import PlainCalls, tokenizer_changes, tokenizers_changed
    from .._rust import Tokenizer as Shortcuts

    def shortcut(method: Method) -> Method:
        """The shortcut to the method."""
        IN_PYTHON[method.__name__] = method
        return getattr(Shortcuts, method.__name__)

else:

    class Shortcuts:
        """The part of ``Tokenizer`` that takes shortcuts: here there are none."""

        def _hold(self, codec: Codec) -> None:
            """Go to this codec from now on; the methods in Python find it by themselves."""

    def shortcut(method: Method) -> Method:
        """The method itself."""
        return explains(method)

    class DecodeSteps:
        """The part of ``DecodeStream`` that takes shortcuts: here there are none."""

        def step(self, tokenizer: Any, id: int | Sequence[int]) -> str | None:  # noqa: A002 - as in tokenizers
            """Returns the text that an id, or several, make certain; None if that is none yet."""
            made: str | None = self._step(tokenizer, id)  # type: ignore[attr-defined]  # of the subclass
            return made

        def _follow(self, tokenizer: Any, left: StreamDecoder, ids: Sequence[int]) -> None:
            """Take the next steps; here the method in Python takes them all."""

        def _leave(self) -> tuple[list[int], list[int]] | None:
            """Give the steps back that were taken here."""

    class PlainCalls:
        """What answers plain calls of tokenizers of ``transformers``: here they all go the usual way."""

        planned: Any

        def columns(self, *_: Any) -> Any:
            """The columns of texts."""
            return NotImplemented

        ids = columns

    def tokenizers_changed() -> None:
        """A tokenizer, or a part of one, has been changed."""

    def tokenizer_changes() -> int:
        """How often that was; here nobody asks."""
        return 0
