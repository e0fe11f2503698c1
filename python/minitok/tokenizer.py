"""``Tokenizer``: what every user holds. It never changes and does no work itself.

A tokenizer is a ``Definition``, which says what it is, and the codec that the definition makes, which encodes and decodes.
This file has signatures, docstrings and bodies of a line or two; anything longer is in the module that the body names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import allowed_tokens, as_list, checked_offsets, named_special_tokens, thread_count
from .backend.shortcuts import Shortcuts, shortcut
from .definition import IDENTITY, Definition
from .names import pattern_named
from .text import utf8

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    from typing_extensions import Unpack

    from .backend import BackendName, Codec, Emit, Merge, StreamDecoder
    from .chat.encoding import EncodedChat
    from .chat.render import Span
    from .chat_templates import ChatTemplates
    from .corpus.counts import PieceCounts
    from .corpus.packing import Packed
    from .corpus.report import TrainingReport
    from .definition import Fields
    from .explain.model import Explanation
    from .progress import Progress
    from .reference.normalize import Steps as Normalizer
    from .text import Text

    Special = Collection[str]
    Path = str | os.PathLike[str]

__all__ = ["Tokenizer"]

# The default of the options that name special tokens. A call without options is recognised by identity, which costs almost
# nothing.
NONE: tuple[str, ...] = ()


class Tokenizer(Shortcuts):
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
        byte_order: The byte of each of the ids 0 to 255; 256 bytes.
        name: A name, for ``repr`` and messages.
        trained: How it was trained, to be saved with it.
        normalizer: The normal form of Unicode that text is put into first (``NFC``, ``NFD``, ``NFKC``, ``NFKD``), another
            step (``lowercase``), or several; see ``minitok.reference.normalize``. If None, text is not changed.
        late_tokens: Special and added tokens that are found after the others, in normalized text; see
            ``minitok.reference.preprocess``.
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

    def __init__(
        self,
        merges: Iterable[tuple[int, int]],
        *,
        pattern: str = "gpt2",
        special_tokens: Mapping[str, int] | None = None,
        added_tokens: Mapping[str, int] | None = None,
        byte_order: bytes = IDENTITY,
        name: str | None = None,
        trained: Mapping[str, Any] | None = None,
        normalizer: Normalizer | None = None,
        late_tokens: Collection[str] = (),
        backend: str | None = None,
    ) -> None:
        self._become(
            Definition.from_merges(
                merges,
                byte_order=byte_order,
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

    def _become(self, definition: Definition) -> None:
        self._definition = definition
        self._codec: Codec = definition.codec()
        # One tuple for all calls: the codec does not read again what it has read (``rust/python/names.rs``).
        self._all_special = tuple(definition.special_tokens)
        self._hold(self._codec)

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
    def from_ranks(
        cls,
        ranks: Mapping[bytes, int],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """Makes a tokenizer from tiktoken's data: the bytes of each token and its rank, which is its id.

        Costs O(V L^2) for V tokens of L bytes, once.

        >>> from minitok import Tokenizer
        >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
        >>> Tokenizer.from_ranks(ranks, pattern="gpt2").merges
        [(97, 98)]
        """
        return cls.from_definition(
            Definition.from_ranks(
                ranks, backend=backend, pattern=pattern_named(pattern), special_tokens=special_tokens, name=name
            )
        )

    @classmethod
    def from_tokens(
        cls,
        ids: Mapping[bytes, int],
        merges: Iterable[tuple[int, int]],
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        added_tokens: Mapping[str, int] | None = None,
        whole_pieces: bool = False,
        normalizer: Normalizer | None = None,
        late_tokens: Collection[str] = (),
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """Makes a tokenizer from tokens with any ids, and merges as pairs of ids (Hugging Face, GPT-2).

        Args:
            ids: The bytes of each token and its id.
            merges: Pairs of ids in rank order; the concatenation of each pair must be a token.
            pattern: As for ``Tokenizer``.
            special_tokens: As for ``Tokenizer``.
            added_tokens: As for ``Tokenizer``.
            whole_pieces: A piece that equals a token becomes that token, even if merging would give other ids.
            normalizer: As for ``Tokenizer``.
            late_tokens: As for ``Tokenizer``.
            name: As for ``Tokenizer``.
            backend: As for ``Tokenizer``.
        """
        return cls.from_definition(
            Definition.from_tokens(
                ids,
                merges,
                whole_pieces=whole_pieces,
                backend=backend,
                pattern=pattern_named(pattern),
                special_tokens=special_tokens,
                added_tokens=added_tokens,
                normalizer=normalizer,
                late_tokens=late_tokens,
                name=name,
            )
        )

    @classmethod
    def from_vocabulary(
        cls,
        tokens: Mapping[int, bytes],
        merges: Iterable[Merge],
        whole_pieces: bool,
        *,
        backend: str | None = None,
        **fields: Unpack[Fields],
    ) -> Tokenizer:
        """Makes a tokenizer from the three values of ``vocabulary()``; the other options are those of ``Tokenizer``.

        >>> tok = Tokenizer([(104, 105)])
        >>> Tokenizer.from_vocabulary(*tok.vocabulary(), pattern="gpt2") == tok
        True
        """
        return cls.from_definition(Definition.from_vocabulary(tokens, merges, whole_pieces, backend=backend, **fields))

    @classmethod
    def from_tiktoken(
        cls,
        path: Path,
        *,
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """Reads a rank file of tiktoken, which holds neither the pattern nor the special tokens.

        Raises:
            FileFormatError: The file is malformed; the message says where and how.
        """
        from .formats import tiktoken

        return cls.from_definition(
            tiktoken.load(
                path, pattern=pattern_named(pattern), special_tokens=special_tokens, name=name, backend=backend
            )
        )

    @classmethod
    def from_huggingface(cls, path: Path, *, name: str | None = None, backend: str | None = None) -> Tokenizer:
        """Reads a ``tokenizer.json`` of BPE.

        The ids are those of ``tokenizers``: ``encode(text, allowed_special="all")`` here is
        ``encode(text, add_special_tokens=False)`` there, and ``encode(text)`` is that with ``encode_special_tokens`` set.

        Raises:
            FileFormatError: The file is malformed, or asks for something that minitok does not do; the message says
                what.
        """
        from .formats import huggingface

        return cls.from_definition(huggingface.load(path, name=name, backend=backend))

    @classmethod
    def from_gpt2(
        cls,
        vocab_json: Path,
        merges_txt: Path,
        *,
        pattern: str = "gpt2",
        special_tokens: Mapping[str, int] | None = None,
        name: str | None = None,
        backend: str | None = None,
    ) -> Tokenizer:
        """Reads GPT-2's ``vocab.json`` and ``merges.txt``.

        Args:
            vocab_json: The tokens and their ids.
            merges_txt: The merges in rank order.
            pattern: As for ``Tokenizer``.
            special_tokens: Names and ids; if not given, the tokens like ``<...>`` that no merge makes.
            name: As for ``Tokenizer``.
            backend: As for ``Tokenizer``.

        Raises:
            FileFormatError: One of the files is malformed; the message says where and how.
        """
        from .formats import gpt2

        return cls.from_definition(
            gpt2.load(
                vocab_json,
                merges_txt,
                pattern=pattern_named(pattern),
                special_tokens=special_tokens,
                name=name,
                backend=backend,
            )
        )

    @classmethod
    def from_minbpe(cls, path: Path, *, name: str | None = None, backend: str | None = None) -> Tokenizer:
        """Reads a ``.model`` file of minbpe. Raises FileFormatError."""
        from .formats import minbpe

        return cls.from_definition(minbpe.load(path, name=name, backend=backend))

    # -- text to ids ---------------------------------------------------------------------------------------------------

    @shortcut
    def encode(
        self,
        text: Text,
        allowed_special: Special | str = NONE,
        disallowed_special: Special | str = NONE,
        threads: int = 1,
        trace: Emit | None = None,
    ) -> list[int]:
        """Returns the ids of a text.

        The whole text is treated as text, unless the caller says otherwise: the name of a special token is encoded like
        any other characters. Added tokens, which are part of a model's text, are found in every text. So the ids are those of
        the library that defines the tokenizer, where it splits special tokens.

        Args:
            text: A ``str``, or any ``bytes``.
            allowed_special: Special tokens to find in the text; ``"all"``; or ``"none"``, to find no added tokens either.
            disallowed_special: Special tokens that must not occur in the text, or ``"all"`` (all that are not allowed).
            threads: How many threads may share a text of megabytes; this does not change the ids.
            trace: A function that is called with each step as data; see ``minitok.reference.trace``. Slow: for short
                texts.

        Raises:
            DisallowedSpecialTokenError: The text contains a disallowed special token.
            PatternError: Matching a custom pattern took too many steps.
            TypeError: The text is neither str nor bytes.
            ValueError: A name is not a special token of this tokenizer.

        Costs O(n log n) for n bytes in the worst case, O(n) in practice.
        """
        if allowed_special is NONE and disallowed_special is NONE and trace is None and threads == 1:
            return self._codec.encode(text)
        allowed = self._check(text, allowed_special, disallowed_special)
        if trace is not None:
            return self._codec.trace(text, allowed, trace)
        return self._codec.encode(text, allowed, thread_count(threads))

    def encode_bytes(self, data: bytes) -> list[int]:
        r"""Returns the ids of any bytes; an invalid byte counts as neither letter, number nor white space.

        >>> Tokenizer([]).encode_bytes(b"\xff")
        [255]
        """
        if not isinstance(data, bytes):
            raise TypeError(f"data must be bytes, not {type(data).__name__}")
        return self._codec.encode(data)

    @shortcut
    def encode_to_numpy(
        self,
        text: Text,
        allowed_special: Special | str = NONE,
        disallowed_special: Special | str = NONE,
        threads: int = 1,
    ) -> npt.NDArray[np.uint32]:
        """Returns the ids of a text as an array of uint32, shape (number of tokens,); the array owns its memory."""
        if allowed_special is NONE and disallowed_special is NONE and threads == 1:
            return self._codec.encode_to_numpy(text)
        allowed = self._check(text, allowed_special, disallowed_special)
        return self._codec.encode_to_numpy(text, allowed, thread_count(threads))

    def encode_batch(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> list[list[int]]:
        """Returns the ids of each text, in order. ``threads``: how many to use; by default one per processor."""
        return self._codec.encode_batch(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    def encode_batch_to_numpy(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64]]:
        """Returns the ids of all texts in one array, and offsets: text i has ``ids[offsets[i]:offsets[i + 1]]``.

        >>> ids, offsets = Tokenizer([]).encode_batch_to_numpy(["ab", "c"])
        >>> ids.tolist(), offsets.tolist()
        ([97, 98, 99], [0, 2, 3])
        """
        return self._codec.encode_batch_to_numpy(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    def encode_arrow(
        self, strings: Any, *, allowed_special: Special | str = (), threads: int | None = None
    ) -> pa.Array | pa.ChunkedArray:
        """Returns the ids of a column of strings in Arrow's form, without a Python object for a row.

        Args:
            strings: An array or chunked array of ``pyarrow``, a series of Polars, a column of pandas, or anything else with
                Arrow's C interface (``__arrow_c_array__``, ``__arrow_c_stream__``), of strings or binary data in any layout.
            allowed_special: As for ``encode``.
            threads: How many to use; by default one per processor.

        Returns:
            A list array of uint32 (``pyarrow.ListArray``), null where the strings are, with chunks where they have them; with
            offsets of 64 bits where a chunk has more than 2,147,483,647 ids. Polars and pandas take it as it is.

        Raises:
            ArrowError: The column is malformed, or cannot be imported.
            ModuleNotFoundError: pyarrow is not there: install ``minitok[arrow]``.
            TypeError: It is not a column of strings.

        >>> import pyarrow as pa
        >>> Tokenizer([(97, 98)]).encode_arrow(pa.array(["ab", None, "abc"])).to_pylist()
        [[256], None, [256, 99]]
        """
        from .arrow import encode_column
        from .backend import load_backend

        backend = load_backend(self._definition.backend)
        return encode_column(backend, self._codec, strings, self._allowed(allowed_special), thread_count(threads))

    def decode_arrow(
        self, lists: Any, errors: str = "replace", *, threads: int | None = None
    ) -> pa.Array | pa.ChunkedArray:
        """Returns the texts of a column of lists of ids in Arrow's form: the way back from ``encode_arrow``.

        Args:
            lists: As ``strings`` of ``encode_arrow``, but lists of integers, in any layout.
            errors: As for ``decode``.
            threads: How many to use; by default one per processor.

        Returns:
            An array of strings, null where the lists are.

        Raises:
            ArrowError: The column is malformed, cannot be imported, or has a null in place of an id.
            ModuleNotFoundError: pyarrow is not there: install ``minitok[arrow]``.
            TypeError: It is not a column of lists of integers.
            UnknownTokenError: An id has no token; the error names it and its index in its row.

        >>> import pyarrow as pa
        >>> Tokenizer([(97, 98)]).decode_arrow(pa.array([[256], None, [256, 99]])).to_pylist()
        ['ab', None, 'abc']
        """
        from .arrow import decode_column

        return decode_column(self._codec, lists, errors, thread_count(threads))

    def encode_batch_padded(
        self,
        texts: Iterable[Text],
        length: int | None = None,
        *,
        pad_id: int,
        side: str = "right",
        truncate: str = "right",
        allowed_special: Special | str = (),
        threads: int | None = None,
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]:
        """Returns the ids of all texts as rows of one length, and a mask of where they are ids of the text.

        Args:
            texts: The texts.
            length: Of the rows; by default that of the longest text.
            pad_id: The id that shorter rows are filled up with.
            side: ``"right"`` or ``"left"``: where it is put.
            truncate: ``"right"`` or ``"left"``: which ids longer texts lose.
            allowed_special: As for ``encode``.
            threads: How many to use; by default one per processor.

        Returns:
            Two arrays of shape (number of texts, length): uint32 and bool.

        >>> rows, mask = Tokenizer([]).encode_batch_padded(["abc", "d"], pad_id=0)
        >>> rows.tolist(), mask.astype(int).tolist()
        ([[97, 98, 99], [100, 0, 0]], [[1, 1, 1], [1, 0, 0]])
        """
        from .padding import check_padding, pad

        check_padding(length, pad_id, side=side, truncate=truncate)
        ids, offsets = self.encode_batch_to_numpy(texts, allowed_special=allowed_special, threads=threads)
        return pad(ids, offsets, length, side, pad_id, truncate)

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

        Costs those of ``encode``, and some microseconds a segment.

        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 300})
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)])
        [300, 97, 98, 60, 115, 62]
        >>> tok.encode_segments([("<s>a", True), ("b<s>", False)], merge_across=True)
        [300, 256, 60, 115, 62]
        """
        from .segments import checked_segments, encode_spans

        return encode_spans(self._definition, checked_segments(segments), apart=not merge_across)

    # -- conversations -------------------------------------------------------------------------------------------------

    @property
    def chat_templates(self) -> ChatTemplates | None:
        """The chat templates of the model, with its folder or from ``with_chat_template``; None if there are none."""
        return self._definition.chat

    def with_chat_template(self, template: str | Mapping[str, str], **tokens: str) -> Tokenizer:
        """The same tokenizer with a chat template, or with several by their names; ids do not change.

        Args:
            template: In Jinja, as models have it: it makes one text of ``messages``.
            tokens: Special tokens that the template uses by name, like ``bos_token="<s>"``.

        >>> tok = Tokenizer([], special_tokens={"<s>": 256}).with_chat_template("{{ bos_token }}{{ messages[0].content }}",
        ...                                                                     bos_token="<s>")
        >>> tok.encode_chat([{"role": "user", "content": "hi<s>"}]).ids
        [256, 104, 105, 60, 115, 62]
        """
        from .chat_templates import ChatTemplates

        named = {"default": template} if isinstance(template, str) else template
        return self.from_definition(self._definition.with_chat(ChatTemplates(named, tokens)))

    def render(
        self,
        messages: Sequence[Any],
        *,
        add_generation_prompt: bool = False,
        continue_final_message: bool = False,
        tools: Sequence[Mapping[str, Any]] | None = None,
        documents: Sequence[Mapping[str, Any]] | None = None,
        template: str | None = None,
        **variables: Any,
    ) -> list[Span]:
        """Returns the text of a conversation in spans that say where they come from, by the model's chat template.

        The template's own text is trusted; what comes from messages, tools, documents and variables is not, wherever the
        template puts it. Joined, the texts of the spans are what ``transformers`` renders. Needs ``minitok[chat]``.

        Args:
            messages: Dicts with ``role``, ``content`` and what else the template knows. A string of the type
                ``minitok.chat.Trusted`` is trusted. Fields that are None are left out.
            add_generation_prompt: Whether to begin the answer of the assistant.
            continue_final_message: Whether to leave the last message open, to be continued.
            tools: JSON schemas of functions that the model may call.
            documents: Texts to answer from, for templates that take them.
            template: The name of a template, or its source; by default ``tool_use`` if there are tools and it exists, or
                ``default``.
            variables: What else the template knows, like ``enable_thinking=False``.

        Raises:
            TemplateError: There is no template, or it is malformed, or it refuses the messages, or fails.
            TypeError: ``messages``, ``tools`` or ``documents`` is not a list of dicts.
            ValueError: There is no message, or none to continue.

        A template is a program of the model's author. It runs in Jinja's sandbox, which keeps it from files and processes,
        but not from taking forever.

        >>> tok = Tokenizer([]).with_chat_template("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}")
        >>> [(span.text, span.trusted) for span in tok.render([{"role": "user", "content": "Hi <|x|>"}])]
        [('<|', True), ('user', True), ('|>', True), ('Hi <|x|>', False)]
        """
        from .chat.render import render

        return render(
            self._definition.chat,
            messages,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            tools=tools,
            documents=documents,
            template=template,
            variables=variables,
        )

    def encode_chat(
        self,
        messages: Sequence[Any],
        *,
        add_generation_prompt: bool = False,
        continue_final_message: bool = False,
        tools: Sequence[Mapping[str, Any]] | None = None,
        documents: Sequence[Mapping[str, Any]] | None = None,
        template: str | None = None,
        **variables: Any,
    ) -> EncodedChat:
        """Returns the ids of a conversation, and for each id who said it; arguments and errors are those of ``render``.

        Special tokens are found in the template's text only: whatever a user writes, in whatever field, is text. Where nobody
        writes them, the ids are those of ``transformers`` (``apply_chat_template``).

        Returns:
            An ``EncodedChat``: ``ids``, ``roles`` (one for each id, None for the template's text), ``generated`` (whether the
            template marks it as written by a model), and ``mask(role)``.

        >>> tok = Tokenizer([], special_tokens={"<e>": 256}).with_chat_template(
        ...     "{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> chat = tok.encode_chat([{"role": "user", "content": "<e>"}, {"role": "assistant", "content": "ok"}])
        >>> chat.ids
        [60, 101, 62, 256, 111, 107, 256]
        >>> chat.mask("assistant")
        [False, False, False, False, True, True, True]
        """
        from .chat.encoding import encode_chat

        spans = self.render(
            messages,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=continue_final_message,
            tools=tools,
            documents=documents,
            template=template,
            **variables,
        )
        return encode_chat(self._definition, spans, template)

    # -- text to ids, with more than the ids ---------------------------------------------------------------------------

    def encode_with_offsets(
        self, text: Text, *, allowed_special: Special | str = (), unit: str = "char"
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """Returns the ids of a text, and the offsets at which each begins and ends.

        Args:
            text: The text.
            allowed_special: As for ``encode``.
            unit: ``"char"`` (offsets in characters; a token that holds part of a character spans that character) or
                ``"byte"`` (offsets in UTF-8). With a normalizer, offsets refer to ``normalize(text)``; where spaces are
                markers, to the text that the ids decode to.

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).encode_with_offsets("é!")
        ([195, 169, 33], [(0, 1), (0, 1), (1, 2)])
        """
        from .backend import load_backend

        ids, starts, ends = self._ids_and_spans(text, allowed_special, unit)
        backend = load_backend(self._definition.backend)
        return backend.id_list(ids), backend.span_list(starts, ends)

    def encode_with_offsets_to_numpy(
        self, text: Text, *, allowed_special: Special | str = (), unit: str = "char"
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
        """Returns what ``encode_with_offsets`` does in arrays: the ids, and the offsets, shape (number of tokens, 2).

        >>> ids, offsets = Tokenizer([]).encode_with_offsets_to_numpy("é!")
        >>> offsets.tolist()
        [[0, 1], [0, 1], [1, 2]]
        """
        import numpy as np

        ids, starts, ends = self._ids_and_spans(text, allowed_special, unit)
        return ids, np.stack((starts, ends), axis=1)

    def _ids_and_spans(self, text: Text, allowed_special: Special | str, unit: str) -> tuple[Any, Any, Any]:
        definition = self._definition
        definition.check_spelling("tokens have no offsets")
        if allowed_special and definition.spells_text and not definition.lossless:
            from .chunking import spans_in_text

            return spans_in_text(definition, text, self._allowed(allowed_special), unit)
        from .offsets import spans_of

        ids = self.encode_to_numpy(text, allowed_special=allowed_special)
        return ids, *spans_of(self._codec, ids, unit, prefixed=self._definition.prefix is not None)

    def encode_iterable(self, chunks: Iterable[Text], *, allowed_special: Special | str = ()) -> Iterator[int]:
        """Yields the ids of the concatenated chunks, about 64 KiB at a time, up to a place that no later text can change.

        Where no such place is known, the whole text is held in memory: with ``none`` over bytes; with a normalizer that
        replaces strings; with a pattern that Rust does not compile or that, on the Python backend, is not a named one.

        >>> from minitok import Tokenizer
        >>> list(Tokenizer([(97, 98)]).encode_iterable(["a", "b c", "a", "b"]))
        [256, 32, 99, 256]
        """
        from .streaming import encode_iterable

        return encode_iterable(self._codec, chunks, self._allowed(allowed_special))

    def tokenize(self, text: Text, *, allowed_special: Special | str = ()) -> list[bytes]:
        """Returns the tokens of a text as bytes; joined, they are the text.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(104, 105)]).tokenize("hi!")
        [b'hi', b'!']
        """
        if type(self).encode is Tokenizer.encode:
            return self._codec.token_list(self.encode_to_numpy(text, allowed_special=allowed_special))
        import numpy as np  # a subclass says what is encoded

        return self._codec.token_list(np.array(self.encode(text, allowed_special=allowed_special), np.uint32))

    def encode_files(
        self,
        paths: Path | Iterable[Path],
        out: Path,
        *,
        dtype: str = "uint32",
        separator: str | bytes | None = None,
        field: str | None = None,
        learn: str | None = None,
        end_of_document: str | int | None = None,
        allowed_special: Special | str = (),
        format: str | None = None,  # noqa: A002 - what it is called everywhere
        shuffle: int | None = None,
        row_length: int | None = None,
        begin_row: str | int | None = None,
        rest: str = "keep",
        shard_tokens: int | None = None,
        part: tuple[int, int] | None = None,
        threads: int | None = None,
        progress: bool | Callable[[Progress], object] = False,
        resume: bool = True,
    ) -> Packed:
        r"""Encodes files into one array of ids on disk, in memory that does not grow with them.

        An index is written beside the ids, ``train.bin.idx.npy`` for ``train.bin``: offsets as uint64, shape (documents
        + 1,); document i has ``ids[offsets[i]:offsets[i + 1]]``. Both are written as ``.partial`` and renamed when
        complete. An interrupted run, called again with the same arguments, continues after the last file that it had
        finished (recorded in ``.journal.json``), unless the tokenizer, an option or one of those files has changed:
        then it starts over. Two runs at a time for one output would mix their ids: the second one is refused.

        Args:
            paths: Files, or glob patterns, in this order; the files of a pattern are sorted. In ``.jsonl`` files, the
                ``field`` of each line is a document; in ``.parquet`` and ``.arrow`` files, that of each row (needs
                ``minitok[parquet]``). Any other file is text, one document.
            out: ``.bin`` (ids only, little-endian, for ``numpy.memmap``) or ``.npy`` (for ``numpy.load``); ``.ds`` for
                datatrove and nanotron; ``.parquet`` or ``.arrow`` for a column ``input_ids`` of lists.
            dtype: ``"uint32"``, or ``"uint16"`` for half the size if no id is above 65,535.
            separator: Cuts a text file into documents and belongs to none of them; one at the end of the file does not
                begin another document.
            field: The field of a JSON line, or the column of a Parquet file, that holds the text; by default ``text``. With
                ``learn``, that of the messages; by default ``messages``.
            learn: For files of conversations, in the form of ``encode_chat``: a mask beside the ids marks those that a model
                is to learn, which are what this role says with the tokens that end its turns (``"assistant"``), or what
                the chat template has in ``{% generation %}`` blocks (``"generation"``). A record may have ``tools``, too.
                The mask is ``train.bin.mask.npy``: uint8, shape (tokens,). ``.ds`` has ``train.ds.loss``; ``.parquet``
                and ``.arrow`` have a column ``assistant_masks``.
            end_of_document: A special token's name, or an id, to put after each document.
            allowed_special: As for ``encode``.
            format: ``"megatron"`` for Megatron's ``.bin`` and ``.idx``; otherwise that of the suffix.
            shuffle: A seed: the documents in an order that depends on it and on nothing else. Takes two more passes over the
                ids on disk, and 64 MB of memory.
            row_length: Rows of this many ids, each a document of the output, filled with whole documents where they fit.
            begin_row: The special token, or the id, that every row begins with, and every document in it.
            rest: What becomes of the rest of a document that is cut because nothing fits into a row: ``"keep"`` it for
                another row, or ``"drop"`` it.
            shard_tokens: Shards of at most this many ids, ``train-00000.bin`` and so on for ``train.bin``, of whole
                documents, and ``train.manifest.json``.
            part: ``(2, 8)`` for the second of eight parts of the files, which as many processes or machines may write, as
                ``train.part-2-of-8.bin``; ``minitok.join_packed`` joins them.
            threads: How many to use; by default one per processor.
            progress: True for a progress bar, or a function that is called with a ``Progress`` in bytes.
            resume: False to start over in any case.

        Returns:
            A ``Packed``: the files of ids and offsets, and the numbers of tokens, documents and bytes of text.

        Raises:
            FileNotFoundError: A file does not exist, or a pattern matches none.
            FileFormatError: A file's content does not fit its name; the message says where.
            BlockingIOError: Another run is writing this output.
            ValueError: ``dtype`` is too small for this tokenizer, ``out`` has another suffix, or is one of the files that are
                read, or ``end_of_document`` is not a special token.
            TemplateError: ``learn`` needs a chat template, or the template refuses a conversation; the message says which.

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
        from .corpus.packing import encode_files

        return encode_files(
            self._definition,
            self._codec,
            paths,
            out,
            dtype=dtype,
            separator=separator,
            field=field,
            learn=learn,
            end_of_document=end_of_document,
            allowed_special=allowed_special,
            format=format,
            shuffle=shuffle,
            row_length=row_length,
            begin_row=begin_row,
            rest=rest,
            shard_tokens=shard_tokens,
            part=part,
            threads=threads,
            progress=progress,
            resume=resume,
        )

    # -- counting ------------------------------------------------------------------------------------------------------

    @shortcut
    def count(self, text: Text, allowed_special: Special | str = NONE) -> int:
        """Returns how many ids the text has."""
        if allowed_special is NONE:
            return self._codec.count(text)
        return self._codec.count(text, self._allowed(allowed_special))

    def count_batch(
        self, texts: Iterable[Text], *, allowed_special: Special | str = (), threads: int | None = None
    ) -> list[int]:
        """Returns how many ids each text has."""
        return self._codec.count_batch(as_list(texts), self._allowed(allowed_special), thread_count(threads))

    def count_iterable(self, chunks: Iterable[Text], *, allowed_special: Special | str = ()) -> int:
        """Returns how many ids the concatenated chunks have: ``encode_iterable`` without the ids.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(97, 98)]).count_iterable(["a", "b c"])
        3
        """
        from .streaming import count_iterable

        return count_iterable(self._codec, chunks, self._allowed(allowed_special))

    # -- ids to text ---------------------------------------------------------------------------------------------------

    def decode(self, ids: Iterable[int] | npt.NDArray[Any], errors: str = "replace") -> str:
        """Returns the text of the ids.

        Args:
            ids: A list, or a one-dimensional array of integers.
            errors: What to do with bytes that are not UTF-8: ``"replace"`` (by U+FFFD), ``"strict"``, or any other of
                Python's error handlers.

        Raises:
            UnknownTokenError: An id has no token; the error names it and its index.
            UnicodeDecodeError: The bytes are not UTF-8, and ``errors`` is ``"strict"``.
        """
        return self._codec.decode(ids, errors)

    def decode_bytes(self, ids: Iterable[int] | npt.NDArray[Any]) -> bytes:
        """Returns the bytes of the ids. ``decode_bytes(encode(text))`` is the text in UTF-8, if ``lossless``."""
        return self._codec.decode_bytes(ids)

    def decode_batch(
        self,
        batch: Iterable[Iterable[int]] | npt.NDArray[Any],
        errors: str = "replace",
        *,
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
            return self._codec.decode_batch(list(batch), errors, thread_count(threads))
        places = checked_offsets(offsets)
        return self._codec.decode_rows(batch, places[:-1], places[1:], errors, thread_count(threads))

    def decode_with_offsets(self, ids: Iterable[int]) -> tuple[str, list[int]]:
        """Returns the text of the ids, and the offset of the character in which each token begins.

        >>> from minitok import Tokenizer
        >>> Tokenizer([]).decode_with_offsets([195, 169, 33])
        ('é!', [0, 0, 1])
        """
        text, starts = self.decode_with_offsets_to_numpy(ids)
        return text, starts.tolist()

    def decode_with_offsets_to_numpy(self, ids: Iterable[int]) -> tuple[str, npt.NDArray[np.int64]]:
        """Returns what ``decode_with_offsets`` does, the offsets in an array of shape (number of ids,)."""
        from .offsets import as_sequence, id_array, spans_of

        self._definition.check_spelling("tokens have no offsets")
        ids = as_sequence(ids)
        text = self.decode(ids, "strict")
        starts, _ = spans_of(self._codec, id_array(ids), prefixed=self._definition.prefix is not None)
        return text, starts

    def stream_decoder(self, errors: str = "replace") -> StreamDecoder:
        """Returns a decoder for ids that come one by one: ``push(id)`` gives the text that is certain, ``finish()`` the rest.

        >>> stream = Tokenizer([]).stream_decoder()
        >>> [stream.push(195), stream.push(169), stream.finish()]
        ['', 'é', '']
        """
        if errors not in ("replace", "strict"):
            raise ValueError(f"errors must be 'replace' or 'strict', not {errors!r}")
        return self._codec.stream_decoder(errors == "strict")

    # -- parts of a text -----------------------------------------------------------------------------------------------

    def truncate_text(self, text: str, max_tokens: int, *, allowed_special: Special | str = ()) -> str:
        """Returns the longest prefix of a text that has at most ``max_tokens`` tokens and ends between two characters.

        Its ids are the first ids of the text. It may have fewer than ``max_tokens``: no character is cut, and a
        trailing token whose encoding depends on the text after it is dropped.

        Args:
            text: The text. A lone surrogate becomes U+FFFD. With a normalizer, ``normalize(text)`` is cut (each segment
                between special tokens is normalized by itself), and the ids are those of text that is not normalized again.
                Where spaces are markers, a marker in the text is a space.
            max_tokens: How many tokens the result may have; 0 gives the empty text.
            allowed_special: As for ``encode``; a special token is kept or dropped as a whole, with what it takes.

        Raises:
            TypeError: The text is not a str, or ``max_tokens`` is not an int.
            ValueError: ``max_tokens`` is negative.

        Costs O(n) for the n bytes that are kept, not for those of the text (except where ``encode_iterable`` holds all of it).

        >>> from minitok import Tokenizer, get_encoding
        >>> get_encoding("o200k_base").truncate_text("Call me Ishmael. Some years ago", 4)
        'Call me Ishmael'
        >>> Tokenizer([]).truncate_text("né", 2)
        'n'
        """
        from .chunking import truncate_text

        return truncate_text(self._definition, text, max_tokens, self._allowed(allowed_special))

    def chunk(self, text: str, max_tokens: int, overlap: int = 0, *, allowed_special: Special | str = ()) -> list[str]:
        """Cuts the text into parts of at most ``max_tokens`` tokens each, between tokens and between characters.

        The limit holds for the part within the text and for the part encoded by itself. Without overlap, the parts
        joined are the text. The empty text has no parts.

        Args:
            text: The text. A lone surrogate becomes U+FFFD. With a normalizer, ``normalize(text)`` is cut (each segment
                between special tokens is normalized by itself). Where spaces are markers, a marker in the text is a space.
            max_tokens: How many tokens a part may have.
            overlap: How many tokens from the end of a part are repeated at the start of the next; fewer if a character
                would be cut.
            allowed_special: As for ``encode``; a special token is never cut, nor off the white space that it takes.

        Raises:
            TypeError: The text is not a str, or a number is not an int.
            ValueError: ``max_tokens`` is less than 1, or too small for one of the characters (the message says which), or
                ``overlap`` is not between 0 and ``max_tokens - 1``.

        Costs O(n) for n bytes, times ``max_tokens / (max_tokens - overlap)``; where pieces depend on the text behind
        them, a part is encoded some 2 log(max_tokens) times.

        >>> from minitok import get_encoding
        >>> tok = get_encoding("cl100k_base")
        >>> tok.chunk("One fish two fish red fish blue fish", 3)
        ['One fish two', ' fish red fish', ' blue fish']
        >>> tok.chunk("One fish two fish red fish blue fish", 4, overlap=2)
        ['One fish two fish', ' two fish red fish', ' red fish blue fish']
        """
        from .chunking import chunk

        return chunk(self._definition, text, max_tokens, overlap, self._allowed(allowed_special))

    # -- special tokens in a text --------------------------------------------------------------------------------------

    def check_special(self, text: Text, disallowed: Special | str = "all") -> None:
        """Raises DisallowedSpecialTokenError if the text contains one of the special tokens."""
        self._codec.check(text, named_special_tokens(disallowed, self._definition.special_tokens))

    def _allowed(self, allowed: Special | str) -> Sequence[str] | None:
        if allowed == "all":
            return self._all_special
        return allowed_tokens(allowed, self._definition.special_tokens)

    def _check(self, text: Text, allowed: Special | str, disallowed: Special | str) -> Sequence[str] | None:
        """Returns the special tokens to find in the text; raises if a disallowed one occurs in it."""
        names, special = self._allowed(allowed), self._definition.special_tokens
        if disallowed:
            found = frozenset(names or ())
            others = [name for name in special if name not in found]
            self._codec.check(text, others if disallowed == "all" else named_special_tokens(disallowed, special))
        return names

    # -- what it holds -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The name it was given, or None."""
        return self._definition.name

    @property
    def n_vocab(self) -> int:
        """One more than the highest id; gaps count."""
        return self._definition.n_vocab

    @property
    def pattern(self) -> str:
        """The split pattern: its name, or the regular expression."""
        return self._definition.pattern

    @property
    def special_tokens(self) -> dict[str, int]:
        """Names and ids of the special tokens."""
        return dict(self._definition.special_tokens)

    @property
    def added_tokens(self) -> dict[str, int]:
        """Names and ids of the added tokens, which are found in every text."""
        return dict(self._definition.added_tokens)

    @property
    def normalizer(self) -> Normalizer | None:
        """The normal form of Unicode that text is put into before it is cut, or other steps; None if text is not changed."""
        return self._definition.normalizer

    @property
    def prefix(self) -> str | None:
        """Where a space is put before the text: by SPEC S4 if spaces are markers, ``bytes`` if not; or None."""
        return self._definition.prefix

    @property
    def words(self) -> str | None:
        """What words are, as a regular expression, where the text between them is dropped (SPEC N3); None if nothing is."""
        return self._definition.words

    @property
    def word_end(self) -> str | None:
        """How files write the end of a word, where that is part of its last token (SPEC N3); None otherwise."""
        return self._definition.word_end

    @property
    def late_tokens(self) -> frozenset[str]:
        """The special and added tokens that are found after the others, in normalized text."""
        return self._definition.late_tokens

    @property
    def lossless(self) -> bool:
        """Whether ``decode(encode(text))`` is the text, always, with and without special tokens.

        It is not with a normalizer, where a space is put before the text (``prefix``) or spaces are markers, with a vocabulary
        that drops bytes or has an unknown token, where text is cut into ``words``, where special tokens take white space with
        them, and where two of them have one id, which decodes to the first (``o200k_harmony``). ``definition.loss`` says why.
        """
        return self._definition.lossless

    def normalize(self, text: str) -> str:
        r"""Returns the text that is cut and encoded: in the normal form, or unchanged.

        >>> from minitok import Tokenizer
        >>> Tokenizer([], normalizer="NFC").normalize("e\u0301") == "\u00e9"
        True
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        segments = self._codec.segments(text, None)
        return b"".join(segment[0] for segment in segments).decode()

    @property
    def backend(self) -> BackendName:
        """``rust`` or ``python``."""
        return self._definition.backend

    @property
    def byte_order(self) -> bytes | None:
        """The byte of each of the ids 0 to 255; None if these are not the single bytes."""
        return self._definition.byte_order

    @property
    def merges(self) -> list[tuple[int, int]]:
        """The merges as pairs of ids, in rank order."""
        return self._definition.merges

    def vocabulary(self) -> tuple[dict[int, bytes], list[Merge], bool]:
        """Returns all tokens by id, all merges as (left, right, id, rank), and ``whole_pieces``."""
        return self._definition.vocabulary()

    def token_bytes(self, token_id: int) -> bytes:
        """Returns the bytes of an id. Raises UnknownTokenError."""
        data = self._codec.decode_bytes([token_id])
        return data if self._definition.prefix is None else self._codec.token_bytes(token_id) or b""

    def token_id(self, token: str | bytes) -> int:
        """Returns the id of a token's bytes, or of the name of a special or an added token. Raises KeyError."""
        definition = self._definition
        if isinstance(token, str) and token in definition.found_tokens:
            return definition.found_tokens[token]
        found = definition.vocab.token_id(utf8(token))
        if found is None:
            raise KeyError(token)
        return found

    @property
    def trained(self) -> dict[str, Any] | None:
        """How it was trained (options, corpus, why it stopped); None if it was not, or if that is not known."""
        return dict(self._definition.trained) if self._definition.trained else None

    @property
    def report(self) -> TrainingReport | None:
        """How its training went: counts, ties, time and memory; None if it was not trained, or if that is not known."""
        from .corpus.report import TrainingReport

        return TrainingReport.from_dict(self._definition.trained) if self._definition.trained else None

    def explain(self, text: str | bytes, *, allowed_special: Collection[str] | str = ()) -> Explanation:
        """Explains why a text has its ids, as data that can also be displayed.

        For each piece: the alternative of the pattern that made it, its tokens with their bytes and offsets, the merges
        with their ranks, and the merges of the vocabulary that were blocked, and by what.

        Args:
            text: A short text: the trace costs O(n^2) for a piece of n bytes.
            allowed_special: As for ``encode``.

        Raises:
            ValueError: A piece of the text is longer than 2,048 bytes.

        >>> from minitok import Tokenizer
        >>> [(token.id, token.token) for token in Tokenizer([(104, 105)]).explain("hi!").tokens]
        [(256, b'hi'), (33, b'!')]
        """
        from .explain.build import explain

        return explain(self._definition, self._codec, text, self._allowed(allowed_special))

    # -- other tokenizers made from it ---------------------------------------------------------------------------------

    def truncate(self, vocab_size: int) -> Tokenizer:
        """Returns a tokenizer with a smaller vocabulary, as if it had been trained to that size (SPEC T9).

        The special tokens move to the end of the smaller vocabulary, in the order of their ids; gaps below them remain.

        Raises:
            VocabularyError: The size is not possible, the ids are not in the order of the merges, single bytes first, or
                no merge makes one of them.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}).truncate(258)
        Tokenizer(n_vocab=258, pattern='gpt2', special_tokens=1, backend='rust')
        """
        return self.from_definition(self._definition.truncate(vocab_size))

    def extend(
        self,
        texts: Iterable[str | bytes] | PieceCounts,
        vocab_size: int,
        *,
        tie_break: str = "smallest_ids",
        min_frequency: int = 1,
        max_token_length: int | None = None,
        threads: int | None = None,
        progress: bool | Callable[[Progress], object] = False,
        trace: Emit | None = None,
        name: str | None = None,
    ) -> Tokenizer:
        """Returns a larger tokenizer that has learnt more from these texts; no existing id changes (SPEC T10).

        The texts are encoded with the existing merges, and training continues from there. New ids begin at ``n_vocab``,
        after the special tokens, too.

        Args:
            texts: As for ``train``; or counts from ``count_pieces`` with this pattern and these special tokens.
            vocab_size: The new ``n_vocab``, if there is that much to learn.
            tie_break: As for ``train``, like the options that follow.
            min_frequency: See ``train``.
            max_token_length: See ``train``.
            threads: See ``train``.
            progress: See ``train``.
            trace: See ``train``.
            name: A name for the new tokenizer.

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

        return self.from_definition(
            extend(
                self._definition,
                texts,
                vocab_size,
                tie_break=tie_break,
                min_frequency=min_frequency,
                max_token_length=max_token_length,
                threads=threads,
                progress=progress,
                trace=trace,
                name=name,
            )
        )

    def prune(
        self,
        corpus: PieceCounts | Iterable[str | bytes] | npt.NDArray[Any],
        *,
        keep: Iterable[int | str | bytes] = (),
        vocab_size: int | None = None,
        allowed_special: Special | str = (),
        threads: int | None = None,
    ) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
        """Returns a tokenizer without the tokens that a corpus does not use, and the new id of each old one.

        Kept are the tokens that the corpus uses, those that they are made of, the bytes, the special tokens and what
        ``keep`` names, in their order and without gaps. The texts of the corpus keep their tokens; any other text still
        decodes to itself, at the cost of more tokens. ``extend`` first and ``prune`` then exchange one language for another.

        Args:
            corpus: Texts; or counts from ``count_pieces`` with this pattern and these special tokens; or how often each id
                occurs, as ``numpy.bincount`` counts the ids of a corpus that has been encoded.
            keep: Further tokens to keep, as ids, ``bytes`` or ``str``.
            vocab_size: At most this many ids: of the tokens that the corpus uses, those that it makes most often, as
                tokens of its texts or on the way to them. Without a limit, all of them.
            allowed_special: As for ``encode``, for texts.
            threads: How many to use; by default one per processor.

        Returns:
            The tokenizer, and an array of shape (old ``n_vocab``,) of int64 that holds the new id of each old one, or -1.
            The rows of an embedding that are kept are ``embedding[new_ids >= 0]``, in the order of the new ids.

        Raises:
            VocabularyError: ``vocab_size`` leaves no room for what must be kept, or ``keep`` names no token.
            TrainingError: The counts are of other pieces.

        Costs encoding the corpus, or its distinct pieces, and some seconds for 200,000 tokens.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98), (256, 99), (98, 99)])
        >>> pruned, new_ids = tok.prune(["abc"])
        >>> pruned.merges, new_ids[[256, 257, 258]].tolist()
        ([(97, 98), (256, 99)], [256, 257, -1])
        """
        from .corpus.pruning import prune

        pruned, new_ids = prune(
            self._definition,
            corpus,
            keep=keep,
            vocab_size=vocab_size,
            allowed_special=allowed_special,
            threads=thread_count(threads),
        )
        return self.from_definition(pruned), new_ids

    def with_pattern(self, pattern: str) -> Tokenizer:
        """The same vocabulary with another split pattern; special tokens stay. The name goes, as the ids are others."""
        return self.from_definition(self._definition.changed(pattern=pattern_named(pattern)))

    def with_normalizer(self, normalizer: Normalizer | None) -> Tokenizer:
        r"""The same tokenizer for text that is changed first (in a normal form of Unicode), or not (None), and without a name.

        >>> from minitok import get_encoding
        >>> tok = get_encoding("gpt2").with_normalizer("NFC")
        >>> tok.encode("cafe\u0301") == tok.encode("caf\u00e9")
        True
        """
        return self.from_definition(self._definition.changed(normalizer=normalizer))

    def with_special_tokens(self, special_tokens: Mapping[str, int]) -> Tokenizer:
        """The same vocabulary and pattern with these special tokens in place of its own, and without a name.

        Those that it has keep what they take with them (``lstrip``, ``rstrip``, ``single_word``), and when they are found.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98)]).with_special_tokens({"<s>": 257})
        >>> tok.encode("<s>ab", allowed_special="all")
        [257, 256]
        """
        definition = self._definition
        names = special_tokens.keys() | definition.added_tokens.keys()
        flags = {name: flags for name, flags in definition.token_flags.items() if name in names}
        return self.from_definition(
            definition.changed(
                special_tokens=special_tokens, late_tokens=definition.late_tokens & names, token_flags=flags
            )
        )

    def add_special_tokens(self, special_tokens: Mapping[str, int | None] | Iterable[str]) -> Tokenizer:
        """The same tokenizer with special tokens added to its own, and without a name.

        Args:
            special_tokens: Names and ids, or names alone. A name without an id gets the next one from ``n_vocab`` on (after
                the ids given here, if these are higher), in the order given; one that is there already stays as it is.

        Raises:
            VocabularyError: A name has another id already, or an id has another token.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([(97, 98)], special_tokens={"<s>": 257})
        >>> tok.add_special_tokens(["<user>", "<assistant>"]).special_tokens
        {'<s>': 257, '<user>': 258, '<assistant>': 259}
        >>> tok.add_special_tokens({"<pad>": 300}).encode("<pad>", allowed_special="all")
        [300]
        """
        from .arguments import added_special_tokens

        definition = self._definition
        added = added_special_tokens(
            special_tokens, definition.found_tokens, definition.vocab.token_bytes, definition.n_vocab
        )
        return self.with_special_tokens({**definition.special_tokens, **added})

    def with_backend(self, backend: str) -> Tokenizer:
        """The same tokenizer on another backend."""
        definition = self._definition
        if definition.reopen is not None:
            named: Tokenizer = definition.reopen(str(definition.name), backend)
            return named if type(self) is Tokenizer else self.from_definition(named.definition)
        return self.from_definition(definition.with_backend(backend))

    # -- files ---------------------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the tokenizer to a file in minitok's own format: whole, or not at all."""
        from .formats import native

        native.save(self._definition, path)

    def to_tiktoken(self, path: Path) -> None:
        """Write a rank file for tiktoken. It holds neither the pattern nor the special tokens.

        Raises:
            VocabularyError: Ranks cannot say these merges; the message says why.
        """
        from .formats import tiktoken

        tiktoken.save(self._definition, path)

    def to_huggingface(self, path: Path) -> None:
        """Write a ``tokenizer.json``, which ``tokenizers`` and ``transformers.PreTrainedTokenizerFast`` load.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import huggingface

        huggingface.save(self._definition, path)

    def to_gpt2(self, folder: Path) -> None:
        """Write ``vocab.json`` and ``merges.txt`` into a folder. They do not hold the pattern.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import gpt2

        gpt2.save(self._definition, folder)

    def to_minbpe(self, path: Path) -> None:
        """Write a ``.model`` file for minbpe.

        Raises:
            VocabularyError: The format cannot say it; the message says why.
        """
        from .formats import minbpe

        minbpe.save(self._definition, path)

    # -- as an object --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        return self._definition == other._definition

    def __hash__(self) -> int:
        return hash(self._definition)

    def __reduce__(self) -> tuple[Any, ...]:
        definition = self._definition
        named = definition.reopen, (definition.name, definition.backend)
        if type(self) is Tokenizer:
            return (Tokenizer.from_definition, (definition,)) if definition.reopen is None else named
        own = {name: value for name, value in vars(self).items() if name not in ("_definition", "_codec")}
        if definition.reopen is None:
            return type(self).from_definition, (definition,), own or None
        return reopened, (type(self), *named), own or None

    def __repr__(self) -> str:
        definition = self._definition
        shown = [
            *([f"name={definition.name!r}"] if definition.name else []),
            f"n_vocab={definition.n_vocab}",
            f"pattern={definition.pattern!r}",
            *([f"normalizer={definition.normalizer!r}"] if definition.normalizer else []),
            *([f"prefix={definition.prefix!r}"] if definition.prefix else []),
            f"special_tokens={len(definition.special_tokens)}",
            *([f"added_tokens={len(definition.added_tokens)}"] if definition.added_tokens else []),
            f"backend={definition.backend!r}",
        ]
        return f"Tokenizer({', '.join(shown)})"


def reopened(kind: type[Tokenizer], reopen: Callable[..., Tokenizer], named: tuple[str, str]) -> Tokenizer:
    """A published encoding again, as a tokenizer of a class that a program has made."""
    return kind.from_definition(reopen(*named).definition)
