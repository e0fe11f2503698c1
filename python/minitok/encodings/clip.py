"""CLIP's tokenizer: byte-level BPE that does not preserve the text. A relative of it reads DALL-E 2's prompts.

Text is cleaned first: it is repaired, HTML escapes are decoded, white space is collapsed, and letters are lowercased. White
space then only separates words and is not a token; the end of a word is part of its last token, written ``</w>``: ``cat</w>``
is the word, ``cat`` the beginning of ``catalog</w>``. So decoding does not give the text back (``lossless`` is False), and
CLIP's is a separate class, not a ``Tokenizer``.

It is a ``Definition`` with words (SPEC N3): the end of a word is a space in its last token, and no word holds a space. The
published vocabulary is kept so: the id of the byte 20 has the byte FF, which no text holds, and that of FF the end of a word.
By hand, ``a Cat!`` -> ``a`` ``cat`` ``!`` -> ``a·`` ``cat·`` ``!·`` -> 320, 2368, 256.

Costs: O(n log n) for n bytes as for any text, and cleaning in Python.
"""

from __future__ import annotations

from functools import partial
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from ..arguments import named_special_tokens
from ..backend import load_backend
from ..definition import Definition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import numpy as np
    import numpy.typing as npt

    from ..backend import Codec

__all__ = ["ClipTokenizer"]

END_OF_WORD = b" "
SHOWN_END = b"</w>"

# How many of the published merges CLIP uses: with bytes and special tokens, the size is 49,408.
N_MERGES = 49_408 - 2 - 2 * 256

# No word holds U+0345: the engine of open_clip, ignoring case, takes it neither for a letter nor for anything else.
PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+"
# The byte FF has the id of the space, and the space that of FF.
SWAPPED = bytes.maketrans(b"\x20\xff", b"\xff\x20")
SPECIAL_TOKENS = {"<start_of_text>": 49406, "<end_of_text>": 49407}
CONTEXT_LENGTH = 77


class ClipTokenizer:
    """CLIP's text as ids, equal to ``open_clip``'s tokenizer (version 3.3.0).

    Args:
        fix_text: Repair wrongly decoded text with ``ftfy``, as ``open_clip`` does (``pip install minitok[clip]``).
            False skips this step, which makes a difference for curly quotes, ligatures, wide letters, control
            characters and mojibake.
        backend: As for ``Tokenizer``.

    Raises:
        ImportError: ``fix_text`` without ``ftfy``.

    >>> from minitok.encodings import ClipTokenizer
    >>> clip = ClipTokenizer()
    >>> clip.encode("A photo of  12 Cats &amp; dogs")
    [320, 1125, 539, 272, 273, 3989, 261, 3255]
    >>> clip.tokenize("A photo of  12 Cats &amp; dogs")
    ['a</w>', 'photo</w>', 'of</w>', '1</w>', '2</w>', 'cats</w>', '&</w>', 'dogs</w>']
    >>> clip.decode(clip.encode("A photo of  12 Cats &amp; dogs"))
    'a photo of 1 2 cats & dogs '
    """

    name = "clip"
    lossless = False
    n_vocab = 49_408
    context_length = CONTEXT_LENGTH

    def __init__(self, *, fix_text: bool = True, backend: str | None = None) -> None:
        data = get_data(__package__, "data/clip.vocab") or b""
        self.fix_text = fix_text
        self._fix = load_ftfy() if fix_text else str
        implementation = load_backend(backend)
        vocab = implementation.unpack(data, None)
        self._core = Definition(
            vocab, "none", SPECIAL_TOKENS, words=PATTERN, word_end="</w>", backend=implementation.name
        )
        # What encodes text in which special tokens are words.
        self._with_special: dict[frozenset[str], Codec] = {}

    @property
    def special_tokens(self) -> dict[str, int]:
        """Names and ids of the special tokens."""
        return dict(SPECIAL_TOKENS)

    def clean(self, text: str) -> str:
        """The text as it is cut into words.

        >>> ClipTokenizer().clean(" Tom &amp;amp; “Jerry” \\n")
        'tom & "jerry"'
        """
        if not isinstance(text, str):
            raise TypeError(f"text must be str, not {type(text).__name__}")
        import html

        unescaped = html.unescape(html.unescape(self._fix(text)))
        return " ".join(unescaped.split()).lower()

    def encode(self, text: str, *, allowed_special: Collection[str] | str = ()) -> list[int]:
        """The ids of a text, without those of its start and end.

        Args:
            text: The text.
            allowed_special: Special tokens to find in the text, or ``"all"``, as ``open_clip`` always does; like it,
                this ignores case and does not find them directly after punctuation.

        >>> ClipTokenizer().encode("<end_of_text>"), ClipTokenizer().encode("<end_of_text>", allowed_special="all")
        ([283, 806, 318, 539, 318, 4160, 285], [49407])
        """
        return self.encode_batch([text], allowed_special=allowed_special)[0]

    def encode_batch(self, texts: Iterable[str], *, allowed_special: Collection[str] | str = ()) -> list[list[int]]:
        """The ids of each text, in order."""
        if isinstance(texts, str):
            raise TypeError("texts must be an iterable of str, not one str")
        names = frozenset(named_special_tokens(allowed_special, SPECIAL_TOKENS))
        return self._codec(names).encode_batch([self.clean(text) for text in texts])

    def _codec(self, names: frozenset[str]) -> Codec:
        """What encodes clean text in which these special tokens are words, each a token of its own."""
        if not names:
            return self._core.codec()
        if names not in self._with_special:
            tokens, merges, _ = self._core.vocabulary()
            tokens |= {SPECIAL_TOKENS[name]: name.encode() + END_OF_WORD for name in names}
            self._with_special[names] = Definition.from_vocabulary(
                tokens,
                merges,
                whole_pieces=True,
                pattern="none",
                words="|".join([*sorted(names), PATTERN]),
                word_end="</w>",
                backend=self._core.backend,
            ).codec()
        return self._with_special[names]

    def encode_padded(
        self,
        texts: str | Iterable[str],
        context_length: int = CONTEXT_LENGTH,
        *,
        allowed_special: Collection[str] | str = (),
    ) -> npt.NDArray[np.int64]:
        """Returns what the model takes: each text between start and end tokens, padded with zeros or cut before the end token.

        Args:
            texts: A text, or several.
            context_length: How many ids of a text the model takes.
            allowed_special: As for ``encode``.

        Returns:
            An array of int64, shape (number of texts, ``context_length``).

        >>> ClipTokenizer().encode_padded(["a cat", "a cat on a mat"], 6).tolist()
        [[49406, 320, 2368, 49407, 0, 0], [49406, 320, 2368, 525, 320, 49407]]
        """
        import numpy as np

        if context_length < 2:
            raise ValueError(f"context_length must be at least 2, for the start and the end, not {context_length}")
        start, end = SPECIAL_TOKENS.values()
        batch = self.encode_batch([texts] if isinstance(texts, str) else texts, allowed_special=allowed_special)
        rows = np.zeros((len(batch), context_length), np.int64)
        for row, ids in zip(rows, batch, strict=True):
            kept = [start, *ids[: context_length - 2], end]
            row[: len(kept)] = kept
        return rows

    def count(self, text: str) -> int:
        """How many ids the text has, without those of its start and end."""
        return len(self.encode(text))

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens of the text for display; bytes that are not a whole character are shown as U+FFFD."""
        return [self._shown(token_id, SHOWN_END).decode("utf-8", "replace") for token_id in self.encode(text)]

    def decode(self, ids: Iterable[int] | npt.NDArray[Any]) -> str:
        """Returns the words of the ids, each followed by a space; the text before cleaning is lost.

        Raises:
            UnknownTokenError: An id has no token; the error names it and its index.
        """
        known = list(ids)
        self._core.codec().decode_bytes(known)  # raises where one is not
        return b"".join(self._shown(token_id, END_OF_WORD) for token_id in known).decode("utf-8", "replace")

    def _shown(self, token_id: int, end: bytes) -> bytes:
        """The bytes of a token, with its end of a word as it is to be shown. The ids below 256 are the bytes as such."""
        token = self._core.codec().token_bytes(token_id) or b""
        if token_id < 256:
            return token.translate(SWAPPED)
        return token[:-1] + end if token.endswith(END_OF_WORD) else token

    @property
    def backend(self) -> str:
        """``rust`` or ``python``."""
        return self._core.backend

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(ClipTokenizer, fix_text=self.fix_text, backend=self.backend), ()

    def __repr__(self) -> str:
        return f"ClipTokenizer(n_vocab={self.n_vocab}, fix_text={self.fix_text}, backend={self.backend!r})"


def load_ftfy() -> Any:
    """The function that repairs text."""
    try:
        from ftfy import fix_text
    except ImportError as error:
        raise ImportError("CLIP repairs text with ftfy; install minitok[clip], or pass fix_text=False") from error
    return fix_text
