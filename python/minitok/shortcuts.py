"""The methods that are called most, without their Python frame: for a few words it would be a quarter of the call.

Where the extension is there, ``Shortcuts`` is the class of it that has them for calls with nothing but a text, and that calls
the methods in Python for all others. Without it the methods in Python are the only ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .backend import BACKEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from .backend import Codec

__all__ = ["Shortcuts", "shortcut"]

Method = TypeVar("Method", bound="Callable[..., Any]")

# The methods in Python that have a shortcut, by their names.
IN_PYTHON: dict[str, Callable[..., Any]] = {}

if TYPE_CHECKING or BACKEND == "python":

    class Shortcuts:
        """The part of ``Tokenizer`` that a call without options needs."""

        def _hold(self, codec: Codec) -> None:
            """Go to this codec from now on; where there are no shortcuts, every method finds it by itself."""

    def shortcut(method: Method) -> Method:
        """The method, by a shortcut if there is one."""
        return method

else:
    from ._rust import Tokenizer as Shortcuts

    def shortcut(method: Method) -> Method:
        """The method, by a shortcut if there is one."""
        IN_PYTHON[method.__name__] = method
        return getattr(Shortcuts, method.__name__)
