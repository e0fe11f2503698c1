"""What a ``Tokenizer`` makes of more than one text: conversations, files, texts that change, and parts of a text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..foreign import explains
from .checked import Checked

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..chat.conversation import Conversation
    from ..chat.encoding import EncodedChat
    from ..corpus.progress import Progress
    from ..packing import Packed, PackOptions
    from ..spans.chunks import At, Chunk
    from ..spans.session import Session
    from .checked import Allowed, Special

    Path = str | os.PathLike[str]


class Tokenizer(Checked):
    """Conversations, files, texts that change, parts of a text."""

    def encode_chat(self, messages: Sequence[Any], **options: Any) -> EncodedChat:
        """Returns the ids of a conversation, and for each id who said it, by the chat template of the model.

        Special tokens are found in the template's text only: text that a user writes, in any field, stays text. Where no
        message contains one, the ids are those of ``transformers`` (``apply_chat_template``).

        Args:
            messages: As for ``minitok.chat.render``, which gives the text and says the errors.
            options: Those of ``render``: ``add_generation_prompt``, ``tools``, ``template``, variables of the template, ...

        Returns:
            An ``EncodedChat``: ``ids``, ``roles`` (one for each id, None for the template's text), ``generated`` (whether the
            template marks it as written by a model), and ``mask(role)``, which marks what is to be learned.

        Errors are those of ``minitok.chat.render``. Costs O(n) for n bytes of text, and a run of the template.

        >>> from minitok import Tokenizer
        >>> tok = Tokenizer([], special_tokens={"<e>": 256}).replace(
        ...     chat="{% for m in messages %}{{ m.content }}<e>{% endfor %}")
        >>> chat = tok.encode_chat([{"role": "user", "content": "<e>"}, {"role": "assistant", "content": "ok"}])
        >>> chat.ids
        [60, 101, 62, 256, 111, 107, 256]
        >>> chat.mask("assistant")
        [False, False, False, False, True, True, True]
        """
        from ..chat.encoding import encode_messages

        return encode_messages(self._definition, messages, **options)

    def conversation(
        self, messages: Iterable[Any] = (), *, rewrite: Literal["keep", "raise", "follow"] = "keep", **options: Any
    ) -> Conversation:
        """Returns a conversation to add messages to, each at the cost of a turn. Sampled ids never change: token in, token out.

        Args:
            messages: The first messages, as for ``encode_chat``.
            rewrite: What to do where the template no longer writes the text that the ids hold: some templates drop earlier
                reasoning. ``"keep"``: the ids stay, and ``rewritten`` names the message. ``"raise"``: a ``TemplateError``.
                ``"follow"``: the ids before the difference stay, and the rest is encoded anew, samples included.
            options: ``tools``, ``documents``, ``template`` and variables of the template, as for ``encode_chat``.

        Raises:
            TemplateError: There is no template, or it is malformed.
            TypeError: An argument is not as for ``encode_chat``.

        >>> from minitok import Tokenizer
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
        from ..chat.conversation import Conversation

        return Conversation(self._definition, messages, rewrite=rewrite, **options)

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
            options: The fields of ``minitok.packing.PackOptions``, which describes them: ``dtype``, ``end_of_document``,
                ``field``, ``separator``, ``learn``, ``shuffle``, ``row_length``, ``format`` and others.

        Costs O(n) for n bytes of text. Errors are those of ``minitok.packing.encode_files``.

        >>> from minitok import Tokenizer
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.txt").write_text("hi!")
        >>> Tokenizer([(104, 105)]).encode_files(folder / "a.txt", folder / "a.npy").tokens
        2
        """
        from ..packing import encode_files

        return encode_files(
            self._definition, paths, out, part=part, threads=threads, progress=progress, resume=resume, **options
        )

    @explains
    def session(
        self,
        text: str = "",
        *,
        allowed_special: Allowed = (),
        disallowed_special: Special = (),
        unit: Literal["char", "byte"] = "char",
    ) -> Session:
        """Returns a session for a text that changes. Its ids are those of the whole text; a change costs what it touches.

        Errors are those of ``encode``. Costs O(n) for n bytes of text, and for a change the bytes that it touches.

        >>> from minitok import Tokenizer
        >>> session = Tokenizer([(97, 98), (256, 99)]).session("ab x")
        >>> session.edit(2, 2, "c")
        Splice(start=0, removed=1, ids=array([257], dtype=uint32))
        """
        from ..spans.session import Session

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
        from ..spans.cutting import truncate_text

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
            fill: Share of a chunk's new text after which the best border is sought: less gives smaller chunks that end better.
            allowed_special: As for ``encode``. A special token is never split, nor separated from the whitespace it absorbs.

        Raises:
            TypeError: The text is not a str, or a number is not one.
            ValueError: ``max_tokens`` is less than 1, ``overlap`` is not below it, or a number or name is wrong; a character
                has more than ``max_tokens`` tokens; or the text has a lone surrogate.
            BackendError: The tokenizer runs on the Python backend.

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
        from ..spans.chunks import chunk

        overlaps = overlap, overlap_sentences
        return chunk(self._codec, text, max_tokens, at, overlaps, fill, self._allowed(allowed_special))
