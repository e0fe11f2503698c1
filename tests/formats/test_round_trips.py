"""Every format there and back keeps every id, and the libraries that own the formats give the same ids."""

import json
import pickle

import minitok
import pytest
import tiktoken
import tokenizers
from helpers import outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok.formats import FORMATS, huggingface
from minitok.formats.tiktoken import mergeable_ranks
from minitok.reference.pretokenize import NAMED
from strategies import CORPUS, old, texts

SPECIAL = ["<|end|>", "<|pad of é|>"]


def trained(pattern="gpt2", special=SPECIAL, **options):
    return minitok.train(CORPUS, vocab_size=360, pattern=pattern, special_tokens=special, **options)


@pytest.fixture(params=["gpt2", "cl100k", "o200k", "none", r"\w+|\W"])
def tok(request):
    return trained(request.param)


TEXT = "".join(CORPUS) + "<|end|>a <|pad of é|> \n  "


def read(path, content=None):
    """The tokenizer of a ``tokenizer.json``, and that of its own library; ``content`` is written first."""
    if content is not None:
        path.write_text(json.dumps(content))
    return minitok.load(path), tokenizers.Tokenizer.from_file(str(path))


def saved(tok, folder):
    """The same of a tokenizer that is saved as such a file."""
    tok.save(folder / "tokenizer.json", format="huggingface")
    return read(folder / "tokenizer.json")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_there_and_back(tok, form, backend, tmp_path):
    tok.save(tmp_path / "it", format=form)
    beside = {"pattern": tok.pattern, "special_tokens": tok.special_tokens} if form == "tiktoken" else {}
    again = minitok.load(tmp_path / "it", backend=backend, **beside)
    ids = tok.encode(TEXT, allowed_special="all")
    assert again.encode(TEXT, allowed_special="all") == ids
    assert (again.merges, again.special_tokens) == (tok.merges, tok.special_tokens)
    assert again.definition.backend == backend
    if form not in ("tiktoken", "minbpe"):
        assert again == tok.replace(backend=backend)
    if form == "huggingface":
        theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "it"))
        assert theirs.encode(TEXT).ids == ids
        assert theirs.decode(ids, skip_special_tokens=False) == TEXT
        assert theirs.get_vocab_size() == tok.vocab_size
    if form == "gpt2":
        assert minitok.load(tmp_path / "it", pattern="cl100k") == tok.replace(pattern="cl100k")
        theirs = tokenizers.models.BPE.from_file(
            *(str(tmp_path / "it" / name) for name in ("vocab.json", "merges.txt"))
        )
        assert theirs.token_to_id("<|end|>") == tok.special_tokens["<|end|>"]


def test_tiktoken_itself_reads_it(tmp_path, monkeypatch):
    from tiktoken.load import load_tiktoken_bpe

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    for pattern in ("gpt2", "cl100k", "o200k"):
        tok = trained(pattern)
        tok.save(tmp_path / "ranks", format="tiktoken")
        theirs = tiktoken.Encoding(
            "mine",
            pat_str=NAMED[pattern],
            mergeable_ranks=load_tiktoken_bpe(str(tmp_path / "ranks")),
            special_tokens=tok.special_tokens,
        )
        ids = tok.encode(TEXT, allowed_special="all")
        assert theirs.encode(TEXT, allowed_special="all") == ids
        assert theirs.n_vocab == tok.vocab_size


# The pre-tokenizers of models in use, as their files have them.
LLAMA_3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA_3.replace("{1,3}", "")
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    (
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
        "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
    ),
]
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


@pytest.mark.parametrize(
    "steps",
    [
        [split(NAMED["gpt2"])],
        [split(LLAMA_3)],
        [split(QWEN)],
        [split(TEKKEN)],
        [split(NAMED["o200k"])],
        [*map(split, DEEPSEEK)],
        [{"type": "Digits", "individual_digits": True}, split(LLAMA_3)],
    ],
    ids=["gpt2", "llama3", "qwen", "tekken", "gpt-oss", "deepseek", "digits"],
)
def test_pre_tokenizers_of_models(steps, tmp_path):
    content = huggingface.dump(trained("o200k").definition)
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [*steps, BYTE_LEVEL]}
    content["model"]["ignore_merges"] = True
    tok, theirs = read(tmp_path / "tokenizer.json", content)
    python = tok.replace(backend="python")

    @given(st.lists(st.sampled_from([*CORPUS, "漢字かな混じり12345文"]) | texts.filter(old), max_size=3).map("".join))
    def check(text):
        ids = tok.encode(text, allowed_special="all")
        assert theirs.encode(text).ids == ids == python.encode(text, allowed_special="all")

    check()
    tok.save(tmp_path / "again.json", format="huggingface")
    again = minitok.load(tmp_path / "again.json")
    assert (again.pattern, again.merges, again.special_tokens) == (tok.pattern, tok.merges, tok.special_tokens)


def test_an_added_token_that_merges_make_too(tmp_path):
    tok = minitok.Tokenizer([(60, 115), (256, 62), (257, 97)], pattern="none", special_tokens={"<s>": 257})
    again, theirs = saved(tok, tmp_path)
    assert again == tok
    assert theirs.encode("<s>a<s").ids == again.encode("<s>a<s", allowed_special="all") == [257, 97, 256]
    assert again.encode("<s>a<s") == [258, 256]


@pytest.mark.parametrize("name", ["gpt2", "p50k_edit", "cl100k_base", "whisper"])
def test_published_encodings_through_files(name, tmp_path):
    tok = minitok.get_encoding(name)
    tok.save(tmp_path / "a.json")
    native = minitok.load(tmp_path / "a.json")
    assert pickle.loads(pickle.dumps(native)) == native == tok
    again, theirs = saved(tok, tmp_path)
    text = TEXT + "".join(list(tok.special_tokens)[:7]) + "\n \n"
    ids = tok.encode(text, allowed_special="all")
    assert again.encode(text, allowed_special="all") == theirs.encode(text).ids == ids
    assert (again.vocab_size, again.special_tokens) == (tok.vocab_size, tok.special_tokens)
    assert again.definition.vocabulary()[0] == tok.definition.vocabulary()[0]


def test_the_files_of_gpt2(tmp_path):
    tok = minitok.get_encoding("gpt2")
    tok.save(tmp_path, format="gpt2")
    theirs = tokenizers.ByteLevelBPETokenizer.from_file(
        *(str(tmp_path / name) for name in ("vocab.json", "merges.txt"))
    )
    assert theirs.encode(TEXT).ids == tok.encode(TEXT)
    again = minitok.load(tmp_path)
    assert again.encode(TEXT) == tok.encode(TEXT)
    assert (again.merges, again.special_tokens) == (tok.merges, tok.special_tokens)
    # GPT-2's eight merges that begin with "#" are merges.
    lines = (tmp_path / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("#") for line in lines) == 9


def test_byte_order_is_kept(tmp_path):
    tok = trained(byte_order="gpt2")
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    assert minitok.load(tmp_path / "tokenizer.json") == tok


@given(st.lists(texts, min_size=1, max_size=4), st.integers(260, 300))
def test_trained_on_anything(tmp_path_factory, corpus, size):
    tok = minitok.train(corpus, vocab_size=size, special_tokens=["<s>"], pattern="gpt2")
    folder = tmp_path_factory.mktemp("any")
    text = "".join(corpus)
    failed = outcome(tok.save, folder / "tokenizer.json", format="huggingface")
    if failed is not None:
        assert "two ids have the same bytes" in failed.message
        return
    assert minitok.load(folder / "tokenizer.json") == tok
    ranks = outcome(mergeable_ranks, tok)
    if isinstance(ranks, dict):
        theirs = tiktoken.Encoding("x", pat_str=NAMED["gpt2"], mergeable_ranks=ranks, special_tokens=tok.special_tokens)
        assert theirs.encode(text, allowed_special="all") == tok.encode(text, allowed_special="all")
