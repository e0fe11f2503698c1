"""Which implementation runs is what was asked for, never a silent change."""

import inspect
import re

import minitok
import pytest
from helpers import run_python
from minitok import _rust
from minitok.backend import python

# An import hook under which the extension does not exist.
WITHOUT_EXTENSION = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name == "minitok._rust":
            raise ImportError("blocked by the test")
sys.meta_path.insert(0, Block())
"""
USE = """
import minitok
tok = minitok.train(["low lower lowest"] * 3, 260, special_tokens=["<s>"])
assert tok.decode(tok.encode("lowest<s>", allowed_special="all")) == "lowest<s>"
print(minitok.BACKEND, tok.definition.backend, type(tok._codec).__module__, type(tok.definition.vocab).__module__, "minitok._rust" in sys.modules)
"""


def test_the_python_run_needs_no_extension():
    ran = run_python(WITHOUT_EXTENSION + USE, MINITOK_BACKEND="python")
    modules = ["minitok.backend.python", "minitok.reference.published.vocabs"]
    assert ran.stdout.split() == ["python", "python", *modules, "False"], ran.stderr


def test_without_the_extension_and_without_a_wish_python_runs_and_warns():
    ran = run_python(WITHOUT_EXTENSION + USE, "-W", "always", MINITOK_BACKEND="")
    assert ran.stdout.split()[:2] == ["python", "python"], ran.stderr
    assert "RuntimeWarning: minitok runs the Python reference" in ran.stderr
    assert "the extension cannot be loaded: blocked by the test. Install a wheel" in ran.stderr
    # The warning stands where minitok is first used.
    assert "<string>:10: RuntimeWarning" in ran.stderr


@pytest.mark.parametrize(
    ("before", "chosen", "reason"),
    [
        ("", "", "rust: the extension is installed"),
        ("", "rust", "rust: MINITOK_BACKEND is 'rust'"),
        ("", "python", "python: MINITOK_BACKEND is 'python'"),
        (WITHOUT_EXTENSION, "", "python: the extension cannot be loaded: blocked by the test"),
    ],
)
def test_the_reason_is_said(before, chosen, reason):
    code = before + "\nimport minitok; print(minitok.BACKEND, minitok.backend.BACKEND_REASON, sep=': ')"
    ran = run_python(code, "-W", "ignore", MINITOK_BACKEND=chosen)
    assert ran.stdout == reason + "\n", ran.stderr


@pytest.mark.parametrize(
    ("before", "chosen", "message"),
    [
        (
            WITHOUT_EXTENSION,
            "rust",
            "MINITOK_BACKEND is 'rust', but the extension cannot be loaded: blocked by the test",
        ),
        ("", "java", "it can be 'rust' or 'python'"),
    ],
)
def test_a_backend_that_there_is_not_is_an_error(before, chosen, message):
    ran = run_python(before + "\nimport minitok; minitok.Tokenizer", MINITOK_BACKEND=chosen)
    assert ran.returncode == 1
    assert re.search(f"BackendError: .*{re.escape(message)}", ran.stderr)


ENCODE = """
import hashlib, itertools, numpy
import minitok
from minitok.corpus.report import peak_memory
tok = minitok.get_encoding("cl100k_base")
tok.encode("hello world")
words = ["".join(letters) for letters in itertools.product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeiou", "xyz", "aou")]
before = peak_memory()
ids = tok.encode_to_numpy(" ".join(words + words[::-1]))
print(hashlib.sha256(ids).hexdigest(), peak_memory() - before)
"""


def test_a_small_cache_changes_memory_and_no_id():
    usual, grown = run_python(ENCODE, MINITOK_CACHE="").stdout.split()
    small, grown_small = run_python(ENCODE, MINITOK_CACHE="1").stdout.split()
    assert usual == small
    assert int(grown_small) < int(grown) / 2


@pytest.mark.parametrize("wanted", ["0", "1.5", "1048577", "9" * 5000])
def test_a_cache_of_no_size_is_an_error(wanted):
    ran = run_python("import minitok; minitok.train", MINITOK_CACHE=wanted)
    assert f"BackendError: MINITOK_CACHE is '{wanted}'; it can be a number of MiB, from 1 to 1048576" in ran.stderr


def test_a_tokenizer_runs_on_the_backend_it_names(backend):
    tok = minitok.Tokenizer([(97, 98)], backend=backend)
    modules = {type(part).__module__ for part in (tok._codec, tok.definition.vocab, tok.stream_decoder())}
    assert all(("_rust" in module) == (backend == "rust") for module in modules)
    assert tok.definition.backend == backend
    assert minitok.train(["ab ab"], 257, backend=backend).definition.backend == backend


CLASSES = ["Codec", "Documents", "Normalizer", "Pattern", "PieceCounter", "SpecialTokens", "StreamDecoder", "Vocab"]


def parameters(call):
    """What a call takes: the names, and which of them can be left out."""
    found = list(inspect.signature(call).parameters.values())
    return [(one.name, one.default is not one.empty) for one in found if one.name != "self"]


def calls(kind):
    """The public methods of a class, and what each takes; of an attribute, None."""
    names = [name for name in dir(kind) if not name.startswith("_")]
    return {name: parameters(held) if callable(held := getattr(kind, name)) else None for name in names}


@pytest.mark.parametrize("name", CLASSES)
def test_both_backends_take_the_same_calls(name):
    theirs = calls(getattr(python, name))
    for call, wanted in calls(getattr(_rust, name)).items():
        if wanted is None:
            assert not callable(getattr(getattr(python, name), call, None))
        else:
            # The reference may let more be left out.
            assert [one for one, _ in theirs[call]] == [one for one, _ in wanted], call
            assert all(left for (_, left), (_, can_be) in zip(theirs[call], wanted, strict=True) if can_be), call


@pytest.mark.parametrize("name", ["id_list", "read_column", "read_json_lines", "span_list", "train", "unpack"])
def test_both_backends_have_the_same_functions(name):
    assert parameters(getattr(python, name)) == parameters(getattr(_rust, name))
