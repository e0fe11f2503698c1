"""SGLang's own calls on minitok, against the same calls on Hugging Face's tokenizers (`make test-engines`)."""

import os
import subprocess
import sys

import pytest
from engine_models import NAMES, outputs, texts, with_and_without, write_model
from sglang.srt.utils.hf_transformers.tokenizer import get_tokenizer

pytestmark = pytest.mark.filterwarnings("ignore:this .* stays Hugging Face's own")


@pytest.fixture(scope="module", params=NAMES)
def both(request, tmp_path_factory):
    yield from with_and_without(get_tokenizer, tmp_path_factory.mktemp("models"), request.param)


def test_ids_and_texts(both):
    for text in texts(300):
        ours, theirs = (tok.encode(text) for tok in both)
        assert ours == theirs
        assert dict(both[0](text, return_offsets_mapping=True)) == dict(both[1](text, return_offsets_mapping=True))
    assert both[0](texts(50))["input_ids"] == both[1](texts(50))["input_ids"]


def grouped(tok, ids, size, skip):
    """What SGLang's detokenizer process shows of a request: the text of the last ids, without that of those before."""
    shown, surrounding, read = "", 0, 0
    for end in range(size, len(ids) + size, size):
        some = ids[:end]
        before, now = tok.batch_decode(
            [some[surrounding:read], some[surrounding:]], skip_special_tokens=skip, spaces_between_special_tokens=True
        )
        new = now[len(before) :]
        if new and not new.endswith("\ufffd"):
            shown, surrounding, read = shown + new, read, len(some)
    return shown


@pytest.mark.parametrize("skip", [False, True])
def test_detokenized_batches(both, skip):
    for number, ids in enumerate(outputs(both[1], 100)):
        ours, theirs = (grouped(tok, ids, 1 + number % 4, skip) for tok in both)
        assert ours == theirs
    rows = outputs(both[1], 60, seed=2)
    assert both[0].batch_decode(rows, skip_special_tokens=skip) == both[1].batch_decode(rows, skip_special_tokens=skip)


LOAD = """
from sglang.srt.plugins import load_plugins
load_plugins()
from sglang.srt.utils.hf_transformers.tokenizer import get_tokenizer
tok = get_tokenizer({folder!r})
print("runs on", type(tok._tokenizer).__module__)
"""


@pytest.mark.parametrize("value", ["1", "0", None])
def test_the_plug_in_is_loaded_by_sglang(tmp_path, value):
    environment = {**os.environ, **({} if value is None else {"MINITOK_PLUGIN": value})}
    code = LOAD.format(folder=write_model(tmp_path / "model", "byte_level"))
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert ("runs on minitok" in ran.stdout) is (value == "1")
