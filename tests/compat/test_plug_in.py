"""What serving engines load: entry points, and the variable that they depend on. (`make test-engines` has the engines themselves.)"""

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
import tokenizers
import transformers
from minitok.compat.tokenizers.decoders import DecodeStream
from minitok.compat.transformers import adopt, install, plug_in, uninstall
from minitok.errors import BackendError
from tokenizers import decoders, models, pre_tokenizers

TEXT = "low é 😀 lower"


@pytest.fixture
def stock():
    """A byte-level tokenizer of ``transformers``, of 256 ids and a special one."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tok = tokenizers.Tokenizer(models.BPE({char: number for number, char in enumerate(alphabet)}, []))
    tok.pre_tokenizer, tok.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tok, eos_token="</s>")


@pytest.mark.parametrize("group", ["vllm.general_plugins", "sglang.srt.plugins"])
def test_the_entry_points_are_there(group):
    (found,) = entry_points(group=group, name="minitok")
    assert found.load() is plug_in


@pytest.mark.parametrize(("value", "installs"), [("1", True), ("0", False), ("", False), (None, False)])
def test_the_variable_decides(monkeypatch, value, installs):
    if value is None:
        monkeypatch.delenv("MINITOK_PLUGIN", raising=False)
    else:
        monkeypatch.setenv("MINITOK_PLUGIN", value)
    original = tokenizers.decoders.DecodeStream
    try:
        plug_in()
        plug_in()  # engines may call it more than once
        assert (tokenizers.decoders.DecodeStream is not original) is installs
        assert issubclass(tokenizers.decoders.DecodeStream, DecodeStream) is installs
    finally:
        uninstall()
    assert tokenizers.decoders.DecodeStream is original


def test_another_value_is_an_error(monkeypatch):
    monkeypatch.setitem(os.environ, "MINITOK_PLUGIN", "yes")
    with pytest.raises(BackendError, match=r"MINITOK_PLUGIN is 'yes'; it can be 1 \(run on minitok\) or 0"):
        plug_in()


def test_a_stream_takes_tokenizers_of_both_libraries(stock):
    theirs = stock.backend_tokenizer
    ids = stock.encode(TEXT)
    with install():
        assert adopt(stock)
        said = []
        for tok in (stock.backend_tokenizer, theirs):
            stream = tokenizers.decoders.DecodeStream(ids=ids[:2], skip_special_tokens=True)
            said.append([stream.step(tok, token_id) for token_id in ids[2:6]])
            other = stream.__copy__()
            said[-1] += [(stream.step(tok, token_id), other.step(tok, token_id)) for token_id in ids[6:]]
        assert said[0] == said[1]
        assert any(None in (part if isinstance(part, tuple) else (part,)) for part in said[0])


def test_a_module_is_run_with_its_arguments(tmp_path):
    """As ``python -m`` runs it, with minitok installed before."""
    said = "import sys, tokenizers; print(__name__, sys.argv, tokenizers.decoders.DecodeStream.__mro__[1].__module__)"
    (tmp_path / "said.py").write_text(said, encoding="utf-8")
    command = [sys.executable, "-m", "minitok.compat.transformers"]
    ran = subprocess.run(
        [*command, "said", "--x", "y"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout == f"__main__ {[str(tmp_path / 'said.py'), '--x', 'y']} minitok.compat.tokenizers.decode_stream\n"
    for arguments in ([], ["--help"]):
        ran = subprocess.run(
            [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )
        assert (ran.returncode, ran.stderr) == (1, "usage: python -m minitok.compat.transformers MODULE [ARGUMENTS]\n")
