"""Whatever is killed, and whenever: nothing is lost, and nothing is there twice."""

import os
import signal
import subprocess
import sys

import minitok
import pyarrow as pa
from conftest import SPECIAL, TEXTS, environment, node_of, read
from killing import Killer
from minitok import join_packed, open_packed
from minitok.scale import count_dataset, encode_dataset, train_dataset

KILLS = 100 if os.environ.get("MINITOK_LONG_TESTS") == "1" else 5

# A driver that goes on as far as its fourth part, and waits there for what comes; or runs a job that never ends.
DRIVER = """
import sys, time
import pyarrow as pa, ray
import minitok
from conftest import SPECIAL, read
from minitok.scale import encode_dataset
address, folder, what = sys.argv[1:]
ray.init(address=address, log_to_driver=False, runtime_env={{"env_vars": {environment}}})
parts = 0
def on_part(part):
    global parts
    parts += 1
    if parts == 4:
        print("there", flush=True)
        if what == "wait":
            time.sleep(100)
def endless(batch):
    if "Document 590: " in "".join(batch.column("text").to_pylist()):
        time.sleep(100)
    return batch
dataset = read()
if what == "endless":
    dataset = dataset.map_batches(endless, batch_format="pyarrow", batch_size=None)
try:
    encode_dataset(dataset, minitok.get_encoding("gpt2"), folder, rows=20, end_of_document=SPECIAL, on_part=on_part)
except KeyboardInterrupt:
    sys.exit(77)
"""


def stopped(cluster, folder, what, number):
    """Runs the driver, sends it a signal when it is there, and returns its exit code."""
    command = [sys.executable, "-c", DRIVER.format(environment=environment()), cluster.address, str(folder), what]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, env={**os.environ, **environment()}) as driver:
        try:
            # Ray says there, too, which nodes are gone.
            line = next((line for line in driver.stdout if line == "there\n"), None)
            driver.send_signal(number)
            _, errors = driver.communicate(timeout=60)
        finally:
            driver.kill()
    assert line, errors
    return driver.returncode


def check_encoded(folder, reused):
    tok = minitok.get_encoding("gpt2")
    assert not (folder / "packed.manifest.json").exists()
    done = encode_dataset(read(), tok, folder, rows=20, end_of_document=SPECIAL)
    assert [ids.tolist() for ids in open_packed(done.manifest)] == [[*ids, 50256] for ids in tok.encode_batch(TEXTS)]
    assert done.reused >= reused


def test_a_driver_that_was_killed_is_started_again(cluster, tmp_path):
    assert stopped(cluster, tmp_path / "out", "wait", signal.SIGKILL) == -signal.SIGKILL
    check_encoded(tmp_path / "out", 4)


def test_ctrl_c_stops_a_job_that_waits_for_its_workers(cluster, tmp_path):
    import ray

    assert stopped(cluster, tmp_path / "out", "endless", signal.SIGINT) == 77
    check_encoded(tmp_path / "out", 4)
    assert ray.cluster_resources()["CPU"] == 2


def test_kills_at_random_moments_change_nothing(cluster, tmp_path, record_property):
    """Jobs of all kinds, one after the other, while workers and nodes are killed, until that has happened often enough."""
    import ray

    tok = minitok.get_encoding("gpt2")
    texts = [f"{number} {text}" for number, text in enumerate(TEXTS * 4)]
    expected = [[*ids, 50256] for ids in tok.encode_batch(texts)]
    counts = minitok.count_pieces(texts)
    trained = minitok.train(texts, 400, tie_break="first_seen")
    jobs = 0

    def dataset():
        tables = [pa.table({"text": texts[at : at + 200]}) for at in range(0, len(texts), 200)]
        return ray.data.from_arrow(tables).map_batches(lambda batch: batch, batch_format="pyarrow", batch_size=50)

    with Killer(KILLS, 1, cluster) as killer:
        while not killer.done:
            killer.node = killer.node or cluster.add_node(**node_of(100))
            folder = tmp_path / str(jobs)
            done = encode_dataset(dataset(), tok, folder / "out", rows=50, end_of_document=SPECIAL)
            assert [ids.tolist() for ids in open_packed(done.manifest)] == expected
            assert join_packed(done.manifest, folder / "joined.bin").documents == len(texts)
            assert count_dataset(dataset(), rows=50) == counts
            assert train_dataset(dataset(), 400, rows=50, tie_break="first_seen") == trained
            jobs += 3
    assert killer.workers + killer.nodes == KILLS
    record_property("killed", f"{killer.workers} workers and {killer.nodes} nodes in {jobs} jobs")
