"""Training that is fair to several languages: both backends, and everything counted anew."""

from dataclasses import replace

import minitok
import naive_parity
import pytest
from helpers import BACKENDS, on_both
from hypothesis import given
from hypothesis import strategies as st
from minitok import _rust
from minitok.errors import TrainingError
from minitok.parity import train_parity
from minitok.reference.more.parity import ParityOptions, Turns, most_turns
from minitok.reference.train import TrainOptions

EN, DE = ["the cat sat on the mat"] * 9, ["der Hund und die Katze"] * 3
TEXTS = {"en": EN, "de": DE}
DEV = {"en": ["the dog and the cat"], "de": ["der Hund und die Katze"]}
WORDS = st.lists(st.text("abc é\xad", min_size=1, max_size=12), min_size=1, max_size=5)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "window": st.sampled_from([1, 2, 3, 10]),
        "alpha": st.sampled_from([0.1, 0.5, 1.0, 2.0, 9.0]),
        "global_merges": st.integers(1, 9),
        "min_frequency": st.integers(1, 3),
        "max_token_length": st.integers(1, 5),
    },
)


def pieces(texts):
    codec = minitok.Tokenizer([], backend="python").definition.codec()
    return [[piece for text in each for piece in codec.pieces(text.encode())] for each in texts]


def trained(backend, *args, **options):
    tok = train_parity(*args, backend=backend, **options)
    return tok.merges, tok.definition.trained["languages"], tok.report.ties, tok.report.stop


@given(st.lists(st.tuples(WORDS, WORDS, st.floats(0.1, 9)), min_size=1, max_size=4), st.sampled_from("-dr"), OPTIONS)
def test_everybody_agrees_with_everything_counted_anew(languages, kind, options):
    texts = {str(index): each for index, (each, _, _) in enumerate(languages)}
    dev = {str(index): each for index, (_, each, _) in enumerate(languages)} if kind == "d" else None
    ratio = {str(index): each for index, (_, _, each) in enumerate(languages)} if kind == "r" else None
    by_reference = on_both(lambda backend: trained(backend, texts, 290, dev=dev, ratio=ratio, **options))
    merges, turns, _, ties, stop = naive_parity.train_parity(
        pieces(texts.values()), pieces((dev or {}).values()), 34, ratio=ratio and list(ratio.values()), **options
    )
    chosen = {language: turns.count(index) for index, language in enumerate(texts)}
    assert by_reference == (merges, chosen, ties, stop)


@given(st.lists(st.permutations(range(3)), max_size=30), st.integers(1, 9), st.sampled_from([0.1, 0.9, 1.0, 1.5, 2.9]))
def test_turns_are_those_of_a_window_that_is_looked_at(orders, window, alpha):
    turns, last, out = Turns(3, ParityOptions(window=window, alpha=alpha)), [], set()
    for number, order in enumerate(orders):
        out |= {2} if number == 15 else set()
        need = [order.index(language) for language in range(3)]
        while (turn := naive_parity.next_turn(need, out, last, window, alpha)) is None:
            last.append(None)
        last.append(turn)
        assert turns.take([language for language in order if language not in out]) == turn


def test_a_huge_window_costs_nothing():
    turns = Turns(2, ParityOptions(window=1 << 60, alpha=1e-30))
    assert most_turns(1 << 60, 0.5e-30) == 0
    assert [turns.take([1]) for _ in range(9)] == [1] * 9
    for backend in BACKENDS:
        texts = {"en": [*EN, "abcdefghijklmnopqrstuvwxyz" * 3], "x": ["x"]}
        tok = train_parity(texts, 330, window=(1 << 63) - 1, alpha=1e-30, backend=backend)
        assert tok.definition.trained["languages"] == {"en": 39, "x": 0}


def test_counts_are_trained_on_and_kept(backend):
    options = {"special_tokens": ["<s>"], "pattern": "cl100k", "backend": backend}
    expected = train_parity(TEXTS, 280, dev=DEV, **options)
    assert expected.special_tokens == {"<s>": 279}
    counts = {name: minitok.count_pieces(texts, **options) for name, texts in TEXTS.items()}
    for _ in range(2):
        assert train_parity(counts, 280, dev=DEV, backend=backend) == expected
    other = {"en": counts["en"], "de": DE}
    assert train_parity(other, 280, dev=DEV, backend="python") == expected.replace(backend="python")
    same = train_parity({"a": counts["en"], "b": counts["en"]}, 262, backend=backend)
    assert same.definition.trained["languages"] == {"a": 5, "b": 0}
    with pytest.raises(
        TrainingError, match="texts of 'x' were counted with the pattern 'o200k' and the special tokens \\[\\]"
    ):
        train_parity({**counts, "x": minitok.count_pieces(EN, backend=backend)}, 280, backend=backend)


def test_bounded_memory_and_saved_tokenizers_change_nothing(tmp_path):
    tok = train_parity(TEXTS, 280, byte_order="gpt2", name="fair", max_memory=1 << 24)
    assert tok.definition.name == "fair"
    assert tok == train_parity(TEXTS, 280, byte_order="gpt2", backend="python")
    tok.save(tmp_path / "fair.json")
    loaded = minitok.load(tmp_path / "fair.json")
    assert loaded == tok
    assert loaded.definition.trained["languages"] == tok.definition.trained["languages"]


def test_progress_is_of_all_languages_and_an_exception_ends_training(backend):
    seen = []
    train_parity(TEXTS, 270, dev=DEV, progress=seen.append, backend=backend)
    phases = [at.phase for at in seen]
    assert phases == sorted(phases)
    assert max(at.done for at in seen if at.phase == "counting") == sum(
        len(text) for each in (TEXTS, DEV) for texts in each.values() for text in texts
    )

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_parity(TEXTS, 270, progress=stop, backend=backend)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"names": ("a", "b")}, "there are 2 names of 256 ids"),
        ({"names": ("a",) * 257}, "there are 257 names of 256 ids"),
        ({"ratio": (1.0,)}, "there are 1 ratios of 2 languages"),
        ({"ratio": (1.0,) * 3}, "there are 3 ratios of 2 languages"),
        ({"window": 4, "alpha": -1.0}, "alpha is -1, not a positive number"),
        ({"window": 4, "alpha": float("nan")}, "alpha is NaN, not a positive number"),
        ({"first_id": 1 << 31}, "the id of the first merge is 2147483648, above 2147483647"),
        ({"development": 1}, "there are development texts of 1 languages of 2"),
        ({"development": 3}, "there are development texts of 3 languages of 2"),
    ],
)
def test_options_that_do_not_belong_to_the_languages_are_refused(changed, message):
    def counter():
        return minitok.count_pieces(["aabb"], pattern="none", backend="rust").counter

    changed = dict(changed)
    first_id, n_measured = changed.pop("first_id", 256), changed.pop("development", 0)
    vocab = _rust.Vocab.from_merges(bytes(range(256)), [])
    languages, development = [counter(), counter()], [counter() for _ in range(n_measured)]
    options = TrainOptions(n_merges=2), replace(ParityOptions(), **changed), (vocab, first_id)
    with pytest.raises(ValueError, match=message):
        _rust.train_parity(languages, development, *options)


def test_ids_that_merges_would_go_beyond_are_refused():
    vocab = _rust.Vocab.from_merges(bytes(range(256)), [])
    for first_id in ((1 << 32) - 1, 1 << 31):
        counter = minitok.count_pieces(["aabb"], pattern="none", backend="rust").counter
        with pytest.raises(ValueError, match=f"the id of the first merge is {first_id}, above 2147483647"):
            _rust.train(counter, TrainOptions(n_merges=2), base=(vocab, first_id))
    last = (1 << 31) - 1
    merges, *_ = _rust.train(counter, TrainOptions(n_merges=3), base=(vocab, last))
    assert merges == [(97, 97), (98, 98), (last, last + 1)]
