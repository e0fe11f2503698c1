"""A submission under the course's names, whichever of three vocabularies it is written in.

* minitok's own: the functions of the course, as they stand;
* minbpe's: ``get_stats``, ``merge``, ``BasicTokenizer``, ``RegexTokenizer``, ``recover_merges``;
* CS336's: ``run_train_bpe`` and ``get_tokenizer``, or a class ``Tokenizer`` with ``train_bpe``.

Each adapter is a dictionary from the course's name to a function; a name that is missing has not been written yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    from typing import Any

    Function = Callable[..., Any]
    Merges = dict[tuple[int, int], int]

MINITOK = (
    *("text_to_bytes", "count_pairs", "merge_pair", "split", "train", "encode_piece", "encode", "decode"),
    *("StreamDecoder", "recover_merges", "encode_iterable", "save", "load", "splice", "stable"),
    *("wordpiece", "train_wordpiece", "unigram", "prune", "count_ways", "is_canonical", "count_next", "patches"),
)
MINBPE = ("get_stats", "merge", "BasicTokenizer", "RegexTokenizer", "GPT4Tokenizer")
CS336 = ("run_train_bpe", "get_tokenizer", "train_bpe", "Tokenizer")


def adapt(modules: list[types.ModuleType]) -> tuple[str, dict[str, Function]]:
    """The vocabulary that the submission is written in, and its functions under the course's names."""

    def found(names: Iterable[str]) -> dict[str, Any]:
        holders = {name: next((module for module in modules if name in vars(module)), None) for name in names}
        return {name: vars(module)[name] for name, module in holders.items() if module is not None}

    own, classes, assignment = found(MINITOK), found(MINBPE), found(CS336)
    assignment_names = assignment.keys() - ({"Tokenizer"} if classes else set())
    counts = {"minitok": len(own), "minbpe": len(classes), "cs336": len(assignment_names)}
    # minbpe's package has a `Tokenizer` too, and one that a student has split in files may share a name with another.
    names = max(counts, key=lambda name: counts[name])
    if not counts[names]:
        return "minitok", {}
    if names == "minbpe":
        return names, minbpe({**classes, **found(["recover_merges"])})
    return (names, own) if names == "minitok" else (names, cs336(assignment))


# -- minbpe ----------------------------------------------------------------------------------------------------------


def minbpe(found: dict[str, Any]) -> dict[str, Function]:  # noqa: C901 - a table of small functions
    """Minbpe's classes and functions as the course's functions."""
    make = found.get("RegexTokenizer") or found.get("BasicTokenizer")
    functions: dict[str, Function] = {}
    if get_stats := found.get("get_stats"):
        functions["count_pairs"] = lambda ids, counts=None: get_stats(ids) if counts is None else get_stats(ids, counts)
    if "merge" in found:
        functions["merge_pair"] = found["merge"]
    if "recover_merges" in found:
        functions["recover_merges"] = found["recover_merges"]
    if make is None:
        return functions
    splits = "RegexTokenizer" in found

    def new(pattern: str | None) -> Any:
        return make(pattern) if splits else make()

    def holding(merges: Merges, pattern: str | None = None) -> Any:
        tokenizer = new(pattern)
        tokenizer.merges = merges
        tokenizer.vocab = vocabulary(merges)
        return tokenizer

    def train(text: str, vocab_size: int, pattern: str | None = None) -> Merges:
        tokenizer = new(pattern)
        tokenizer.train(text, vocab_size)
        return dict(tokenizer.merges)

    def encode_piece(piece: str, merges: Merges) -> list[int]:
        tokenizer = holding(merges)
        chunk = getattr(tokenizer, "_encode_chunk", None)
        return list(tokenizer.encode(piece) if chunk is None else chunk(piece.encode()))

    def encode(
        text: str,
        merges: Merges,
        special_tokens: dict[str, int] | None = None,
        allowed: Iterable[str] = (),
        pattern: str | None = None,
    ) -> list[int]:
        tokenizer = holding(merges, pattern)
        if special_tokens is None:
            return list(tokenizer.encode(text))
        tokenizer.register_special_tokens(special_tokens)
        return list(tokenizer.encode(text, set(allowed) or "none"))

    def save(path: str, merges: Merges, pattern: str, special_tokens: dict[str, int]) -> None:
        tokenizer = holding(merges, pattern)
        if special_tokens:
            tokenizer.register_special_tokens(special_tokens)
        tokenizer.save(path)

    def load(path: str) -> tuple[Merges, str, dict[str, int]]:
        tokenizer = new(None)
        tokenizer.load(path + ".model")
        return tokenizer.merges, tokenizer.pattern, tokenizer.special_tokens

    functions["train"], functions["encode_piece"], functions["encode"] = train, encode_piece, encode
    functions["decode"] = lambda ids, merges: holding(merges).decode(ids)
    if splits:
        functions["save"], functions["load"], functions["splits"] = save, load, make
    return functions


def vocabulary(merges: Merges) -> dict[int, bytes]:
    tokens = {byte: bytes([byte]) for byte in range(256)}
    for (left, right), new_id in merges.items():
        tokens[new_id] = tokens[left] + tokens[right]
    return tokens


# -- CS336 -----------------------------------------------------------------------------------------------------------


def cs336(found: dict[str, Any]) -> dict[str, Function]:
    """CS336's two functions as the course's functions."""
    functions: dict[str, Function] = {}
    run: Any = found.get("run_train_bpe") or found.get("train_bpe")
    get_tokenizer: Any = found.get("get_tokenizer") or found.get("Tokenizer")

    def train(text: str, vocab_size: int, special_tokens: Iterable[str] = ()) -> Merges:
        path = os.path.join(os.getcwd(), "training_text.txt")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        try:
            vocab, merges = run(path, vocab_size, list(special_tokens))
        finally:
            os.unlink(path)
        return as_ids(dict(vocab), list(merges), list(special_tokens))

    def holding(merges: Merges, special_tokens: dict[str, int], allowed: Iterable[str]) -> Any:
        vocab = vocabulary(merges)
        pairs = [(vocab[left], vocab[right]) for left, right in merges]
        vocab.update({new_id: name.encode() for name, new_id in special_tokens.items()})
        return get_tokenizer(vocab, pairs, list(allowed) or None)

    def encode(
        text: str, merges: Merges, special_tokens: dict[str, int] | None = None, allowed: Iterable[str] = ()
    ) -> list[int]:
        return list(holding(merges, special_tokens or {}, allowed).encode(text))

    if run is not None:
        functions["train"] = train
    if get_tokenizer is not None:
        functions["encode"] = encode
        functions["encode_piece"] = lambda piece, merges: list(holding(merges, {}, ()).encode(piece))
        functions["decode"] = lambda ids, merges: holding(merges, {}, ()).decode(ids)
        functions["encode_iterable"] = lambda chunks, merges: holding(merges, {}, ()).encode_iterable(chunks)
    return functions


def as_ids(vocab: dict[int, bytes], pairs: list[tuple[bytes, bytes]], special_tokens: list[str]) -> Merges:
    """Merges of bytes as merges of ids. The vocabulary must hold what the merges make: its ids are the student's choice."""
    ids = {bytes([byte]): byte for byte in range(256)}
    merges: Merges = {}
    for rank, (left, right) in enumerate(pairs):
        for side in (left, right):
            if side not in ids:
                raise ValueError(f"merge {rank} joins {left!r} and {right!r}, but {side!r} is not a token before it")
        merges[ids[left], ids[right]] = 256 + rank
        ids.setdefault(left + right, 256 + rank)
    expected = {*ids, *(name.encode() for name in special_tokens)}
    missing, extra = expected - set(vocab.values()), set(vocab.values()) - expected
    if missing or extra:
        wrong = f"lacks {min(missing)!r}" if missing else f"holds {min(extra)!r}, which no merge makes"
        raise ValueError(f"the vocabulary {wrong}")
    return merges
