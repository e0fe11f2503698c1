"""What a ``Tokenizer`` holds: its tokens and merges, how it was trained, its memory; and why a text has its ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UnknownTokenError
from ..reference.text import utf8
from .checked import Checked

if TYPE_CHECKING:
    from ..corpus.report import TrainingReport
    from ..definition import Definition
    from ..explain.explanation import Explanation
    from .checked import Allowed


class Tokenizer(Checked):
    """The vocabulary, and what explains it."""

    @property
    def definition(self) -> Definition:
        """What the tokenizer is, as data."""
        return self._definition

    @property
    def vocab(self) -> dict[int, bytes]:
        """All tokens by id, with the special and the added ones. Costs O(n) for n tokens.

        >>> from minitok import Tokenizer
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
        """Returns how many bytes of memory the tokenizer holds, by purpose.

        - ``vocabulary``: the tokens and the merges.
        - ``tables``: tables for encoding and decoding. All threads share them; some are made when they are first needed.
        - ``workspaces``: what calls keep for later calls. Each thread that encodes
          needs a workspace: a cache of the pieces of text met so far, of up to 40 MiB (``MINITOK_CACHE`` sets another limit),
          and some buffers. Up to 64 of them are kept. Workspaces in use are not counted.
        - ``buffers``: room for the ids of the next long text, up to 64 MiB, shared by all tokenizers of the process.

        The last two only speed up later calls; ``free_memory`` frees them. On the Python backend, only the vocabulary counts.
        Costs about a microsecond.

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
        long text costs some milliseconds more, since its cache of pieces is filled again.

        >>> from minitok import Tokenizer
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

        Costs O(n) for the n bytes of the token.

        >>> from minitok import Tokenizer
        >>> Tokenizer([(97, 98)]).token_bytes(256)
        b'ab'
        """
        data = self._codec.decode_bytes([token_id])
        return data if self._definition.prefix is None else self._codec.token_bytes(token_id) or b""

    def token_id(self, token: str | bytes) -> int:
        """Returns the id of a token's bytes, or of the name of a special or an added token. Raises UnknownTokenError.

        Costs O(n) for the n bytes of the token.

        >>> from minitok import Tokenizer
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
        """How its training went: counts, ties, time and memory; None if that is not known, or it was not trained."""
        from ..corpus.report import TrainingReport

        return TrainingReport.from_dict(self._definition.trained) if self._definition.trained else None

    def explain(self, text: str | bytes, *, allowed_special: Allowed = ()) -> Explanation:
        """Explains why a text has its ids, as data that can also be displayed.

        For each piece: the alternative of the pattern that made it, its tokens with their bytes and offsets, the merges
        with their ranks, and the merges of the vocabulary that were blocked, and by what. Costs O(n log n) for n bytes, some
        20 µs and half a kilobyte for each. A custom pattern that takes the processor over 4 s + 10 µs n is a PatternError.

        >>> from minitok import Tokenizer
        >>> [(token.id, token.token) for token in Tokenizer([(104, 105)]).explain("hi!").tokens]
        [(256, b'hi'), (33, b'!')]
        """
        from ..explain.build import explain

        return explain(self._definition, self._codec, text, self._allowed(allowed_special))
