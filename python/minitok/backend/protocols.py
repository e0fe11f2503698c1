"""What a backend offers, and the types of what goes in and out.

``_rust.pyi`` declares each call once, for both backends: ``python`` has the same classes with the same methods.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .._rust import Codec, Documents, Normalizer, PieceCounter, Vocab

    Ids = npt.NDArray[np.uint32]
    Places = npt.NDArray[np.int64]

BackendName = Literal["rust", "python"]
# A merge as (left, right, id, rank).
Merge = tuple[int, int, int, int]
# Whole lines; or a file, and a range of it in which lines begin.
JsonLines = bytes | tuple["str | os.PathLike[str]", int, int]
# What is called with each event of a trace.
Emit = Callable[[dict[str, Any]], object]

# A part of a text: its bytes as they are to be encoded; where it begins and ends in the text, in bytes; how many bytes were put
# before it; the starts and ends of the ranges that its bytes come from, or None if it stands in the text as it is; and the id
# of a token that was found, or None.
Segment = tuple[bytes, int, int, int, "tuple[Places, Places] | None", "int | None"]
# How a text is cut into chunks: ``max_tokens``, the names of the borders, ``overlap``, ``overlap_sentences``, ``fill``.
ChunkFields = tuple[int, "Sequence[str]", int, int, float]
# A chunk: its start and end in characters, and in bytes; the number of its tokens; the name of the border at its end.
Placed = tuple[int, int, int, int, int, str]
# Where tokens are found in a conversation: all in these ranges of it, and some (by name) everywhere (SPEC E8).
Trusted = tuple["Sequence[tuple[int, int]]", "Sequence[str]"]


class Backend(NamedTuple):
    """One implementation: its name, its classes and functions."""

    name: BackendName
    vocab: Any
    unpack: Callable[[bytes, int | None], Vocab]
    pattern: Callable[[str], Any]
    special_tokens: Callable[..., Any]
    codec: Callable[..., Codec]
    piece_counter: Callable[..., PieceCounter]
    train: Callable[..., tuple[list[tuple[int, int]], list[int], int, str]]
    train_parity: Callable[..., tuple[list[tuple[int, int]], list[int], list[int], int, str]]
    # From steps that `minitok.reference.published.normalize.check_step` gives.
    normalizer: Callable[[Sequence[str | tuple[str, ...]]], Normalizer]
    # The texts of a field of lines of JSON. What is called with a line that is not plainly such gives its text, or raises.
    read_json_lines: Callable[[bytes, str, Callable[[int, bytes], bytes], int], Documents]
    # Texts one after the other, from bytes and offsets.
    read_column: Callable[[npt.NDArray[np.uint8], npt.NDArray[np.int64]], Documents]
    # The ids of an array as a list, and rows of starts and ends as pairs.
    id_list: Callable[[Ids], list[int]]
    span_list: Callable[[npt.NDArray[np.int64] | list[tuple[int, int]]], list[tuple[int, int]]]
    # Two lists of lengths -> the rows of their spans (SPEC A1).
    align: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.int64]]

    @classmethod
    def of(cls, name: BackendName, module: Any) -> Backend:
        """The backend that a module has under the names of the extension."""
        return cls(
            name=name,
            vocab=module.Vocab,
            unpack=module.unpack,
            pattern=module.Pattern,
            special_tokens=module.SpecialTokens,
            codec=module.Codec,
            piece_counter=module.PieceCounter,
            train=module.train,
            train_parity=module.train_parity,
            normalizer=module.Normalizer,
            read_json_lines=module.read_json_lines,
            read_column=module.read_column,
            id_list=module.id_list,
            span_list=module.span_list,
            align=module.align,
        )
