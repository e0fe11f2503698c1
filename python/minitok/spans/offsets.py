"""The offsets of tokens in their text, in bytes and in characters.

A character begins at every byte that is not a continuation byte (80 to BF), so how many begin in a token is known without the
text, and offsets are sums over the ids. ``byte_spans`` and ``char_spans`` say it token by token; ``spans_of`` asks the codec
for the same of many ids at once.

By hand: ``é!`` as the tokens ``C3``, ``A9``, ``!``: one, none and one character begin in them, and the second continues one. So
the first two span the first character, (0, 1), and the third the second, (1, 2).

Costs: O(n) for n ids, some nanoseconds each in arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..backend import load_backend
from ..extras import array_of, is_array

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..backend import Codec

    Spans = npt.NDArray[np.int64]

__all__ = ["Unit", "as_sequence", "byte_spans", "char_spans", "check_unit", "span_list", "spans_of", "starts_of"]

Unit = Literal["char", "byte"]
# The bytes that begin no character.
CONTINUATION = bytes(range(0x80, 0xC0))


def byte_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns start and end of each token in the bytes that they spell.

    >>> byte_spans([b"ab", b"c"])
    [(0, 2), (2, 3)]
    """
    ends = list(accumulate(map(len, tokens)))
    return list(zip([0, *ends], ends))


def char_spans(tokens: Sequence[bytes]) -> list[tuple[int, int]]:
    """Returns the characters that each token holds, even in part, of the UTF-8 text that they spell.

    >>> char_spans([b"a\\xc3", b"\\xa9!"])
    [(0, 2), (1, 3)]
    """
    spans: list[tuple[int, int]] = []
    begun = 0  # characters that have begun so far
    for token in tokens:
        continues = bool(token) and token[0] & 0xC0 == 0x80 and begun > 0
        start = begun - continues
        begun += len(token.translate(None, CONTINUATION))
        spans.append((start, begun))
    return spans


def spans_of(
    codec: Codec, ids: Sequence[int] | npt.NDArray[np.integer], unit: Unit = "char", *, prefixed: bool = False
) -> Any:
    """Where each token begins, and where it ends: an array of shape (number of ids, 2); without NumPy, pairs.

    ``prefixed``: a space may have been put before the text, which is in the tokens, and not in the text that they decode to.
    """
    check_unit(unit)
    spans = codec.spans(ids, unit)
    if not prefixed or not len(spans) or spans[-1][1] == decoded_size(codec, ids, unit):
        return spans
    if isinstance(spans, list):
        return [(max(start - 1, 0), max(end - 1, 0)) for start, end in spans]
    return (spans - 1).clip(0)


def starts_of(
    codec: Codec, ids: Sequence[int] | npt.NDArray[np.integer], *, prefixed: bool = False, to_numpy: bool = False
) -> Any:
    """The characters in which the tokens begin, as a list or an array; ``prefixed`` as for ``spans_of``."""
    starts, length = codec.starts(ids, not to_numpy)
    if prefixed and len(starts) and length != decoded_size(codec, ids, "char"):
        starts = [max(int(start) - 1, 0) for start in starts]
        return array_of(starts, "int64") if to_numpy else starts
    return starts


def decoded_size(codec: Codec, ids: Sequence[int] | npt.NDArray[np.integer], unit: Unit) -> int:
    """How long the text is that ids decode to."""
    data = codec.decode_bytes(ids)
    return len(data) if unit == "byte" else len(data.translate(None, CONTINUATION))


def check_unit(unit: Unit) -> None:
    if unit not in get_args(Unit):
        raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")


def span_list(spans: Spans | list[tuple[int, int]], backend: str | None = None) -> list[tuple[int, int]]:
    """The rows as pairs of Python's integers.

    >>> import numpy as np
    >>> span_list(np.array([[0, 1], [1, 3]]))
    [(0, 1), (1, 3)]
    """
    return load_backend(backend).span_list(spans)


def as_sequence(ids: Any) -> Sequence[int] | npt.NDArray[np.integer]:
    """Ids that can be gone over twice; what they say of their length is not trusted. What is no iterable, the codec refuses."""
    return list(iter(ids)) if not is_array(ids) and (hasattr(ids, "__iter__") or hasattr(ids, "__getitem__")) else ids
