"""datasets, TRL, lm-evaluation-harness and axolotl on minitok, against the same on Hugging Face's tokenizers (`make test-engines`)."""

import json
import os
import subprocess
import sys

import datasets
import pytest
import torch
from engine_models import conversations, texts, write_model
from minitok.compat.transformers import Backend, axolotl_plugin, install
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM


@pytest.fixture(scope="module", params=["byte_level", "pieces"])
def folder(request, tmp_path_factory):
    """A tiny model with its tokenizer, and a corpus."""
    folder = tmp_path_factory.mktemp(request.param) / "model"
    write_model(folder, request.param)
    torch.manual_seed(1)
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "num_hidden_layers": 1}
    LlamaForCausalLM(LlamaConfig(vocab_size=512, hidden_size=16, intermediate_size=16, **heads)).save_pretrained(folder)
    for name, rows in (
        ("texts", [{"text": text} for text in texts(60) if text.strip()]),
        ("chats", [{"messages": messages[:2]} for messages in talks(60)]),
        ("questions", [{"question": f"{text}?", "good": "low", "bad": "lower é"} for text in texts(12, seed=4)]),
    ):
        lines = [json.dumps(row) + "\n" for row in rows]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def talks(count):
    """Conversations of a user and an assistant."""
    for messages in conversations(count):
        said = [message["content"] or "low" for message in messages] + ["true"]
        yield [{"role": role, "content": content} for role, content in zip(("user", "assistant"), said)]


def run(*command, cwd, **environment):
    """What a program writes, which must not fail."""
    ran = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "AXOLOTL_DO_NOT_TRACK": "1", "CUDA_VISIBLE_DEVICES": "", **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout + ran.stderr


def on_both(make):
    """What is made with minitok installed, and without."""
    theirs = make()
    with install():
        return make(), theirs


def test_datasets_map_has_equal_rows_and_finds_its_cache(folder, tmp_path):
    def mapped(workers):
        tok = AutoTokenizer.from_pretrained(folder)
        rows = datasets.load_dataset("json", data_files=str(folder / "texts.jsonl"), cache_dir=str(tmp_path))["train"]
        made = rows.map(lambda row: tok(row["text"]), batched=True, num_proc=workers)
        return made.to_list(), made.cache_files, isinstance(tok._tokenizer, Backend)

    (ours, files, is_minitok), (theirs, _, _) = on_both(lambda: mapped(2))
    assert is_minitok
    assert ours == theirs
    with install():
        assert mapped(2)[1] == files


def test_trl_trains_on_the_same_ids(folder, tmp_path):
    from trl import SFTConfig, SFTTrainer

    def trained():
        tok = AutoTokenizer.from_pretrained(folder)
        options = {"max_steps": 2, "per_device_train_batch_size": 2, "report_to": [], "use_cpu": True, "bf16": False}
        config = SFTConfig(output_dir=str(tmp_path), packing=True, max_length=32, save_strategy="no", seed=1, **options)
        lines = (folder / "chats.jsonl").read_text(encoding="utf-8").splitlines()
        rows = datasets.Dataset.from_list([json.loads(line) for line in lines])
        torch.manual_seed(1)
        model = LlamaForCausalLM.from_pretrained(folder)
        trainer = SFTTrainer(model=model, args=config, train_dataset=rows, processing_class=tok)
        trainer.train()
        losses = [entry["train_loss"] for entry in trainer.state.log_history if "train_loss" in entry]
        return trainer.train_dataset.to_list(), losses

    ours, theirs = on_both(trained)
    assert ours == theirs
    assert len(ours[0]) > 5


def test_the_harness_has_equal_results(folder):
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    files = {"data_files": {"test": str(folder / "questions.jsonl")}}
    task = {
        "task": "words",
        "dataset_path": "json",
        "dataset_kwargs": files,
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": ["{{good}}", "{{bad}}"],
        "doc_to_target": 0,
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    }

    def evaluated():
        model = HFLM(pretrained=str(folder), device="cpu", batch_size=4, dtype="float32")
        found = simple_evaluate(model=model, tasks=[dict(task)], bootstrap_iters=0)
        answers = [(sample["arguments"], sample["resps"]) for sample in found["samples"]["words"]]
        return isinstance(model.tokenizer._tokenizer, Backend), found["results"], answers

    ours, theirs = on_both(evaluated)
    assert (ours[0], theirs[0]) == (True, False)
    assert ours[1:] == theirs[1:]


def test_a_module_is_run_on_minitok(folder, tmp_path):
    (tmp_path / "shows.py").write_text(
        "import sys\n"
        "from transformers import AutoTokenizer\n"
        'print(__name__, sys.argv[1:], "runs on", type(AutoTokenizer.from_pretrained(sys.argv[1])._tokenizer).__module__)\n',
        encoding="utf-8",
    )
    shown = run("-m", "minitok.compat.transformers", "shows", str(folder), "--x", cwd=tmp_path)
    assert f"__main__ {[str(folder), '--x']} runs on minitok." in shown


CONFIG = """
base_model: {folder}
datasets: [{{path: {folder}/chats.jsonl, ds_type: json, type: chat_template, field_messages: messages}}]
chat_template: tokenizer_default
output_dir: {folder}/out
sequence_len: 256
micro_batch_size: 1
gradient_accumulation_steps: 1
num_epochs: 1
learning_rate: 0.001
optimizer: adamw_torch
{plugins}
"""
# What `axolotl preprocess` does with each row, without the processes that it starts for that.
PREPROCESS = """
import json, sys
from axolotl.cli.config import load_cfg
from axolotl.loaders import load_tokenizer
from axolotl.prompt_strategies import load
cfg = load_cfg(sys.argv[1], is_preprocess=True)
tok = load_tokenizer(cfg)
strategy = load("chat_template", tok, cfg, cfg.datasets[0])
with open(sys.argv[2], encoding="utf-8") as chats:
    rows = [strategy.tokenize_prompt(json.loads(line)) for line in chats]
print("runs on", type(tok._tokenizer).__module__)
print("rows:", json.dumps([dict(row) for row in rows]))
"""


def test_axolotl_prepares_the_same_rows(folder, tmp_path):
    found = []
    for plugins in ("", f"plugins: [minitok.compat.transformers.{axolotl_plugin.__name__}]"):
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG.format(folder=folder, plugins=plugins), encoding="utf-8")
        shown = run("-c", PREPROCESS, str(config), str(folder / "chats.jsonl"), cwd=tmp_path)
        assert ("runs on minitok" in shown) is bool(plugins), shown[-2000:]
        (rows,) = (line for line in shown.splitlines() if line.startswith("rows:"))
        found.append(json.loads(rows.removeprefix("rows:")))
    assert found[0] == found[1]
    assert len(found[0]) == 60
