"""The step of a datatrove pipeline: what datatrove's own reader finds in its files is what was encoded."""

import json

import minitok
import numpy as np
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens.merger import get_data_reader, load_doc_ends
from minitok import open_packed
from minitok.scale.datatrove import encode_step

TEXTS = [f"document {number}, hello 🦀" for number in range(30)]


def test_a_pipeline_writes_what_datatrove_reads(tmp_path):
    for number in range(3):
        lines = [json.dumps({"text": text, "id": text}) + "\n" for text in TEXTS[number * 10 : number * 10 + 10]]
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    tok = minitok.get_encoding("gpt2")
    steps = [
        JsonlReader(str(tmp_path / "in")),
        encode_step(tok, tmp_path / "out", dtype="uint16", end_of_document="<|endoftext|>"),
    ]
    LocalPipelineExecutor(steps, tasks=2, workers=1, logging_dir=str(tmp_path / "logs")).run()
    expected = [[*ids, 50256] for ids in tok.encode_batch(TEXTS)]
    files = sorted((tmp_path / "out").glob("*.ds"))
    assert [file.name for file in files] == ["00000.ds", "00001.ds"]
    found = []
    for file in files:
        ends = load_doc_ends(file.with_name(file.name + ".index").open("rb"))
        reader = get_data_reader(file.open("rb"), ends, nb_bytes=2)
        found += [np.frombuffer(data, "<u2").tolist() for data in reader]
    assert sorted(found) == sorted(expected)
    assert sorted(ids.tolist() for ids in open_packed(str(tmp_path / "out" / "*.ds"))) == sorted(expected)
