"""Counting and training on a cluster give what one machine gives, whatever is killed; in memory, and by partitions."""

import minitok
import pyarrow as pa
import pytest
from conftest import SPECIAL, TEXTS, read
from killing import KilledOnce
from minitok.errors import FileFormatError, TrainingError
from minitok.scale import count_dataset, train_dataset

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("tie_break", TIE_BREAKS)
def test_training_by_partitions_is_that_of_one_machine(tmp_path, tie_break):
    trained = train_dataset(
        read(), 400, special_tokens=[SPECIAL], tie_break=tie_break, rows=70, folder=tmp_path, partitions=3
    )
    assert trained == minitok.train(TEXTS, 400, special_tokens=[SPECIAL], tie_break=tie_break)


@pytest.mark.usefixtures("cluster")
def test_a_run_that_is_started_again_finds_the_files(tmp_path):
    def count():
        seen = []
        counts = count_dataset(read(), rows=50, folder=tmp_path, partitions=3, progress=seen.append)
        assert counts == minitok.count_pieces(TEXTS)
        last = {at.phase: at for at in seen}
        assert list(last) == ["counting", "reducing", "joining"]
        assert last["counting"].done == last["counting"].total == counts.bytes
        assert all(at.done == at.total for at in last.values())
        assert last["counting"].cpu > 0
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pieces")}

    first = count()
    assert len(first) == 12 + 3
    lost, cut = sorted(first)[:2]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    again = count()
    assert {path for path in first if first[path] != again[path]} == {lost, cut}


@pytest.mark.usefixtures("cluster")
def test_what_a_killed_worker_counted_is_counted_again(tmp_path):
    for options in ({}, {"folder": tmp_path / "f", "partitions": 2}):
        marker = tmp_path / f"killed-{len(options)}"
        killed = read().map_batches(KilledOnce(marker, TEXTS[333]), batch_format="pyarrow", batch_size=None)
        trained = train_dataset(killed, 400, rows=50, tie_break="first_seen", **options)
        assert marker.exists()
        assert trained == minitok.train(TEXTS, 400, tie_break="first_seen")


@pytest.mark.parametrize("by_partitions", [False, True])
def test_what_a_killed_node_counted_is_counted_again(cluster, node, tmp_path, by_partitions):
    """The node goes when the first counts are there and others are under way."""

    def kill(at):
        if at.done and node in cluster.list_all_nodes():
            cluster.remove_node(node, allow_graceful=False)

    options = {"folder": tmp_path, "partitions": 2} if by_partitions else {}
    trained = train_dataset(read(), 400, rows=10, tie_break="first_seen", progress=kill, **options)
    assert node not in cluster.list_all_nodes()
    assert trained == minitok.train(TEXTS, 400, tie_break="first_seen")


@pytest.mark.usefixtures("cluster")
def test_errors_name_the_row_and_the_option(tmp_path):
    import ray

    table = pa.table({"text": ["a", "b", None], "path": ["x.parquet", "y.parquet", "y.parquet"]})
    for options in ({}, {"folder": tmp_path}):
        with pytest.raises(FileFormatError, match=r"y\.parquet: row 2 of a batch of 'text' is a NoneType, not text"):
            count_dataset(ray.data.from_arrow(table), **options)
        with pytest.raises(FileFormatError, match="no column 'body'; it has 'text', 'path'"):
            count_dataset(ray.data.from_arrow(table), column="body", **options)
    with pytest.raises(ValueError, match="give folder="):
        count_dataset(read(), partitions=3)
    with pytest.raises(ValueError, match="partitions 0 is not"):
        count_dataset(read(), partitions=0, folder=tmp_path)
    with pytest.raises(TrainingError, match="max_memory 5 is below"):
        count_dataset(read(), max_memory=5, folder=tmp_path)
    with pytest.raises(TrainingError, match="unknown tie_break 'x'"):
        train_dataset(read(), 400, tie_break="x")
