"""What is done with a tokenizer every day beyond ``encode`` and ``decode``: offsets, streams, parts of texts, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator

    from .packing import Packed
    from .progress import Progress
    from .tokenizer import Tokenizer

    Text = str | bytes
    Special = Collection[str]
    Path = str | os.PathLike[str]

__all__ = ["Everyday"]


class Everyday:
    """The part of ``Tokenizer`` that is made of the other parts. What is more than a line is in a module of its own."""

    def encode_with_offsets(  # type: ignore[misc]
        self: Tokenizer, text: Text, *, allowed_special: Special | str = (), unit: str = "char"
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of a text, and where in it each begins and ends.

        Args:
            text: The text.
            allowed_special: As for ``encode``.
            unit: ``"char"`` (of the text; a token that holds part of a character spans that character) or ``"byte"``
                (of its UTF-8 form). With a normalizer the places are those of ``normalize(text)``.

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).encode_with_offsets("é!")
        ([195, 169, 33], [(0, 1), (0, 1), (1, 2)])
        """
        from .offsets import byte_spans, char_spans

        if unit not in ("char", "byte"):
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")
        ids = self.encode(text, allowed_special=allowed_special)
        tokens = [self.token_bytes(token_id) for token_id in ids]
        return ids, byte_spans(tokens) if unit == "byte" else char_spans(tokens)

    def encode_iterable(  # type: ignore[misc]
        self: Tokenizer, chunks: Iterable[Text], *, allowed_special: Special | str = ()
    ) -> Iterator[int]:
        """The ids of the chunks' concatenation, as they become certain, in memory bounded by the chunks.

        With a pattern of one's own, or ``none``, no id is certain before the end, and all the text is held.

        >>> from minitok import Tokenizer
        >>> list(Tokenizer([(97, 98)]).encode_iterable(["a", "b c", "a", "b"]))
        [256, 32, 99, 256]
        """
        from .streaming import encode_iterable

        return encode_iterable(self._codec, chunks, self._allowed(allowed_special))

    def count_iterable(  # type: ignore[misc]
        self: Tokenizer, chunks: Iterable[Text], *, allowed_special: Special | str = ()
    ) -> int:
        """How many ids the chunks' concatenation has; as ``encode_iterable``, without the ids.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(97, 98)]).count_iterable(["a", "b c"])
        3
        """
        from .streaming import count_iterable

        return count_iterable(self._codec, chunks, self._allowed(allowed_special))

    def tokenize(self: Tokenizer, text: Text, *, allowed_special: Special | str = ()) -> list[bytes]:  # type: ignore[misc]
        """The tokens of a text as bytes; joined, they are the text.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).tokenize("hi!")
        [b'hi', b'!']
        """
        return [self.token_bytes(token_id) for token_id in self.encode(text, allowed_special=allowed_special)]

    def decode_batch(self: Tokenizer, batch: Iterable[Iterable[int]], errors: str = "replace") -> list[str]:  # type: ignore[misc]
        """The text of each list of ids."""
        return [self.decode(ids, errors) for ids in batch]

    def decode_with_offsets(self: Tokenizer, ids: Iterable[int]) -> tuple[str, list[int]]:  # type: ignore[misc]
        """The text of the ids, and the character of it at which each token begins (in which, if it is half of one).

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).decode_with_offsets([195, 169, 33])
        ('é!', [0, 0, 1])
        """
        from .offsets import char_spans

        ids = list(ids)
        text = self.decode_bytes(ids).decode("utf-8", "strict")
        return text, [start for start, _ in char_spans([self.token_bytes(token_id) for token_id in ids])]

    def truncate_text(  # type: ignore[misc]
        self: Tokenizer, text: str, max_tokens: int, *, allowed_special: Special | str = ()
    ) -> str:
        """The longest beginning of a text that has at most so many tokens and ends between two characters.

        Its ids are the first ids of the text. It may have fewer than ``max_tokens``: no character is cut in two, and what
        would be other tokens without what follows is left off.

        Args:
            text: The text. A lone surrogate in it counts as, and becomes, U+FFFD. With a normalizer it is
                ``normalize(text)`` that is cut.
            max_tokens: How many tokens it may have; 0 gives the empty text.
            allowed_special: As for ``encode``; a special token is kept or left off as a whole.

        Raises:
            TypeError: The text is no str, or ``max_tokens`` no int.
            ValueError: ``max_tokens`` is negative.

        Costs O(n) for the n bytes that are kept, not for those of the text (except with ``none`` or a pattern of one's
        own).

        >>> from minitok import Tokenizer, get_encoding
        >>> get_encoding("o200k_base").truncate_text("Call me Ishmael. Some years ago", 4)
        'Call me Ishmael'
        >>> Tokenizer([]).truncate_text("né", 2)
        'n'
        """
        from .chunking import truncate_text

        return truncate_text(self, text, max_tokens, allowed_special)

    def chunk(  # type: ignore[misc]
        self: Tokenizer, text: str, max_tokens: int, overlap: int = 0, *, allowed_special: Special | str = ()
    ) -> list[str]:
        """The text in parts of at most so many tokens each, cut between tokens and between characters.

        Each part has at most ``max_tokens`` tokens both as it lies in the text and when it is encoded alone. Without
        overlap the parts, joined, are the text. The empty text has no parts.

        Args:
            text: The text. A lone surrogate in it becomes U+FFFD. With a normalizer it is ``normalize(text)`` that is cut.
            max_tokens: How many tokens a part may have.
            overlap: How many tokens at the end of a part the next one begins with; fewer where a character would be cut.
            allowed_special: As for ``encode``; a special token is never cut.

        Raises:
            TypeError: The text is no str, or a number no int.
            ValueError: ``max_tokens`` is less than 1, or too small for one of the characters (the message says which), or
                ``overlap`` is not between 0 and ``max_tokens - 1``.

        Costs O(n) for n bytes, times ``max_tokens / (max_tokens - overlap)``.

        >>> from minitok import get_encoding
        >>> tok = get_encoding("cl100k_base")
        >>> tok.chunk("One fish two fish red fish blue fish", 3)
        ['One fish two', ' fish red fish', ' blue fish']
        >>> tok.chunk("One fish two fish red fish blue fish", 4, overlap=2)
        ['One fish two fish', ' two fish red fish', ' red fish blue fish']
        """
        from .chunking import chunk

        return chunk(self, text, max_tokens, overlap, allowed_special)

    def encode_files(  # type: ignore[misc]
        self: Tokenizer,
        paths: Path | Iterable[Path],
        out: Path,
        *,
        dtype: str = "uint32",
        separator: str | bytes | None = None,
        field: str = "text",
        end_of_document: str | int | None = None,
        allowed_special: Special | str = (),
        threads: int | None = None,
        progress: bool | Callable[[Progress], object] = False,
        resume: bool = True,
    ) -> Packed:
        r"""Encode files into one array of ids on the disk, in memory that does not grow with them.

        Beside the ids goes an index, ``train.bin.idx.npy`` for ``train.bin``: offsets as uint64, shape (documents + 1,);
        document i has ``ids[offsets[i]:offsets[i + 1]]``. Both are written under other names (``.partial``) and take their
        places when they are whole. An interrupted run, called again with the same arguments, goes on after the last file
        that it had finished (``.journal.json`` says which), unless the tokenizer, an option or one of those files has
        changed: then it begins anew. One run at a time for one output.

        Args:
            paths: Files, or patterns of them, in this order; those of a pattern sorted. ``.jsonl``: a document is the
                ``field`` of each line. ``.parquet``: of each row (needs ``minitok[parquet]``). Anything else is text: a
                file is one document.
            out: ``.bin`` (ids only, little-endian, for ``numpy.memmap``) or ``.npy`` (for ``numpy.load``).
            dtype: ``"uint32"``, or ``"uint16"`` for half the size if no id is above 65,535.
            separator: Cuts a text file into documents; it is no part of them, and none begins after one that ends the
                file.
            field: The field of a JSON line, or the column of a Parquet file, that holds the text.
            end_of_document: A special token's name, or an id, to be put after each document.
            allowed_special: As for ``encode``.
            threads: How many to use; as many as there are processors without it.
            progress: True for a bar (needs Rich), or a function that is called with a ``Progress`` in bytes.
            resume: False to begin anew in any case.

        Returns:
            A ``Packed``: where the ids and offsets are, and how many tokens, documents and bytes of text there were.

        Raises:
            FileNotFoundError: A file is not there, or a pattern matches none.
            FileFormatError: A file is not what its name says; the message says where.
            ValueError: ``dtype`` is too small for this tokenizer, ``out`` has another suffix, or ``end_of_document`` is not
                a special token.

        >>> import numpy, os, tempfile
        >>> from minitok import get_encoding
        >>> folder = tempfile.mkdtemp()
        >>> with open(f"{folder}/a.jsonl", "w") as file:
        ...     _ = file.write('{"text": "hello world"}\n{"text": "hello"}\n')
        >>> tok = get_encoding("gpt2")
        >>> packed = tok.encode_files(f"{folder}/*.jsonl", f"{folder}/train.bin", dtype="uint16",
        ...                           end_of_document="<|endoftext|>")
        >>> packed.tokens, packed.documents
        (5, 2)
        >>> numpy.fromfile(f"{folder}/train.bin", dtype="uint16").tolist()
        [31373, 995, 50256, 31373, 50256]
        >>> numpy.load(f"{folder}/train.bin.idx.npy").tolist()
        [0, 3, 5]
        """
        from .packing import encode_files

        return encode_files(
            self,
            paths,
            out,
            dtype=dtype,
            separator=separator,
            field=field,
            end_of_document=end_of_document,
            allowed_special=allowed_special,
            threads=threads,
            progress=progress,
            resume=resume,
        )
