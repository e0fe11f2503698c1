"""Every format there and back keeps every id, and the libraries that own the formats give the same ids."""

import json
import pickle

import minitok
import pytest
import tiktoken
import tokenizers
from helpers import Failure, outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok.definition import Definition
from minitok.formats import huggingface
from minitok.formats.tiktoken import mergeable_ranks
from minitok.reference.pretokenize import NAMED
from strategies import CORPUS, old, portable_regexes, texts

SPECIAL = ["<|end|>", "<|pad of é|>"]


def trained(pattern="gpt2", special=SPECIAL, **options):
    return minitok.train(CORPUS, vocab_size=360, pattern=pattern, special_tokens=special, **options)


BASE = trained(special=())


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


def test_tiktoken(tok, backend, tmp_path):
    path = tmp_path / "ranks"
    tok.save(path, format="tiktoken")
    again = minitok.load(path, pattern=tok.pattern, special_tokens=tok.special_tokens, backend=backend)
    assert again.encode(TEXT, allowed_special="all") == tok.encode(TEXT, allowed_special="all")
    assert again.merges == tok.merges
    assert again.definition.backend == backend


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


def test_huggingface(tok, backend, tmp_path):
    path = tmp_path / "tokenizer.json"
    tok.save(path, format="huggingface")
    again = minitok.load(path, backend=backend)
    assert again == tok.replace(backend=backend)
    assert minitok.load(path) == tok
    theirs = tokenizers.Tokenizer.from_file(str(path))
    ids = tok.encode(TEXT, allowed_special="all")
    assert theirs.encode(TEXT).ids == ids
    assert theirs.decode(ids, skip_special_tokens=False) == TEXT
    assert theirs.get_vocab_size() == tok.vocab_size


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k"])
def test_huggingface_gives_the_same_ids_for_any_text(pattern, tmp_path):
    tok = trained(pattern)
    _, theirs = saved(tok, tmp_path)

    @given(st.lists(st.sampled_from(CORPUS) | texts.filter(old), max_size=4).map("".join))
    def check(text):
        assert theirs.encode(text).ids == tok.encode(text, allowed_special="all")

    check()


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
        [split(LLAMA_3)],
        [split(QWEN)],
        [split(TEKKEN)],
        [split(NAMED["o200k"])],
        [*map(split, DEEPSEEK)],
        [{"type": "Digits", "individual_digits": True}, split(LLAMA_3)],
    ],
    ids=["llama3", "qwen", "tekken", "gpt-oss", "deepseek", "digits"],
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


@settings(max_examples=150)
@given(portable_regexes, st.lists(texts.filter(old), min_size=3, max_size=3))
def test_a_pattern_is_refused_or_cuts_as_theirs(tmp_path_factory, pattern, some):
    content = huggingface.dump(minitok.Tokenizer(BASE.merges, pattern="none").definition)
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split(pattern), BYTE_LEVEL]}
    path = tmp_path_factory.mktemp("pattern") / "tokenizer.json"
    path.write_text(json.dumps(content))
    tok = outcome(minitok.load, path)
    if isinstance(tok, Failure):
        assert tok.kind is minitok.errors.FileFormatError
        return
    theirs = outcome(tokenizers.Tokenizer.from_file, str(path))
    if isinstance(theirs, Failure):  # their engine does not read it
        return
    for text in some:
        ids = outcome(tok.encode, text)
        if isinstance(ids, Failure):  # a pattern may ask for too many steps
            continue
        try:
            wanted = theirs.encode(text).ids
        except BaseException as error:
            if type(error).__name__ == "PanicException":  # theirs panics at the limit of its own steps
                continue
            raise
        assert ids == wanted


@pytest.mark.parametrize("pattern", [r"\s+$", "a$", r"[$a]+$|\$", "b$|a", "(?:a|$ ?)b$"])
def test_the_end_of_a_line(pattern, tmp_path):
    content = huggingface.dump(trained().definition)
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split(pattern), BYTE_LEVEL]}
    tok, theirs = read(tmp_path / "tokenizer.json", content)
    _, again = saved(tok, tmp_path)

    @given(st.text("ab$ \n\r\u2028", max_size=12))
    def check(text):
        assert theirs.encode(text).ids == tok.encode(text) == again.encode(text).ids

    check()


@pytest.mark.parametrize("name", ["gpt2", "p50k_edit", "cl100k_base", "whisper"])
def test_published_encodings_through_huggingface(name, tmp_path):
    tok = minitok.get_encoding(name)
    again, theirs = saved(tok, tmp_path)
    text = TEXT + "".join(list(tok.special_tokens)[:7]) + "\n \n"
    ids = tok.encode(text, allowed_special="all")
    assert again.encode(text, allowed_special="all") == theirs.encode(text).ids == ids
    assert (again.vocab_size, again.special_tokens) == (tok.vocab_size, tok.special_tokens)
    assert again.definition.vocabulary()[0] == tok.definition.vocabulary()[0]


def test_an_id_with_two_names_is_refused_by_huggingface(tmp_path):
    tok = minitok.get_encoding("o200k_harmony")
    with pytest.raises(minitok.errors.VocabularyError, match=r"200018 has two names, '<\|endofprompt\|>' and '<\|res"):
        tok.save(tmp_path / "tokenizer.json", format="huggingface")
    special = tok.special_tokens
    del special["<|reserved_200018|>"]
    tok.replace(special_tokens=special).save(tmp_path / "tokenizer.json", format="huggingface")
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = "<|start|>user<|message|>hi<|end|>" + "".join(special)
    assert theirs.encode(text).ids == tok.encode(text, allowed_special="all")


def test_gpt2(tok, backend, tmp_path):
    tok.save(tmp_path, format="gpt2")
    files = tmp_path / "vocab.json", tmp_path / "merges.txt"
    assert minitok.load(tmp_path, backend=backend) == tok.replace(backend=backend)
    assert minitok.load(tmp_path, pattern="cl100k") == tok.replace(pattern="cl100k")
    theirs = tokenizers.models.BPE.from_file(*map(str, files))
    assert theirs.token_to_id("<|end|>") == tok.special_tokens["<|end|>"]


def test_gpt2_of_transformers(tmp_path):
    from transformers import GPT2TokenizerFast

    tok = minitok.get_encoding("gpt2")
    tok.save(tmp_path, format="gpt2")
    theirs = GPT2TokenizerFast.from_pretrained(str(tmp_path))
    assert theirs(TEXT)["input_ids"] == tok.encode(TEXT)
    again = minitok.load(tmp_path)
    assert again.encode(TEXT) == tok.encode(TEXT)
    assert (again.merges, again.special_tokens) == (tok.merges, tok.special_tokens)
    # GPT-2's eight merges that begin with "#" are merges.
    lines = (tmp_path / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("#") for line in lines) == 9


def test_minbpe(tok, backend, tmp_path):
    tok.save(tmp_path / "a.model", format="minbpe")
    again = minitok.load(tmp_path / "a.model", backend=backend)
    assert again.encode(TEXT, allowed_special="all") == tok.encode(TEXT, allowed_special="all")
    assert (again.merges, again.special_tokens) == (tok.merges, tok.special_tokens)


def test_native(tok, backend, tmp_path):
    tok.save(tmp_path / "a.json")
    assert minitok.load(tmp_path / "a.json", backend=backend) == tok.replace(backend=backend)


@pytest.mark.parametrize("name", ["p50k_base", "whisper"])
def test_native_of_published(name, tmp_path):
    tok = minitok.get_encoding(name)
    tok.save(tmp_path / "a.json")
    again = minitok.load(tmp_path / "a.json")
    assert again == tok
    assert pickle.loads(pickle.dumps(again)) == tok


def test_byte_order_is_kept(tmp_path):
    tok = trained(byte_order="gpt2")
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    assert minitok.load(tmp_path / "tokenizer.json") == tok
    with pytest.raises(minitok.errors.VocabularyError, match="minbpe's format cannot express ids"):
        tok.save(tmp_path / "a.model", format="minbpe")


def test_merges_in_either_notation(tmp_path):
    tok = trained()
    content = huggingface.dump(tok.definition)
    content["model"]["merges"] = [merge.split(" ") for merge in content["model"]["merges"]]
    content["version"] = "1.0"
    again, theirs = read(tmp_path / "tokenizer.json", content)
    assert again == tok
    text = "lowest newer\n"
    assert theirs.encode(text).ids == tok.encode(text)


def test_ignore_merges_is_kept(tmp_path):
    tok = minitok.Tokenizer(
        Definition.from_tokens(
            {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"abc": 257},
            [(97, 98)],
            pattern="gpt2",
            whole_pieces=True,
        )
    )
    assert tok.encode("abc xabc") == [257, 32, 120, 256, 99]
    _, theirs = saved(tok, tmp_path)
    again = minitok.load(tmp_path / "tokenizer.json")
    assert again == tok
    assert theirs.encode("abc xabc").ids == again.encode("abc xabc") == [257, 32, 120, 256, 99]


def test_what_a_format_cannot_say_is_refused(tmp_path):
    odd = minitok.Tokenizer(
        Definition.from_tokens(
            {bytes([byte]): byte for byte in range(256)} | {b"ab": 257, b"abc": 256},
            [(97, 98), (257, 99)],
            pattern="gpt2",
        )
    )
    with pytest.raises(minitok.errors.VocabularyError, match="not in the order of the merges"):
        odd.save(tmp_path / "x", format="tiktoken")
    # By merges "bc" comes first and "abc" is never made; by ranks it is.
    merges = minitok.Tokenizer([(97, 98), (98, 99), (97, 257)])
    with pytest.raises(minitok.errors.VocabularyError, match="merging by rank gives other ids"):
        merges.save(tmp_path / "x", format="tiktoken")
    twice = minitok.Tokenizer([(97, 98), (256, 99), (98, 99), (97, 258)])
    for form in ("tiktoken", "huggingface", "gpt2"):
        with pytest.raises(minitok.errors.VocabularyError, match="two ids have the same bytes"):
            twice.save(tmp_path / "x", format=form)
    with pytest.raises(minitok.errors.VocabularyError, match=r"the pattern 'a\$\|\.': it would be read as 'a\(\?="):
        minitok.Tokenizer([], pattern=r"a$|.").save(tmp_path / "x", format="huggingface")
    with pytest.raises(minitok.errors.VocabularyError, match="line break"):
        minitok.Tokenizer([], special_tokens={"a\nb": 256}).save(tmp_path / "x", format="minbpe")
    with pytest.raises(minitok.errors.VocabularyError, match="reads like the token"):
        minitok.Tokenizer([], special_tokens={"a": 256}).save(tmp_path / "x", format="huggingface")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30)
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
