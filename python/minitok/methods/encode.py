"""What a ``Tokenizer`` makes of texts: their ids, the number of these, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ..arguments import check_function, check_iterable, thread_count
from ..backend.shortcuts import shortcut
from ..extras import need
from ..foreign import explains
from .checked import NONE, Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Unpack

    from ..backend import Emit
    from ..spans.offsets import Unit
    from .checked import Allowed, Found, Special


class Tokenizer(Checked):
    """Text to ids."""

    # On the Rust backend, a call with only a text does not come here: the extension answers it (``rust/python/shortcuts.rs``).
    @shortcut
    def encode(
        self,
        text: str | bytes,
        *,
        allowed_special: Allowed = NONE,
        disallowed_special: Special = NONE,
        threads: int = 1,
        trace: Emit | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> list[int]:
        """Returns the ids of a text.

        A special token's name is encoded like any other characters, unless ``allowed_special`` names it. Added tokens are found
        in every text. Some models have markers among these, such as ``<think>``: for text from strangers, pass
        ``disallowed_special="all"``. The ids are those of the library that defines the tokenizer, where it is set to split
        special tokens.

        Args:
            text: The text. ``bytes`` need not be valid UTF-8.
            allowed_special: Special tokens to find in the text; ``"all"``; or ``"no_tokens"``, to
                find no added tokens either.
            disallowed_special: Tokens that must not occur in the text; or ``"all"``: every control
                token that is not allowed (``definition.control_tokens``).
            threads: How many threads may share a text of megabytes. This does not change the ids.
            trace: A function to call with each step as data, for short texts; see
                ``minitok.reference.more.trace``.
            dropout: The probability of passing over each merge at each step (BPE-dropout, usually 0.1), to train models
                on many ways to cut a text. With 1, the ids are those of bytes.
            seed: Random seed (0 to 2**64 - 1), required with ``dropout``. Use a different seed for each epoch.

        Returns:
            The ids.

        Raises:
            DisallowedSpecialTokenError: The text contains a disallowed token, or would become one.
            PatternError: Matching a custom pattern took too many steps.
            TypeError: The text is neither str nor bytes.
            ValueError: A name is not a special token of this tokenizer; or ``dropout`` is not from 0 to 1, or has no seed.

        Costs O(n log n) for n bytes in the worst case, O(n) in practice.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(104, 105), (32, 256)], special_tokens={"|e|": 258})
        >>> tok.encode("hi hi|e|")
        [256, 257, 124, 101, 124]
        >>> tok.encode("hi hi|e|", allowed_special={"|e|"})
        [256, 257, 258]
        """
        if allowed_special is disallowed_special is NONE and trace is None and (threads, dropout, seed) == (1, 0, None):
            return self._codec.encode(text)
        codec = self._dropping(dropout, seed)
        allowed = self._check([text], allowed_special, disallowed_special, codec)
        if trace is not None:
            check_function(trace, "trace")
            if codec is not self._codec:
                raise ValueError("trace shows the merges in the order of their ranks: omit dropout")
            return codec.trace(text, allowed, trace)
        return codec.encode(text, allowed, thread_count(threads))

    @shortcut
    def encode_to_numpy(
        self,
        text: str | bytes,
        *,
        allowed_special: Allowed = NONE,
        disallowed_special: Special = NONE,
        threads: int = 1,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> npt.NDArray[np.uint32]:
        """Returns the ids of a text as an array of uint32, shape (number of tokens,); the array owns its memory.

        Options, errors and costs are those of ``encode``. This is faster than a list, for which Python makes an object per id.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).encode_to_numpy("hi!")
        array([256,  33], dtype=uint32)
        """
        need("np")
        if allowed_special is disallowed_special is NONE and (threads, dropout, seed) == (1, 0, None):
            return self._codec.encode_to_array(text)
        codec = self._dropping(dropout, seed)
        allowed = self._check([text], allowed_special, disallowed_special, codec)
        return codec.encode_to_array(text, allowed, thread_count(threads))

    @explains
    def encode_batch(
        self,
        texts: Iterable[str | bytes],
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        threads: int | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> list[list[int]]:
        """Returns the ids of each text, in order, as ``encode`` gives them. ``threads``: by default one per processor.

        Options, errors and costs are those of ``encode``; the texts are shared between the threads.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98), (256, 99)])
        >>> tok.encode_batch(["abc", "abc abc abc"], dropout=0.5, seed=1)
        [[97, 98, 99], [256, 99, 32, 257, 32, 97, 98, 99]]
        """
        listed = tuple(check_iterable(texts, "texts", "str or bytes"))
        codec = self._dropping(dropout, seed)
        names = self._check(listed, allowed_special, disallowed_special, codec)
        return codec.encode_batch(listed, names, thread_count(threads))

    @explains
    def encode_batch_to_numpy(
        self,
        texts: Iterable[str | bytes],
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        threads: int | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """Returns the ids of all texts in one array, and offsets: text i has ``ids[offsets[i]:offsets[i + 1]]``.

        ``minitok.padding.pad`` makes rows of one length of them, and ``minitok.arrow`` takes columns of Arrow.

        Options, errors and costs are those of ``encode_batch``.

        >>> from minitok import Tokenizer
        >>> ids, offsets = Tokenizer([]).encode_batch_to_numpy(["ab", "c"])
        >>> ids.tolist(), offsets.tolist()
        ([97, 98, 99], [0, 2, 3])
        """
        listed = tuple(check_iterable(texts, "texts", "str or bytes"))
        codec = self._dropping(dropout, seed)
        names = self._check(listed, allowed_special, disallowed_special, codec)
        return codec.encode_batch_to_numpy(listed, names, thread_count(threads))

    @explains
    def encode_segments(self, segments: Iterable[tuple[str | bytes, bool]], *, merge_across: bool = False) -> list[int]:
        """Returns the ids of a text that is given in segments, only some of which may hold special tokens.

        Use it to put user text between your own markers. A special token is found only where all its characters are in
        segments that allow it; one of nothing but white space is found in every segment.

        Args:
            segments: Pairs (text, allow_special), in order.
            merge_across: If False, no id and no special token crosses from one segment to the next. If True, the ids are those
                of the joined text, except that no special token is found in a segment that allows none, even in part.

        Raises:
            TypeError: A segment is not a pair of a text and a bool.
            VocabularyError: Merges make the id of a special token from a segment that allows none.

        Costs those of ``encode``, and some microseconds for each segment.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 300})
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)])
        [300, 97, 98, 60, 115, 62]
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)], merge_across=True)
        [300, 256, 60, 115, 62]
        """
        from ..spans.segments import checked_segments, encode_spans

        return encode_spans(self._definition, checked_segments(segments), apart=not merge_across)

    @overload
    def encode_with_offsets(
        self, text: str | bytes, *, unit: Unit = ..., to_numpy: Literal[False] = ..., **special: Unpack[Found]
    ) -> tuple[list[int], list[tuple[int, int]]]: ...
    @overload
    def encode_with_offsets(
        self, text: str | bytes, *, unit: Unit = ..., to_numpy: Literal[True], **special: Unpack[Found]
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]: ...
    @explains
    def encode_with_offsets(
        self,
        text: str | bytes,
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        unit: Unit = "char",
        to_numpy: bool = False,
    ) -> tuple[Any, Any]:
        """Returns the ids of a text, and the offsets at which each begins and ends.

        Args:
            text: The text.
            allowed_special: As for ``encode``.
            disallowed_special: As for ``encode``.
            unit: ``"char"`` (offsets in characters; a token that holds part of a character spans that character) or
                ``"byte"`` (offsets in UTF-8). With a normalizer, offsets refer to ``definition.normalize(text)``; where spaces
                are markers, or a space is put before the text, to the text that the ids decode to.
            to_numpy: Whether to return arrays: the ids, and the offsets in the shape (number of tokens, 2).

        Errors and costs are those of ``encode``; VocabularyError where text may become an unknown token.

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).encode_with_offsets("é!")
        ([195, 169, 33], [(0, 1), (0, 1), (1, 2)])
        """
        if to_numpy:
            need("np")
        from ..spans.cutting import ids_and_spans

        names = self._check([text], allowed_special, disallowed_special)
        found = ids_and_spans(self._definition, text, names, unit, lambda: self._codec.encode_to_array(text, names))
        return (*found,) if to_numpy else found.lists(self._definition.backend)

    def encode_iterable(
        self, chunks: Iterable[str | bytes], *, allowed_special: Allowed = (), disallowed_special: Special = ()
    ) -> Iterator[int]:
        """Yields the ids of the concatenated chunks as soon as no later text can change them, about 64 KiB at a time.

        Where that is not known before the end, the whole text is held in memory: with the pattern ``none`` over bytes; with a
        normalizer that replaces strings; with a pattern that Rust does not compile or, on the Python backend, without a name.

        Errors and costs are those of ``encode``.

        >>> from minitok import Tokenizer
        >>> list(Tokenizer([(97, 98)]).encode_iterable(["a", "b c", "a", "b"]))
        [256, 32, 99, 256]
        """
        from ..spans.streaming import encode_iterable

        names = self._allowed(allowed_special)
        refused = self._refused(disallowed_special, allowed_special)
        return encode_iterable(self._codec, chunks, names, refused)

    @explains
    def tokenize(
        self, text: str | bytes, *, allowed_special: Allowed = (), disallowed_special: Special = ()
    ) -> list[bytes]:
        """Returns the tokens of a text as bytes; joined, they are the text.

        Errors and costs are those of ``encode``.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).tokenize("hi!")
        [b'hi', b'!']
        """
        if type(self).encode is not Tokenizer.encode:  # a subclass says what is encoded
            ids = self.encode(text, allowed_special=allowed_special, disallowed_special=disallowed_special)
            return self._codec.token_list(ids)
        if not (allowed_special or disallowed_special):
            return self._codec.token_list(self._codec.encode_to_array(text))
        names = self._check([text], allowed_special, disallowed_special)
        return self._codec.token_list(self._codec.encode_to_array(text, names))

    @shortcut
    def count(self, text: str | bytes, *, allowed_special: Allowed = NONE, disallowed_special: Special = NONE) -> int:
        """Returns how many ids the text has, without making them; the options are those of ``encode``.

        Args:
            text: The text.
            allowed_special: As for ``encode``.
            disallowed_special: As for ``encode``.

        Errors and costs are those of ``encode``.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).count("hi!")
        2
        """
        if allowed_special is NONE and disallowed_special is NONE:
            return self._codec.count(text)
        return self._codec.count(text, self._check([text], allowed_special, disallowed_special))

    @explains
    def count_batch(
        self,
        texts: Iterable[str | bytes],
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        threads: int | None = None,
    ) -> list[int]:
        """Returns how many ids each text has, in order; the options, errors and costs are those of ``encode_batch``.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).count_batch(["hi!", ""])
        [2, 0]
        """
        listed = tuple(check_iterable(texts, "texts", "str or bytes"))
        names = self._check(listed, allowed_special, disallowed_special)
        return self._codec.count_batch(listed, names, thread_count(threads))
