"""The vectors of names, wherever Python takes one."""

import minitok
from minitok.reference.published import names
from vector_cases import Case, cases, refused

RANKS = {bytes([byte]): byte for byte in range(256)}


@cases("names", having="pattern")
def test_patterns_by_name(case: Case, backend: str) -> None:
    pattern = case["pattern"]
    if not pattern:
        assert names.pattern_named(pattern) == case["means"]
        return
    makers = [
        lambda: minitok.train(["low"], 256, pattern=pattern, backend=backend),
        lambda: minitok.count_pieces(["low"], pattern=pattern, backend=backend),
        lambda: minitok.Tokenizer([], pattern=pattern, backend=backend),
        lambda: minitok.Tokenizer([], backend=backend).replace(pattern=pattern),
        lambda: minitok.Tokenizer.from_ranks(RANKS, pattern=pattern, backend=backend),
    ]
    for make in makers:
        if "means" in case:
            assert make().pattern == names.pattern_named(pattern) == case["means"]
        else:
            with refused(minitok.errors.PatternError, case["refused"]):
                make()


@cases("names", having="encoding")
def test_encodings_by_name(case: Case, backend: str) -> None:
    name = case["encoding"]
    assert names.encoding_named(name) == case.get("means")
    if "means" in case:
        assert minitok.get_encoding(name, backend=backend).definition.name == case["means"]
    else:
        with refused(minitok.errors.UnknownEncodingError, case["refused"]):
            minitok.get_encoding(name, backend=backend)


@cases("names", having="model")
def test_models_by_name(case: Case) -> None:
    model = case["model"]
    if "means" in case:
        assert minitok.encoding_name_for_model(model) == case["means"]
    else:
        with refused(minitok.errors.UnknownModelError, case["refused"]):
            minitok.encoding_for_model(model)


@cases("names", having="near")
def test_near_names(case: Case) -> None:
    assert names.nearest(case["near"], case["known"]) == case["nearest"]
