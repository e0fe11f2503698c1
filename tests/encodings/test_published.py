"""Every published encoding: to the byte what was published, and the numbers of tiktoken 0.14 and openai-whisper."""

import hashlib
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import minitok
import pytest
import tiktoken.model
import tiktoken_ext.openai_public
from helpers import both
from minitok.encodings import encoding_name_for_model, models, published, registry
from minitok.formats.tiktoken import dump
from minitok.reference.published.vocabs import Vocab
from mirror import ROOT

# One encoding of each vocabulary; the others have the same tokens (test_ids.py).
VOCABULARIES = ("gpt2", "p50k_edit", "cl100k_base", "o200k_harmony", "whisper")
N_VOCAB = {
    "gpt2": 50257,
    "r50k_base": 50257,
    "p50k_base": 50281,
    "p50k_edit": 50284,
    "cl100k_base": 100277,
    "o200k_base": 200019,
    "o200k_harmony": 201088,
    "whisper": 51865,
    "whisper_v3": 51866,
    "whisper_en": 51864,
    "clip": 49408,
}
OPENAI = list(tiktoken_ext.openai_public.ENCODING_CONSTRUCTORS)


def test_all_are_there_and_small():
    assert minitok.list_encoding_names() == list(N_VOCAB)
    files = list((ROOT / "python" / "minitok" / "encodings" / "data").iterdir())
    assert sorted(file.stem for file in files) == ["cl100k", "clip", "o200k", "p50k", "whisper"]
    assert sum(file.stat().st_size for file in files) < 2_500_000


@pytest.mark.parametrize("name", published.PUBLISHED)
def test_the_published_file_comes_back_to_the_byte(name):
    found = published.PUBLISHED[name]
    digest = hashlib.sha256(dump(minitok.get_encoding(name).definition)).hexdigest()
    assert digest == published.SHA256[found.file, found.below]


def test_the_checksums_are_those_that_tiktoken_names():
    named = inspect.getsource(tiktoken_ext.openai_public)
    assert [file for (file, _), digest in published.SHA256.items() if digest not in named] == ["whisper"]


@pytest.mark.parametrize("name", ["p50k_base", "whisper"])
def test_packed_merges_are_those_of_the_ranks(name):
    vocab = minitok.get_encoding(name, backend="python").definition.vocab
    recovered = Vocab.from_ranks(vocab.ids)
    for field in ("tokens", "merges", "whole_pieces"):
        assert getattr(vocab, field) == getattr(recovered, field)


@pytest.mark.parametrize("name", VOCABULARIES)
def test_backends_load_the_same(name):
    rust, python = both(minitok.get_encoding(name))
    assert (rust.definition.backend, python.definition.backend) == ("rust", "python")
    assert rust == python


@pytest.mark.parametrize("name", N_VOCAB)
def test_numbers_and_holes(name):
    tok = minitok.get_encoding(name)
    assert (tok.definition.name, tok.vocab_size) == (name, N_VOCAB[name])
    tokens = tok.definition.vocabulary()[0]
    holes = set(range(tok.vocab_size)) - set(tokens) - set(tok.special_tokens.values())
    expected = {"cl100k_base": {100256, *range(100261, 100276)}, "o200k_base": {199998, *range(200000, 200018)}}
    assert holes == expected.get(name, set())
    for hole in holes:
        with pytest.raises(minitok.errors.UnknownTokenError):
            tok.decode_bytes([hole])


@pytest.mark.parametrize("name", OPENAI)
def test_the_constructors_of_tiktoken_agree(name, monkeypatch):
    ranks = {token: rank for rank, token in minitok.get_encoding(name).definition.vocabulary()[0].items()}
    for loader in ("load_tiktoken_bpe", "data_gym_to_mergeable_bpe_ranks"):
        monkeypatch.setattr(tiktoken_ext.openai_public, loader, lambda *_, **__: ranks)
    built = tiktoken_ext.openai_public.ENCODING_CONSTRUCTORS[name]()
    tok = minitok.get_encoding(name)
    assert list(tok.special_tokens.items())[:2] == list(built["special_tokens"].items())[:2]
    assert tok.special_tokens == built["special_tokens"]
    named = {"gpt2": "gpt2", "r50k_base": "gpt2", "p50k_base": "gpt2", "p50k_edit": "gpt2", "cl100k_base": "cl100k"}
    assert tok.pattern == named.get(name, "o200k")
    assert dict(minitok.reference.pretokenize.NAMED)[tok.pattern] == built["pat_str"]
    assert built.get("explicit_n_vocab", tok.vocab_size) == tok.vocab_size


def test_special_tokens_of_harmony_and_whisper():
    tok = minitok.get_encoding("o200k_harmony")
    for name in ("<|endofprompt|>", "<|reserved_200018|>"):
        assert tok.encode(name, allowed_special="all") == [200018]
    assert tok.decode([200018]) == "<|endofprompt|>"
    tok = minitok.get_encoding("whisper")
    assert tok.special_tokens["<|startoftranscript|>"] == 50258
    names = ("en", "zh", "su", "notimestamps", "0.00", "30.00")
    assert [tok.token_id(f"<|{name}|>") for name in names] == [50259, 50260, 50357, 50363, 50364, 51864]
    large = minitok.get_encoding("whisper_v3")
    assert (large.token_id("<|yue|>"), large.token_id("<|30.00|>")) == (50358, 51865)
    assert minitok.get_encoding("whisper_en").token_id("<|notimestamps|>") == 50362
    assert tok.decode_bytes([50256]) == b""
    assert len(published.LANGUAGES) == 100


def test_models():
    others = {"gpt-4o-2024-05-13": "o200k_base", "gpt-oss-20b": "o200k_harmony", "ft:gpt-4o-mini:org": "o200k_base"}
    others |= {"tiny.en": "whisper_en", "whisper-1": "whisper", "whisper-large-v3-turbo": "whisper_v3"}
    for model, encoding in (tiktoken.model.MODEL_TO_ENCODING | others).items():
        assert encoding_name_for_model(model) == encoding
    assert minitok.encoding_for_model("tiny.en") is minitok.get_encoding("whisper_en")
    assert models.PREFIXES == tiktoken.model.MODEL_PREFIX_TO_ENCODING
    whisper = {model for model, encoding in models.ENCODING_OF_MODEL.items() if encoding.startswith("whisper")}
    assert models.ENCODING_OF_MODEL.keys() - whisper == tiktoken.model.MODEL_TO_ENCODING.keys()


def test_one_object_a_name_for_all_threads(monkeypatch):
    monkeypatch.setattr(registry, "_loaded", {})
    barrier = threading.Barrier(8)

    def get(_):
        barrier.wait()
        return minitok.get_encoding("gpt2")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(get, range(8))))) == 1


def test_truncated_and_saved(backend, tmp_path):
    tok = minitok.get_encoding("p50k_base", backend=backend)
    assert tok.definition.byte_order[:3] == b'!"#'
    with_hole = tok.shrink(50270)
    assert (with_hole.vocab_size, with_hole.special_tokens) == (50270, {"<|endoftext|>": 50269})
    assert max(with_hole.definition.vocabulary()[0]) == 50268
    assert 50256 not in with_hole.definition.vocabulary()[0]
    assert len(tok.merges) == 50280 - 256
    small = minitok.get_encoding("o200k_harmony", backend=backend).shrink(3000)
    assert small.vocab_size == 3000
    assert len(set(small.special_tokens.values())) == len(small.special_tokens) - 1
    small.save(tmp_path / "small.json")
    assert minitok.load(tmp_path / "small.json", backend=backend) == small
    with pytest.raises(minitok.errors.VocabularyError, match="is not between"):
        tok.shrink(60000)


def test_plugins(monkeypatch):
    entries = {
        "mine": EntryPoint("mine", "minitok:Tokenizer", registry.GROUP),
        "wrong": EntryPoint("wrong", "builtins:dict", registry.GROUP),
    }
    monkeypatch.setattr(registry, "plugins", lambda: entries)
    monkeypatch.setattr(registry, "_loaded", {})
    assert minitok.list_encoding_names()[-2:] == ["mine", "wrong"]
    with pytest.raises(TypeError, match=r"the encoding 'wrong' \(builtins:dict\) is a dict, not a Tokenizer"):
        minitok.get_encoding("wrong")
    monkeypatch.setattr(minitok, "Tokenizer", lambda: minitok.tokenizer.Tokenizer([(97, 98)]))
    assert minitok.get_encoding("mine").encode("ab") == [256]
    assert minitok.get_encoding("mine") is minitok.get_encoding("mine")
    assert minitok.get_encoding("mine", backend="python").definition.backend == "python"
