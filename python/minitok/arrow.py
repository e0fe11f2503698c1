"""Columns of strings to columns of ids, and back, in Arrow's form: without a Python object per row.

What has Arrow's C interface can be given: arrays and chunked arrays of ``pyarrow``, series of Polars, columns of pandas, and
whatever else exports ``__arrow_c_array__`` or ``__arrow_c_stream__``. Nulls stay nulls.

By hand, with the merge (a, b): ``["ab", null, "abc"]`` is the list array ``[[256], null, [256, 99]]``: the ids 256, 256, 99
with the offsets 0, 1, 1, 3.

Costs: those of ``encode_batch_to_numpy``, and a copy of the text.

Needs pyarrow: ``pip install 'minitok[arrow]'``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import allowed_tokens, check_tokenizer, refused_tokens, thread_count
from .backend import load_backend
from .corpus.columns import (
    as_ids,
    as_it_was,
    each_chunk,
    ids_of,
    imported,
    list_array,
    pa,
    string_array,
    text_of,
    without_runs,
)
from .errors import ArrowError, UnknownTokenError
from .extras import np

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Literal

    from .corpus.columns import Column
    from .tokenizer import Tokenizer

__all__ = ["decode_arrow", "encode_arrow"]


def encode_arrow(
    tokenizer: Tokenizer,
    strings: Any,
    *,
    allowed_special: Literal["all", "no_tokens"] | Collection[str] = (),
    disallowed_special: Literal["all"] | Collection[str] = (),
    threads: int | None = None,
) -> Column:
    """Returns the ids of a column of strings in Arrow's form, without creating a Python object per row.

    Args:
        tokenizer: The tokenizer.
        strings: An array or chunked array of ``pyarrow``, a series of Polars, a column of pandas, or anything else with
            Arrow's C interface (``__arrow_c_array__``, ``__arrow_c_stream__``), of strings or
            binary data: with offsets of either size, views, of one length, dictionaries, runs, and slices of these.
        allowed_special: As for ``Tokenizer.encode``.
        disallowed_special: As for ``Tokenizer.encode``.
        threads: How many to use; by default one per processor.

    Returns:
        A list array of uint32 (``pyarrow.ListArray``), null where the strings are, with chunks where they have them; with
        offsets of 64 bits where a chunk has more than 2,147,483,647 ids. Polars and pandas take it as it is.

    Raises:
        ArrowError: The column is malformed, or cannot be imported.
        DisallowedSpecialTokenError: A text contains a disallowed token.
        TypeError: It is not a column of strings.

    >>> from minitok import Tokenizer
    >>> encode_arrow(Tokenizer([(97, 98)]), pa.array(["ab", None, "abc"])).to_pylist()
    [[256], None, [256, 99]]
    """
    definition = check_tokenizer(tokenizer).definition
    backend, codec = load_backend(definition.backend), definition.codec()
    special, added, threads = definition.special_tokens, definition.added_tokens, thread_count(threads)
    allowed = allowed_tokens(allowed_special, special, added)
    if refused := refused_tokens(disallowed_special, allowed_special, definition.control_tokens, special, added):
        codec = codec.refusing(refused)

    def encode(array: pa.Array) -> pa.Array:
        array = without_runs(array)
        data, offsets = text_of(array)
        try:
            documents = backend.read_column(data, offsets)
        except ValueError as error:
            raise ArrowError(f"the strings are malformed: {error}") from None
        ids, ends = codec.encode_documents(documents, allowed, threads)
        return list_array(array, ids, ends.astype(np.int64))

    return each_chunk(imported(strings, "strings"), encode, pa.list_(pa.uint32()))


def decode_arrow(tokenizer: Tokenizer, lists: Any, errors: str = "replace", *, threads: int | None = None) -> Column:
    """Returns the texts of a column of lists of ids in Arrow's form: the way back from ``encode_arrow``.

    Args:
        tokenizer: The tokenizer.
        lists: As ``strings`` of ``encode_arrow``, but lists of integers: with offsets of either size, views, of one
            length, and slices of these.
        errors: As for ``Tokenizer.decode``.
        threads: How many to use; by default one per processor.

    Returns:
        An array of strings, null where the lists are.

    Raises:
        ArrowError: The column is malformed, cannot be imported, or has a null in place of an id.
        TypeError: It is not a column of lists of integers.
        UnknownTokenError: An id has no token; the error names it and its index in its row.

    >>> from minitok import Tokenizer
    >>> decode_arrow(Tokenizer([(97, 98)]), pa.array([[256], None, [256, 99]])).to_pylist()
    ['ab', None, 'abc']
    """
    codec, threads = check_tokenizer(tokenizer).definition.codec(), thread_count(threads)

    def decode(array: pa.Array) -> pa.Array:
        array = without_runs(array)
        values, starts, ends = ids_of(array)
        try:
            data, offsets = codec.decode_column(as_ids(values), starts, ends, errors, threads)
        except UnknownTokenError as error:
            raise as_it_was(error, values, starts, ends) from None
        except UnicodeError:
            raise
        except ValueError as error:
            raise ArrowError(f"the lists are malformed: {error}") from None
        return string_array(array, data, offsets)

    return each_chunk(imported(lists, "lists"), decode, pa.string())
