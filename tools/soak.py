"""Mixed work in many threads for a long time: results stay right, and memory stays flat.

    python tools/soak.py --seconds 3600 --threads 8 --picture docs/images/soak.svg

Each thread does one thing after another, chosen at random: it encodes and decodes with tokenizers that all threads share, makes
new ones, trains, extends, streams, saves and loads. Every result is compared with what one thread found at the start. Memory is
measured once a second; in the second half of the time, when every thread has met every tokenizer, it must not grow by more
than a tenth.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import minitok
from minitok.data import tiny_shakespeare

TEXT = tiny_shakespeare()
ODD = "naïve café 東京タワー 🦀👩‍💻 \u0301 \x00 <|endoftext|> ٣٤٥ don't  \n\n" * 40


class Work:
    """What is done, and what must come out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizers = [minitok.get_encoding(name) for name in ("gpt2", "cl100k_base", "o200k_base")]
        self.tokenizers.append(minitok.Tokenizer([], pattern=r"\w+|\s+|[^\w\s]+"))
        self.texts = [TEXT[:2000], TEXT[5000:300_000], ODD, ODD * 30, "a" * 5000, ""]
        self.ids = [[tok.encode(text) for text in self.texts] for tok in self.tokenizers]
        self.trained = minitok.train([TEXT[:50_000]], 500)
        self.extended = self.trained.extend([TEXT[50_000:90_000]], 600)
        self.counts = minitok.count_pieces([TEXT[:50_000]])

    def encode(self, rng: random.Random) -> bool:
        at, which = rng.randrange(len(self.tokenizers)), rng.randrange(len(self.texts))
        tok, text, ids = self.tokenizers[at], self.texts[which], self.ids[at][which]
        return tok.encode(text) == ids and tok.count(text) == len(ids) and tok.decode(ids) == text

    def batch(self, rng: random.Random) -> bool:
        at = rng.randrange(len(self.tokenizers))
        return self.tokenizers[at].encode_batch(self.texts[:3], threads=2) == self.ids[at][:3]

    def numpy(self, rng: random.Random) -> bool:
        at, which = rng.randrange(len(self.tokenizers)), rng.randrange(len(self.texts))
        made = self.tokenizers[at].encode_to_numpy(self.texts[which])
        return bool(made.tolist() == self.ids[at][which] and self.tokenizers[at].decode(made) == self.texts[which])

    def stream(self, rng: random.Random) -> bool:
        at, text = rng.randrange(3), self.texts[2]
        size = rng.randrange(1, 300)
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        ids = list(self.tokenizers[at].encode_iterable(chunks))
        decoder = self.tokenizers[at].stream_decoder()
        return ids == self.ids[at][2] and "".join(map(decoder.push, ids)) + decoder.finish() == text

    def new(self, rng: random.Random) -> bool:
        at = rng.randrange(2)
        tok = pickle.loads(pickle.dumps(self.tokenizers[3].replace(pattern=("gpt2", "o200k")[at])))  # noqa: S301
        tok = tok.add_tokens([f"<{rng.randrange(100)}>"], special=True)
        return bool(tok.decode(tok.encode(ODD)) == ODD)

    def train(self, _: random.Random) -> bool:
        return minitok.train([TEXT[:50_000]], 500, threads=2) == self.trained

    def extend(self, _: random.Random) -> bool:
        return self.trained.extend([TEXT[50_000:90_000]], 600) == self.extended

    def count(self, _: random.Random) -> bool:
        return minitok.count_pieces([TEXT[:50_000]], threads=2) == self.counts

    def file(self, rng: random.Random) -> bool:
        path = self.folder / f"{rng.randrange(4)}.json"
        self.extended.save(path)
        return minitok.load(path) == self.extended

    def error(self, _: random.Random) -> bool:
        try:
            self.tokenizers[0].decode([10**7])
        except minitok.errors.UnknownTokenError:
            return True
        return False


TASKS = ("encode", "encode", "encode", "batch", "numpy", "stream", "new", "train", "extend", "count", "file", "error")


def resident() -> float:
    """The memory of this process that is present, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / (1 << 20)


def soak(seconds: float, threads: int) -> dict[str, Any]:
    """Works for that long, and returns what was done, what went wrong, and the memory over time."""
    done: Counter[str] = Counter()
    wrong: list[str] = []
    ends = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder))

        def run(seed: int) -> None:
            rng = random.Random(seed)  # noqa: S311
            while time.monotonic() < ends and not wrong:
                task = rng.choice(TASKS)
                try:
                    right = getattr(work, task)(rng)
                except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
                    right = False
                    wrong.append(f"{task}: {type(error).__name__}: {error}")
                if not right:
                    wrong.append(f"{task}: wrong result")
                done[task] += 1

        running = [threading.Thread(target=run, args=(seed,)) for seed in range(threads)]
        start = time.monotonic()
        for thread in running:
            thread.start()
        memory = []
        while any(thread.is_alive() for thread in running):
            memory.append((round(time.monotonic() - start, 1), round(resident(), 1)))
            running[0].join(1.0)
            if not running[0].is_alive():
                for thread in running:
                    thread.join()
    return {
        "seconds": round(time.monotonic() - start),
        "threads": threads,
        "done": dict(done),
        "wrong": wrong,
        "memory": memory,
    }


def growth(memory: list[tuple[float, float]]) -> float:
    """How much larger the last tenth of the measurements is than the one after half of them, as medians: 1.0 is flat."""
    half, tenth = len(memory) // 2, max(len(memory) // 10, 1)
    parts = memory[half : half + tenth], memory[-tenth:]
    middle = [sorted(mib for _, mib in part)[len(part) // 2] for part in parts]
    return middle[1] / middle[0]


def draw(result: dict[str, Any], path: str) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "minitok"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
    axes.plot([at / 60 for at, _ in result["memory"]], [mib for _, mib in result["memory"]], color="#3b6ea5")
    axes.set(xlabel="minutes", ylabel="resident MiB", ylim=(0, None))
    axes.set_title(
        f"{sum(result['done'].values()):,} pieces of work in {result['threads']} threads", loc="left", fontsize=10
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--picture", help="where to draw the memory over time, as SVG")
    chosen = parser.parse_args()
    result = soak(chosen.seconds, chosen.threads)
    if chosen.picture:
        draw(result, chosen.picture)
    grown = growth(result["memory"])
    print(json.dumps({**result, "memory": [result["memory"][0], result["memory"][-1]], "growth": round(grown, 3)}))
    if result["wrong"] or grown > 1.1:
        sys.exit("memory grew" if not result["wrong"] else "wrong: " + "; ".join(result["wrong"][:5]))


if __name__ == "__main__":
    main()
