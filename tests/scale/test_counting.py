"""Counting and training on a cluster give what one machine gives, whatever is killed."""

import minitok
import pytest
from conftest import SPECIAL, TEXTS, read
from killing import KilledOnce
from minitok.scale import train_dataset

TIE_BREAKS = ("smallest_ids", "first_seen", "greatest_bytes")


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("tie_break", TIE_BREAKS)
def test_training_is_that_of_one_machine(tie_break):
    seen, options = [], {"special_tokens": [SPECIAL], "tie_break": tie_break}
    whole = minitok.train(TEXTS, 400, **options)
    assert train_dataset(read().repartition(7), 400, rows=11, **options) == whole
    assert train_dataset(read(), 400, rows=70, progress=seen.append, **options) == whole
    counting = [at for at in seen if at.phase == "counting"]
    assert counting[-1].done == counting[-1].total == minitok.count_pieces(TEXTS).bytes
    assert counting[-1].cpu > 0


@pytest.mark.usefixtures("cluster")
def test_what_a_killed_worker_counted_is_counted_again(tmp_path):
    marker = tmp_path / "killed"
    killed = read().map_batches(KilledOnce(marker, TEXTS[333]), batch_format="pyarrow", batch_size=None)
    trained = train_dataset(killed, 400, rows=50, tie_break="first_seen")
    assert marker.exists()
    assert trained == minitok.train(TEXTS, 400, tie_break="first_seen")


def test_what_a_killed_node_counted_is_counted_again(cluster, node):
    """The node goes when the first counts are there and others are under way."""

    def kill(at):
        if at.done and node in cluster.list_all_nodes():
            cluster.remove_node(node, allow_graceful=False)

    trained = train_dataset(read(), 400, rows=10, tie_break="first_seen", progress=kill)
    assert node not in cluster.list_all_nodes()
    assert trained == minitok.train(TEXTS, 400, tie_break="first_seen")
