"""Calls as people make them who come from another library, or guess: refused, and the message says what to write."""

import inspect
import subprocess
import sys
import traceback
from pathlib import Path

import minitok
import numpy as np
import pytest
from minitok.errors import MinitokError, UnknownTokenError
from minitok.foreign import INSTEAD, OPTIONS, OTHER_METHODS

TEXTS = ["low lower lowest"]
RANKS = b"YQ== 0\n"


def tokenizer(backend):
    return minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300}, backend=backend)


OF_A_TOKENIZER = {
    "threads of tiktoken": (
        lambda tok: tok.encode_batch(["a"], num_threads=2),
        TypeError,
        "Tokenizer.encode_batch() has no option 'num_threads'; write threads=",
    ),
    "threads, one text": (
        lambda tok: tok.encode("a", num_threads=2),
        TypeError,
        "Tokenizer.encode() has no option 'num_threads'; write threads=",
    ),
    "special tokens of transformers": (
        lambda tok: tok.encode("a", add_special_tokens=False),
        TypeError,
        "Tokenizer.encode() has no option 'add_special_tokens': minitok adds no special tokens to a text, so omit it",
    ),
    "special tokens, beside an option": (
        lambda tok: tok.encode("a", allowed_special="all", add_special_tokens=None),
        TypeError,
        "'add_special_tokens': minitok adds no special tokens",
    ),
    "special tokens, counted": (
        lambda tok: tok.count("a", add_special_tokens=True),
        TypeError,
        "Tokenizer.count() has no option 'add_special_tokens': minitok adds no special tokens",
    ),
    "special tokens, in an array": (
        lambda tok: tok.encode_to_numpy("a", add_special_tokens=True),
        TypeError,
        "Tokenizer.encode_to_numpy() has no option 'add_special_tokens': minitok adds no special tokens",
    ),
    "special tokens, in a batch": (
        lambda tok: tok.encode_batch(["a"], add_special_tokens=True),
        TypeError,
        "'add_special_tokens': minitok adds no special tokens",
    ),
    "special tokens, decoded": (
        lambda tok: tok.decode_batch([[97]], skip_special_tokens=True),
        TypeError,
        "Tokenizer.decode_batch() has no option 'skip_special_tokens': decode and stream_decoder have this option",
    ),
    "a misspelt option": (
        lambda tok: tok.encode_batch(["a"], allowed_specials="all"),
        TypeError,
        "has no option 'allowed_specials'; write allowed_special=",
    ),
    "an option like no other": (
        lambda tok: tok.count_batch(["a"], colour=1),
        TypeError,
        "has no option 'colour'; it has texts, allowed_special, disallowed_special, threads",
    ),
    "chunks of LangChain": (
        lambda tok: tok.chunk("a", chunk_size=5),
        TypeError,
        "Tokenizer.chunk() has no option 'chunk_size'; write max_tokens=",
    ),
    "more training": (lambda tok: tok.extend(["a"], 400, num_threads=1), TypeError, "write threads="),
    "several texts": (
        lambda tok: tok.encode(["a", "b"]),
        TypeError,
        "text must be str or bytes, not list; methods whose names end in _batch take several texts, such as encode_batch",
    ),
    "several texts, counted": (
        lambda tok: tok.count(("a", "b")),
        TypeError,
        "not tuple; methods whose names end in _batch",
    ),
    "a path": (
        lambda tok: tok.count(Path("a.txt")),
        TypeError,
        "Path; read the file first, for instance with Path.read_text()",
    ),
    "a path in a batch": (lambda tok: tok.encode_batch([Path("a.txt")]), TypeError, "with Path.read_text()"),
    "several rows of ids": (
        lambda tok: tok.decode([[1, 2], [3]]),
        TypeError,
        "a token id must be an integer, not list (at position 0); decode_batch takes several rows",
    ),
    "an array of rows": (
        lambda tok: tok.decode(np.array([[1, 2], [3, 4]])),
        ValueError,
        "token ids must be one-dimensional, not 2-dimensional; decode_batch takes rows",
    ),
    "a token that there is not": (
        lambda tok: tok.token_id("qq"),
        UnknownTokenError,
        "the vocabulary has no token 'qq'",
    ),
    "bytes that are no token": (lambda tok: tok.token_id(b"qq"), MinitokError, "the vocabulary has no token b'qq'"),
}


@pytest.mark.parametrize("name", OF_A_TOKENIZER)
def test_a_call_of_a_tokenizer(name, backend):
    call, kind, message = OF_A_TOKENIZER[name]
    with pytest.raises(kind) as caught:
        call(tokenizer(backend))
    assert message in str(caught.value)


TRAINING = {
    "special tokens with ids": (
        {"special_tokens": {"<s>": 5}},
        TypeError,
        "special_tokens must be names, without ids: these come after the last merge",
    ),
    "without byte fallback": (
        {"byte_fallback": False},
        TypeError,
        "has no option 'byte_fallback': what has no token is always encoded as bytes, so omit it",
    ),
    "the alphabet of tokenizers": ({"initial_alphabet": []}, TypeError, "all 256 bytes are tokens before training"),
    "the pattern of tiktoken": ({"pat_str": "x+"}, TypeError, "has no option 'pat_str'; write pattern="),
    "the progress of tokenizers": (
        {"show_progress": True},
        TypeError,
        "has no option 'show_progress'; write progress=",
    ),
    "the frequency of others": ({"min_freq": 2}, TypeError, "has no option 'min_freq'; write min_frequency="),
}


@pytest.mark.parametrize("name", TRAINING)
def test_a_call_of_training(name, backend, tmp_path):
    options, kind, message = TRAINING[name]
    (tmp_path / "a.txt").write_text(TEXTS[0])
    for train in (
        lambda: minitok.train(TEXTS, 260, backend=backend, **options),
        lambda: minitok.train_files(tmp_path / "a.txt", 260, backend=backend, **options),
    ):
        with pytest.raises(kind) as caught:
            train()
        assert message in str(caught.value)


LOADED = {
    "an encoding": ("gpt2", "'gpt2' is not a file or folder; minitok.get_encoding('gpt2') returns the encoding gpt2"),
    "a model": ("gpt-4o", "minitok.get_encoding('gpt-4o') returns the encoding o200k_base"),
    "a misspelt encoding": ("cl10k_base", "did you mean minitok.get_encoding('cl100k_base')?"),
    "a model in files": (
        "qwen3",
        "'hf download Qwen/Qwen3-8B tokenizer.json' gets such a model, and minitok.load('Qwen/Qwen3-8B')",
    ),
}


@pytest.mark.parametrize("name", LOADED)
def test_a_name_is_not_a_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, message = LOADED[name]
    for given in (path, Path(path)):
        with pytest.raises(FileNotFoundError) as caught:
            minitok.load(given)
        assert message in str(caught.value)


def test_a_missing_file_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("my.json", tmp_path / "gpt2", "./gpt2"):
        with pytest.raises(FileNotFoundError) as caught:
            minitok.load(path)
        assert caught.value.filename == str(path)


def test_no_option_of_minitok_is_called_foreign():
    functions = [minitok.train, minitok.train_files, minitok.load, minitok.count_pieces, minitok.Tokenizer.__init__]
    methods = [value for name, value in inspect.getmembers(minitok.Tokenizer) if not name.startswith("_")]
    own = {name for each in [*functions, *filter(callable, methods)] for name in inspect.signature(each).parameters}
    assert set(OPTIONS.values()) <= own
    assert not own & (OPTIONS.keys() | INSTEAD.keys()) - {"skip_special_tokens"}  # the stream decoder's


@pytest.mark.parametrize(("own", "others"), OTHER_METHODS.items())
def test_methods_of_other_libraries_say_what_to_write(own, others, backend):
    tok = minitok.Tokenizer([], backend=backend)
    assert {own, *others.split()} & set(dir(tok)) == {own}
    for name in others.split():
        with pytest.raises(AttributeError, match=rf"^Tokenizer has no '{name}'; write {own}$") as caught:
            getattr(tok, name)
        assert "Did you mean" not in "".join(traceback.format_exception(caught.value))
        assert not hasattr(minitok.Tokenizer, name)


def test_the_error_shows_the_call_alone():
    code = "import minitok; minitok.train([], 256, n_vocab=3)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert "During handling" not in ran.stderr
    assert ran.stderr.rstrip().endswith("TypeError: train() has no option 'n_vocab'; write vocab_size=")
