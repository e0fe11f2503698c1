"""SentencePiece's ``.model``: the ids of ``sentencepiece`` for models that it trains here, and for one of Mistral's."""

import importlib.util
import io
from functools import cache
from pathlib import Path

import minitok
import pytest
import sentencepiece
from helpers import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from minitok.formats.extension import read_by_extension

CORPUS = [
    "the cat sat on the mat",
    "  spaces   and\ttabs",
    "été 中文 中国 日本",
    "aaaa aaa aa",
    "x" * 40,
    "der Hund, die Katze",
] * 20
DATA = Path(importlib.util.find_spec("mistral_common").origin).parent / "data"
MISTRAL = DATA / "mistral_instruct_tokenizer_240323.model.v3"
TEXTS = st.lists(
    st.sampled_from(
        ["the", " cat", "  ", "▁", "é", "中", "丮", "a", "aa", "\n", "<s>", "<x>", "<0x41>", "😀", "x" * 9, "\x00"]
    )
).map("".join)


@cache
def trained(*, prefix=True, symbols=("<x>",), corpus=tuple(CORPUS)):
    """A model of a few words, as the bytes of its file."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus),
        model_writer=written,
        model_type="bpe",
        vocab_size=330,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=prefix,
        user_defined_symbols=list(symbols),
        minloglevel=2,
    )
    return written.getvalue()


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(
    "symbols", [(), ("<x>", "<xy>"), ("▁▁", "▁▁▁", "▁the"), ("<td>", "</td>", "▁▁", "▁▁▁", "\n\n", "<s", "s>x")]
)
def test_ids_are_those_of_sentencepiece(prefix, symbols, tmp_path):
    data = trained(prefix=prefix, symbols=symbols)
    theirs = sentencepiece.SentencePieceProcessor(model_proto=data)
    toks = [minitok.Tokenizer(read_by_extension("it", backend, data=data)) for backend in BACKENDS]
    assert toks[0] == toks[1]
    assert toks[0].special_tokens.keys() == {"<unk>", "<s>", "</s>"}
    added = toks[0].definition.added_tokens
    assert added.keys() == set(symbols)
    toks[0].save(tmp_path / "it.json")
    for tok in (*toks, minitok.load(tmp_path / "it.json")):
        assert tok == toks[0]
        # Their markers are spaces.
        assert [tok.token_bytes(token_id) for token_id in added.values()] == [
            name.replace("▁", " ").encode() for name in added
        ]

    names = [*symbols, *toks[0].special_tokens]
    parts = [name[start:end] for name in names for start in range(len(name)) for end in range(start + 1, len(name) + 1)]
    of_names = st.lists(st.sampled_from([*names, *parts, " ", "a", "\t"]), max_size=10).map("".join)

    @given(st.lists(TEXTS | of_names, min_size=1, max_size=8))
    def check(texts):
        wanted = theirs.encode(texts)
        for tok in toks:
            found = [tok.encode(text) for text in texts]
            assert found == wanted
            for ids in found:
                decoded = tok.decode(ids)
                if "�" not in decoded:
                    assert decoded == theirs.decode(ids)
                stream = tok.stream_decoder()
                assert "".join([*map(stream.push, ids), stream.finish()]) == decoded
                assert tok.decode_with_offsets(ids)[0] == decoded

    check()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_user_defined_piece_with_a_space_is_never_found(backend):
    data = trained(symbols=("a▁b", "x y"))
    theirs = sentencepiece.SentencePieceProcessor(model_proto=data)
    tok = minitok.Tokenizer(read_by_extension("it", backend, data=data))
    assert tok.definition.added_tokens.keys() == {"a▁b"}
    for text in ["x y", "a b", "xx y a b", "x▁y"]:
        ids = tok.encode(text)
        assert ids == theirs.encode(text)
        assert tok.decode(ids) == theirs.decode(ids)
    unused = theirs.piece_to_id("x y")
    assert tok.decode([unused]) == theirs.decode([unused]) == "x y"


def test_a_model_of_mistral_has_its_ids(tmp_path):
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(MISTRAL))
    tok = minitok.load(MISTRAL)
    for text in [*CORPUS[:6], "", " ", "▁", "def f(x):\n    return x\n", "Ünï 日本語 😀 \x00", "[INST] a"]:
        assert tok.encode(text) == theirs.encode(text)
        assert tok.decode(tok.encode(text)) == theirs.decode(theirs.encode(text))
    (tmp_path / "tokenizer.model").write_bytes(MISTRAL.read_bytes())
    assert minitok.load(tmp_path) == tok
    tok.save(tmp_path / "native.json")
    assert minitok.load(tmp_path / "native.json") == tok
