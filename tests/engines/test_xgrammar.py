"""xgrammar's masks, with the vocabularies of ``minitok.compat.grammars``, against brute force (`make test-engines`)."""

import json
import sys
from pathlib import Path

import minitok
import pytest
import torch
import transformers
import xgrammar
from engine_models import write_model
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from minitok.compat import grammars
from minitok.compat.transformers import Backend, install
from minitok.errors import VocabularyError

sys.path.insert(0, str(Path(__file__).parent.parent / "compat"))
from grammar_oracle import GRAMMARS, SCHEMA, STOP, VALUES, byte_level, bytes_of, pieces, some, walk


@pytest.fixture(params=["byte_level", "pieces"])
def tok(request, tmp_path):
    return byte_level() if request.param == "byte_level" else pieces(tmp_path)


def matcher_of(compiled):
    def state(ids):
        matcher = xgrammar.GrammarMatcher(compiled)
        assert all(matcher.accept_token(token_id) for token_id in ids)
        return matcher

    return state


def allowed_by(size):
    def allowed(matcher):
        mask = xgrammar.allocate_token_bitmask(1, size)
        matcher.fill_next_token_bitmask(mask)
        bits = (mask[0].unsqueeze(1) >> torch.arange(32)) & 1
        return bits.flatten()[:size].nonzero().flatten().tolist()

    return allowed


@pytest.mark.parametrize("name", GRAMMARS)
def test_masks_of_texts_and_patterns(tok, name):
    compiler = xgrammar.GrammarCompiler(grammars.for_xgrammar(tok, STOP))
    compiled = compiler.compile_regex(GRAMMARS[name].regex)
    # It takes surrogates for characters.
    grammar = GRAMMARS[name]._replace(surrogates=True)
    assert walk(tok, grammar, matcher_of(compiled), allowed_by(tok.vocab_size)) > 3


def test_masks_of_a_json_schema(tok):
    compiler = xgrammar.GrammarCompiler(grammars.for_xgrammar(tok, STOP))
    compiled = compiler.compile_json_schema(json.dumps(SCHEMA), any_whitespace=False, separators=(",", ":"))
    whole = some(*(json.dumps(value, separators=(",", ":")) for value in VALUES))
    assert walk(tok, whole, matcher_of(compiled), allowed_by(tok.vocab_size)) > 20


def test_it_has_the_bytes_and_the_stop_tokens(tok):
    info = grammars.for_xgrammar(tok, [STOP, "<s>"], vocab_size=400)
    assert info.decoded_vocab == grammars.output_bytes(tok, vocab_size=400)
    assert [token or b"" for token in bytes_of(tok)] == info.decoded_vocab[: tok.vocab_size]
    assert sorted(info.stop_token_ids) == sorted(tok.special_tokens[name] for name in ("<s>", STOP))
    assert info.vocab_size == 400


def test_special_tokens_are_text_where_they_are_allowed(tok):
    special = tok.special_tokens["<s>"]
    for allowed in ((), ["<s>"]):
        compiler = xgrammar.GrammarCompiler(grammars.for_xgrammar(tok, STOP, allowed_special=allowed))
        found = allowed_by(tok.vocab_size)(matcher_of(compiler.compile_regex("<s>a|b"))(()))
        assert (special in found) is bool(allowed)


def test_what_cannot_stop_is_refused(tok):
    with pytest.raises(VocabularyError, match="the stop token '<eos>' is not a special or an added token"):
        grammars.for_xgrammar(tok, "<eos>")
    with pytest.raises(ValueError, match="stop must name a token at least"):
        grammars.for_xgrammar(tok, ())


@pytest.mark.parametrize("name", ["byte_level", "pieces"])
def test_what_engines_make_of_a_tokenizer_of_transformers_is_the_same(tmp_path, name):
    """They take the vocabulary, and the text of a ``tokenizer.json``, from it."""
    folder = write_model(tmp_path / "model", name)
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    with install():
        ours = transformers.AutoTokenizer.from_pretrained(folder)
    assert isinstance(ours.backend_tokenizer, Backend)
    infos = [xgrammar.TokenizerInfo.from_huggingface(tok) for tok in (ours, theirs)]
    for part in ("vocab_type", "vocab_size", "decoded_vocab", "stop_token_ids", "add_prefix_space"):
        assert getattr(infos[0], part) == getattr(infos[1], part)
    masks = []
    if name == "byte_level":
        return  # llguidance's reader of files panics on a gap among the ids, whosever the tokenizer is
    for tok in (ours, theirs):
        matcher = LLMatcher(from_tokenizer(tok), LLMatcher.grammar_from_regex(GRAMMARS["string"].regex))
        assert matcher.consume_tokens(theirs.encode('"', add_special_tokens=False)[-1:])
        masks.append(matcher.compute_bitmask())
    assert masks[0] == masks[1]


def test_a_published_vocabulary():
    """No brute force over 100,000 ids at every place, but at some."""
    tok = minitok.get_encoding("cl100k_base")
    compiler = xgrammar.GrammarCompiler(grammars.for_xgrammar(tok, "<|endoftext|>"))
    compiled = compiler.compile_regex(GRAMMARS["string"].regex)
    tokens, grammar = bytes_of(tok), GRAMMARS["string"]._replace(surrogates=True)
    for text in ('"', '"été 日本', '"a"'):
        found = set(allowed_by(tok.vocab_size)(matcher_of(compiled)(tok.encode(text))))
        expected = {i for i, token in enumerate(tokens) if token and grammar.begins(text.encode() + token)}
        assert found == expected | ({tok.special_tokens["<|endoftext|>"]} if grammar.accepts(text.encode()) else set())
