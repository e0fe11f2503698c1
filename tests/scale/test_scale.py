"""Ray Data gives what one machine gives, to the last id and merge, also when workers and nodes are killed."""

import json
import os

import minitok
import numpy as np
import pyarrow as pa
import pytest
from conftest import SPECIAL, TEXTS, read
from killing import KilledOnce
from minitok import join_packed, open_packed
from minitok.errors import FileFormatError
from minitok.scale import count_dataset, encode_dataset
from pyarrow import parquet

pytestmark = pytest.mark.usefixtures("cluster")


@pytest.fixture(scope="module")
def tok():
    return minitok.get_encoding("gpt2")


@pytest.fixture(scope="module")
def expected(corpus, tok, tmp_path_factory):
    """The ids and offsets that one machine writes."""
    out = tmp_path_factory.mktemp("expected") / "o.bin"
    tok.encode_files(corpus / "corpus.jsonl", out, dtype="uint16", end_of_document=SPECIAL)
    return out.read_bytes(), np.load(out.parent / "o.bin.idx.npy").tolist()


def joined(manifest, folder):
    join_packed(manifest, folder / "joined.bin")
    return (folder / "joined.bin").read_bytes(), np.load(folder / "joined.bin.idx.npy").tolist()


def encode(dataset, tok, out, **options):
    return encode_dataset(dataset, tok, out, dtype="uint16", end_of_document=SPECIAL, rows=40, **options)


def test_a_dataset_is_encoded_as_files_are_and_again_without_work(tok, expected, tmp_path):
    parts = []
    done = encode(read(), tok, tmp_path / "out", on_part=parts.append)
    assert joined(done.manifest, tmp_path) == expected
    assert (done.documents, done.bytes) == (600, sum(len(text.encode()) for text in TEXTS))
    assert (done.reused, done.parts) == (0, len(parts))
    open_packed(done.manifest).check(tok.vocab_size)
    # Driver restarted: what is there is found; what is missing, or broken, is written again.
    files = sorted((tmp_path / "out" / "parts").glob("*/*.bin"))
    files[0].unlink()
    os.truncate(files[1], 10)
    done.manifest.unlink()
    again = encode(read(), tok, tmp_path / "out")
    assert joined(again.manifest, tmp_path) == expected
    assert again.reused == again.parts - 2
    open_packed(again.manifest).check(tok.vocab_size)


def test_parquet_files_come_in_their_order(tok, expected, tmp_path, monkeypatch):
    """With Ray's older reader, as docs/scale.md says; groups of rows of different sizes."""
    import ray

    monkeypatch.setattr(ray.data.DataContext.get_current(), "use_datasource_v2", False)
    for number in range(3):
        table = pa.table({"text": TEXTS[number * 200 : number * 200 + 200]})
        parquet.write_table(table, tmp_path / f"{number}.parquet", row_group_size=30 + 17 * number)
    done = encode(ray.data.read_parquet(str(tmp_path)), tok, tmp_path / "out")
    assert joined(done.manifest, tmp_path) == expected


def test_progress_and_cost_are_shown(tok, tmp_path):
    seen = []
    done = encode(read(), tok, tmp_path / "out", progress=seen.append)
    assert {at.phase for at in seen} == {"encoding"}
    assert [at.done for at in seen] == sorted(at.done for at in seen)
    assert seen[0].total is None
    # The documents are not equally long, so the total is an estimate until the end.
    assert all(0.5 * done.bytes < at.total < 2 * done.bytes for at in seen[1:])
    assert seen[-1].done == seen[-1].total == done.bytes
    assert 0 < seen[-1].cpu == pytest.approx(done.cpu_seconds, abs=0.001)
    assert seen[-1].remaining == 0


def test_what_a_killed_worker_did_is_done_again(tok, expected, tmp_path):
    killed = read().map_batches(KilledOnce(tmp_path / "a", TEXTS[333]), batch_format="pyarrow", batch_size=None)
    done = encode(killed, tok, tmp_path / "out", workers=1)
    assert (tmp_path / "a").exists()
    assert joined(done.manifest, tmp_path) == expected


def test_what_a_killed_node_did_is_done_again(cluster, node, tok, expected, tmp_path):
    """The node goes when the first part is there and others are under way."""

    def kill(_):
        if node in cluster.list_all_nodes():
            cluster.remove_node(node, allow_graceful=False)

    done = encode(read(), tok, tmp_path / "out", on_part=kill)
    assert node not in cluster.list_all_nodes()
    assert joined(done.manifest, tmp_path) == expected


def test_errors_name_the_row(tmp_path, tok):
    import ray

    table = pa.table({"text": ["a", None, "b"], "path": ["x.parquet", "y.parquet", "y.parquet"]})
    with pytest.raises(FileFormatError, match=r"y\.parquet: row 1 of a batch of 'text' is a NoneType, not text"):
        encode_dataset(ray.data.from_arrow(table), tok, tmp_path / "out")
    assert not (tmp_path / "out" / "packed.manifest.json").exists()
    with pytest.raises(FileFormatError, match="no column 'body'; it has 'text', 'path'"):
        count_dataset(ray.data.from_arrow(table), column="body")


def test_nothing_and_the_same_twice(tmp_path, tok):
    import ray

    table = pa.table({"text": ["same"] * 8})
    done = encode_dataset(ray.data.from_arrow(table), tok, tmp_path / "out", rows=4, workers=1)
    assert [ids.tolist() for ids in open_packed(done.manifest)] == [tok.encode("same")] * 8
    assert len(list((tmp_path / "out" / "parts").glob("*/*.bin"))) == 1
    assert len(json.loads(done.manifest.read_bytes())["shards"]) == 2
