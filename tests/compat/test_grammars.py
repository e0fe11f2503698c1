"""``minitok.compat.grammars``: bytes of tokens against decoding, and masks against brute force over whole vocabularies."""

import json

import minitok
import pytest
from grammar_oracle import GRAMMARS, SCHEMA, STOP, VALUES, byte_level, bytes_of, pieces, some, walk
from llguidance import LLMatcher
from minitok.compat import grammars
from outlines_core import Guide, Index
from outlines_core.json_schema import build_regex_from_schema


@pytest.fixture(params=["byte_level", "pieces"])
def tok(request, backend, tmp_path):
    made = byte_level() if request.param == "byte_level" else pieces(tmp_path)
    return made.replace(backend=backend)


def test_bytes_are_what_decoding_adds(tok):
    assert grammars.output_bytes(tok) == [token or b"" for token in bytes_of(tok)]
    allowed = grammars.output_bytes(tok, allowed_special=[STOP])
    assert allowed[tok.special_tokens[STOP]] == STOP.encode()
    everything = grammars.output_bytes(tok, allowed_special="all", vocab_size=400)
    assert len(everything) == 400
    assert {everything[token_id] for token_id in tok.special_tokens.values()} == {
        n.encode() for n in tok.special_tokens
    }
    assert set(everything[tok.vocab_size :]) == {b""}
    assert grammars.output_bytes(tok, vocab_size=70) == grammars.output_bytes(tok)[:70]


def matcher_of(tokenizer, grammar):
    def state(ids):
        matcher = LLMatcher(tokenizer, grammar)
        assert not matcher.get_error()
        assert all(matcher.consume_token(token_id) for token_id in ids), matcher.get_error()
        return matcher

    return state


def allowed_by(matcher):
    return [token_id for token_id, value in enumerate(matcher.compute_logit_bias()) if value]


@pytest.mark.parametrize("name", GRAMMARS)
def test_masks_of_llguidance(tok, name):
    tokenizer = grammars.for_llguidance(tok, STOP)
    assert (tokenizer.vocab_size, tokenizer.eos_tokens) == (tok.vocab_size, [tok.special_tokens[STOP]])
    grammar = LLMatcher.grammar_from_regex(GRAMMARS[name].regex)
    assert walk(tok, GRAMMARS[name], matcher_of(tokenizer, grammar), allowed_by, forces=True) > 3


def guide_of(index):
    def state(ids):
        guide = Guide(index)
        for token_id in ids:
            guide.advance(token_id, return_tokens=False)
        return guide

    return state


@pytest.mark.parametrize("name", GRAMMARS)
def test_masks_of_outlines(tok, name):
    index = Index(GRAMMARS[name].regex, grammars.for_outlines(tok, STOP))
    assert walk(tok, GRAMMARS[name], guide_of(index), Guide.get_tokens, misses=True) > 3


def test_masks_of_a_json_schema(tok):
    whole = some(*(json.dumps(value, separators=(",", ":")) for value in VALUES))
    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    grammar = LLMatcher.grammar_from_json_schema(SCHEMA, overrides=compact)
    assert walk(tok, whole, matcher_of(grammars.for_llguidance(tok, STOP), grammar), allowed_by, forces=True) > 20
    index = Index(build_regex_from_schema(json.dumps(SCHEMA), whitespace_pattern=""), grammars.for_outlines(tok, STOP))
    assert walk(tok, whole, guide_of(index), Guide.get_tokens, misses=True) > 20


def test_llguidance_writes_forced_text_with_the_tokenizer(tok):
    tokenizer, tokens = grammars.for_llguidance(tok, STOP), bytes_of(tok)
    for text in ("low true", " low", "été 日本 <s>", "<tool>", ""):
        ids = tokenizer.tokenize_str(text)
        assert b"".join(tokens[token_id] for token_id in ids) == text.encode()
        if tok.definition.prefix is None:
            assert ids == tok.encode(text)
    assert [tokens[token_id] for token_id in tokenizer.tokenize_str("low")] == [b"low"]
    # It is in the middle of a text, where no space is put.
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_regex('"a": (low true|false)'))
    assert matcher.consume_tokens(tokenizer.tokenize_str('"a": '))
    assert matcher.consume_token(tok.token_id("f"))
    assert b"".join(tokens[token_id] for token_id in matcher.compute_ff_tokens()) == b"false"[1:]


def test_llguidance_knows_special_tokens_by_name(tok):
    tokenizer = grammars.for_llguidance(tok, STOP)
    matcher = LLMatcher(tokenizer, 'start: "a" <s>')
    assert matcher.consume_tokens([tok.token_id("a")])
    assert allowed_by(matcher) == [tok.special_tokens["<s>"]]
    grammar = LLMatcher.grammar_from_regex("<s>a|b")
    for allowed in ((), ["<s>"]):
        matcher = LLMatcher(grammars.for_llguidance(tok, STOP, allowed_special=allowed), grammar)
        assert (tok.special_tokens["<s>"] in allowed_by(matcher)) is bool(allowed)


def test_masks_are_as_wide_as_the_model(tok):
    tokenizer = grammars.for_llguidance(tok, [STOP, "<s>"], vocab_size=512)
    assert tokenizer.vocab_size == 512
    assert sorted(tokenizer.eos_tokens) == sorted(tok.special_tokens[name] for name in ("<s>", STOP))
    assert max(allowed_by(LLMatcher(tokenizer, LLMatcher.grammar_from_regex(".*")))) < tok.vocab_size


def test_text_that_is_normalized_is_written_as_it_is(backend):
    tok = minitok.Tokenizer([], normalizer="NFC", special_tokens={STOP: 256}, backend=backend)
    text = "e\u0301"
    assert grammars.for_llguidance(tok, STOP).tokenize_str(text) == list(text.encode())
