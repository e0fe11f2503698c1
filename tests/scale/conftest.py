"""A cluster of one or two nodes on this machine. These tests need Ray and datatrove: `make test-scale` installs both."""

import json
import os

import minitok
import pyarrow as pa
import pytest

# Nothing is sent anywhere: `make test-scale` runs this where there is no network but this machine's own.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"

SPECIAL = "<|endoftext|>"
TEXTS = [f"Document {number}: hello, hello {'🦀é' * (number % 3)}" + " word" * (number % 17) for number in range(600)]


@pytest.fixture(scope="session")
def cluster():
    """A head with two processors."""
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={**node_of(150), "num_cpus": 2})
    ray.init(address=made.address, log_to_driver=False, runtime_env={"env_vars": environment()})
    yield made
    ray.shutdown()
    made.shutdown()


def read():
    """The documents as a dataset of six blocks."""
    import ray

    return ray.data.from_arrow([pa.table({"text": TEXTS[at : at + 100]}) for at in range(0, 600, 100)])


def node_of(megabytes):
    return {"num_cpus": 1, "object_store_memory": megabytes * 2**20}


def environment():
    """Workers are new interpreters, which find the package as this one does."""
    folders = os.path.dirname(os.path.dirname(minitok.__file__)), os.path.dirname(__file__)
    return {"PYTHONPATH": os.pathsep.join(folders)}


@pytest.fixture
def node(cluster):
    """A further node, which may be killed."""
    added = cluster.add_node(**node_of(100))
    cluster.wait_for_nodes()
    yield added
    if added in cluster.list_all_nodes():
        cluster.remove_node(added)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """The documents as a file of JSON lines."""
    folder = tmp_path_factory.mktemp("corpus")
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    (folder / "corpus.jsonl").write_text(lines, encoding="utf-8")
    return folder
