"""What kills workers and nodes in the middle of a job: once, by what a worker is given; or many times, at random."""

import os
import random
import signal
import threading
import time
from pathlib import Path


class KilledOnce:
    """Passes batches on; when it first meets a certain row, the process that does so is killed."""

    def __init__(self, marker, row):
        self.marker, self.row = str(marker), row

    def __call__(self, batch):
        if self.row in batch.column("text").to_pylist() and not os.path.exists(self.marker):
            with open(self.marker, "x"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return batch


# What Ray calls the processes that do a job's work, and those that wait for some.
WORK = ("ray::Map", "ray::Read", "ray::IDLE")


def workers():
    """The processes of workers, in this network namespace, by what Ray has named them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            if line.startswith(WORK) and os.readlink(process / "ns/net") == os.readlink("/proc/self/ns/net"):
                found.append(int(process.name))
        except OSError:  # it has just ended
            continue
    return found


class Killer:
    """Kills workers at random moments, in a thread, until it has killed enough; each tenth time a node, if there is one."""

    def __init__(self, kills, seed, cluster):
        self.kills, self.random, self.cluster = kills, random.Random(seed), cluster
        self.workers = self.nodes = 0
        self.node = None
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.done and not self.stop.is_set():
            time.sleep(self.random.random() ** 2)
            if (self.workers + self.nodes) % 10 == 4:
                node, self.node = self.node, None
                if node is not None:
                    self.cluster.remove_node(node, allow_graceful=False)
                    self.nodes += 1
            elif there := workers():
                os.kill(self.random.choice(there), signal.SIGKILL)
                self.workers += 1

    @property
    def done(self):
        return self.workers + self.nodes >= self.kills

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        if self.node is not None:
            self.cluster.remove_node(self.node)
