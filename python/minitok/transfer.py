"""Two tokenizers over one text: where their tokens end together, what the tokens of one are in the other, where ids drift.

Distillation, speculative decoding and new embeddings need the tokens of one model in terms of another's. All three functions
compare bytes, never strings: a token may end inside a character, and a library may write one space in three ways.

By hand, with ``ab`` in one vocabulary and ``bc`` in the other: ``abc`` is ``ab c`` and ``a bc``, which share no border.
So ``align`` gives one span. ``ab`` in ids of the other is ``a b`` (``pieces``), and begins with its token ``a`` (``longest``).

Costs: ``align`` some 20 nanoseconds an id; ``pieces`` and ``longest`` a fraction of a second for 200,000 tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .arguments import allowed_tokens, check_tokenizer
from .backend import load_backend
from .extras import np
from .spans.offsets import as_sequence
from .spans.segments import encode_spans

if TYPE_CHECKING:
    import numpy.typing as npt

    from .backend import Codec
    from .definition import Definition
    from .tokenizer import Tokenizer

    Ids = Iterable[int] | npt.NDArray[Any]
    Numbers = npt.NDArray[np.int64]

__all__ = ["align", "first_non_canonical", "longest", "pieces"]

# How many bytes of each side an error shows.
SHOWN = 20


def align(a: Tokenizer, ids_a: Ids, b: Tokenizer, ids_b: Ids) -> Numbers:
    """Returns which ids of two tokenizers stand for the same bytes of one text: the finest spans that cut both lists.

    Special tokens add no bytes to the text. Where both lists are at the same offset, ids without bytes are a separate span.
    The space that a tokenizer puts before the text belongs to neither side. Costs some 20 nanoseconds an id.

    Returns:
        An array of shape (number of spans, 4) of rows (start_a, end_a, start_b, end_b), int64.

    Raises:
        ValueError: The two texts differ; the error names the first byte that does.
        UnknownTokenError: An id has no token.
        VocabularyError: The tokens of one of them do not spell its text.

    >>> from minitok import Tokenizer
    >>> a, b = Tokenizer([(97, 98)]), Tokenizer([(98, 99)])
    >>> align(a, a.encode("abcd"), b, b.encode("abcd")).tolist()
    [[0, 2, 0, 2], [2, 3, 2, 3]]
    """
    sizes_a, text_a = spelled(check_tokenizer(a, "a").definition, ids_a)
    sizes_b, text_b = spelled(check_tokenizer(b, "b").definition, ids_b)
    for definition, sizes, text, other in (
        (a.definition, sizes_a, text_a, text_b),
        (b.definition, sizes_b, text_b, text_a),
    ):
        if definition.prefix is not None and len(text) == len(other) + 1 and text[:1] == b" ":
            sizes[np.flatnonzero(sizes)[0]] -= 1
    text_a, text_b = (text[len(text) - int(sizes.sum()) :] for text, sizes in ((text_a, sizes_a), (text_b, sizes_b)))
    if text_a != text_b:
        raise ValueError(difference(text_a, text_b))
    return load_backend(a.definition.backend).align(sizes_a, sizes_b)


def pieces(a: Tokenizer, b: Tokenizer) -> tuple[Numbers, npt.NDArray[np.uint32], Numbers]:
    """Returns each id of ``a`` in ids of ``b``: those of encoding its bytes as they stand within a text.

    A special token is the one of the same name, if ``b`` has it, else an empty row. So is an id without a token.

    Returns:
        ``offsets``, int64, one more than ids of ``a``; ``ids``, uint32, of which row t is ``ids[offsets[t]:offsets[t + 1]]``;
        and the tokens whose bytes ``b`` does not keep, int64, whose rows are empty.

    Raises:
        VocabularyError: The tokens of ``a`` do not spell its text.
        MissingByteError: ``b`` has no token for some byte.

    >>> from minitok import Tokenizer
    >>> offsets, ids, unspelled = pieces(Tokenizer([(97, 98), (256, 99)]), Tokenizer([(98, 99)]))
    >>> ids[offsets[257] : offsets[258]].tolist(), unspelled.tolist()
    ([97, 256], [])
    """
    starts, text = spellings(check_tokenizer(a, "a").definition)
    definition = within_text(check_tokenizer(b, "b").definition)
    codec, names = definition.codec(), allowed_tokens((), definition.special_tokens, definition.added_tokens)
    texts = load_backend(definition.backend).read_column(np.frombuffer(text, np.uint8), starts)
    ids, places = codec.encode_documents(texts, names)
    offsets = places.astype(np.int64)
    kept, lengths = spelled_again(codec, ids, offsets, starts, text), np.diff(offsets)
    if not kept.all():
        ids, lengths = ids[np.repeat(kept, lengths)], np.where(kept, lengths, 0)
    special, same = a.definition.special_tokens, b.definition.special_tokens
    named = {special[name]: same[name] for name in special.keys() & same.keys()}
    at = np.array(sorted(named), np.int64)
    ids = np.insert(ids, offsets_of(lengths)[at], [named[i] for i in at.tolist()])
    lengths[at] = 1
    return offsets_of(lengths), ids, np.flatnonzero(~kept)


def longest(a: Tokenizer, b: Tokenizer) -> tuple[Numbers, Numbers]:
    """Returns for each id of ``a`` the longest token of ``b`` that its bytes begin with, and how many bytes are left.

    This need not be the first of its ``pieces``: encoding does not take the longest token first.

    Returns:
        Two int64 arrays of shape (number of ids of ``a``,): ids of ``b``, -1 where there is none, as for special tokens; and
        numbers of bytes.

    Raises:
        VocabularyError: The tokens of one of them do not spell its text.

    >>> from minitok import Tokenizer
    >>> ids, left = longest(Tokenizer([(97, 98), (256, 99)]), Tokenizer([(97, 98), (98, 99)]))
    >>> ids[[97, 257]].tolist(), left[[97, 257]].tolist()
    ([97, 256], [0, 1])
    """
    known = {token: i for i, token in enumerate(rows(*spellings(check_tokenizer(b, "b").definition))) if token}
    texts = rows(*spellings(check_tokenizer(a, "a").definition))
    sizes = [next((size for size in range(len(text), 0, -1) if text[:size] in known), 0) for text in texts]
    found = [known[text[:size]] if size else -1 for text, size in zip(texts, sizes, strict=True)]
    left = [len(text) - size if size else 0 for text, size in zip(texts, sizes, strict=True)]
    return np.array(found, np.int64), np.array(left, np.int64)


def first_non_canonical(tokenizer: Tokenizer, ids: Ids) -> int | None:
    """Returns the index of the first id that differs from those that the tokenizer gives for the same text.

    A model can write a text in other tokens than the tokenizer does, and a corpus may have been encoded by another version
    of it. Each text between special tokens is encoded by itself; a special token stays. Costs those of decoding and encoding.

    Returns:
        The index; the number of ids if encoding only adds to them; None if it gives the same ids.

    Raises:
        UnknownTokenError: An id has no token.

    >>> from minitok import Tokenizer
    >>> tok = Tokenizer([(97, 98)])
    >>> first_non_canonical(tok, [120, 256]), first_non_canonical(tok, [120, 97, 98])
    (None, 1)
    """
    definition, codec, listed = check_tokenizer(tokenizer).definition, tokenizer.definition.codec(), as_sequence(ids)
    text = codec.decode_bytes(listed)
    held = np.asarray(listed, np.int64)
    special = np.flatnonzero(np.isin(held, list(definition.special_tokens.values())))
    if len(special):
        parts = np.split(held, np.stack([special, special + 1], axis=1).ravel())
        spans = [(codec.decode_bytes(part), number % 2 == 1) for number, part in enumerate(parts)]
        again = np.array(encode_spans(definition, spans, apart=True), np.int64)
    else:
        again = codec.encode_to_array(text, ()).astype(np.int64)
    both = min(len(held), len(again))
    differing = np.flatnonzero(held[:both] != again[:both])
    if len(differing):
        return int(differing[0])
    return None if len(held) == len(again) else both


def spelled(definition: Definition, ids: Ids) -> tuple[Numbers, bytes]:
    """Returns how many bytes each id adds to the text, and these bytes."""
    definition.check("be aligned")
    return definition.codec().spelled(ids, list(definition.special_tokens.values()))


def difference(text_a: bytes, text_b: bytes) -> str:
    """The message of an error: where two texts differ."""
    shorter = min(len(text_a), len(text_b))
    arrays = (np.frombuffer(text, np.uint8, shorter) for text in (text_a, text_b))
    differing = np.flatnonzero(np.not_equal(*arrays))
    at = int(differing[0]) if len(differing) else shorter
    shown_a, shown_b = (text[at : at + SHOWN] for text in (text_a, text_b))
    return f"the ids spell two texts, which differ at byte {at}: {shown_a!r} and {shown_b!r}"


def spellings(definition: Definition) -> tuple[Numbers, bytes]:
    """Returns where the bytes of each id begin, and these bytes; none for special tokens and for ids without a token."""
    definition.check("be aligned")
    ids, sizes = np.arange(definition.vocab_size), np.zeros(definition.vocab_size, np.int64)
    known = ids[np.diff(definition.codec().ends(ids), prepend=0) > 0]
    sizes[known], text = spelled(definition, known)
    return offsets_of(sizes), text


def within_text(definition: Definition) -> Definition:
    """Returns the definition for what is not at the beginning of a text: no space is put before it."""
    return definition if definition.prefix in (None, "bytes") else definition.replace(prefix="never")


def spelled_again(
    codec: Codec, ids: npt.NDArray[np.uint32], offsets: Numbers, starts: Numbers, text: bytes
) -> npt.NDArray[np.bool_]:
    """Returns which rows of ids have the bytes of their texts, which begin at ``starts``."""
    sizes, again = codec.spelled(ids, ())
    ends = offsets_of(sizes)[offsets]
    if again == text and np.array_equal(ends, starts):
        return np.ones(len(starts) - 1, np.bool_)
    pairs = zip(rows(ends, again), rows(starts, text), strict=True)
    return np.fromiter((row == own for row, own in pairs), np.bool_)


def rows(offsets: Numbers, text: bytes) -> list[bytes]:
    return [text[start:end] for start, end in pairwise(offsets.tolist())]


def offsets_of(lengths: Numbers) -> Numbers:
    """Where rows of these lengths begin, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
