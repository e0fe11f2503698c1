"""Training beyond plain BPE, beside other libraries: ``python -m benchmarks.beyond_words``.

* ``superwords``: 32,768 ids for words and as many of several words, from one text; the first stage alone, too. The package of
  BoundlessBPE joins where it is installed: it splits text and breaks ties in its own way, so that its merges are others.
* ``parity``: 8,000 merges for the scripts of a text, each for the one whose bill is largest; the merges must be equal.
* ``dropout``: the ids of a text with a tenth of the merges passed over, by chance. Libraries mean different things by it, so
  that only the time is compared.

Each work is a process of its own, in turns, on one thread. Encoding with superwords is measured by ``benchmarks.compare --kinds
models --models --files NAME=FILE``.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import harness, texts
from .worker import peak_memory, pin

WORDS = 32_768
MERGES = 8_000
LANGUAGES = 13
DROPOUT = 0.1
# What is timed, of a library that has been imported and has its input; it returns what can be compared, if anything.
Work = Callable[[], object]


def lines(file: str) -> list[str]:
    return Path(file).read_text(encoding="utf-8").splitlines(keepends=True)


def words(file: str, superwords: int = 0) -> Work:
    import minitok

    given = lines(file)
    return lambda: len(
        minitok.train(given, WORDS + superwords, superwords=superwords, threads=1, pattern="gpt2").merges
    )


def superwords(file: str) -> Work:
    return words(file, WORDS)


def boundless(file: str) -> Work:
    from boundlessbpe import FastBpeTrainer, FastSuperBpeTrainer  # type: ignore[import-not-found]

    documents, model, given, unbounded = f"{file}.jsonl", f"{file}.words", lines(file), 10**10
    Path(documents).write_text("".join(json.dumps({"text": text}) + "\n" for text in given), encoding="utf-8")
    first, second = FastBpeTrainer(), FastSuperBpeTrainer()

    def work() -> object:
        bounds = (unbounded, unbounded, False, 0)
        first.train(1.1, documents, model, len(given), WORDS, 0, False, *bounds)
        first.save(model)
        return second.train(documents, model, len(given), WORDS, 0, f"{model}.model", *bounds)

    return work


def by_script(file: str) -> dict[str, list[str]]:
    """The lines of a text by the script of most of their letters, the largest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines(file):
        scripts = Counter(unicodedata.name(char, "?").split()[0] for char in line if char.isalpha())
        if scripts:
            found[scripts.most_common(1)[0][0]].append(line)
    return dict(sorted(found.items(), key=lambda item: -sum(map(len, item[1])))[:LANGUAGES])


def parity(file: str) -> Work:
    from minitok.parity import train_parity

    languages = by_script(file)

    def work() -> object:
        tok = train_parity(languages, 256 + MERGES, threads=1, pattern="gpt2")
        tokens = tok.definition.vocabulary()[0]
        return digest([(tokens[left], tokens[right]) for left, right in tok.merges])

    return work


def parity_of_tokenizers(file: str) -> Work:
    import tokenizers

    from .train_peers import plain

    languages, tok = by_script(file), tokenizers.Tokenizer(tokenizers.models.BPE())
    tok.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.ParityBpeTrainer(num_merges=MERGES, initial_alphabet=alphabet, show_progress=False)

    def work() -> object:
        trainer.train_from_iterator(tok, [iter(texts) for texts in languages.values()], None, None)
        return digest(plain([tuple(pair) for pair in json.loads(tok.to_str())["model"]["merges"]]))

    return work


def digest(merges: list[tuple[bytes, ...]]) -> str:
    return hashlib.sha256(repr(merges).encode()).hexdigest()


def dropout(file: str) -> Work:
    import minitok

    tok, text = minitok.load(f"{file}.json"), Path(file).read_text(encoding="utf-8")
    tok.encode_to_numpy("the tables are made before the time begins", dropout=DROPOUT, seed=1)
    return lambda: len(tok.encode_to_numpy(text, dropout=DROPOUT, seed=7))


def dropout_of_tokenizers(file: str) -> Work:
    import tokenizers

    tok, given = tokenizers.Tokenizer.from_file(f"{file}.json"), lines(file)
    tok.model.dropout = DROPOUT
    return lambda: len(tok.encode_batch_fast(given, add_special_tokens=False))


def dropout_of_sentencepiece(file: str) -> Work:
    import sentencepiece

    given, made = lines(file), io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        input=file, model_writer=made, model_type="bpe", vocab_size=WORDS, input_sentence_size=100_000, minloglevel=2
    )
    tok = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    return lambda: len(tok.encode(given, enable_sampling=True, alpha=DROPOUT, num_threads=1))


# By the task, what each library does. The first is what the others are compared to.
TASKS: dict[str, dict[str, Callable[[str], Work]]] = {
    "superwords": {"minitok": superwords, "minitok, words only": words, "boundlessbpe": boundless},
    "parity": {"minitok": parity, "tokenizers": parity_of_tokenizers},
    "dropout": {"minitok": dropout, "tokenizers": dropout_of_tokenizers, "sentencepiece": dropout_of_sentencepiece},
}


def do(job: dict[str, Any]) -> dict[str, Any]:
    """One work, in this process."""
    pin(job["threads"])
    work = TASKS[job["task"]][job["peer"]](job["file"])
    wall, cpu = time.perf_counter(), time.process_time()
    learnt = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if job["verify"]:
        return {"learnt": learnt}
    return {"wall": wall, "cpu": cpu, "peak": float(peak_memory())}


def measure(task: str, job: harness.Job, options: argparse.Namespace, outcome: harness.Outcome) -> None:
    """One task: all libraries in turns."""
    wanted: dict[str, Any] = {}

    def run(job: harness.Job) -> harness.Answer:
        answer = harness.launch("benchmarks.beyond_words", job, timeout=options.timeout)
        if (
            task == "parity"
            and "learnt" in answer
            and wanted.setdefault("learnt", answer["learnt"]) != answer["learnt"]
        ):
            return {"unequal": "other merges"}
        return answer

    jobs = [{**job, "task": task, "peer": peer} for peer in TASKS[task]]
    harness.compare(jobs, run, options.repeats, outcome)
    for row in outcome.rows:
        if row["task"] == task and row["file_bytes"] == job["file_bytes"]:
            median = row["median"]
            print(
                f"{task:11}{row['peer']:20}{median['cpu']:8.2f} s  {row['file_bytes'] / median['cpu'] / 1e6:6.1f} MB/s  "
                f"{median['peak'] / 1e6:6.0f} MB",
                flush=True,
            )
    for refused in outcome.refused:
        if refused["task"] == task:
            print(f"{task:11}{refused['peer']:20}{refused['why']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus", type=Path, help="a folder with english.txt and multilingual.txt; see benchmarks/texts.py"
    )
    parser.add_argument("--megabytes", type=float, default=4)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=300, help="seconds after which a work is given up")
    parser.add_argument("--results", type=Path, default=harness.RESULTS)
    parser.add_argument("--notes", default="")
    options = parser.parse_args()
    outcome = harness.Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for task in options.tasks:
            file = Path(folder) / f"{task}.txt"
            text = "scripts" if task == "parity" else "english"
            size, times = texts.write(file, text, int(options.megabytes * 1e6), options.corpus)
            if task == "dropout":
                import minitok

                minitok.train_files([file], WORDS, pattern="gpt2").save(f"{file}.json", format="huggingface")
            job = {"text": text, "file_bytes": size, "times": times, "threads": 1, "clock": "cpu", "file": str(file)}
            measure(task, job, options, outcome)
    made = {
        "machine": harness.machine(["minitok", "boundlessbpe", "tokenizers", "sentencepiece"], options.notes),
        "corpus": "given files" if options.corpus else "made",
        "repeats": options.repeats,
        "rows": outcome.rows,
        "refused": outcome.refused,
    }
    print(harness.save("beyond_words", made, options.results))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("{"):
        try:
            answer = do(json.loads(sys.argv[1]))
        except BaseException as error:  # noqa: BLE001 - a panic of a library is a result, too
            answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer))
    else:
        main()
