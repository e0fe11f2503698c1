"""``minitok.compat.tiktoken`` stands in for tiktoken 0.14: the same names, signatures, ids, errors."""

import inspect
import pickle
from functools import cache

import minitok
import minitok.compat.tiktoken as ours
import numpy as np
import pytest
import tiktoken as theirs
from helpers import run_python
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import any_bytes, old, texts

NAMES = ["p50k_edit", "cl100k_base"]  # all of them are compared in tests/encodings


@cache
def reference(name):
    mine = ours.get_encoding(name)
    return theirs.Encoding(
        name, pat_str=mine._pat_str, mergeable_ranks=mine._mergeable_ranks, special_tokens=mine._special_tokens
    )


@pytest.fixture(scope="module", params=NAMES)
def pair(request):
    return ours.get_encoding(request.param), reference(request.param)


def test_every_public_name_is_there():
    import tiktoken.core
    import tiktoken.load
    import tiktoken.model
    import tiktoken.registry

    # What tiktoken's modules import themselves, and its way to plugins, which are minitok's entry points here.
    others = {"annotations", "base64", "hashlib", "os", "functools", "importlib", "pkgutil", "threading", "tiktoken"}
    others |= {"tiktoken_ext", "Any", "Callable", "Sequence", "Collection", "AbstractSet", "Literal", "NoReturn"}
    others |= {"TYPE_CHECKING", "ThreadPoolExecutor", "ENCODING_CONSTRUCTORS"}
    for module in (tiktoken, tiktoken.core, tiktoken.load, tiktoken.model, tiktoken.registry):
        public = {name for name in dir(module) if not name.startswith("_")} - others
        mine = ours if module is tiktoken else getattr(ours, module.__name__.split(".")[1])
        assert [name for name in sorted(public) if not hasattr(mine, name)] == []
    assert ours.__version__ == theirs.__version__
    assert {name for name in dir(reference("gpt2")) if not name.startswith("__")} <= set(dir(ours.get_encoding("gpt2")))


@pytest.mark.parametrize("name", [name for name in vars(theirs.Encoding) if not name.startswith("__")] + ["__init__"])
def test_methods_have_the_same_signatures(name):
    mine, other = (inspect.getattr_static(encoding, name) for encoding in (ours.Encoding, theirs.Encoding))
    if callable(other):
        assert signature(mine) == signature(other)
    else:
        assert isinstance(mine, type(other))


@pytest.mark.parametrize(
    "name", ["get_encoding", "list_encoding_names", "encoding_for_model", "encoding_name_for_model"]
)
def test_functions_have_the_same_signatures(name):
    assert signature(getattr(ours, name)) == signature(getattr(theirs, name))


def signature(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@given(text=texts, data=any_bytes)
def test_ids(pair, text, data):
    mine, other = pair
    ids = other.encode_ordinary(text)
    assert mine.encode_ordinary(text) == mine.encode(text, disallowed_special=()) == ids
    if old(text):  # tiktoken splits here by Python's `regex`, whose Unicode is newer than that of its own engine
        assert mine._encode_only_native_bpe(text) == other._encode_only_native_bpe(text)
    assert mine._encode_single_piece(text or "a") == other._encode_single_piece(text or "a")  # "" makes tiktoken panic
    assert mine._encode_bytes(data) == other._encode_bytes(data)
    assert mine.decode_tokens_bytes(ids) == other.decode_tokens_bytes(ids)
    assert mine.decode_with_offsets(ids) == other.decode_with_offsets(ids)
    assert mine.encode_batch([text, "a"], allowed_special="all") == other.encode_batch(
        [text, "a"], allowed_special="all"
    )


@settings(max_examples=25)
@given(texts | st.sampled_from(["hello fanta", "hello ", "a\n ", "x   \n", "日本"]))
def test_unstable(text):
    text = text[-12:]
    mine, other = ours.get_encoding("gpt2"), reference("gpt2")
    stable, completions = mine.encode_with_unstable(text, disallowed_special=())
    expected, others = other.encode_with_unstable(text, disallowed_special=())
    assert (stable, sorted(completions)) == (expected, sorted(others))


def test_a_special_token_of_white_space_is_stable():
    ranks = {bytes([byte]): byte for byte in range(256)}
    fields = {"pat_str": r"\s+|\S+", "mergeable_ranks": ranks, "special_tokens": {" ": 256}}
    found = [
        lib.Encoding("it", **fields).encode_with_unstable("a \n\n", allowed_special="all") for lib in (ours, theirs)
    ]
    assert found[0] == found[1] == ([97, 256], [[10, 10]])


def test_numbers(pair):
    mine, other = pair
    for name in ("name", "n_vocab", "max_token_value", "eot_token", "special_tokens_set", "_special_token_values"):
        assert getattr(mine, name) == getattr(other, name)
    assert mine.token_byte_values() == other.token_byte_values()
    assert repr(mine) == repr(other)
    assert mine.is_special_token(mine.eot_token)
    assert not mine.is_special_token(0)


def test_special_tokens(pair):
    mine, other = pair
    text = "a <|endoftext|> b"
    messages = []
    for encoding in pair:
        for some in ("hello <|endoftext|>", "<|endoftext|> hello"):  # the leftmost is named
            with pytest.raises(ValueError, match="disallowed special token") as caught:
                encoding.encode(some, disallowed_special={"<|endoftext|>", "hello"})
            messages.append(str(caught.value).splitlines()[0])
        with pytest.raises(ValueError, match=r"disallowed special token '<\|endoftext\|>'"):
            encoding.encode(text)
        with pytest.raises(ValueError, match="disallowed special token"):
            encoding.encode_batch(["x", text])
        with pytest.raises(ValueError, match="disallowed special token 'a'"):
            encoding.encode("bab", disallowed_special={"a"})
    assert messages[:2] == messages[2:]
    for options in ({"allowed_special": "all"}, {"allowed_special": {"unknown"}, "disallowed_special": ()}):
        assert mine.encode_batch(iter([text, "x"]), **options) == other.encode_batch(iter([text, "x"]), **options)
        assert mine.encode(text, **options) == other.encode(text, **options)
        array = mine.encode_to_numpy(text, **options)
        assert array.dtype == np.uint32
        assert array.tolist() == other.encode_to_numpy(text, **options).tolist()


def test_single_tokens(pair):
    for encoding in pair:
        assert encoding.decode_single_token_bytes(encoding.encode_single_token(b" the")) == b" the"
        assert encoding.encode_single_token("<|endoftext|>") == encoding.eot_token
        assert encoding.decode_single_token_bytes(encoding.eot_token) == b"<|endoftext|>"
        with pytest.raises(KeyError):
            encoding.encode_single_token("no such token")
        with pytest.raises(KeyError):
            encoding.decode_single_token_bytes(1_000_000)
        with pytest.raises(KeyError):
            encoding.decode([1_000_000])


def test_decoding(pair):
    for encoding in pair:
        ids = encoding.encode("é!")
        assert encoding.decode_batch([ids, []]) == ["é!", ""]
        assert encoding.decode_bytes_batch([ids]) == ["é!".encode()]
        assert encoding.encode("\ud83d\ude00 \ud800") == encoding.encode("😀 \ufffd")
        broken = encoding._encode_bytes(b"\xff")
        assert encoding.decode(broken) == "\ufffd"
        with pytest.raises(UnicodeDecodeError):
            encoding.decode(broken, errors="strict")
        with pytest.raises(UnicodeEncodeError):
            encoding.encode_with_unstable("a\ud800b")


def test_where_tiktoken_panics_there_is_no_panic():
    mine = ours.get_encoding("o200k_base")
    assert mine.decode(mine.encode(" " * 1_000_000)) == " " * 1_000_000
    assert mine._encode_single_piece("") == []


def test_own_encodings():
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
    options = {"pat_str": r"\w+|\W", "mergeable_ranks": ranks, "special_tokens": {"<s>": 257}}
    for module in (ours, theirs):
        encoding = module.Encoding("mine", explicit_n_vocab=258, **options)
        assert encoding.encode("ab<s>", allowed_special="all") == [256, 257]
        with pytest.raises(AssertionError):
            module.Encoding("mine", explicit_n_vocab=259, **options)
        again = pickle.loads(pickle.dumps(encoding))
        assert again.encode("ab") == [256]
    assert ours.Encoding("mine", **options)._mergeable_ranks is ranks


def test_registry():
    mine = ours.get_encoding("cl100k_base")
    assert pickle.loads(pickle.dumps(mine)) is mine is ours.encoding_for_model("gpt-4")
    assert len(pickle.dumps(mine)) < 200
    assert set(theirs.list_encoding_names()) <= set(ours.list_encoding_names())
    for module in (ours, theirs):
        with pytest.raises(ValueError, match=r"(?i)unknown encoding"):
            module.get_encoding("nonsense")
        with pytest.raises(ValueError, match="Expected a string in get_encoding"):
            module.get_encoding(1)
        with pytest.raises(KeyError):
            module.encoding_for_model("nonsense")
        assert module.encoding_name_for_model("gpt-4o-mini") == "o200k_base"


def test_ranks_from_disk(tmp_path):
    minitok.get_encoding("gpt2").save(tmp_path / "x", format="tiktoken")
    ranks = ours.load_tiktoken_bpe(str(tmp_path / "x"))
    assert ranks == ours.get_encoding("gpt2")._mergeable_ranks
    with pytest.raises(ValueError, match="Hash mismatch"):
        ours.load_tiktoken_bpe(str(tmp_path / "x"), "0" * 64)
    ours.dump_tiktoken_bpe(dict(reversed(ranks.items())), str(tmp_path / "y"))
    assert (tmp_path / "y").read_bytes() == (tmp_path / "x").read_bytes()


def test_the_files_of_gpt2(tmp_path):
    import tiktoken.load

    minitok.get_encoding("gpt2").save(tmp_path, format="gpt2")
    files = str(tmp_path / "merges.txt"), str(tmp_path / "vocab.json")
    ranks = ours.load.data_gym_to_mergeable_bpe_ranks(*files)
    assert ranks == tiktoken.load.data_gym_to_mergeable_bpe_ranks(*files) == ours.get_encoding("gpt2")._mergeable_ranks
    with pytest.raises(ValueError, match="Hash mismatch"):
        ours.data_gym_to_mergeable_bpe_ranks(*files, encoder_json_hash="0" * 64)
    minitok.Tokenizer([(97, 98)]).save(tmp_path, format="gpt2")
    with pytest.raises(AssertionError, match="other ids than in GPT-2"):
        ours.data_gym_to_mergeable_bpe_ranks(*files)
    assert ours.data_gym_to_mergeable_bpe_ranks(*files, clobber_one_byte_tokens=True)[b"ab"] == 256


def test_code_written_for_tiktoken_runs():
    code = (
        "import sys, minitok.compat.tiktoken\n"
        "sys.modules['tiktoken'] = minitok.compat.tiktoken\n"
        "import tiktoken\n"
        "enc = tiktoken.get_encoding('cl100k_base')\n"
        "assert enc.encode('hello world') == [15339, 1917]\n"
        "tiktoken.install()\n"
        "from tiktoken.core import Encoding\n"
        "from tiktoken.load import load_tiktoken_bpe\n"
        "from tiktoken.model import encoding_for_model\n"
        "assert isinstance(encoding_for_model('gpt-4o'), Encoding)\n"
        "assert not any('_tiktoken' in name for name in sys.modules)\n"
        "print('done')"
    )
    result = run_python(code)
    assert result.stdout.strip() == "done", result.stderr


PARTS = ("<s>", "<", "s", ">", "a", "</s>", "b")
SPECIAL = st.lists(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join), min_size=1, max_size=4, unique=True
)


@given(names=SPECIAL, some=st.lists(st.booleans(), min_size=4, max_size=4), data=st.data())
def test_special_tokens_that_overlap(names, some, data):
    # Names of which one begins with another are found in the order of a hash map there.
    names = [name for name in names if not any(name != other and name.startswith(other) for other in names)]
    single = {bytes([byte]): byte for byte in range(256)}
    special = {name: 1000 + number for number, name in enumerate(names)}
    options = {"pat_str": r"\w+|\s+|[^\w\s]+", "mergeable_ranks": single, "special_tokens": special}
    mine, other = (lib.Encoding("overlapping", **options) for lib in (ours, theirs))
    text = "".join(data.draw(st.lists(st.sampled_from((*PARTS, *names)), max_size=8)))
    allowed = {name for name, is_allowed in zip(names, some, strict=False) if is_allowed}
    for options in ({"allowed_special": allowed}, {"allowed_special": "all"}):
        assert mine.encode(text, disallowed_special=(), **options) == other.encode(
            text, disallowed_special=(), **options
        )
