"""The vectors of what a text goes through before pieces are merged, on both backends: tokens, normalizing, splitting."""

import re
from typing import Any

import pytest
from minitok.backend import load_backend
from minitok.errors import DisallowedSpecialTokenError, PatternError, VocabularyError
from minitok.reference import pretokenize
from minitok.reference.published import markers, patterns
from minitok.reference.published.flags import as_flagged
from minitok.reference.published.words import WordCutter
from vector_cases import Case, allowed_of, as_bytes, as_text, cases, refused, special_of, steps_of, vocab_of

# -- splitting -----------------------------------------------------------------------------------------------------


@cases("split", "regexes", having="pieces")
def test_pieces(case: Case, backend: str) -> None:
    pieces = load_backend(backend).pattern(case["pattern"]).split(as_bytes(case["text"]))
    assert pieces == [as_bytes(piece) for piece in case["pieces"]]


@cases("split", having="by_default")
def test_pieces_by_default(case: Case, backend: str) -> None:
    expected = [as_bytes(piece) for piece in case["by_default"]]
    assert load_backend(backend).pattern(pretokenize.DEFAULT_PATTERN).split(as_bytes(case["text"])) == expected


@cases("regexes", having="refused")
def test_refused_patterns(case: Case, backend: str) -> None:
    with refused(PatternError, case["refused"]):
        load_backend(backend).pattern(case["pattern"])


@cases("split", having="error")
def test_endless_searches(case: Case, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.1)
    with pytest.raises(PatternError, match=case["error"]):
        load_backend(backend).pattern(case["pattern"]).split(as_bytes(case["text"]))


@cases("split", having="safe_cut")
def test_safe_cuts(case: Case, backend: str) -> None:
    pattern, text, cut = load_backend(backend).pattern(case["pattern"]), as_bytes(case["text"]), case["safe_cut"]
    assert pattern.safe_cut(text) == cut
    for what_follows in [b"", b" ", b"x", b"\n", b"'s", b"\xff"]:
        whole = pattern.split(text + what_follows)
        assert whole == pattern.split(text[:cut]) + pattern.split(text[cut:] + what_follows)


@cases("special", having="parts")
def test_special_tokens(case: Case, backend: str) -> None:
    tokens, special = case["special_tokens"], special_of(case, backend)
    wanted = case["wanted"] if "wanted" in case else special_of(case, "python").wanted(allowed_of(case))
    if "trusted" in case:
        everywhere = load_backend(backend).special_tokens({name: tokens[name] for name in case["everywhere"]})
        parts = special.split_trusted(as_bytes(case["text"]), [tuple(pair) for pair in case["trusted"]], everywhere)
    else:
        parts = special.split(as_bytes(case["text"]), wanted)
    assert [list(part) for part in parts] == case["parts"]


@cases("special", having="error")
def test_refused_special_tokens(case: Case, backend: str) -> None:
    with refused(VocabularyError, case["error"]):
        special_of(case, backend)


@cases("special", having="flagged")
def test_flags(case: Case) -> None:
    special = special_of(case, "python")
    flags = {special.ids[name]: own for name, own in special.flags.items()}
    text = as_bytes(case["text"])
    parts = as_flagged(text, list(special.split(text)), flags, case.get("marked", False))
    assert [list(part) for part in parts] == case["flagged"]


@cases("preprocess")
def test_preprocessing(case: Case, backend: str) -> None:
    codec, allowed = preprocessing_codec(case, backend), allowed_of(case)
    text, before = as_bytes(case["text"]), case.get("before", "nothing")
    trust = ([tuple(pair) for pair in case["trusted"]], case["everywhere"]) if "trusted" in case else None
    segments = codec.segments(text, allowed, before, trust)
    assert [listed(segment) for segment in segments] == [
        [as_bytes(data), *others, *[None] * (4 - len(others) + 1)][:6] for data, *others in case["segments"]
    ]
    if before != "token" and trust is None:
        ids, _ = codec.encode_prepared([data for data, *_, token_id in segments if token_id is None])
        rest = iter(ids.tolist())
        coder = codec if before == "nothing" else codec.going_on()
        found = coder.encode(text, allowed)
        assert [token_id for token_id in found if token_id < 300] == list(rest)
        assert [i for i in found if i >= 300] == [i for *_, i in segments if i is not None]
        assert coder.count(text, allowed) == len(found)
    if "safe_cut" in case:
        cut = case["safe_cut"]
        assert codec.safe_cut(text, allowed) == cut
        for what_follows in [b"", b" ", b"x", b"\n", "\u0301".encode()]:
            parts = codec.encode(text[:cut], allowed), codec.going_on().encode(text[cut:] + what_follows, allowed)
            assert codec.encode(text + what_follows, allowed) == [*parts[0], *parts[1]] or not cut


def listed(segment: Any) -> list[Any]:
    data, start, end, put, origins, token_id = segment
    pairs = None if origins is None else [list(pair) for pair in zip(*(side.tolist() for side in origins), strict=True)]
    return [data, start, end, put, token_id, pairs]


def preprocessing_codec(case: Case, backend: str) -> Any:
    """The preprocessor of a case, and a vocabulary of bytes in which two spaces, ``ab`` and `` a`` are merged."""
    made = load_backend(backend)
    vocab = made.vocab.from_merges(bytes(range(256)), [(32, 32), (97, 98), (32, 97)])
    normalizer = made.normalizer(steps_of(case)) if "steps" in case else None
    pattern, special = made.pattern(case.get("pattern", "none")), special_of(case, backend)
    return made.codec(vocab, pattern, special, normalizer, case.get("prefix"), case.get("words"), case.get("end"))


# -- normalizing ---------------------------------------------------------------------------------------------------


@cases("normalize", having="normal")
def test_normalizing(case: Case, backend: str) -> None:
    normalizer = load_backend(backend).normalizer(steps_of(case))
    text, normal = as_text(case["text"]), as_bytes(case["normal"])
    assert normalizer.apply(text) == normalizer.apply(as_bytes(case["text"])) == normal
    made, starts, ends = normalizer.aligned(text)
    assert (made, len(starts), len(ends)) == (normal, len(normal), len(normal))
    if "spans" in case:
        assert [list(span) for span in zip(starts.tolist(), ends.tolist(), strict=True)] == case["spans"]


@cases("normalize", having="error")
def test_refused_normalizing(case: Case, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TIME_LIMIT", 0.2)
    if "steps" not in case:
        with refused(VocabularyError, case["error"]):
            words_of(case).pieces(load_backend(backend).pattern("none"), as_bytes(case["text"]))
        return
    normalizer = load_backend(backend).normalizer(steps_of(case))
    for run in (normalizer.apply, normalizer.aligned):
        with pytest.raises((PatternError, VocabularyError), match=f"{re.escape(case['error'])}$"):
            run(as_text(case["text"]))


def words_of(case: Case) -> WordCutter:
    return WordCutter(case["words"], None if case["end"] is None else as_bytes(case["end"]))


@cases("normalize", having="pieces")
def test_words(case: Case, backend: str) -> None:
    pattern = load_backend(backend).pattern(case.get("pattern", "none"))
    assert words_of(case).pieces(pattern, as_bytes(case["text"])) == [as_bytes(piece) for piece in case["pieces"]]


# -- control tokens ------------------------------------------------------------------------------------------------


@cases("control", having="control")
def test_control_tokens(case: Case) -> None:
    made = markers.Markers(case["templates"], case["named"])
    names = case["special_tokens"], case["added_tokens"]
    assert markers.control_tokens(*names, made) == case["control"]
    assert markers.everywhere(*names, made) == case["everywhere"]


@cases("control", having="strings")
def test_strings_of_templates(case: Case) -> None:
    assert markers.strings_of(case["template"]) == case["strings"]


@cases("control", having="found")
def test_refused_tokens(case: Case, backend: str) -> None:
    made = load_backend(backend)
    normalizer = made.normalizer(steps_of(case)) if "steps" in case else None
    pattern, special = made.pattern("none"), special_of(case, backend)
    codec = made.codec(vocab_of(case["vocabulary"], backend), pattern, special, normalizer, case.get("prefix"))
    for coder in (codec, codec.dropping(1e-12, 0)):
        found = []
        try:
            coder.check(as_text(case["text"]), case["refused"], allowed_of(case))
        except DisallowedSpecialTokenError as error:
            found = [error.token, error.position]
        assert found == case["found"]
