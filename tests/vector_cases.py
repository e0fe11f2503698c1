"""The language-neutral vectors of `tests/vectors` as values of a backend."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import minitok
import pytest
from minitok.backend import load_backend
from minitok.definition import BYTE_ORDERS, Definition
from minitok.reference.published.characters import Symbols
from minitok.reference.train import TrainOptions

ROOT = Path(__file__).parent.parent
Case = dict[str, Any]


def read(path: Path) -> Case:
    """A file of vectors, whose cases have what it says once for all that do not say otherwise."""
    content: Case = json.loads(path.read_text("utf-8"))
    return content | {"cases": [content.get("unless_given", {}) | case for case in content["cases"]]}


FILES = {path.stem: read(path) for path in sorted((ROOT / "tests/vectors").glob("*.json"))}


def cases(*stems: str, having: str | None = None) -> pytest.MarkDecorator:
    """A parametrisation by the cases of some files; of those that have a key, if one is named."""
    found = [case for stem in stems for case in FILES[stem]["cases"] if having is None or having in case]
    assert found, f"no case of {stems} has {having!r}"
    return pytest.mark.parametrize("case", found, ids=lambda case: case["name"])


@contextmanager
def refused(kind: type[Exception], ends: str) -> Iterator[None]:
    """What is done in here is an error of that kind, whose message ends so."""
    with pytest.raises(kind) as caught:
        yield
    assert str(caught.value).endswith(ends)


def as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if "repeat" in value:
        return str(value["repeat"]).encode() * int(value["times"])
    return bytes.fromhex(value["hex"])


def as_text(value: Any) -> str | bytes:
    """The text as `str` where it can be one, so that the way in of `str` is tested too."""
    if isinstance(value, dict) and "utf16" in value:
        return "".join(chr(int(unit, 16)) for unit in value["utf16"].split())
    data = as_bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def singles(vocabulary: Case) -> dict[bytes, int]:
    return {bytes([byte]): byte for byte in range(256) if byte not in vocabulary.get("without", [])}


def vocab_of(vocabulary: Case, backend: str) -> Any:
    kind = load_backend(backend).vocab
    if "packed" in vocabulary:
        return load_backend(backend).unpack(as_bytes(vocabulary["packed"]), vocabulary.get("below"))
    if "ranks" in vocabulary:
        return kind.from_ranks(singles(vocabulary) | {as_bytes(token): rank for token, rank in vocabulary["ranks"]})
    if "scores" in vocabulary:
        scores = [(as_bytes(piece), token_id, float(score)) for piece, token_id, score in vocabulary["scores"]]
        return kind.from_scores(scores, range(256))
    if "symbols" in vocabulary:
        ids = {as_bytes(token): token_id for token, token_id in vocabulary["tokens"]}
        pairs, whole_pieces = [tuple(pair) for pair in vocabulary["merges"]], vocabulary.get("whole_pieces", False)
        return kind.from_tokens(ids, pairs, whole_pieces, symbols=symbols_of(vocabulary["symbols"]))
    fallback = vocabulary.get("fallback")
    fallback = list(range(256)) if fallback is True else fallback and list(range(fallback))
    if "full_merges" in vocabulary:
        ids = singles(vocabulary) | {as_bytes(token): token_id for token, token_id in vocabulary["tokens"]}
        tokens = {token_id: token for token, token_id in ids.items()}
        return kind(tokens, [tuple(merge) for merge in vocabulary["full_merges"]], False, fallback)
    pairs = [tuple(pair) for pair in vocabulary["merges"]]
    if fallback:
        ids = {as_bytes(token): token_id for token, token_id in vocabulary["tokens"]}
        return kind.from_tokens(ids, pairs, vocabulary.get("whole_pieces", False), fallback)
    if "tokens" in vocabulary:
        ids = singles(vocabulary) | {as_bytes(token): token_id for token, token_id in vocabulary["tokens"]}
        return kind.from_tokens(ids, pairs, vocabulary["whole_pieces"], None, vocabulary.get("drops_bytes", False))
    order = BYTE_ORDERS[vocabulary.get("byte_order", "identity")]
    return kind.from_merges(order, pairs, vocabulary.get("most_bytes"))


def symbols_of(fields: Case) -> Symbols:
    fields = dict(fields)
    for name in {"prefix", "suffix"} & fields.keys():
        fields[name] = as_bytes(fields[name])
    if "joining" in fields:
        fields["joining"] = fields["joining"][0], as_bytes(fields["joining"][1])
    return Symbols(**fields)


def steps_of(case: Case) -> list[str | tuple[str, ...]]:
    return [
        step if isinstance(step, str) else tuple(as_bytes(text).decode() for text in step) for step in case["steps"]
    ]


def special_of(case: Case, backend: str) -> Any:
    """The tokens of a case that are found in text."""
    special, added = case.get("special_tokens", {}), case.get("added_tokens", {})
    late, flags = case.get("late_tokens", []), case.get("token_flags", {})
    return load_backend(backend).special_tokens({**special, **added}, list(added), late, flags)


def allowed_of(case: Case) -> list[str] | None:
    """The special tokens that a case allows; None if not even the added ones are found."""
    allowed = case.get("allowed", [])
    return None if allowed == "none" else list(allowed)


def tokenizer_of(case: Case, backend: str) -> minitok.Tokenizer:
    return minitok.Tokenizer(
        Definition(
            vocab_of(case["vocabulary"], backend),
            pattern=case.get("pattern", "none"),
            special_tokens=case.get("special_tokens", {}),
            backend=backend,
        )
    )


def training(case: Case, backend: str, *, n_merges: int | None = None, at_once: bool = True) -> tuple[Any, Any]:
    """The counter and the options of a training case."""
    implementation: Any = load_backend(backend)
    options = case["options"]
    special = {name: index for index, name in enumerate(options.get("special_tokens", []))}
    counter = implementation.piece_counter(
        implementation.pattern(options["pattern"]), implementation.special_tokens(special)
    )
    documents = [as_bytes(document) for document in case["documents"]]
    for batch in [documents] if at_once else [[document] for document in documents]:
        counter.add(batch)
    return counter, TrainOptions(
        n_merges=options["n_merges"] if n_merges is None else n_merges,
        byte_order=BYTE_ORDERS[options.get("byte_order", "identity")],
        tie_break=options.get("tie_break", "smallest_ids"),
        min_frequency=options.get("min_frequency", 1),
        max_token_length=options.get("max_token_length"),
        max_words=options.get("max_words"),
        barred=tuple(as_bytes(string) for string in options.get("barred", [])),
    )
