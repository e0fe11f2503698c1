"""The most frequent methods without their Python frame, which would be a quarter of a call with a few words.

If Rust is the default, a method that is marked ``@shortcut`` is an object of the extension (``rust/python/shortcuts.rs``). It
answers calls with only a text, and passes calls with options on to the method in Python, of which it has the signature and the
documentation. The wheel for every CPython (abi3) has no shortcuts.

``DecodeSteps`` is the same for ``DecodeStream.step`` of ``minitok.compat.tokenizers``, which servers call for each token, and
``PlainCalls`` for calls of tokenizers of ``transformers``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..foreign import explains
from .select import BACKEND

if TYPE_CHECKING:
    from .._rust import Codec, StreamDecoder

Method = TypeVar("Method", bound="Callable[..., Any]")


if not TYPE_CHECKING and BACKEND == "rust":
    from .._rust import DecodeStream as DecodeSteps
    from .._rust import PlainCalls, tokenizer_changes, tokenizers_changed
    from .._rust import Tokenizer as Shortcuts

    try:
        from .._rust import shortcut as shortcut_to
    except ImportError:  # in the wheel for every CPython
        shortcut_to = lambda _, method: method  # noqa: E731

    def shortcut(method: Method) -> Method:
        """The shortcut to the method."""
        return shortcut_to(getattr(Shortcuts, f"_{method.__name__}", None), explains(method))

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
