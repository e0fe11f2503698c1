"""What a ``Tokenizer`` makes of ids: their text, at once or as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from ..arguments import check_iterable, checked_offsets, stop_strings, thread_count
from ..extras import need
from ..foreign import explains, refuse
from .checked import Checked

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from ..backend import StreamDecoder

    Ids = Iterable[int] | npt.NDArray[Any]
    StreamErrors = Literal["replace", "strict"]

__all__ = ["Tokenizer"]


class Tokenizer(Checked):
    """Ids to text."""

    # ``@explains`` would make a call with few ids take half as long again.
    def decode(  # noqa: D417 - there are no others
        self, ids: Ids, *, errors: str = "replace", skip_special_tokens: bool = False, **others: NoReturn
    ) -> str:
        """Returns the text of the ids.

        Args:
            ids: A list, or a one-dimensional array of integers.
            errors: What to do with bytes that are not UTF-8: ``"replace"`` (by U+FFFD), ``"strict"``, or any other of
                Python's error handlers.
            skip_special_tokens: Whether to leave special tokens out of the text.

        Raises:
            UnknownTokenError: An id has no token; the error names it and its index.
            UnicodeDecodeError: The bytes are not UTF-8, and ``errors`` is ``"strict"``.

        Costs O(n) for n bytes of text.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(104, 105)])
        >>> tok.decode([256, 33])
        'hi!'
        >>> tok.decode([195])
        '\N{REPLACEMENT CHARACTER}'
        >>> Tokenizer([], special_tokens={"</s>": 256}).decode([72, 105, 256], skip_special_tokens=True)
        'Hi'
        """
        if others:
            refuse("Tokenizer.decode", next(iter(others)), ("ids", "errors", "skip_special_tokens"))
        if not skip_special_tokens:
            return self._codec.decode(ids, errors)
        from ..spans.offsets import as_sequence

        held = as_sequence(ids)
        self._codec.decode_bytes(held)  # raises for what is not an id, with its index
        special = set(self._definition.special_tokens.values())
        return self._codec.decode([token_id for token_id in held if token_id not in special], errors)

    def decode_bytes(self, ids: Ids) -> bytes:
        """Returns the bytes of the ids. ``decode_bytes(encode(text))`` is the text in UTF-8, if ``definition.lossless``.

        Raises UnknownTokenError. Costs O(n) for n bytes.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).decode_bytes([256, 195])
        b'hi\xc3'
        """
        return self._codec.decode_bytes(ids)

    @explains
    def decode_batch(
        self,
        batch: Iterable[Ids] | npt.NDArray[Any],
        *,
        errors: str = "replace",
        offsets: npt.NDArray[Any] | None = None,
        threads: int | None = None,
    ) -> list[str]:
        """Returns the text of each row of ids.

        Args:
            batch: Lists or arrays of ids, or the rows of a two-dimensional array; with ``offsets``, the ids of all rows in one
                array.
            errors: As for ``decode``.
            offsets: Where each row begins in ``batch``, and where the last one ends, as ``encode_batch_to_numpy`` gives them.
            threads: How many to use; by default one per processor.

        Raises:
            UnknownTokenError: An id has no token; the error names it and its index in its row.
            ValueError: The offsets are not places in the array, in ascending order.

        Costs O(n) for n bytes of text; the rows are shared between the threads.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([])
        >>> tok.decode_batch([[104, 105], []])
        ['hi', '']
        >>> ids, offsets = tok.encode_batch_to_numpy(["hi", "there"])
        >>> tok.decode_batch(ids, offsets=offsets)
        ['hi', 'there']
        """
        check_iterable(batch, "batch", "rows of ids")
        if offsets is None:
            return self._codec.decode_batch(tuple(batch), errors, thread_count(threads))
        places = checked_offsets(offsets)
        return self._codec.decode_rows(batch, places[:-1], places[1:], errors, thread_count(threads))

    @overload
    def decode_with_offsets(self, ids: Ids, *, to_numpy: Literal[False] = ...) -> tuple[str, list[int]]: ...
    @overload
    def decode_with_offsets(self, ids: Ids, *, to_numpy: Literal[True]) -> tuple[str, npt.NDArray[np.int64]]: ...
    def decode_with_offsets(self, ids: Ids, *, to_numpy: bool = False) -> tuple[str, Any]:
        """Returns the text of the ids, and the offset of the character in which each token begins.

        ``to_numpy``: whether the offsets are an array, of shape (number of ids,).

        Errors and costs are those of ``decode``; UnicodeDecodeError where the bytes are not UTF-8, and VocabularyError where
        text may have become an unknown token.

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).decode_with_offsets([195, 169, 33])
        ('é!', [0, 0, 1])
        """
        if to_numpy:
            need("np")
        from ..spans.cutting import text_and_starts

        return text_and_starts(self._definition, ids, to_numpy=to_numpy)

    @explains
    def stream_decoder(
        self, *, errors: StreamErrors = "replace", skip_special_tokens: bool = False, stop: str | Iterable[str] = ()
    ) -> StreamDecoder:
        """Returns a decoder for a stream of ids.

        ``push(ids)`` takes an id, a list or an array, and gives the text that is certain; ``finish()`` gives the rest.

        Args:
            errors: What to do with bytes that are not UTF-8: ``"replace"`` (by U+FFFD) or ``"strict"``: UnicodeDecodeError.
            skip_special_tokens: Whether to leave special tokens out of the text.
            stop: Strings that end the stream. Output ends before the first match; text that could start a match is held back.
                ``stopped`` is then the matching string, else None.

        Raises:
            ValueError: A stop string is empty.

        Costs O(n) for n bytes of text.

        >>> from minitok import Tokenizer
        >>> stream = Tokenizer([]).stream_decoder(stop="</s>")
        >>> [stream.push(195), stream.push(169), stream.push(b"!</s> more"), stream.stopped]
        ['', 'é', '!', '</s>']
        """
        if errors not in ("replace", "strict"):
            raise ValueError(f"errors must be 'replace' or 'strict', not {errors!r}")
        skipped = set(self._definition.special_tokens.values()) if skip_special_tokens else ()
        return self._codec.stream_decoder(errors == "strict", stop_strings(stop), list(skipped))
