"""``cached_property``: an attribute that is computed when it is first asked for, and that a fork never finds locked.

>>> class Text:
...     @cached_property
...     def words(self) -> list[str]:
...         print("computed")
...         return "a b".split()
>>> text = Text()
>>> text.words, text.words
computed
(['a', 'b'], ['a', 'b'])
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cached_property"]

Value = TypeVar("Value")


class cached_property(functools.cached_property[Value]):  # noqa: N801  # spelled as the one it stands for
    """``functools.cached_property`` without its lock, in every version of Python, as from Python 3.12 on.

    Until then all objects of a class share a lock. A process that is forked while another thread holds it leaves a child that
    waits for ever. Without it, two threads may compute the same value, of which the last one stays.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        super().__init__(compute)
        self.lock = nullcontext()
