"""verl's builders of prompts are the oracle of ours, on the same sampled ids (`make test-engines`)."""

import sys
from importlib.machinery import PathFinder
from pathlib import Path
from random import Random
from types import ModuleType

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
    "{% if messages[loop.index0 - 1].role != 'tool' %}<|im_start|>user{% endif %}\n<tool_response>\n{{ m.content }}\n"
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
    return minitok.train(["low lower lowest what is it"], 300).add_tokens(names, special=True)


@pytest.mark.parametrize(("template", "roles"), [(CHATML, ["user"]), (TOOLS, ["user", "tool"])])
def test_the_prompts_are_those_of_its_builder(verl, tok, template, roles, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "examples/rollouts")
    from verl_builder import Builder

    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    theirs = PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"),
    )
    theirs.chat_template = template
    end = tok.special_tokens["<|im_end|>"]
    compared = 0
    for seed in range(100):
        random = Random(seed)
        builders = [verl.QwenContinuousTokenBuilder(theirs), Builder(tok.replace(chat=template))]
        messages = [{"role": "system", "content": "be low"}, {"role": "user", "content": "what is it"}]
        ids = [builder.build_initial_tokens(messages) for builder in builders]
        assert ids[0] == ids[1]
        for _ in range(random.randrange(1, 5)):
            answer = " ".join(random.choices(["low", "lower", "é", "\n"], k=random.randrange(1, 6)))
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
