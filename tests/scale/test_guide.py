"""The examples of docs/scale.md run, one after the other, on a small corpus."""

import json
import re
from pathlib import Path

import minitok
import pyarrow as pa
import pytest
from conftest import SPECIAL, TEXTS
from pyarrow import parquet

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


@pytest.mark.usefixtures("cluster")
def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus").mkdir()
    parquet.write_table(pa.table({"text": TEXTS}), "a.parquet")
    (tmp_path / "corpus" / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    names = {}
    # Workers have folders of their own, so the path of the corpus is a whole one.
    blocks[0] = blocks[0].replace("corpus/", str(tmp_path / "a.parquet"))
    for number, block in enumerate(blocks):
        exec(compile(block.replace("32_000", "400"), f"{PAGE.name}, block {number}", "exec"), names)  # noqa: S102
    tok = minitok.get_encoding("gpt2")
    expected = sorted([*ids, 50256] for ids in tok.encode_batch(TEXTS))
    packed = minitok.open_packed("train.manifest.json")
    assert sorted(ids.tolist() for ids in packed) == expected
    assert {path.suffix for path in packed.paths} == {".bin", ".idx"}
    assert names["tok"] == minitok.train(TEXTS, 400, pattern="o200k", special_tokens=[SPECIAL])
    datatrove = minitok.open_packed("packed/*.ds")
    end = names["tok"].special_tokens[SPECIAL]
    assert sorted(ids.tolist() for ids in datatrove) == sorted([*ids, end] for ids in names["tok"].encode_batch(TEXTS))
