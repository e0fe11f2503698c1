"""Ctrl-C ends long work within a fifth of a second, whatever it is, and leaves the tokenizer as it was."""

import gc
import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import cache

import minitok
import numpy as np
import pytest
from helpers import run_python
from minitok.backend import load_backend

SAMPLE = "The quick brown fox's 1234567 jumps,  over\n\nthe lazy dog. "
MERGES = minitok.train([SAMPLE * 3, "naïve café 漢字漢字 😀😀 " * 3], 340, pattern="cl100k").merges
LETTERS = np.random.default_rng(1).integers(97, 123, 1 << 22, np.uint8).tobytes()


@cache
def plain():
    """24 megabytes of ASCII."""
    return SAMPLE * (24 * (1 << 20) // len(SAMPLE))


@cache
def a_file():
    """A file of that text."""
    file = tempfile.NamedTemporaryFile()  # noqa: SIM115
    file.write(plain().encode())
    file.flush()
    return file.name, file


@cache
def many_words():
    """Four million letters in words of seven."""
    words = np.frombuffer(LETTERS, np.uint8).reshape(-1, 8).copy()
    words[:, 7] = ord(" ")
    return words.tobytes().decode()


@cache
def wide():
    """A text of some characters that have four bytes each in a str."""
    return "naïve café 漢字 déjà vu 😀, " * (1 << 20)


def tokenizer(pattern="cl100k", **options):
    return minitok.Tokenizer(MERGES, pattern=pattern, special_tokens={"<s>": 400}, **options)


STEPS = load_backend("rust").normalizer(["NFD", ("replace", r"\w", "ab"), "lowercase", ("replace", "(?=c)|d", "")])
LONG_NAME = minitok.Tokenizer(MERGES, special_tokens={"<s>": 400, "<s>" * 1000 + "x": 401})


@cache
def many_ids():
    return np.tile(tokenizer().encode_to_numpy(SAMPLE), 1 << 21)


# What works on something that takes a while, too, and is made before: how it is made, of many ids or without them, and the work.
PREPARED = {
    "decode list": (lambda ids: ids[: 1 << 22].tolist(), lambda tok, row: [tok.decode(row) for _ in range(64)]),
    "decode array": (lambda ids: ids, lambda tok, row: [tok.decode(row) for _ in range(16)]),
    "decode bytes": (lambda ids: ids, lambda tok, row: [tok.decode_bytes(row) for _ in range(16)]),
    "decode converted array": (lambda ids: ids[: 1 << 22].astype(">i8"), lambda tok, row: [tok.decode(row) for _ in range(64)]),
    "decode an iterator": (lambda ids: ids, lambda tok, row: tok.decode(iter(row))),
    "push to a stream": (lambda ids: ids, lambda tok, row: tok.stream_decoder().push(row)),
    "push to a stream that stops": (lambda ids: ids, lambda tok, row: tok.stream_decoder(stop=["~~", "~#"]).push(row)),
    "decode batch": (lambda ids: [ids] * 16, lambda tok, row: tok.decode_batch(row)),
    "edit one long piece": (lambda _: tokenizer().session("ab" * (1 << 23)), lambda _, session: session.edit(9, 9, "c")),
}  # fmt: skip

# Each would take half a second and longer.
LONG = {
    "encode": lambda tok: tok.encode(plain() * 2),
    "encode to numpy": lambda tok: tok.encode_to_numpy(plain() * 4),
    "encode on threads": lambda tok: tok.encode_to_numpy(plain() * 6, threads=2),
    "encode wide": lambda tok: tok.encode_to_numpy(wide()),
    "encode bytes": lambda tok: tok.encode_to_numpy(plain().encode() * 4),
    "encode with special tokens": lambda tok: tok.encode(plain() * 2, allowed_special="all"),
    "encode nothing but special tokens": lambda tok: tok.encode_to_numpy("<s>" * (1 << 25), allowed_special="all"),
    "a special token that begins a long one": lambda _: LONG_NAME.count("<s>" * (1 << 20), allowed_special="all"),
    "count": lambda tok: tok.count(plain() * 6),
    "count wide": lambda tok: tok.count(wide() * 2),
    "encode batch": lambda tok: tok.encode_batch([SAMPLE * 10] * (1 << 16)),
    "encode batch to numpy": lambda tok: tok.encode_batch_to_numpy([plain()] * 6, threads=2),
    "count batch": lambda tok: tok.count_batch([plain()] * 8),
    "count a batch of nothing": lambda tok: tok.count_batch([""] * (1 << 23)),
    "chunk": lambda tok: tok.chunk(plain() * 3, 100),
    "chunk with overlap": lambda tok: tok.chunk(wide(), 100, overlap=40, at="code"),
    "chunk one long part": lambda tok: tok.chunk("." * (1 << 25), 1 << 22),
    "chunk what is normalized": lambda tok: tok.replace(normalizer="NFC").chunk(wide(), 100),
    "check": lambda tok: [tok.encode("", disallowed_special="all") or tok.encode(plain(), disallowed_special="all") for _ in range(4)],
    "decode what is no text": lambda tok: tok.decode(np.tile(np.arange(128, 256, dtype=np.uint32), 1 << 20)),
    "one piece of letters": lambda _: tokenizer("none").encode_to_numpy(LETTERS * 8),
    "one piece of one letter": lambda _: tokenizer("none").encode_to_numpy("ab" * (1 << 25)),
    "one piece of spaces": lambda tok: tok.encode_to_numpy(b" " * (1 << 27)),
    "one piece of ideographs": lambda tok: tok.count("中".encode() * (1 << 25)),
    "normalize": lambda _: STEPS.apply("É漢 e\u0301" * 4_000_000),
    "marks in a row": lambda tok: tok.replace(normalizer="NFC").count("e" + "\u0301\u0323" * (1 << 23)),
    "a regular expression": lambda _: tokenizer(r"\w+|\W").encode_to_numpy(plain()),
    "train on texts": lambda _: minitok.train([plain()] * 9, 300),
    "train on many words": lambda _: minitok.train([many_words()], 200_000),
    "train on one word, on threads": lambda _: minitok.train([LETTERS.decode()] * 9, 200_000, pattern="none", threads=2),
    "train on a file": lambda _: minitok.train_files([a_file()[0]] * 1000, 300, threads=2),
    "train with many strings that are barred": lambda _: minitok.train([SAMPLE], 300, superwords=9, barred=[f"x{n}" for n in range(1 << 17)]),
    "a regular expression that goes back": lambda _: tokenizer("a*b|a").count("a" * 60_000),
}  # fmt: skip


def repeat(work, tok):
    """Work for a minute, which a signal is to end."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        work(tok)


@pytest.fixture
def no_gc_callbacks():
    """What a handler raises in a callback of the garbage collector, CPython prints and drops. Hypothesis registers one."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks.extend(callbacks)


@pytest.mark.usefixtures("no_gc_callbacks")
@pytest.mark.parametrize("name", [*LONG, *PREPARED])
def test_a_signal_ends_it(name):
    tok = tokenizer()
    if name in PREPARED:
        make, on_it = PREPARED[name]
        made = make(many_ids())

        def work(tok):
            on_it(tok, made)
    else:
        work = LONG[name]
    before = tok.encode(SAMPLE), tok.encode(wide()[:3000])
    arrived = []

    def interrupt(*_):
        arrived.append(time.monotonic())
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGINT, interrupt)
    sent = []

    def send():
        time.sleep(0.25)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            repeat(work, tok)
        ended = time.monotonic()
    finally:
        sender.join()
        signal.signal(signal.SIGINT, old)
    load = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert ended - sent[0] < 0.2 * load, f"{arrived[0] - sent[0]:.3f} s to be seen, {ended - sent[0]:.3f} s in all"
    assert (tok.encode(SAMPLE), tok.encode(wide()[:3000])) == before
    assert tok.decode(before[0]) == SAMPLE


@contextmanager
def alarms(handler, *times):
    """Lets an alarm, or several, call a handler."""
    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *times)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@pytest.mark.usefixtures("no_gc_callbacks")
def test_the_exception_of_a_handler_is_the_one_that_is_raised():
    class EnoughError(Exception):
        pass

    def handler(*_):
        raise EnoughError("by the clock")

    with pytest.raises(EnoughError, match="by the clock"), alarms(handler, 0.1):
        repeat(lambda tok: tok.count(plain()), tokenizer())


def test_a_handler_that_returns_ends_nothing():
    calls = []
    with alarms(lambda *_: calls.append(tokenizer().encode(SAMPLE * 2000)), 0.05, 0.05):
        counted = tokenizer().count(plain() * 3)
    assert calls
    assert counted == tokenizer().count(plain() * 3)


# The signal is sent, and NumPy needed for the first time, by one call of `map`: no Python code runs in between.
FIRST_USE = """
import _thread, sys
from functools import partial
if sys.argv[2] == "imported":
    import numpy
import minitok
codec = minitok.Tokenizer([(97, 98)], backend="rust").definition.codec()
if sys.argv[1] == "decode":
    import numpy
    first = partial(codec.decode, numpy.array([256], ">i8"), "strict")
elif sys.argv[1] == "encode":
    first = partial(codec.encode_to_array, "ab", (), 1)
else:
    first = partial(codec.encode_batch_to_numpy, ["ab"], (), 1)
try:
    list(map(partial.__call__, [partial(_thread.interrupt_main), first]))
except BaseException as error:
    print(type(error).__name__)
first()
print(codec.encode_to_array("ab", (), 1))
"""


@pytest.mark.parametrize("numpy", ["imported", "not imported"])
@pytest.mark.parametrize("call", ["encode", "batch", "decode"])
def test_a_signal_at_the_first_use_of_numpy_is_its_handlers_exception(call, numpy):
    ran = run_python(FIRST_USE, arguments=[call, numpy])
    assert ran.stdout.split("\n") == ["KeyboardInterrupt", "[256]", ""], ran.stderr[-500:]
