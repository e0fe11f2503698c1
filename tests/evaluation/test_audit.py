"""The audit against brute force on small vocabularies, against known files, and as the command shows it."""

import json
import tracemalloc
from itertools import product

import minitok
from commands import run
from hypothesis import given
from hypothesis import strategies as st
from minitok import Tokenizer
from minitok.definition import Definition
from minitok.evaluation.audit import audit, disagreements
from minitok.evaluation.reach import completed, reach


@st.composite
def vocabularies(draw):
    """Tokens over two letters, and merges that make them; of some, the bytes become other tokens first."""
    tokens, merges = [b"a", b"b"], []
    for _ in range(draw(st.integers(1, 6))):
        left, right = draw(st.integers(0, len(tokens) - 1)), draw(st.integers(0, len(tokens) - 1))
        if tokens[left] + tokens[right] not in tokens:
            merges.append((left, right))
            tokens.append(tokens[left] + tokens[right])
    ids = {token: token_id for token_id, token in enumerate(tokens)}
    return Tokenizer(Definition.from_tokens(ids, merges, drops_bytes=True, pattern="none"))


@given(vocabularies())
def test_what_no_text_produces_is_found_and_nothing_else(tok):
    texts = ["".join(letters) for size in range(1, 10) for letters in product("ab", repeat=size)]
    seen = {token_id for ids in tok.encode_batch(texts) for token_id in ids}
    unmade = reach(tok).merges
    assert seen.isdisjoint(unmade)
    # Of at most nine letters, every other one is seen, if only as itself.
    short = {token_id for token_id in range(tok.vocab_size) if len(tok.token_bytes(token_id)) < 10}
    assert short - unmade.keys() <= seen


def test_a_token_that_the_pattern_always_cuts():
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"a1": 256, b"ab": 257}
    found = reach(Tokenizer.from_ranks(ranks, pattern="[a-z]+|[0-9]+"))
    assert (found.cut, found.merges) == ([256], {})


def test_a_long_token_is_searched_for_in_little_memory():
    merges = [(ord("a"), ord("1")), *((made, made) for made in range(256, 271))]
    tok = Tokenizer(merges, pattern="cl100k")
    audit(Tokenizer(merges[:3], pattern="cl100k"))
    tracemalloc.start()
    try:
        found = reach(tok)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sorted(found.cut) == list(range(256, 272))
    assert peak < 8 << 20


def test_a_token_that_is_taken_whole_is_produced_although_its_merges_are_not():
    # "abb" is made of "a" and "bb", but "ab" comes first; as a whole piece it is looked up.
    ids = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"bb": 257, b"abb": 258}
    held = [(97, 98), (98, 98), (97, 257)]
    merged = Tokenizer(Definition.from_tokens(ids, held, pattern="none"))
    whole = Tokenizer(Definition.from_tokens(ids, held, pattern="none", whole_pieces=True))
    assert reach(merged).merges == {258: [256, 98]}
    assert reach(whole).merges == {}
    assert (reach(merged).whole, reach(whole).whole) == ({}, {258: [256, 98]})
    (found,) = (found for found in audit(whole) if found.kind == "whole pieces only")
    assert (found.proved, found.tokens) == (True, {258: "'abb', merged as 'ab' 'b'"})


def test_parts_of_characters_are_completed():
    e_acute, han = "\u00e9".encode(), "\u4e2d".encode()
    assert e_acute in set(completed(e_acute[1:]))
    assert set(completed(e_acute[:1])) == {bytes([0xC3, byte]) for byte in range(0x80, 0xC0)}
    assert e_acute + b"a" + han in set(completed(e_acute[1:] + b"a" + han[:2]))
    for invalid in (b"\xc0", b"\xff", b"\xe4a", b"\xed\xa0", b"\xf4\x90"):
        assert list(completed(invalid)) == []


def test_every_byte_of_utf_8_is_produced():
    found = reach(Tokenizer([]))
    assert found.invalid == [0xC0, 0xC1, *range(0xF5, 0x100)]
    assert (found.merges, found.cut, found.partial) == ({}, [], [])


def test_a_part_of_a_character_that_is_always_merged():
    """Where all characters that begin with a byte have tokens, the byte comes about by itself in no text."""
    tok = Tokenizer([(0xC3, byte) for byte in range(0x80, 0xC0)])
    assert reach(tok).partial == [0xC3, *range(0x80, 0xC0)][:1]


def test_what_the_normalizer_changes():
    tok = Tokenizer([(0xCC, 0x81), (101, 256)], normalizer="NFC", pattern="none")
    assert reach(tok).normalized == {257: "\u00e9"}


def test_gpt2_has_thirteen_bytes_without_use():
    found = {finding.kind: finding.tokens for finding in audit(minitok.get_encoding("gpt2"))}
    assert len(found["bytes without use"]) == 13
    assert not found.keys() & {"never merged", "always cut", "never completed", "not UTF-8"}


def test_holes_twins_and_names():
    tok = Tokenizer([(97, 98), (65, 98), (32, 97)], special_tokens={"end": 300, "<s>": 302})
    found = {finding.kind: finding.tokens for finding in audit(tok)}
    assert found["holes"] == {259: "41 ids, 259 to 299", 301: "1 ids, 301 to 301"}
    assert found["twins"] == {65: "'A' 'a' ' a'"}
    assert found["names that are text"] == {300: "'end'"}


def test_files_that_disagree():
    tok = Tokenizer([], special_tokens={"<|end|>": 256, "<|x|>": 257})
    config = {
        "added_tokens_decoder": {
            "256": {"content": "<|end|>"},
            "9": {"content": "<|x|>"},
            "10": {"content": "no"},
            "11": 3,
        },
        "eos_token": {"content": "<|end|>"},
        "bos_token": "a",
        "pad_token": "<pad>",
    }
    assert disagreements(tok, config, "{{ '<|end|>' }}[INST]") == [
        "'<|x|>' is 257, and 9 in the configuration",
        "'no' is 10 in the configuration, and not found in text",
        "pad_token is '<pad>', which is not a token",
        "the template writes '[INST]', which is not a token",
    ]
    assert disagreements(tok, {}, "") == []


def test_the_command(tmp_path):
    tok = Tokenizer([(97, 98), (98, 98), (97, 257)], special_tokens={"<|end|>": 259})
    tok.save(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text('{"eos_token": "</s>"}', encoding="utf-8")
    result = run("inspect", "--audit", "-t", tmp_path / "tokenizer.json", "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["disagreements"] == ["eos_token is '</s>', which is not a token"]
    expected = {finding.kind: {str(i): shown for i, shown in finding.tokens.items()} for finding in audit(tok)}
    assert {finding["kind"]: finding["tokens"] for finding in printed["findings"]} == expected
    assert "never merged" in expected
    shown = run("inspect", "--audit", "-t", tmp_path / "tokenizer.json").stdout
    assert "258  'abb' is encoded as 'ab' 'b'" in shown
    assert "files disagree: eos_token is '</s>', which is not a token" in shown
