"""The vocabularies of libraries that constrain a model's output to a grammar: xgrammar, llguidance, outlines-core.

Such a library allows a token if the output so far, followed by the bytes of the token, can still become a text of the grammar.
So it has to know the bytes of every token. It usually guesses them from how a file writes its tokens; here they are the bytes
that the tokenizer decodes: of byte-level tokens, of pieces with ``▁`` for a space, of byte fallback (``<0xE4>``), and of added
tokens. A special token writes nothing, so no grammar allows it, except to stop.

Each function takes a tokenizer and the tokens that end the output, and gives what its library wants, which does not know
minitok from then on. The libraries are optional: install the one that you use.

>>> import minitok
>>> tok = minitok.Tokenizer([(104, 105)], special_tokens={"<|end|>": 257})
>>> output_bytes(tok)[104:106], output_bytes(tok)[256:]
([b'h', b'i'], [b'hi', b''])

Costs: O(n) in Python for n ids, a tenth of a second for 200,000; what the library makes of them takes longer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from operator import index
from typing import TYPE_CHECKING, Any

from minitok.arguments import allowed_tokens
from minitok.errors import UnknownTokenError, VocabularyError

if TYPE_CHECKING:
    from typing import Literal

    import minitok

    Stop = str | int | Iterable[str | int]
    Allowed = Literal["all", "no_tokens"] | Collection[str]

__all__ = ["for_llguidance", "for_outlines", "for_xgrammar", "output_bytes"]


def output_bytes(
    tokenizer: minitok.Tokenizer, *, allowed_special: Allowed = (), vocab_size: int | None = None
) -> list[bytes]:
    """Returns the bytes that each id adds to a text that a model writes; none where it adds nothing.

    Args:
        tokenizer: The tokenizer.
        allowed_special: The special tokens that are text, written as their names.
        vocab_size: How many ids the model has, where that differs from the tokenizer's: ids without a token add nothing, and
            tokens from there on are left out.

    Raises:
        VocabularyError: The text is not the bytes of the tokens one after the other (SPEC S9, N3).
        ValueError: A name of ``allowed_special`` is not a special token, or ``vocab_size`` is negative.

    >>> import minitok
    >>> tok = minitok.Tokenizer([], special_tokens={"<|end|>": 256})
    >>> output_bytes(tok, allowed_special=["<|end|>"], vocab_size=258)[255:]
    [b'\\xff', b'<|end|>', b'']
    """
    definition = tokenizer.definition
    definition.check("follow a grammar")
    size = definition.vocab_size if vocab_size is None else index(vocab_size)
    if size < 0:
        raise ValueError(f"vocab_size must not be negative, but is {size}")
    allowed = set(allowed_tokens(allowed_special, definition.special_tokens) or ())
    silent = {token_id for name, token_id in definition.special_tokens.items() if name not in allowed}
    token_bytes = definition.codec().token_bytes
    return [(token_id not in silent and token_bytes(token_id)) or b"" for token_id in range(size)]


def for_xgrammar(
    tokenizer: minitok.Tokenizer, stop: Stop, *, allowed_special: Allowed = (), vocab_size: int | None = None
) -> Any:
    """Returns an ``xgrammar.TokenizerInfo``.

    Args:
        tokenizer: The tokenizer.
        stop: The tokens that end the output: one or several, by name or by id.
        allowed_special: The special tokens that a grammar may write, as their names: the triggers of a structural tag.
        vocab_size: How many ids the model has: the width of a mask. By default the tokenizer's.

    Raises:
        ModuleNotFoundError: ``xgrammar`` is not installed.
        VocabularyError: As for ``output_bytes``, or a name in ``stop`` is not that of a token.
        UnknownTokenError: An id in ``stop`` has no token.
        ValueError: As for ``output_bytes``, or ``stop`` is empty.
    """
    import xgrammar

    tokens = output_bytes(tokenizer, allowed_special=allowed_special, vocab_size=vocab_size)
    ids = stop_ids(tokenizer, stop, len(tokens))
    return xgrammar.TokenizerInfo(tokens, xgrammar.VocabType.RAW, vocab_size=len(tokens), stop_token_ids=ids)


def for_llguidance(
    tokenizer: minitok.Tokenizer,
    stop: Stop,
    *,
    allowed_special: Allowed = (),
    vocab_size: int | None = None,
    slices: list[str] | None = None,
) -> Any:
    """Returns an ``llguidance.LLTokenizer``, which encodes forced text with this tokenizer.

    Special tokens are special to llguidance, too: a grammar names them as ``<|end|>``, outside of strings.

    Args:
        tokenizer: The tokenizer.
        stop: The tokens that end the output: one or several, by name or by id.
        allowed_special: The special tokens that a grammar may write in strings, as their names.
        vocab_size: How many ids the model has: the width of a mask. By default the tokenizer's.
        slices: As for ``LLTokenizer``.

    Raises:
        ModuleNotFoundError: ``llguidance`` is not installed.
        VocabularyError: As for ``output_bytes``, or a name in ``stop`` is not that of a token.
        UnknownTokenError: An id in ``stop`` has no token.
        ValueError: As for ``output_bytes``, or ``stop`` is empty.

    >>> import minitok
    >>> from llguidance import LLMatcher
    >>> tok = minitok.Tokenizer([(104, 105)], special_tokens={"<|end|>": 257})
    >>> matcher = LLMatcher(for_llguidance(tok, stop="<|end|>"), LLMatcher.grammar_from_regex("hi|ho"))
    >>> [token_id for token_id, value in enumerate(matcher.compute_logit_bias()) if value]
    [104, 256]
    """
    from llguidance import LLTokenizer, TokenizerWrapper

    tokens = output_bytes(tokenizer, allowed_special=allowed_special, vocab_size=vocab_size)
    ids = stop_ids(tokenizer, stop, len(tokens))
    return LLTokenizer(TokenizerWrapper(Writer(tokenizer, tokens, ids)), eos_token=ids, slices=slices)


def for_outlines(tokenizer: minitok.Tokenizer, stop: str | int, *, allowed_special: Allowed = ()) -> Any:
    """Returns an ``outlines_core.Vocabulary``.

    Args:
        tokenizer: The tokenizer.
        stop: The token that ends the output, by name or by id. outlines-core knows one.
        allowed_special: The special tokens that a grammar may write, as their names.

    Raises:
        ModuleNotFoundError: ``outlines_core`` is not installed.
        VocabularyError: As for ``output_bytes``, or ``stop`` is not the name of a token.
        UnknownTokenError: ``stop`` is an id without a token.
        ValueError: As for ``output_bytes``, or ``stop`` is not one token.

    >>> import minitok
    >>> from outlines_core import Guide, Index
    >>> tok = minitok.Tokenizer([(104, 105)], special_tokens={"<|end|>": 257})
    >>> sorted(Guide(Index("hi|ho", for_outlines(tok, stop="<|end|>"))).get_tokens())
    [104, 256]
    """
    from outlines_core import Vocabulary

    tokens = output_bytes(tokenizer, allowed_special=allowed_special)
    ids = stop_ids(tokenizer, stop, len(tokens))
    if len(ids) > 1:
        raise ValueError(f"outlines-core stops at one token; stop has {len(ids)}: {ids}")
    by_bytes: dict[bytes, list[int]] = defaultdict(list)
    for token_id, token in enumerate(tokens):
        if token and token_id != ids[0]:
            by_bytes[token].append(token_id)
    return Vocabulary(ids[0], dict(by_bytes))


def stop_ids(tokenizer: minitok.Tokenizer, stop: Stop, size: int) -> list[int]:
    """The ids of the tokens that end the output."""
    found_tokens = tokenizer.definition.found_tokens
    ids = []
    for place, token in enumerate([stop] if isinstance(stop, (str, int)) else stop):
        if isinstance(token, str):
            if token not in found_tokens:
                raise VocabularyError(f"the stop token {token!r} is not a special or an added token of this tokenizer")
            ids.append(found_tokens[token])
        else:
            ids.append(index(token))
            if ids[-1] < 0 or tokenizer.definition.codec().token_bytes(ids[-1]) is None:
                raise UnknownTokenError(ids[-1], place)
        if ids[-1] >= size:
            raise ValueError(f"the id of the stop token {token!r} is {ids[-1]}, but vocab_size is {size}")
    if not ids:
        raise ValueError("stop must name a token at least: the output could not end")
    return ids


class Writer:
    """What ``llguidance.TokenizerWrapper`` asks for.

    Attributes:
        tokens: The bytes of each id.
        eos_token_id: The token that ends the output.
        bos_token_id: None: nothing is put before the output.
        special_token_ids: The ids that are special.
    """

    bos_token_id = None

    def __init__(self, tokenizer: minitok.Tokenizer, tokens: list[bytes], stop: list[int]) -> None:
        definition = tokenizer.definition
        special = {token_id: name for name, token_id in definition.special_tokens.items() if token_id < len(tokens)}
        self.special_token_ids = [token_id for token_id in special if not tokens[token_id]]
        self.tokens = [special[i].encode() if i in special else token for i, token in enumerate(tokens)]
        self.eos_token_id = stop[0]
        # Forced text stands in the middle of the output, and is written as it is.
        prefix = None if definition.prefix in (None, "bytes") else "never"
        self._codec = definition.replace(normalizer=None, prefix=prefix).codec()

    def __call__(self, text: bytes) -> list[int]:
        return self._codec.encode(text, ())
