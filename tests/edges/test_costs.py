"""Costs grow as they should: four times the input takes about four times the processor time and memory, whatever the input.

Each case is a function that makes an input of a size, and returns the work on it. It runs in children of this process, so that
one's memory is not another's. Processor time is the least of some runs; a case that grows too fast is measured again, since the
machine may have been busy. What is quadratic grows sixteenfold, and eightfold if its exponent is 1.5.
"""

import gc
import json
import os
import re
import time
import traceback
from contextlib import suppress
from pathlib import Path

import minitok
import minitok._rust
import pytest
from hostile_files import HOSTILE

# How much more four times the input may take.
MOST = 6.5
# What takes less does not count, in seconds and in bytes.
LEAST_TIME = 0.02
LEAST_MEMORY = 16 << 20
# How often a work is measured, and how many seconds are enough.
RUNS, ENOUGH = 3, 0.1
MERGES = minitok.train(
    ["The quick brown fox's 1234567 jumps,  over\n\nthe lazy dog. naïve café 漢字漢字 😀😀 " * 3], 400
).merges


def peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def cost(make, size):
    """Seconds and bytes that the work on an input of a size takes, in a child of this process."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            work = make(size)
            # What was there before need not be looked at by the garbage collector.
            gc.freeze()
            Path("/proc/self/clear_refs").write_text("5")
            before, times = peak(), []
            while len(times) < RUNS and sum(times) < ENOUGH:
                began = time.process_time()
                work()
                times.append(time.process_time() - began)
            answer = json.dumps([min(times), peak() - before])
        except BaseException:  # noqa: BLE001
            answer = json.dumps(traceback.format_exc())
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert not isinstance(answer, str), answer
    return answer


def growth(make, size):
    """How much more time and memory four times the size takes, and the measurements."""
    (time_1, memory_1), _, (time_4, memory_4) = costs = [cost(make, times * size) for times in (1, 2, 4)]
    return time_4 / max(time_1, LEAST_TIME), memory_4 / max(memory_1, LEAST_MEMORY), costs


def check(make, size):
    for _ in range(3):
        times, memory, costs = growth(make, size)
        if max(times, memory) < MOST:
            return
    pytest.fail(f"{times:.1f} times as long, {memory:.1f} times as much memory: {costs}")


def test_what_is_quadratic_is_noticed():
    def squares(size):
        return lambda: sum(1 for _ in range(size) for _ in range(size))

    def table(size):
        return lambda: b"a" * (size * size)

    assert growth(squares, 1000)[0] > MOST
    assert growth(table, 3000)[1] > MOST
    assert max(growth(lambda size: lambda: sum(range(1000 * size)), 500)[:2]) < MOST


# -- files ----------------------------------------------------------------------------------------------------------------


def lines_of_many_fields(size):
    line = b"{" + b'"a":1,' * (size // 6) + b'"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_of_many_texts(size):
    line = b"{" + b'"text":"hi",' * (size // 12) + b'"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_that_are_deep(size):
    line = b'{"a":' + b"[" * (size // 2) + b"]" * (size // 2) + b',"text":"hi"}\n'
    return lambda: minitok._rust.read_json_lines(line, "text", None)


def lines_that_are_short(size):
    lines = b'{"text":"hi"}\n' * (size // 14)
    return lambda: minitok._rust.read_json_lines(lines, "text", None)


LINES = {name: make for name, make in globals().items() if name.startswith("lines_")}


@pytest.mark.parametrize("lines", LINES)
def test_lines_of_json(lines):
    check(LINES[lines], 2_000_000)


@pytest.mark.parametrize("name", HOSTILE)
def test_files(name, tmp_path):
    def load(size):
        path = tmp_path / f"{name}-{size}"
        options = HOSTILE[name](path, size)

        def work():
            with suppress(minitok.errors.MinitokError):
                minitok.load(path, **options).encode("ab <|1|> aaaa", allowed_special="all")

        return work

    check(load, 50_000)


# -- texts ----------------------------------------------------------------------------------------------------------------

# Texts of about as many characters: cuts everywhere, none, and far apart; in each width of a str.
CUTS = {
    "many cuts": lambda size, letter: f"{letter * 5} " * (size // 6),
    "no cut": lambda size, letter: letter * size,
    "cuts far apart": lambda size, letter: (letter * (1 << 15) + " ") * (size >> 15),
}
LETTERS = {"ASCII": "a", "one byte": "é", "two bytes": "中", "four bytes": "😀"}
PATTERNS = {
    "masks": "cl100k",
    "table": r"[a-z]+|\s+|[^\sa-z]+",
    "rewind": "a*b|a",
    "engine": r"(?=ab)a|\w+|\W",
    "steps": r"\s?\p{L}+(?#then)(?=ab)a",
    "none": "none",
}


@pytest.mark.parametrize("as_bytes", [False, True])
@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("cuts", CUTS)
def test_sources(cuts, letter, as_bytes):
    tok = minitok.Tokenizer(MERGES, pattern="cl100k")

    def encode(size):
        text = CUTS[cuts](size, LETTERS[letter])
        text = text.encode() if as_bytes else text
        return lambda: tok.encode_to_numpy(text)

    check(encode, 500_000)


def test_a_long_str_whose_cuts_lie_far_apart():
    tok = minitok.Tokenizer(MERGES, pattern="cl100k")

    def count(size):
        text = CUTS["cuts far apart"](size, "中")
        return lambda: tok.count(text)

    check(count, 8_000_000)


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_tiers(pattern, cuts):
    tok = minitok.Tokenizer(MERGES, pattern=PATTERNS[pattern])

    def count(size):
        text = CUTS[cuts](size, "a")
        return lambda: tok.count(text)

    check(count, 200_000)


# -- operations -----------------------------------------------------------------------------------------------------------


def streamed(tok, text):
    decoder = tok.stream_decoder()
    return [decoder.push(token_id) for token_id in tok.encode(text)], decoder.finish()


OPERATIONS = {
    "encode": lambda tok, text: tok.encode(text),
    "encode_batch": lambda tok, text: tok.encode_batch([text[at : at + 100] for at in range(0, len(text), 100)]),
    "encode_with_offsets": lambda tok, text: tok.encode_with_offsets(text),
    "encode_iterable": lambda tok, text: sum(1 for _ in tok.encode_iterable(iter(text))),
    "stream_decoder": streamed,
    "decode": lambda tok, text: tok.decode(tok.encode(text)),
    "tokenize": lambda tok, text: tok.tokenize(text),
    "train": lambda _, text: minitok.train([text], 300, pattern="cl100k"),
    "extend": lambda tok, text: tok.extend([text], tok.n_vocab + 10),
}


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(operation, cuts):
    tok = minitok.Tokenizer(MERGES, pattern="cl100k")

    def work(size):
        text = CUTS[cuts](size, "a")
        return lambda: OPERATIONS[operation](tok, text)

    check(work, 100_000)
