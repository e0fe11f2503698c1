"""The packages that extras bring, each imported when it is first used: ``from .extras import np``.

minitok itself needs none of them. Where one is needed and is not installed, the error says what to install.

>>> from minitok.extras import np
>>> np.arange(3).tolist()
[0, 1, 2]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .errors import MissingExtraError

if TYPE_CHECKING:
    import click
    import numpy as np
    import numpy.typing as npt
    import regex
    import rich
    from typing_extensions import TypeIs

__all__ = ["array_of", "click", "is_array", "need", "np", "regex", "repeated", "rich"]

# The module of each name, what people call it, and the extra that brings it.
_PACKAGES = {
    "click": ("click", "Click", "cli"),
    "np": ("numpy", "NumPy", "numpy"),
    "regex": ("regex", "regex", "reference"),
    "rich": ("rich", "Rich", "cli"),
}


def __getattr__(name: str) -> object:
    """The package. Raises MissingExtraError."""
    if name not in _PACKAGES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, shown, extra = _PACKAGES[name]
    try:
        package = globals()[name] = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise MissingExtraError(shown, extra) from None
    return package


def need(name: str) -> None:
    """Raises MissingExtraError if the package of a name is not installed."""
    globals().get(name) or __getattr__(name)


# The codes of types of numbers in the module ``array``.
_CODES = {"bool": "B", "uint32": "I", "int64": "q", "uint64": "Q", "float64": "d"}


def array_of(numbers: Iterable[float], dtype: str) -> npt.NDArray[Any]:
    """Numbers as an array of NumPy; where that is not installed, as an ``array.array``.

    >>> array_of([1, 2], "uint32")
    array([1, 2], dtype=uint32)
    """
    try:
        numpy: Any = globals().get("np") or __getattr__("np")
    except MissingExtraError:
        from array import array

        return array(_CODES[dtype], numbers)  # type: ignore[return-value]  # it has what is asked of either
    made: npt.NDArray[Any] = numpy.array(numbers if hasattr(numbers, "__getitem__") else list(numbers), dtype)
    return made


def repeated(number: int, size: int, dtype: str) -> npt.NDArray[Any]:
    """One number, ``size`` times, as ``array_of`` gives numbers.

    >>> repeated(7, 2, "uint32")
    array([7, 7], dtype=uint32)
    """
    one = array_of([number], dtype)
    return one.repeat(size) if is_array(one) else one * size


def is_array(value: object) -> TypeIs[npt.NDArray[Any]]:
    """Whether a value is an array of NumPy, which is not imported to find that out.

    >>> is_array([1, 2]), is_array(__import__("numpy").arange(2))
    (False, True)
    """
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)
