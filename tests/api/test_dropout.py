"""Encoding at random: the rule of the paper, by recursion; the same ids whatever is beside a text; both backends."""

import json
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import minitok
import pytest
from helpers import BACKENDS, Failure, both, on_both, outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok.reference.more.dropout import HEAD, Dropout, merge_with_dropout
from strategies import any_text, merge_lists, patterns, rank_tables, special_ids, texts

MERGES = [(97, 98), (98, 99), (256, 99), (97, 97), (259, 259), (258, 97)]
WORDS = ["", "a", "ab", "abc", "abcab", "aaaaa", "abcaabca", "bcbcab"]
probabilities = st.one_of(st.sampled_from([0.1, 0.5, 1.0]), st.floats(0, 1, exclude_min=True))
seeds = st.one_of(st.integers(0, 3), st.integers(0, (1 << 64) - 1))


def candidates(ids, merges):
    """The places at which two neighbours merge, in the order of E1, with what is made there."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    found = [(ranks[pair], at) for at, pair in enumerate(pairwise(ids)) if pair in ranks]
    return [(at, (*ids[:at], 256 + rank, *ids[at + 2 :])) for rank, at in sorted(found)]


def distribution(ids, merges, dropped):
    """The chance of each list of ids that the parts become, by recursion on the first step."""
    chances = Counter()
    reached = Fraction(1)
    for _, made in candidates(ids, merges):
        for end, chance in distribution(made, merges, dropped).items():
            chances[end] += reached * (1 - dropped) * chance
        reached *= dropped
    chances[ids] += reached
    return chances


def outcomes(parts, merge_of, dropped):
    """The same of ``merge_with_dropout``: every way in which its questions may be answered, with its chance."""
    chances = Counter()
    open_ways = [()]
    while open_ways:
        way = open_ways.pop()
        answers, asked = iter(way), []

        def passes_over(answers=answers, asked=asked):
            answer = next(answers, None)
            asked.append(answer)
            return bool(answer)  # an answer that the way does not have: not passed over

        made = tuple(merge_with_dropout(merge_of, parts, passes_over))
        if len(asked) > len(way):
            open_ways += [(*way, False), (*way, True)]
            continue
        chance = Fraction(1)
        for answer in way:
            chance *= dropped if answer else 1 - dropped
        chances[made] += chance
    return chances


def dropped_by_hand(piece, merges, draws):
    """A piece by the rule as it is written: all candidates are found anew at each step."""
    ids = tuple(piece)
    while True:
        for _, made in candidates(ids, merges):
            if not draws.passes_over():
                ids = made
                break
        else:
            return list(ids)


@pytest.mark.parametrize("word", WORDS[:-1])
@pytest.mark.parametrize("dropped", [Fraction(1, 10), Fraction(1, 2)])
def test_the_distribution_is_exactly_that_of_the_rule(word, dropped):
    ranks = {pair: (rank, 256 + rank) for rank, pair in enumerate(MERGES)}
    parts = word.encode()
    found = outcomes(list(parts), lambda left, right: ranks.get((left, right)), dropped)
    expected = distribution(tuple(parts), MERGES, dropped)
    assert sum(expected.values()) == 1
    assert +found == +expected


@pytest.mark.parametrize("word", ["abc", "abcaabca"])
@pytest.mark.parametrize("dropped", [0.1, 0.5])
def test_seeds_draw_from_that_distribution(backend, word, dropped):
    tok = minitok.Tokenizer(MERGES, pattern="none", backend=backend)
    count = 4000
    found = Counter(tuple(tok.encode(word, dropout=dropped, seed=seed)) for seed in range(count))
    expected = distribution(tuple(word.encode()), MERGES, Fraction(dropped))
    assert found.keys() <= expected.keys()
    # Pearson's statistic over what is expected at least five times; it has a mean of the number of terms less one.
    terms = [(found[ids], float(chance) * count) for ids, chance in expected.items() if chance * count >= 5]
    statistic = sum((seen - wanted) ** 2 / wanted for seen, wanted in terms)
    freedom = len(terms) - 1
    assert freedom > 0
    assert statistic < freedom + 5 * (2 * freedom) ** 0.5


@given(any_text, merge_lists(), patterns, st.sampled_from([(), "all"]), probabilities, seeds)
def test_both_backends_give_the_same_ids(text, merges, pattern, allowed, dropped, seed):
    options = {"allowed_special": allowed, "dropout": dropped, "seed": seed}
    rust, python = both(minitok.Tokenizer(merges, pattern=pattern, special_tokens=special_ids(merges)))
    ids = rust.encode(text, **options)
    assert ids == python.encode(text, **options)
    for tok in (rust, python):
        assert tok.encode_to_numpy(text, **options).tolist() == ids
        assert tok.decode_bytes(ids) == tok.decode_bytes(tok.encode(text, allowed_special=allowed))


@given(any_text, rank_tables(), probabilities, seeds)
def test_vocabularies_of_ranks_have_all_their_merges(text, ranks, dropped, seed):
    tok = minitok.Tokenizer.from_ranks(ranks, pattern="gpt2")
    rust, python = (each.encode(text, dropout=dropped, seed=seed) for each in both(tok))
    assert rust == python


@given(texts, st.sampled_from(["NFC", "NFKC", ("lowercase", ("replace", "a", "xyz xyz"))]), seeds)
def test_texts_that_are_changed_first(text, steps, seed):
    tok = minitok.Tokenizer([(120, 121), (256, 122), (101, 120)], normalizer=steps, special_tokens={"<s>": 300})
    rust, python = (each.encode(text, allowed_special="all", dropout=0.4, seed=seed) for each in both(tok))
    assert rust == python


@given(st.lists(texts, max_size=5), merge_lists(), seeds)
def test_the_ids_of_a_text_do_not_depend_on_what_is_beside_it(many, merges, seed):
    for tok in both(minitok.Tokenizer(merges)):
        alone = [tok.encode(text, dropout=0.3, seed=seed) for text in many]
        for threads in (1, 2):
            assert tok.encode_batch(many, dropout=0.3, seed=seed, threads=threads) == alone
            ids, offsets = tok.encode_batch_to_numpy(many, dropout=0.3, seed=seed, threads=threads)
            assert [ids[start:end].tolist() for start, end in pairwise(offsets.tolist())] == alone


def test_each_piece_is_what_the_rule_makes_of_it_at_its_place(backend):
    text = "abc abcab  aaaa\nbc" * 300
    tok = minitok.Tokenizer(MERGES, pattern="gpt2", backend=backend)
    codec = tok.definition.codec()
    for dropped, seed in [(0.1, 0), (0.5, 7), (0.9, (1 << 64) - 1)]:
        draws = Dropout(dropped, seed).draws(text.encode())
        expected, place = [], 0
        for piece in codec.pieces(text.encode()):
            draws.go_to(place)
            expected += dropped_by_hand(piece, MERGES, draws)
            place += len(piece)
        assert tok.encode(text, dropout=dropped, seed=seed) == expected


@given(any_text, merge_lists(), seeds)
def test_nothing_is_dropped_with_0_and_all_with_1(text, merges, seed):
    for tok in both(minitok.Tokenizer(merges)):
        assert tok.encode(text, dropout=0, seed=seed) == tok.encode(text)
        assert tok.encode(text, dropout=1, seed=seed) == minitok.Tokenizer([]).encode(text)
        special = tok.replace(special_tokens={"<s>": 400})
        assert special.encode("<s>ab", allowed_special="all", dropout=1, seed=seed) == [400, 97, 98]


def test_a_later_part_of_a_text_has_the_ids_of_the_whole(backend):
    text = ("one two three, " * 200).encode()
    tok = minitok.train([text], 300, backend=backend)
    codec = tok.definition.codec()
    whole = tok.encode(text, dropout=0.3, seed=5)
    cut = text.rindex(b" ", 0, 2000)
    first = codec.dropping(0.3, 5, text[:HEAD], 0).encode(text[:cut])
    later = codec.going_on().dropping(0.3, 5, text[:HEAD], cut).encode(text[cut:])
    assert first + later == whole
    assert codec.dropping(0.3, 5).going_on().encode(text) == whole


def test_a_key_is_made_of_the_first_kilobyte():
    text = bytes(range(256)) * 5
    keys = {Dropout(0.5, 1).key(changed) for changed in (text, text[:HEAD], text[:HEAD] + b"x", text[:HEAD] + text)}
    assert len(keys) == 1
    others = [text[:at] + b"x" + text[at + 1 :] for at in (0, 7, 8, HEAD - 1)]
    assert len(keys | {Dropout(0.5, 1).key(other) for other in (*others, text[: HEAD - 1], b"", b"\0")}) == 8


def test_a_long_piece_takes_no_time_that_grows_with_its_square(backend):
    tok = minitok.Tokenizer([(97, 97), (256, 256), (257, 257)], pattern="none", backend=backend)
    text = "a" * 20_000
    assert tok.decode(tok.encode(text, dropout=0.5, seed=1)) == text
    assert on_both(
        lambda name: minitok.Tokenizer(MERGES, pattern="none", backend=name).encode("abca" * 50, dropout=0.2, seed=3)
    )


def test_a_byte_without_a_token_is_named(backend):
    ranks = {bytes([byte]): byte for byte in range(255)}
    tok = minitok.Tokenizer.from_ranks(ranks, pattern="gpt2", backend=backend)
    for text in (b"ab\xff", b"ab" * 40 + b"\xff", b"ab \xff abc"):
        ordinary = outcome(tok.encode, text)
        assert isinstance(ordinary, Failure)
        assert outcome(tok.encode, text, dropout=0.5, seed=1) == ordinary


@pytest.mark.parametrize("form", ["separated", "lines", "one document"])
def test_packed_documents_have_the_ids_of_their_texts(tmp_path, monkeypatch, form):
    monkeypatch.setattr("minitok.packing.encoding.BATCH", 3000)
    monkeypatch.setattr("minitok.corpus.files.CHUNK", 700)
    documents, file, options = ["low lower lowest " * 40, "a", "low lower lowest " * 3, ""], tmp_path / "corpus.txt", {}
    if form == "lines":
        file = file.with_suffix(".jsonl")
        file.write_text("".join(json.dumps({"text": text}) + "\n" for text in documents))
    elif form == "separated":
        file.write_text("|".join(documents) + "|", newline="")
        options = {"separator": "|"}
    else:
        documents = ["low lower lowest, newer and wider\n" * 900]
        file.write_text(documents[0], newline="")
    for name in BACKENDS:
        tok = minitok.train(documents, 280, backend=name)
        packed = tok.encode_files(file, tmp_path / f"{name}.bin", dropout=0.2, seed=9, **options)
        corpus = minitok.open_packed(packed.ids)
        assert [ids.tolist() for ids in corpus] == [tok.encode(text, dropout=0.2, seed=9) for text in documents]


def test_another_seed_is_another_packing(tmp_path):
    file = tmp_path / "corpus.jsonl"
    file.write_text('{"text": "low lower lowest"}\n')
    tok = minitok.train(["low lower lowest"], 270)
    kept = {}
    for seed in (1, 2, 1):
        packed = tok.encode_files(file, tmp_path / "out.bin", dropout=0.5, seed=seed)
        kept.setdefault(seed, []).append(minitok.open_packed(packed.ids)[0].tolist())
    assert kept[1][0] == kept[1][1] != kept[2][0]
