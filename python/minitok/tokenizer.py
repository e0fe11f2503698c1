"""``Tokenizer``: what every user holds. It never changes and does no work itself.

A tokenizer is a ``Definition``, which says what it is, and the codec that the definition makes, which encodes and decodes.
This file has signatures, docstrings and bodies of a line or two; anything longer is in the module that the body names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from .arguments import as_tuple, checked_offsets, stop_strings, thread_count
from .backend.shortcuts import shortcut
from .checked import NONE, Checked
from .definition import IDENTITY, Definition
from .definition.fields import short_pattern
from .errors import UnknownTokenError
from .extras import need
from .foreign import explains, refuse
from .reference.pretokenize import DEFAULT_PATTERN
from .reference.published.names import pattern_named
from .reference.text import utf8

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Unpack

    from .backend import BackendName, Emit, StreamDecoder
    from .chat.conversation import Conversation
    from .chat.encoding import EncodedChat
    from .checked import Allowed, Found, Special
    from .corpus.counts import PieceCounts
    from .corpus.learning import ExtendOptions
    from .corpus.progress import Progress
    from .corpus.report import TrainingReport
    from .definition.fields import Changes
    from .explain.explanation import Explanation
    from .formats import Format
    from .packing import Packed, PackOptions
    from .reference.published.normalize import Steps as Normalizer
    from .reference.text import Text
    from .spans.chunks import At, Chunk
    from .spans.offsets import Unit
    from .spans.session import Session

    Path = str | os.PathLike[str]
    Ids = Iterable[int] | npt.NDArray[Any]
    Texts = Iterable[Text]
    Threads = int | None
    StreamErrors = Literal["replace", "strict"]

__all__ = ["Tokenizer"]


class Tokenizer(Checked):
    """A byte-level BPE tokenizer: text to ids and back, without loss.

    Made by ``minitok.train`` or ``minitok.load``, or from merges: pairs of ids in rank order, where merge k (counted
    from 0) makes id 256 + k.

    Args:
        merges: Pairs of ids in rank order.
        pattern: How text is cut before merging: ``gpt2``, ``cl100k``, ``o200k``, a family of models (``llama3``, ``qwen2``,
            ``qwen3.5``, ``tekken``, ``kimi``, ``deepseek3``, ``starcoder``), ``none``, an encoding or a model of OpenAI, whose
            pattern is meant, or a regular expression. One that matches nothing but its own text is written ``(?:text)``.
        special_tokens: Names and ids of the special tokens, which are found in text where the caller allows it.
        added_tokens: Names and ids of the added tokens, which are part of the model's text: they are found in every text.
        byte_order: The byte of each of the ids 0 to 255; 256 bytes, by default in order.
        name: A name, for ``repr`` and messages.
        trained: How it was trained, to be saved with it.
        normalizer: The normal form of Unicode that text is put into first (``NFC``, ``NFD``, ``NFKC``, ``NFKD``), another
            step (``lowercase``), or several; see ``minitok.reference.published.normalize``. If None, text is not changed.
        late_tokens: Special and added tokens that are found after the others, in normalized text; see
            ``minitok.reference.published.preprocess``.
        backend: ``rust`` or ``python``; ``minitok.BACKEND`` if not given.

    Raises:
        PatternError: The pattern is malformed, or means different things to the two backends.
        VocabularyError: The merges or the special tokens contradict each other; or the tokens of the merges are longer than
            16 MiB and 256 bytes a merge together (``MINITOK_TOKEN_MIB`` raises the 16 MiB).

    A custom pattern may take 100 million steps back and a thousand for each byte of a text, and 4 seconds and 2 microseconds
    for each byte; then it is a PatternError. Patterns from strangers: see SECURITY.md.

    Safe to share between threads and to pickle. Two tokenizers are equal if their tokens, merges, patterns, special
    tokens and normalizers are.

    >>> tok = Tokenizer([(104, 105), (32, 256)], special_tokens={"<|end|>": 258})
    >>> tok.encode("hi hi!")
    [256, 257, 33]
    >>> tok.decode([256, 257, 33])
    'hi hi!'
    """

    @explains
    def __init__(
        self,
        merges: Iterable[tuple[int, int]],
        *,
        pattern: str = DEFAULT_PATTERN,
        special_tokens: Mapping[str, int] | None = None,
        added_tokens: Mapping[str, int] | None = None,
        byte_order: bytes | None = None,
        name: str | None = None,
        trained: Mapping[str, Any] | None = None,
        normalizer: Normalizer | None = None,
        late_tokens: Collection[str] = (),
        backend: BackendName | None = None,
    ) -> None:
        self._become(
            Definition.from_merges(
                merges,
                byte_order=IDENTITY if byte_order is None else byte_order,
                backend=backend,
                pattern=pattern_named(pattern),
                special_tokens=special_tokens,
                added_tokens=added_tokens,
                normalizer=normalizer,
                late_tokens=late_tokens,
                name=name,
                trained=trained,
            )
        )

    @classmethod
    def from_definition(cls, definition: Definition) -> Tokenizer:
        """Returns the tokenizer of a definition.

        >>> from minitok.definition import Definition
        >>> Tokenizer.from_definition(Definition.from_merges([(104, 105)])).encode("hi!")
        [256, 33]
        """
        tokenizer = cls.__new__(cls)
        tokenizer._become(definition)  # noqa: SLF001 - its own method
        return tokenizer

    @property
    def definition(self) -> Definition:
        """What the tokenizer is, as data."""
        return self._definition

    # -- from the data and files of others -----------------------------------------------------------------------------

    @classmethod
    @explains
    def from_ranks(
        cls,
        ranks: Mapping[bytes, int],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: BackendName | None = None,
    ) -> Tokenizer:
        """Makes a tokenizer from tiktoken's data: the bytes of each token and its rank, which is its id.

        Costs O(V L^2) for V tokens of L bytes, once.

        >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
        >>> Tokenizer.from_ranks(ranks, pattern="gpt2").merges
        [(97, 98)]
        """
        chosen = pattern_named(pattern)
        return cls.from_definition(
            Definition.from_ranks(ranks, backend=backend, pattern=chosen, special_tokens=special_tokens, name=name)
        )

    # -- text to ids ---------------------------------------------------------------------------------------------------

    # On the Rust backend, a call with only a text does not come here: the extension answers it (``rust/python/shortcuts.rs``).
    @shortcut
    def encode(
        self,
        text: Text,
        *,
        allowed_special: Allowed = NONE,
        disallowed_special: Special = NONE,
        threads: int = 1,
        trace: Emit | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> list[int]:
        """Returns the ids of a text.

        The ids are those of the library that defines the tokenizer, where it splits special tokens: the name of a special
        token is encoded like any other characters, and added tokens are found in every text. Some models have markers
        among these, such as ``<think>``: for text from strangers, pass ``disallowed_special="all"``.

        Args:
            text (str or bytes): The text. ``bytes`` need not be valid UTF-8.
            allowed_special (collection of str, or str): Special tokens to find in the text; ``"all"``; or ``"no_tokens"``, to
                find no added tokens either.
            disallowed_special (collection of str, or str): Tokens that must not occur in the text; or ``"all"``: every control
                token that is not allowed (``definition.control_tokens``).
            threads (int): How many threads may share a text of megabytes. This does not change the ids.
            trace (function or None): Called with each step as data, for short texts; see
                ``minitok.reference.more.trace``.
            dropout (float): The probability of passing over each merge at each step (BPE-dropout, usually 0.1), to train models
                on many ways to cut a text. With 1, the ids are those of bytes.
            seed (int or None): Random seed (0 to 2**64 - 1), required with ``dropout``. Use a different seed for each epoch.

        Returns:
            The ids, a list of int.

        Raises:
            DisallowedSpecialTokenError: The text contains a disallowed token, or would become one.
            PatternError: Matching a custom pattern took too many steps.
            TypeError: The text is neither str nor bytes.
            ValueError: A name is not a special token of this tokenizer; or ``dropout`` is not from 0 to 1, or has no seed.

        Costs O(n log n) for n bytes in the worst case, O(n) in practice.

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
            if codec is not self._codec:
                raise ValueError("trace shows the merges in the order of their ranks: omit dropout")
            return codec.trace(text, allowed, trace)
        return codec.encode(text, allowed, thread_count(threads))

    @shortcut
    def encode_to_numpy(
        self,
        text: Text,
        *,
        allowed_special: Allowed = NONE,
        disallowed_special: Special = NONE,
        threads: int = 1,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> npt.NDArray[np.uint32]:
        """Returns the ids of a text as an array of uint32, shape (number of tokens,); the array owns its memory.

        Options, errors and costs are those of ``encode``. Faster than a list, which Python makes id by id.

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
        texts: Texts,
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        threads: Threads = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> list[list[int]]:
        """Returns the ids of each text, in order, as ``encode`` gives them. ``threads``: by default one per processor.

        Options, errors and costs are those of ``encode``; the texts are shared between the threads.

        >>> tok = Tokenizer([(97, 98), (256, 99)])
        >>> tok.encode_batch(["abc", "abc abc abc"], dropout=0.5, seed=1)
        [[97, 98, 99], [256, 99, 32, 257, 32, 97, 98, 99]]
        """
        listed = as_tuple(texts)
        codec = self._dropping(dropout, seed)
        names = self._check(listed, allowed_special, disallowed_special, codec)
        return codec.encode_batch(listed, names, thread_count(threads))

    @explains
    def encode_batch_to_numpy(
        self,
        texts: Texts,
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        threads: Threads = None,
        dropout: float = 0.0,
        seed: int | None = None,
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """Returns the ids of all texts in one array, and offsets: text i has ``ids[offsets[i]:offsets[i + 1]]``.

        ``minitok.padding.pad`` makes rows of one length of them, and ``minitok.arrow`` takes columns of Arrow.

        >>> ids, offsets = Tokenizer([]).encode_batch_to_numpy(["ab", "c"])
        >>> ids.tolist(), offsets.tolist()
        ([97, 98, 99], [0, 2, 3])
        """
        listed = as_tuple(texts)
        codec = self._dropping(dropout, seed)
        names = self._check(listed, allowed_special, disallowed_special, codec)
        return codec.encode_batch_to_numpy(listed, names, thread_count(threads))

    @explains
    def encode_segments(self, segments: Iterable[tuple[Text, bool]], *, merge_across: bool = False) -> list[int]:
        """Returns the ids of a text that comes in segments, of which only some may hold special tokens.

        So a program can put what a user wrote between its own markers: a special token is found only where all its characters
        are in segments that allow it. Special tokens of nothing but white space, which shorten text, are found in all.

        Args:
            segments: Pairs (text, allow_special), in order.
            merge_across: If False, no id holds text of two segments, and no special token crosses a border. If True, the
                borders make no difference to ordinary text: the ids are those of the segments joined, except that text in
                segments without special tokens is never a special token, or part of one.

        Raises:
            TypeError: A segment is not a pair of a text and a bool.
            VocabularyError: A segment that allows no special token becomes one that is an ordinary token, too.

        Costs those of ``encode``, and some microseconds a segment.

        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 300})
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)])
        [300, 97, 98, 60, 115, 62]
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)], merge_across=True)
        [300, 256, 60, 115, 62]
        """
        from .spans.segments import checked_segments, encode_spans

        return encode_spans(self._definition, checked_segments(segments), apart=not merge_across)

    # -- conversations -------------------------------------------------------------------------------------------------

    def encode_chat(self, messages: Sequence[Any], **options: Any) -> EncodedChat:
        """Returns the ids of a conversation, and for each id who said it, by the chat template of the model.

        Special tokens are found in the template's text only: text that a user writes, in any field, stays text. Where no
        message contains one, the ids are those of ``transformers`` (``apply_chat_template``).

        Args:
            messages: As for ``minitok.chat.render``, which gives the text and says the errors.
            options: Those of ``render``: ``add_generation_prompt``, ``tools``, ``template``, variables of the template, ...

        Returns:
            An ``EncodedChat``: ``ids``, ``roles`` (one for each id, None for the template's text), ``generated`` (whether the
            template marks it as written by a model), and ``mask(role)``.

        >>> tok = Tokenizer([], special_tokens={"<e>": 256}).replace(
        ...     chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> chat = tok.encode_chat([{"role": "user", "content": "<e>"}, {"role": "assistant", "content": "ok"}])
        >>> chat.ids
        [60, 101, 62, 256, 111, 107, 256]
        >>> chat.mask("assistant")
        [False, False, False, False, True, True, True]
        """
        from .chat.encoding import encode_messages

        return encode_messages(self._definition, messages, **options)

    def conversation(
        self, messages: Iterable[Any] = (), *, rewrite: Literal["keep", "raise", "follow"] = "keep", **options: Any
    ) -> Conversation:
        """Returns a conversation that grows, at the cost of a turn. The ids that a model samples stay: token in, token out.

        Args:
            messages: Those that it begins with, as for ``encode_chat``.
            rewrite: What to do where the template writes otherwise what the ids hold, as templates do that leave out earlier
                reasoning. ``"keep"``: the ids stay, and ``rewritten`` says at which message. ``"raise"``: a ``TemplateError``.
                ``"follow"``: the ids up to there stay, and the rest is encoded anew, samples included.
            options: ``tools``, ``documents``, ``template`` and variables of the template, as for ``encode_chat``.

        Raises:
            TemplateError: There is no template, or it is malformed.
            TypeError: What is given is not as for ``encode_chat``.

        >>> tok = Tokenizer([(111, 107)], special_tokens={"<e>": 257}).replace(
        ...     chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> talk = tok.conversation([{"role": "user", "content": "hi"}])
        >>> talk.prompt().tolist()
        [104, 105, 257]
        >>> talk.add({"role": "assistant", "content": "ok"}, ids=[111, 107, 257])  # not as the text is encoded
        >>> talk.add({"role": "user", "content": "ok"})
        >>> talk.prompt().tolist()
        [104, 105, 257, 111, 107, 257, 256, 257]
        >>> talk.sampled.nonzero()[0].tolist()
        [3, 4, 5]
        """
        from .chat.conversation import Conversation

        return Conversation(self._definition, messages, rewrite=rewrite, **options)

    # -- text to ids, with more than the ids ---------------------------------------------------------------------------

    @overload
    def encode_with_offsets(
        self, text: Text, *, unit: Unit = ..., to_numpy: Literal[False] = ..., **special: Unpack[Found]
    ) -> tuple[list[int], list[tuple[int, int]]]: ...
    @overload
    def encode_with_offsets(
        self, text: Text, *, unit: Unit = ..., to_numpy: Literal[True], **special: Unpack[Found]
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]: ...
    @explains
    def encode_with_offsets(
        self,
        text: Text,
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

        >>> Tokenizer([]).encode_with_offsets("é!")
        ([195, 169, 33], [(0, 1), (0, 1), (1, 2)])
        """
        if to_numpy:
            need("np")
        from .spans.cutting import ids_and_spans

        names = self._check([text], allowed_special, disallowed_special)
        found = ids_and_spans(self._definition, text, names, unit, lambda: self._codec.encode_to_array(text, names))
        return (*found,) if to_numpy else found.lists(self._definition.backend)

    def encode_iterable(
        self, chunks: Iterable[Text], *, allowed_special: Allowed = (), disallowed_special: Special = ()
    ) -> Iterator[int]:
        """Yields the ids of the concatenated chunks, about 64 KiB at a time, up to a place that no later text can change.

        Where no such place is known, the whole text is held in memory: with ``none`` over bytes; with a normalizer that
        replaces strings; with a pattern that Rust does not compile or that, on the Python backend, is not a named one.

        >>> list(Tokenizer([(97, 98)]).encode_iterable(["a", "b c", "a", "b"]))
        [256, 32, 99, 256]
        """
        from .spans.streaming import encode_iterable

        names = self._allowed(allowed_special)
        refused = self._refused(disallowed_special, allowed_special)
        return encode_iterable(self._codec, chunks, names, refused)

    @explains
    def tokenize(self, text: Text, *, allowed_special: Allowed = (), disallowed_special: Special = ()) -> list[bytes]:
        """Returns the tokens of a text as bytes; joined, they are the text.

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

    def encode_files(
        self,
        paths: Path | Iterable[Path],
        out: Path,
        *,
        part: tuple[int, int] | None = None,
        threads: int | None = None,
        progress: bool | Callable[[Progress], object] = False,
        resume: bool = True,
        **options: Unpack[PackOptions],
    ) -> Packed:
        r"""Encodes files into one array of ids on disk, in memory that does not grow with them.

        ``minitok.packing.encode_files`` says what is written, how an interrupted run continues, and what is raised.

        Args:
            paths: Files, or glob patterns, in this order: of text, ``.jsonl``, ``.parquet`` or ``.arrow``.
            out: ``.bin`` or ``.npy`` (ids only), ``.ds``, ``.parquet`` or ``.arrow``. An index is written next to it.
            part: ``(2, 8)`` for the second of eight parts of the files; ``minitok.join_packed`` joins them.
            threads: How many to use; by default one per processor.
            progress: True for a progress bar, or a function that is called with a ``Progress`` in bytes.
            resume: False to start over in any case.
            options: What becomes of documents and ids, by the names of ``minitok.packing.PackOptions``: ``dtype``,
                ``end_of_document``, ``field``, ``separator``, ``learn``, ``shuffle``, ``row_length``, ``format`` and others.

        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.txt").write_text("hi!")
        >>> Tokenizer([(104, 105)]).encode_files(folder / "a.txt", folder / "a.npy").tokens
        2
        """
        from .packing import encode_files

        return encode_files(
            self._definition, paths, out, part=part, threads=threads, progress=progress, resume=resume, **options
        )

    # -- counting ------------------------------------------------------------------------------------------------------

    @shortcut
    def count(self, text: Text, *, allowed_special: Allowed = NONE, disallowed_special: Special = NONE) -> int:
        """Returns how many ids the text has, without making them; the options are those of ``encode``.

        Args:
            text (str or bytes): The text.
            allowed_special (collection of str, or str): As for ``encode``.
            disallowed_special (collection of str, or str): As for ``encode``.

        Errors and costs are those of ``encode``.

        >>> Tokenizer([(104, 105)]).count("hi!")
        2
        """
        if allowed_special is NONE and disallowed_special is NONE:
            return self._codec.count(text)
        return self._codec.count(text, self._check([text], allowed_special, disallowed_special))

    @explains
    def count_batch(
        self, texts: Texts, *, allowed_special: Allowed = (), disallowed_special: Special = (), threads: Threads = None
    ) -> list[int]:
        """Returns how many ids each text has, in order; the options, errors and costs are those of ``encode_batch``.

        >>> Tokenizer([(104, 105)]).count_batch(["hi!", ""])
        [2, 0]
        """
        listed = as_tuple(texts)
        names = self._check(listed, allowed_special, disallowed_special)
        return self._codec.count_batch(listed, names, thread_count(threads))

    # -- ids to text ---------------------------------------------------------------------------------------------------

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
        from .spans.offsets import as_sequence

        held = as_sequence(ids) if hasattr(ids, "__iter__") else ids
        self._codec.decode_bytes(held)  # raises for what is no id, with its index in all of them
        special = set(self._definition.special_tokens.values())
        return self._codec.decode([token_id for token_id in held if token_id not in special], errors)

    def decode_bytes(self, ids: Ids) -> bytes:
        """Returns the bytes of the ids. ``decode_bytes(encode(text))`` is the text in UTF-8, if ``definition.lossless``.

        Raises UnknownTokenError. Costs O(n) for n bytes.

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

        >>> tok = Tokenizer([])
        >>> tok.decode_batch([[104, 105], []])
        ['hi', '']
        >>> ids, offsets = tok.encode_batch_to_numpy(["hi", "there"])
        >>> tok.decode_batch(ids, offsets=offsets)
        ['hi', 'there']
        """
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

        >>> Tokenizer([]).decode_with_offsets([195, 169, 33])
        ('é!', [0, 0, 1])
        """
        if to_numpy:
            need("np")
        from .spans.cutting import text_and_starts

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

        >>> stream = Tokenizer([]).stream_decoder(stop="</s>")
        >>> [stream.push(195), stream.push(169), stream.push(b"!</s> more"), stream.stopped]
        ['', 'é', '!', '</s>']
        """
        if errors not in ("replace", "strict"):
            raise ValueError(f"errors must be 'replace' or 'strict', not {errors!r}")
        skipped = set(self._definition.special_tokens.values()) if skip_special_tokens else ()
        return self._codec.stream_decoder(errors == "strict", stop_strings(stop), list(skipped))

    # -- parts of a text -----------------------------------------------------------------------------------------------

    @explains
    def session(
        self,
        text: str = "",
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        unit: Literal["char", "byte"] = "char",
    ) -> Session:
        """Returns a session for a text that changes: its ids stay those of the whole text, at the cost of the change.

        >>> session = Tokenizer([(97, 98), (256, 99)]).session("ab x")
        >>> session.edit(2, 2, "c")
        Splice(start=0, removed=1, ids=array([257], dtype=uint32))
        """
        from .spans.session import Session

        if unit not in ("char", "byte"):
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")
        names = self._allowed(allowed_special)
        refused = self._refused(disallowed_special, allowed_special)
        made = Session(self._codec.session(names, list(refused), unit == "char"))
        made.append(text)
        return made

    @explains
    def truncate_text(self, text: str, max_tokens: int, *, allowed_special: Allowed = ()) -> str:
        """Returns the longest prefix of a text that has at most ``max_tokens`` tokens and ends between two characters.

        Its ids are the first ids of the text. It may have fewer than ``max_tokens``: no character is cut, and a
        trailing token whose encoding depends on the text after it is dropped.

        Args:
            text: The text. A lone surrogate becomes U+FFFD. With a normalizer, the normalized text is cut (each segment
                between special tokens is normalized by itself), and the ids are those of text that is not normalized again.
                Where spaces are markers, a marker in the text is a space. A space that the tokenizer puts before the text
                counts as a part of its first token, and is not in the result.
            max_tokens: How many tokens the result may have; 0 gives the empty text.
            allowed_special: As for ``encode``; a special token is kept or dropped as a whole, with what it takes.

        Raises:
            TypeError, ValueError: The text is not a str, or ``max_tokens`` is not an int, or negative.
            VocabularyError: The tokens do not spell the text, or the vocabulary drops only some bytes of a character.

        Costs O(n) for the n bytes that are kept, not for those of the text (except where ``encode_iterable`` holds all of it).

        >>> from minitok import Tokenizer, get_encoding
        >>> get_encoding("o200k_base").truncate_text("Call me Ishmael. Some years ago", 4)
        'Call me Ishmael'
        >>> Tokenizer([]).truncate_text("né", 2)
        'n'
        """
        from .spans.cutting import truncate_text

        return truncate_text(self._definition, text, max_tokens, self._allowed(allowed_special))

    @explains
    def chunk(
        self,
        text: str,
        max_tokens: int,
        *,
        at: At = "text",
        overlap: int = 0,
        overlap_sentences: int = 0,
        fill: float = 0.5,
        allowed_special: Allowed = (),
    ) -> list[Chunk]:
        """Cuts the text into chunks of at most ``max_tokens`` tokens, at headings, paragraphs, sentences and words (SPEC C1).

        The limit holds for each chunk encoded on its own: ``count(chunk.text, allowed_special=...)`` is ``chunk.tokens``. A
        chunk is a part of the text as given, ``text[chunk.start:chunk.end]``. Without overlap, the chunks joined are the text.
        Text after the next line does not change a chunk, so a document that grows keeps all but its last chunks.

        Args:
            text: The text. The empty text has no chunks.
            max_tokens: How many tokens a chunk may have. Those that a model puts around a text are not counted.
            at: Where a chunk may end: ``"text"``, ``"code"`` (not at headings, sentences and clauses), or some of ``heading``,
                ``paragraph``, ``block``, ``line``, ``sentence``, ``wrap``, ``clause``, ``space`` and ``word``, which are always
                tried in this order. Where none fits, a chunk ends between graphemes, or else between characters.
            overlap: How many tokens at the end of a chunk may be repeated at the beginning of the next. What is repeated
                begins at a sentence, else a word.
            overlap_sentences: How many sentences are repeated instead, within half of ``max_tokens``.
            fill: Share of a chunk's new text after which the best border is looked for. A lower value gives smaller chunks that
                end better.
            allowed_special: As for ``encode``. A special token is never split, nor separated from the whitespace it absorbs.

        Raises:
            TypeError: The text is not a str, or a number is not one.
            ValueError: ``max_tokens`` is less than 1, ``overlap`` is not below it, or a number or name is wrong; a character
                has more than ``max_tokens`` tokens; or the text has a lone surrogate.

        Costs O(n) for n bytes, times ``max_tokens / (max_tokens - overlap)``.

        >>> from minitok import get_encoding
        >>> tok = get_encoding("o200k_base")
        >>> for chunk in tok.chunk("One fish, two fish. Red fish, blue fish.", 8):
        ...     print(chunk.tokens, chunk.border, repr(chunk.text))
        6 sentence 'One fish, two fish.'
        6 end ' Red fish, blue fish.'
        >>> tok.chunk("One fish, two fish. Red fish, blue fish.", 8, overlap=3)[1].text
        ' two fish. Red fish,'
        """
        from .spans.chunks import chunk

        overlaps = overlap, overlap_sentences
        return chunk(self._codec, text, max_tokens, at, overlaps, fill, self._allowed(allowed_special))

    # -- what it holds -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The name it was given, or None."""
        return self._definition.name

    @property
    def vocab(self) -> dict[int, bytes]:
        """All tokens by id, with the special and the added ones. Costs O(n) for n tokens.

        >>> Tokenizer([(104, 105)], special_tokens={"<s>": 300}).vocab[256]
        b'hi'
        """
        definition = self._definition
        named = {token_id: name.encode() for name, token_id in definition.found_tokens.items()}
        return {**named, **definition.vocab.tokens}

    @property
    def vocab_size(self) -> int:
        """One more than the highest id: the rows that a model's embedding needs. Gaps count."""
        return self._definition.vocab_size

    def __len__(self) -> int:
        return self._definition.vocab_size

    @property
    def pattern(self) -> str:
        """The split pattern: its name, or the regular expression."""
        return self._definition.pattern

    @property
    def special_tokens(self) -> dict[str, int]:
        """Names and ids of the special tokens."""
        return dict(self._definition.special_tokens)

    def memory_usage(self) -> dict[str, int]:
        """Returns how many bytes of memory it holds, by what they are for.

        - ``vocabulary``: the tokens and the merges.
        - ``tables``: what encoding and decoding look up. All threads share them; some are made when they are first needed.
        - ``workspaces``: what calls have left behind for the next ones. Each thread that encodes at the same time as others
          needs a workspace: a cache of the pieces of text met so far, of up to 40 MiB (``MINITOK_CACHE`` sets another limit),
          and some buffers. Up to 64 of them are kept. Those that a call is using now are not counted.
        - ``buffers``: room for the ids of the next long text, up to 64 MiB, shared by all tokenizers of the process.

        The last two only speed up later calls; ``free_memory`` frees them. On the Python backend, only the vocabulary counts.

        >>> import minitok
        >>> tok = minitok.train(["low lower lowest"], vocab_size=259)
        >>> list(tok.memory_usage())
        ['vocabulary', 'tables', 'workspaces', 'buffers']
        """
        return self._codec.memory_usage()

    def free_memory(self) -> None:
        """Frees the memory that only speeds up the next calls: ``workspaces`` and ``buffers`` of ``memory_usage``.

        The tables of ``Session.next_ids`` are freed, too.

        No result changes, and other threads may continue to use the tokenizer; memory that a call is using now stays. The next
        long text takes some milliseconds more, since its cache of pieces is filled again.

        >>> tok = Tokenizer([(97, 98)])
        >>> tok.free_memory()
        >>> tok.memory_usage()["workspaces"]
        0
        """
        self._codec.trim()

    @property
    def merges(self) -> list[tuple[int, int]]:
        """The merges as pairs of ids, in rank order."""
        return self._definition.merges

    def token_bytes(self, token_id: int) -> bytes:
        """Returns the bytes of an id. Raises UnknownTokenError.

        >>> Tokenizer([(97, 98)]).token_bytes(256)
        b'ab'
        """
        data = self._codec.decode_bytes([token_id])
        return data if self._definition.prefix is None else self._codec.token_bytes(token_id) or b""

    def token_id(self, token: str | bytes) -> int:
        """Returns the id of a token's bytes, or of the name of a special or an added token. Raises UnknownTokenError.

        >>> Tokenizer([(97, 98)]).token_id("ab")
        256
        """
        definition = self._definition
        if isinstance(token, str) and token in definition.found_tokens:
            return definition.found_tokens[token]
        found = definition.vocab.token_id(utf8(token))
        if found is None:
            raise UnknownTokenError(token)
        return found

    @property
    def report(self) -> TrainingReport | None:
        """How its training went: counts, ties, time and memory; None if it was not trained, or if that is not known."""
        from .corpus.report import TrainingReport

        return TrainingReport.from_dict(self._definition.trained) if self._definition.trained else None

    def explain(self, text: Text, *, allowed_special: Allowed = ()) -> Explanation:
        """Explains why a text has its ids, as data that can also be displayed.

        For each piece: the alternative of the pattern that made it, its tokens with their bytes and offsets, the merges
        with their ranks, and the merges of the vocabulary that were blocked, and by what. Costs O(n log n) for n bytes, some
        20 µs and half a kilobyte for each. A custom pattern that needs more than 4 s + 10 µs n is a PatternError.

        >>> [(token.id, token.token) for token in Tokenizer([(104, 105)]).explain("hi!").tokens]
        [(256, b'hi'), (33, b'!')]
        """
        from .explain.build import explain

        return explain(self._definition, self._codec, text, self._allowed(allowed_special))

    # -- other tokenizers made from it ---------------------------------------------------------------------------------

    def shrink(self, vocab_size: int) -> Tokenizer:
        """Returns a tokenizer with a smaller vocabulary, as if it had been trained to that size (SPEC T9).

        The special tokens move to the end of the smaller vocabulary, in the order of their ids; gaps below them remain.

        Raises:
            VocabularyError: The size is not possible, the ids are not in the order of the merges, single bytes first, or
                no merge makes one of them.

        >>> Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}).shrink(258)
        Tokenizer(vocab_size=258, pattern='o200k', special_tokens=1, backend='rust')
        """
        from .corpus.pruning import shrink

        return self.from_definition(shrink(self._definition, vocab_size))

    def extend(
        self, texts: Iterable[Text] | PieceCounts, vocab_size: int, **options: Unpack[ExtendOptions]
    ) -> Tokenizer:
        """Returns a larger tokenizer that has learnt more from these texts; no existing id changes (SPEC T10).

        The texts are encoded with the existing merges, and training continues from there. New ids begin at ``vocab_size``,
        which is after the special tokens.

        Args:
            texts: As for ``train``; or counts from ``count_pieces`` with this pattern and these special tokens.
            vocab_size: The new ``vocab_size``, if there is that much to learn.
            options: As for ``train``: ``tie_break``, ``min_frequency``, ``max_token_length``, ``threads``, ``progress``,
                ``trace``, and a ``name`` for the new tokenizer; ``max_words`` and ``barred``, by default without limits.

        Raises:
            TrainingError: The options cannot be met, the counts are of other pieces, or the pieces are not those of the text
                alone: with a normalizer, say, or special tokens that take white space with them.

        >>> from minitok import train
        >>> tok = train(["low lower lowest"], vocab_size=258)
        >>> tok.extend(["low lower lowest"], vocab_size=260) == train(["low lower lowest"], vocab_size=260)
        True
        >>> train(["low"], 257, special_tokens=["<s>"]).extend(["low low"], 260).special_tokens
        {'<s>': 256}
        """
        from .corpus.learning import extend

        return self.from_definition(extend(self._definition, texts, vocab_size, **options))

    def prune(
        self,
        corpus: PieceCounts | Iterable[str | bytes] | npt.NDArray[Any],
        *,
        keep: Iterable[int | str | bytes] = (),
        vocab_size: int | None = None,
        allowed_special: Allowed = (),
        threads: int | None = None,
    ) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
        """Returns a tokenizer without the tokens that a corpus does not use, and the new id of each old one, or -1.

        ``minitok.corpus.pruning.prune`` says what is kept and what is raised.

        Args:
            corpus: Texts; or counts from ``count_pieces`` with this pattern and these special tokens; or how often each id
                occurs, as ``numpy.bincount`` counts the ids of a corpus that has been encoded.
            keep: Further tokens to keep, as ids, ``bytes`` or ``str``.
            vocab_size: At most this many ids: the tokens that the corpus makes most often.
            allowed_special: As for ``encode``, for texts.
            threads: How many to use; by default one per processor.

        >>> tok = Tokenizer([(97, 98), (256, 99), (98, 99)])
        >>> pruned, new_ids = tok.prune(["abc"])
        >>> pruned.merges, new_ids[[256, 257, 258]].tolist()
        ([(97, 98), (256, 99)], [256, 257, -1])
        """
        from .corpus.pruning import prune

        options: Any = {"keep": keep, "allowed_special": allowed_special, "threads": thread_count(threads)}
        pruned, new_ids = prune(self._definition, corpus, vocab_size=vocab_size, **options)
        return self.from_definition(pruned), new_ids

    def replace(self, **changes: Unpack[Changes]) -> Tokenizer:
        r"""Returns the same tokenizer with other values in these fields of its ``definition``, or on another backend.

        The name is dropped where ids may change, unless a new one is given. Special and added tokens keep what they take with
        them (``token_flags``) and when they are found (``late_tokens``) by their names.

        Args:
            changes: ``pattern``, ``special_tokens``, ``added_tokens``, ``normalizer``, ``name``, ``chat`` (a template in Jinja,
                or ``minitok.chat.ChatTemplates``), ``backend``, or any other field of ``Definition``.

        Raises:
            TypeError: There is no such field.

        >>> from minitok import Tokenizer, get_encoding
        >>> tok = get_encoding("gpt2").replace(normalizer="NFC")
        >>> tok.encode("cafe\u0301") == tok.encode("caf\u00e9")
        True
        >>> Tokenizer([(97, 98)]).replace(special_tokens={"<s>": 257}).encode("<s>ab", allowed_special="all")
        [257, 256]
        """
        if "pattern" in changes:
            changes["pattern"] = pattern_named(changes["pattern"])
        return self.from_definition(self._definition.replace(**changes))

    def add_tokens(self, tokens: Mapping[str, int | None] | Iterable[str], *, special: bool = False) -> Tokenizer:
        """Returns the same tokenizer with tokens added to those that it finds in text, and without a name.

        Args:
            tokens: Names and ids, or names alone. A name without an id gets the next one from ``vocab_size`` on (after the ids
                given here, if these are higher), in the order given; one that is there already stays as it is.
            special: Whether they are special tokens, which are found where the caller allows it, or added tokens, which are
                found in every text.

        Raises:
            VocabularyError: A name has another id already, or an id has another token.

        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> tok.add_tokens(["<user>", "<assistant>"], special=True).special_tokens
        {'<s>': 257, '<user>': 258, '<assistant>': 259}
        >>> tok.add_tokens({"<pad>": 300}).encode("<pad>")
        [300]
        """
        from .arguments import added_special_tokens

        definition = self._definition
        added = added_special_tokens(
            tokens, definition.found_tokens, definition.vocab.token_bytes, definition.vocab_size
        )
        if special:
            return self.replace(special_tokens={**definition.special_tokens, **added})
        return self.replace(added_tokens={**definition.added_tokens, **added})

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: Path, *, format: Format = "minitok") -> None:  # noqa: A002 - what it is called everywhere
        """Writes the tokenizer to a file: whole, or not at all. ``minitok.load`` reads it.

        Args:
            path: The file; a folder for ``gpt2``.
            format: ``minitok`` (its own, which holds everything), ``huggingface`` (a ``tokenizer.json``), ``tiktoken`` (a rank
                file, without the pattern and the special tokens), ``gpt2`` (``vocab.json`` and ``merges.txt``; the
                pattern is in the first line of the latter, which other libraries skip) or ``minbpe`` (a ``.model``).

        Raises:
            ValueError: There is no such format.
            VocabularyError: The format cannot hold this tokenizer; the message says why.
            OSError: The file cannot be written.

        >>> import os, tempfile
        >>> from minitok import load
        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> path = os.path.join(tempfile.mkdtemp(), "tokenizer.json")
        >>> tok.save(path, format="huggingface")
        >>> load(path) == tok
        True
        """
        from .formats import save

        save(self._definition, path, format)

    # -- as an object --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        return self._definition == other._definition

    def __hash__(self) -> int:
        return hash(self._definition)

    def __reduce__(self) -> tuple[Any, ...]:
        definition = self._definition
        if type(self) is Tokenizer and definition.reopen is not None:
            return definition.reopen, (definition.name, definition.backend)
        made = ("_definition", "_codec", "_all_special")
        own = {name: value for name, value in vars(self).items() if name not in made}
        return type(self).from_definition, (definition,), own or None

    def __repr__(self) -> str:
        held = self._definition
        pattern = short_pattern(held.pattern)
        shown: dict[str, Any] = {"name": held.name or None, "vocab_size": held.vocab_size, "pattern": pattern}
        shown |= {"normalizer": held.normalizer, "prefix": held.prefix, "special_tokens": len(held.special_tokens)}
        shown |= {"added_tokens": len(held.added_tokens) or None, "backend": held.backend}
        return f"Tokenizer({', '.join(f'{name}={value!r}' for name, value in shown.items() if value is not None)})"
