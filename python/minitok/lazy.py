"""What is read when it is first needed: a file of the package (``lines_in_package``), and an attribute (``cached_property``).

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
import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

Value = TypeVar("Value")


def lines_in_package(module: str, name: str) -> list[str]:
    """The lines of a file of ASCII in the folder of a module's file."""
    with open(os.path.join(os.path.dirname(module), name), encoding="ascii") as file:
        return file.read().splitlines()


class cached_property(functools.cached_property[Value]):  # noqa: N801  # spelled as the one it stands for
    """An attribute that is computed once, without the lock of ``functools.cached_property``: as from Python 3.12 on.

    Until then all objects of a class share a lock. A process that is forked while another thread holds it leaves a child that
    waits forever. Without it, two threads may compute the same value, of which the last one stays.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        super().__init__(compute)
        self.lock = nullcontext()
