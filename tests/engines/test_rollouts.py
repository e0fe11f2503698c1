"""What verl, prime-rl and TRL make of sampled ids is the oracle of our examples for them (`make test-engines`)."""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace

import minitok
import pytest
from transformers import PreTrainedTokenizerFast

ROOT = Path(__file__).parent.parent.parent
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Tools answer in a turn of the user's.
TOOLS = (
    "{% for m in messages %}{% if m.role != 'tool' %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% else %}"
    "{% if messages[loop.index0 - 1].role != 'tool' %}<|im_start|>user{% endif %}{{ '\\n<tool_response>\\n' }}{{ m.content }}\n"
    "</tool_response>{% if loop.last or messages[loop.index].role != 'tool' %}<|im_end|>\n{% endif %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def verl():
    """Its builders, without the rest of it, which needs a cluster."""
    for name in ("verl", "verl.utils"):
        package = ModuleType(name)
        where = None if name == "verl" else sys.modules["verl"].__path__
        package.__path__ = list(PathFinder.find_spec(name, where).submodule_search_locations)
        sys.modules[name] = package
    from verl.utils.tokenizer import continuous_token

    return continuous_token


@pytest.fixture(scope="module")
def tok():
    names = ["<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>"]
    names += ["<tool_response>", "</tool_response>", "<|endoftext|>"]
    return minitok.train(["low lower lowest what is it"], 300).add_tokens(names, special=True)


@pytest.fixture(scope="module")
def theirs(tok, tmp_path_factory):
    path = tmp_path_factory.mktemp("theirs") / "tokenizer.json"
    tok.save(path, format="huggingface")
    made = PreTrainedTokenizerFast(tokenizer_file=str(path), eos_token="<|im_end|>")
    made.chat_template = TOOLS
    return made


@pytest.fixture(autouse=True)
def examples(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples/rollouts")


def words(random):
    return " ".join(random.choices(["low", "lower", "é", "\n"], k=random.randrange(1, 6)))


@pytest.mark.parametrize(("template", "roles"), [(CHATML, ["user"]), (TOOLS, ["user", "tool"])])
def test_the_prompts_are_those_of_its_builder(verl, tok, theirs, template, roles, monkeypatch):
    from verl_builder import Builder

    monkeypatch.setattr(theirs, "chat_template", template)
    end = tok.special_tokens["<|im_end|>"]
    compared = 0
    for seed in range(100):
        random = Random(seed)
        builders = [verl.QwenContinuousTokenBuilder(theirs), Builder(tok.replace(chat=template))]
        messages = [{"role": "system", "content": "be low"}, {"role": "user", "content": "what is it"}]
        ids = [builder.build_initial_tokens(messages) for builder in builders]
        assert ids[0] == ids[1]
        for _ in range(random.randrange(1, 5)):
            answer = words(random)
            sampled = [*answer.encode(), end] if random.random() < 0.5 else [*tok.encode(answer), end]
            ids = [
                builder.merge_assistant_tokens(own, sampled).token_ids
                for builder, own in zip(builders, ids, strict=True)
            ]
            before = [*messages, {"role": "assistant", "content": answer}]
            role = random.choice(roles)
            messages = [*before, {"role": role, "content": "lowest"}]
            merged = [
                builder.merge_context_tokens(before, messages, own) for builder, own in zip(builders, ids, strict=True)
            ]
            ids = [each.token_ids for each in merged]
            assert ids[0] == ids[1]
            masks = [
                builder.align_response_metadata(each, [1])[0] for builder, each in zip(builders, merged, strict=True)
            ]
            assert masks[0] == masks[1]
            compared += 1
    assert compared > 150


def test_the_next_prompt_is_that_of_a_renderer(tok, theirs):
    """Theirs is written for Qwen3; ours knows the template only."""
    from renderer import Renderer
    from renderers.qwen3 import Qwen3Renderer

    own, other = Renderer(theirs, tok.replace(chat=TOOLS)), Qwen3Renderer(theirs)
    end = tok.special_tokens["<|im_end|>"]
    for seed in range(100):
        random = Random(seed)
        prompt = own.render_ids([{"role": "user", "content": "what is it"}], add_generation_prompt=True)
        for _ in range(random.randrange(1, 5)):
            answer = words(random)
            sampled = [*answer.encode()] if random.random() < 0.5 else tok.encode(answer)
            sampled += [end] * (random.random() < 0.8)
            turns = [{"role": "tool", "content": words(random)} for _ in range(random.randrange(1, 3))]
            found, expected = (each.bridge_to_next_turn(prompt, sampled, turns) for each in (own, other))
            assert found.token_ids == expected.token_ids
            prompt = found.token_ids
    assert own.bridge_to_next_turn([1], [2], turns) is None
    assert own.bridge_to_next_turn(prompt, [end], [{"role": "assistant", "content": "x"}]) is None


def test_what_stands_behind_a_call_is_as_in_trl(tok, theirs, monkeypatch):
    # Of vLLM, there is what its tokenizers need.
    monkeypatch.setattr(import_module("trl.import_utils"), "is_vllm_available", lambda **_: False)
    from trl import GRPOTrainer
    from trl_tools import AnyTemplate

    end = tok.special_tokens["<|im_end|>"]
    trainer = SimpleNamespace(
        minitok=tok.replace(chat=TOOLS),
        processing_class=theirs,
        _tokenizer=theirs,
        _is_vlm=False,
        chat_template=TOOLS,
        chat_template_kwargs={},
    )
    for seed in range(100):
        random = Random(seed)
        turns = [{"role": "tool", "name": "find", "content": words(random)} for _ in range(random.randrange(1, 4))]
        assert AnyTemplate._get_tool_suffix_ids(trainer, turns) == GRPOTrainer._get_tool_suffix_ids(trainer, turns)
    # A template that writes its last turn otherwise, which they refuse.
    trainer.chat_template = TOOLS.replace(
        "{{ m.content }}<|im_end|>", "{% if loop.last %}<think>{% endif %}{{ m.content }}<|im_end|>"
    )
    with pytest.raises(ValueError, match="not a prefix"):
        GRPOTrainer._get_tool_suffix_ids(trainer, turns)
    whole = AnyTemplate._get_tool_suffix_ids(trainer, [{"role": "tool", "name": "find", "content": "low"}])
    assert tok.decode([end, *whole]) == (
        "<|im_end|>\n<|im_start|>user\n<tool_response>\nlow\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
    )
