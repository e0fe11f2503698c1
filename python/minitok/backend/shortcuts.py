"""The most frequent methods without their Python frame, which would be a quarter of a call with a few words.

If Rust is the default, ``Shortcuts`` is a class of the extension. It handles calls with only a text, and passes calls with
options on to the Python methods, which are kept here. Otherwise the Python methods are the only ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .select import BACKEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._rust import Codec

__all__ = ["Shortcuts", "shortcut"]

Method = TypeVar("Method", bound="Callable[..., Any]")

# The methods in Python that have a shortcut, by their names.
IN_PYTHON: dict[str, Callable[..., Any]] = {}

if not TYPE_CHECKING and BACKEND == "rust":
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
        return method
