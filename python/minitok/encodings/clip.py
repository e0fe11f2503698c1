"""CLIP's tokenizer: byte-level BPE that does not preserve the text. A relative of it reads DALL-E 2's prompts.

White space only separates words and is not a token; the end of a word is part of its last token: ``cat·`` is the word, ``cat``
the beginning of ``catalog·``. Letters are lowercased. So decoding does not give the text back (``definition.lossless``).

It is a ``Definition`` with words (SPEC N3): the end of a word is a space in its last token, and no word holds a space. The
published vocabulary is kept so: the id of the byte 20 has the byte FF, which no text holds, and that of FF the end of a word.
By hand, ``a Cat!`` -> ``a`` ``cat`` ``!`` -> ``a·`` ``cat·`` ``!·`` -> 320, 2368, 256.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..definition import Definition
from .published import vocabulary

if TYPE_CHECKING:
    from ..backend import Backend
    from ..tokenizer import Tokenizer

# No word holds U+0345: the engine of open_clip, ignoring case, takes it neither for a letter nor for anything else.
PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+"
SPECIAL_TOKENS = {"<start_of_text>": 49406, "<end_of_text>": 49407}


def clip(backend: Backend, reopen: Callable[..., Tokenizer]) -> Definition:
    vocab = backend.unpack(vocabulary("clip"), None)
    return Definition(
        vocab,
        "none",
        SPECIAL_TOKENS,
        words=PATTERN,
        word_end="</w>",
        normalizer=("lowercase",),
        name="clip",
        backend=backend.name,
        reopen=reopen,
    )


def clean_for_clip(text: str) -> str:
    """Returns the text as ``open_clip`` cleans it before it encodes it (version 3.3.0).

    It repairs wrongly decoded text, curly quotes, ligatures, wide letters and control characters with ``ftfy``, decodes HTML
    escapes twice, makes white space one space, and lowercases letters. Costs: O(n) for n characters, in Python.

    Raises:
        ImportError: ``ftfy`` is not installed (``pip install 'minitok[clip]'``).

    >>> from minitok import get_encoding
    >>> clean_for_clip(" Tom &amp;amp; “Jerry” \\n")
    'tom & "jerry"'
    >>> get_encoding("clip").encode(clean_for_clip("A photo of  12 Cats &amp; dogs"))
    [320, 1125, 539, 272, 273, 3989, 261, 3255]
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    import html

    try:
        from ftfy import fix_text
    except ImportError as error:
        raise ImportError("open_clip repairs text with ftfy: pip install 'minitok[clip]'") from error
    return " ".join(html.unescape(html.unescape(fix_text(text))).split()).lower()
