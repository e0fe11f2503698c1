"""vLLM's own calls on minitok, against the same calls on Hugging Face's tokenizers (`make test-engines`)."""

import copy
import os
import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest
from engine_models import NAMES, conversations, outputs, texts, with_and_without, write_model
from vllm.sampling_params import SamplingParams
from vllm.tokenizers import get_tokenizer, maybe_make_thread_pool
from vllm.tokenizers.detokenizer_utils import convert_ids_list_to_tokens
from vllm.v1.engine.detokenizer import FastIncrementalDetokenizer, IncrementalDetokenizer

pytestmark = pytest.mark.filterwarnings("ignore:this .* stays Hugging Face's own")


@pytest.fixture(scope="module", params=NAMES)
def both(request, tmp_path_factory):
    yield from with_and_without(get_tokenizer, tmp_path_factory.mktemp("models"), request.param)


def test_ids_offsets_and_texts(both):
    for text in texts(300):
        ours, theirs = (tok(text, return_offsets_mapping=True) for tok in both)
        assert dict(ours) == dict(theirs)
        for options in ({}, {"add_special_tokens": False}, {"truncation": True, "max_length": 5}):
            ours, theirs = (tok.encode(text, **options) for tok in both)
            assert ours == theirs
        for skip in (False, True):
            assert both[0].decode(ours, skip_special_tokens=skip) == both[1].decode(theirs, skip_special_tokens=skip)
        assert convert_ids_list_to_tokens(both[0], ours) == convert_ids_list_to_tokens(both[1], theirs)
    assert both[0](texts(50))["input_ids"] == both[1](texts(50))["input_ids"]


def test_what_vllm_asks_of_a_tokenizer(both):
    for name in (
        "all_special_ids",
        "all_special_tokens",
        "max_token_id",
        "max_chars_per_token",
        "is_fast",
        "vocab_size",
    ):
        assert getattr(both[0], name) == getattr(both[1], name)
    for name in ("get_vocab", "get_added_vocab", "__len__", "num_special_tokens_to_add"):
        assert getattr(both[0], name)() == getattr(both[1], name)()


def test_a_thousand_conversations(both):
    for messages in conversations(1000):
        ours, theirs = (
            tok.apply_chat_template(messages, add_generation_prompt=True, return_dict=False) for tok in both
        )
        assert ours == theirs


def test_pools_copies_and_pickles(both):
    ours, theirs = both
    for made in (maybe_make_thread_pool(copy.copy(ours), 2), pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):
        for text in texts(30):
            assert made.encode(text) == theirs.encode(text)
            assert made.decode(made.encode(text)) == theirs.decode(theirs.encode(text))


def run(tok, prompt, ids, step, **options):
    """What a request shows, a few tokens at a time."""
    request = SimpleNamespace(
        request_id="1",
        prompt_token_ids=prompt,
        prompt_embeds=None,
        sampling_params=SamplingParams(max_tokens=100, **options),
    )
    detokenizer = IncrementalDetokenizer.from_new_request(tok, request)
    assert isinstance(detokenizer, FastIncrementalDetokenizer)
    shown = []
    for start in range(0, len(ids), step):
        stopped = detokenizer.update(ids[start : start + step], stop_terminated=False)
        shown.append((detokenizer.get_next_output_text(finished=stopped is not None, delta=True), stopped))
        if stopped:
            break
    return shown, detokenizer.output_text, detokenizer.output_token_ids


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"skip_special_tokens": False},
        {"skip_special_tokens": False, "spaces_between_special_tokens": False},
        {"stop": ["st", "tr", "\n\n", "</s>"], "skip_special_tokens": False},
        {"stop": ["low"], "include_stop_str_in_output": True, "min_tokens": 2},
    ],
    ids=lambda options: " ".join(options) or "plain",
)
def test_streams_of_requests(both, options):
    prompts = outputs(both[1], 80, seed=1)
    for number, (prompt, ids) in enumerate(zip(prompts, outputs(both[1], 80))):
        ours, theirs = (run(tok, prompt, ids, 1 + number % 3, **options) for tok in both)
        assert ours == theirs


LOAD = """
from vllm.plugins import load_general_plugins
load_general_plugins()
load_general_plugins()
from vllm.tokenizers import get_tokenizer
tok = get_tokenizer({folder!r})
print("runs on", type(tok._tokenizer).__module__)
"""


@pytest.mark.parametrize("value", ["1", "0", None, "yes"])
def test_the_plug_in_is_loaded_by_vllm(tmp_path, value):
    environment = {**os.environ, **({} if value is None else {"MINITOK_PLUGIN": value})}
    code = LOAD.format(folder=write_model(tmp_path / "model", "byte_level"))
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    if value == "yes":
        assert "MINITOK_PLUGIN is 'yes'; it can be 1 (run on minitok) or 0" in ran.stderr
        return
    assert ran.returncode == 0, ran.stderr
    assert ("runs on minitok" in ran.stdout) is (value == "1")


def test_a_model_that_is_refused_says_why(tmp_path):
    environment = {**os.environ, "MINITOK_PLUGIN": "1"}
    code = LOAD.format(folder=write_model(tmp_path / "model", "unigram"))
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert "stays Hugging Face's own, and not minitok's" in ran.stderr
    assert "Unigram" in ran.stderr
