"""What many tests need: both backends at once, errors as data, chunkings."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import minitok

BACKENDS = ("rust", "python")
PATTERNS = ("gpt2", "cl100k", "o200k")
ROOT = Path(__file__).parent.parent


def cargo_built():
    """The folder with the library and the programs in Rust that `make test-pages` compiles."""
    return ROOT / "target" / "tests" / "debug"


def cargo_example(name):
    """The program that Cargo has built of `examples/{name}.rs`."""
    program = cargo_built() / "examples" / name
    assert program.exists(), f"{program} is missing: `make test-pages` builds it"
    return program


@dataclass(frozen=True)
class Failure:
    """An exception as a value: two backends fail in the same way if these are equal."""

    kind: type
    message: str


def outcome(function, *args, **kwargs):
    """Returns what a call gives: its value, or its failure. What a test itself does wrong, or finds, is none."""
    try:
        return function(*args, **kwargs)
    except (AssertionError, NameError):
        raise
    except Exception as error:  # noqa: BLE001
        return Failure(type(error), str(error))


def unless_it_panics(function, *args, **kwargs):
    """What a call of a library that is written in Rust gives; None if it fails with a bare exception, or panics."""
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        if type(error) is Exception or type(error).__name__ == "PanicException":
            return None
        raise


def on_both(function):
    """The outcome of ``function(backend)``, which must be the same on both backends."""
    rust, python = (outcome(function, backend) for backend in BACKENDS)
    assert rust == python
    return rust


def failure_on_both(function):
    """The failure of ``function(backend)``, which must be the same on both backends."""
    failed = on_both(function)
    assert isinstance(failed, Failure), f"nothing was raised: {failed!r}"
    return failed


def unlabelled(folder):
    """Takes away what packed files say of themselves, so that they are as from elsewhere."""
    from minitok.packing.label import read_trailing_label

    for index in [*folder.glob("*.idx.npy"), *folder.glob("*.idx")]:
        label, size = read_trailing_label(index)
        assert label is not None
        os.truncate(index, size)
    for metadata in folder.glob("*.ds.metadata"):
        metadata.unlink()


def traced(function, *args, **kwargs):
    """Returns the result of a call, and the events that its ``trace`` was called with."""
    events = []
    return function(*args, **kwargs, trace=events.append), events


def both(tokenizer):
    """The tokenizer on each backend."""
    return [tokenizer.replace(backend=backend) for backend in BACKENDS]


def run_python(code, *options, arguments=(), cwd=None, timeout=120, **environment):
    """Run code in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", code, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **environment},
    )


def imported(code):
    """What a program prints, and the modules that it has imported at its end, beyond those of Python's start."""
    listing = "print(*(sys.modules.keys() - before), file=sys.stderr)"
    code = f"import atexit, sys; before = set(sys.modules); atexit.register(lambda: {listing}); {code}"
    env = {name: value for name, value in os.environ.items() if name != "MINITOK_BACKEND"}
    command = [sys.executable, "-I", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)
    return ran.stdout, set(ran.stderr.split())


def cut(text, places):
    """Returns the text cut at the given offsets."""
    ends = sorted({min(place, len(text)) for place in places})
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def outcome_of_training(texts, **options):
    """Returns the result of a training as data, the same on every backend."""
    tok = minitok.train(texts, **options)
    return tok.merges, tok.special_tokens, tok.definition.trained["stop"]
