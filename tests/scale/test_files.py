"""Files packed by the tasks of a cluster are those of one machine, in every layout and by the command."""

import json
import os

import minitok
import pytest
from click.testing import CliRunner
from conftest import SPECIAL, TEXTS
from minitok.cli.app import app
from minitok.errors import FileFormatError
from minitok.scale import encode_files_on_ray

pytestmark = pytest.mark.usefixtures("cluster")


def test_files_on_a_cluster_are_those_of_one_machine(tmp_path):
    tok = minitok.get_encoding("gpt2")
    for number in range(5):
        lines = [json.dumps({"text": text}) + "\n" for text in TEXTS[number * 100 : number * 100 + 100]]
        (tmp_path / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    files = tmp_path / "*.jsonl"
    options = {"dtype": "uint16", "end_of_document": SPECIAL, "format": "megatron", "shuffle": 3}
    whole = tok.encode_files(files, tmp_path / "whole.bin", **options)
    seen = []
    packed = encode_files_on_ray(tok, files, tmp_path / "o.bin", parts=3, progress=seen.append, **options)
    size = sum(file.stat().st_size for file in tmp_path.glob("*.jsonl"))
    assert [at.done for at in seen] == [0, size // 3, size * 2 // 3, size]
    assert (packed.tokens, packed.documents, packed.bytes) == (whole.tokens, whole.documents, whole.bytes)
    for suffix in ("bin", "idx"):
        assert (tmp_path / f"o.{suffix}").read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()
    args = ["pack", str(files), "-e", "gpt2", "--end", SPECIAL, "-o", str(tmp_path / "c.ds"), "--ray", "local"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "500 documents" in done.output
    tok.encode_files(files, tmp_path / "w.ds", dtype="uint16", end_of_document=SPECIAL)
    assert (tmp_path / "c.ds").read_bytes() == (tmp_path / "w.ds").read_bytes()
    assert not [name for name in os.listdir(tmp_path) if "part" in name]
    (tmp_path / "9.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"9\.jsonl:1: not JSON"):
        encode_files_on_ray(tok, files, tmp_path / "o.bin", parts=2)


def test_masks_on_a_cluster_are_those_of_one_machine(tmp_path):
    template = "{% for m in messages %}{{ m.content + '<|endoftext|>' }}{% endfor %}"
    tok = minitok.get_encoding("gpt2").replace(chat=template)
    for number in range(3):
        talks = [
            [{"role": "user", "content": a}, {"role": "assistant", "content": b}] for a, b in zip(TEXTS, TEXTS[number:])
        ]
        lines = [json.dumps({"messages": messages}) + "\n" for messages in talks[:40]]
        (tmp_path / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    files = tmp_path / "*.jsonl"
    options = {"dtype": "uint16", "learn": "assistant", "shuffle": 3}
    whole = tok.encode_files(files, tmp_path / "whole.ds", **options)
    packed = encode_files_on_ray(tok, files, tmp_path / "o.ds", parts=3, **options)
    assert packed.learned == whole.learned > 0
    for one, other in zip(packed.files, whole.files, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert not [name for name in os.listdir(tmp_path) if "part" in name]
