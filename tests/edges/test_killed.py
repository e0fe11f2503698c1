"""A process that is killed while it writes leaves what was there before, or what it was writing, whole.

The children of one process are ended by a timer of their own processor time, at a random moment: the signal's default action
ends them as SIGKILL would, with nothing cleaned up. `MINITOK_LONG_TESTS=1` kills a hundred of each kind.
"""

import os

import minitok
import pytest
from helpers import run_python

LONG = os.environ.get("MINITOK_LONG_TESTS") == "1"
KILLS = 100 if LONG else 6
TIMEOUT = 3600 if LONG else 280  # seconds
pytestmark = pytest.mark.timeout(TIMEOUT + 20)

PREAMBLE = (
    f"KILLS, TIMEOUT = {KILLS}, {TIMEOUT}"
    """
import glob, os, random, resource, shutil, signal, sys, tempfile, time
from pathlib import Path
import numpy
import minitok

rng = random.Random(17)
folder = Path(os.environ["FOLDER"])
(folder / "temporary").mkdir()
tempfile.tempdir = os.environ["TMPDIR"] = str(folder / "temporary")
texts = [f"the {k} quick {k * k} brown foxes jump over the lazy dogs of {k % 7} " * 40 for k in range(60)]

def child(work):
    # Standard streams are flushed by nobody: a child ends with os._exit.
    pid = os.fork()
    if pid == 0:
        signal.alarm(TIMEOUT - 30)
        try:
            work()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid

def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def kill_at_random(work, look, before=lambda: None):
    "Has a child work again and again until it is killed, and looks."
    start = os.times()
    assert ended(child(work)) == 0
    end = os.times()
    takes = end.children_user + end.children_system - start.children_user - start.children_system
    for _ in range(KILLS):
        before()
        moment = rng.uniform(0, takes + 0.02)
        def work_until_then():
            signal.setitimer(signal.ITIMER_PROF, max(moment, 1e-6))
            while True:
                work()
        code = ended(child(work_until_then))
        assert code == -signal.SIGPROF, code
        look()
"""
)

OLD_AND_NEW = """
old = minitok.train(texts[:9], 400, pattern="gpt2", special_tokens=["<s>"])
new = minitok.train(texts[9:], 500, pattern="gpt2", special_tokens=["<s>"])
"""

SAVE = (
    OLD_AND_NEW
    + """
path = folder / {"native": "tok.json", "huggingface": "tokenizer.json", "gpt2": "files", "tiktoken": "t.tiktoken"}[FORM]
def write(tok, path):
    tok.save(path, format="minitok" if FORM == "native" else FORM)
def read(path):
    return minitok.load(path, **{"pattern": "gpt2"} if FORM == "tiktoken" else {})
sample = " ".join(text[:50] for text in texts)
both = [tok.encode(sample) for tok in (old, new)]
assert both[0] != both[1]
seen = set()
def look():
    try:
        ids = read(path).encode(sample)
    except FileNotFoundError:
        assert FORM == "gpt2"  # two files: one of them may be missing, but both are never of different tokenizers
        ids = None
    assert ids in (*both, None)
    seen.add(both.index(ids) if ids else None)
write(old, path)
kill_at_random(lambda: write(new, path), look, lambda: write(old, path))
write(new, path)
assert read(path).encode(sample) == both[1]
print(sorted(map(str, seen)))
"""
)


ENCODE = """
corpus = folder / "corpus"
corpus.mkdir()
for k, text in enumerate(texts):
    (corpus / f"{k:02}.txt").write_text(text * 5)
tok = minitok.train(texts[:9], 400, special_tokens=["<s>"])
from minitok.packing import run as packing
packing.JOURNAL_SECONDS = 0  # so that there is always something to continue
def run(out):
    return tok.encode_files(f"{corpus}/*.txt", out, end_of_document="<s>", dtype="uint16", threads=1)
whole = run(folder / "whole.npy")
ids, offsets = numpy.load(whole.ids), numpy.load(whole.offsets)
out = folder / "out.npy"
resumed = []
def look():
    if out.exists():
        assert (numpy.load(out) == ids).all()
        assert (numpy.load(f"{out}.idx.npy") == offsets).all()
    if rng.random() < 0.5:
        packed = run(out)
        resumed.append(packed.resumed_files)
        assert (numpy.load(packed.ids) == ids).all() and (numpy.load(packed.offsets) == offsets).all()
        assert sorted(path.name for path in folder.glob("out*")) == ["out.npy", "out.npy.idx.npy"]
        out.unlink()
kill_at_random(lambda: run(out), look)
run(out)
assert (numpy.load(out) == ids).all()
print(resumed)
"""


COUNT = """
corpus = folder / "corpus.txt"
corpus.write_text("".join(texts))
old = minitok.count_pieces(texts[:3])
path = folder / "counts"
right = minitok.count_pieces_in_files([corpus])
def count():
    minitok.count_pieces_in_files([corpus], threads=2).save(path)
def look():
    assert minitok.PieceCounts.load(path).to_dict() in (old.to_dict(), right.to_dict())
old.save(path)
kill_at_random(count, look, lambda: old.save(path))
count()
assert minitok.PieceCounts.load(path).to_dict() == right.to_dict()
"""


# Words of which there are too many for a table of that size.
WORDS = """
words = folder / "words.txt"
words.write_text(" ".join(f"{k * 2654435761 % 2**32:x}{k}" for k in range(200_000)))
BOUND = 1 << 24
"""

TRAIN = (
    WORDS
    + """
right = minitok.train_files([words], 300)
path = folder / "tok.json"
temporary = folder / "temporary"
spilled = set()
def train():
    tok = minitok.train_files([words], 300, max_memory=BOUND, threads=1)
    tok.save(path)
def look():
    # What was spilled is left in the folder for temporary files, and nowhere else.
    spilled.update(os.listdir(temporary))
    assert all(name.startswith("minitok-") for name in spilled)
    assert {name for name in os.listdir(folder) if not name.startswith(".tok.json.")} <= {"words.txt", "tok.json", "temporary"}
    if path.exists():
        assert minitok.load(path) == right
        path.unlink()
train()
assert os.listdir(temporary) == []
kill_at_random(train, look)
assert spilled, "it was never killed while it counted"
train()
assert minitok.load(path) == right and set(os.listdir(temporary)) == spilled
"""
)


# A file of more than this many bytes cannot be written, as on a full disk: the error comes in the middle of a file.
FULL = (
    OLD_AND_NEW
    + WORDS
    + """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
corpus = folder / "corpus.txt"
corpus.write_text("".join(texts))
old.save(folder / "tok.json")
old.save(folder / "gpt2", format="gpt2")
minitok.count_pieces(texts[:3]).save(folder / "counts")
counts = minitok.count_pieces_in_files([corpus])
content = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
def refused(work, path):
    try:
        work()
    except OSError as error:
        assert path in str(error), error
    else:
        raise AssertionError(f"{path} was written")
for limit in (0, 1, 20, 300, 1500):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    refused(lambda: new.save(folder / "tok.json"), str(folder / "tok.json"))
    refused(lambda: new.save(folder / "new.json", format="huggingface"), str(folder / "new.json"))
    refused(lambda: counts.save(folder / "counts"), str(folder / "counts"))
    refused(lambda: new.save(folder / "gpt2", format="gpt2"), str(folder / "gpt2"))
    refused(lambda: minitok.train_files([words], 300, pattern="gpt2", max_memory=BOUND, threads=1), str(folder / "temporary"))
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == content, limit
    assert os.listdir(folder / "temporary") == []
    refused(lambda: new.encode_files(corpus, folder / "out.bin"), str(folder / "out.bin"))
    assert not (folder / "out.bin").exists()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    packed = new.encode_files(corpus, folder / "out.bin")  # once there is room, it goes on
    assert numpy.fromfile(packed.ids, "uint32").tolist() == new.encode(corpus.read_text())
    for path in folder.glob("out*"):
        path.unlink()
new.save(folder / "tok.json")
assert minitok.load(folder / "tok.json") == new
"""
)


TWO = (
    OLD_AND_NEW
    + """
path = folder / "tok.json"
old.save(path)
def save(tok):
    for _ in range(30):
        tok.save(path)
writers = [child(lambda: save(old)), child(lambda: save(new))]
for _ in range(60):
    assert minitok.load(path) in (old, new)
assert [ended(pid) for pid in writers] == [0, 0]
assert minitok.load(path) in (old, new)
assert [name for name in os.listdir(folder) if name.endswith(".tmp")] == []

# Two runs of encode_files for one output: each is refused, or its output is right.
corpus = folder / "corpus.txt"
corpus.write_text("".join(texts))
expected = new.encode(corpus.read_text())
out = folder / "out.bin"
def encode():
    for _ in range(20):
        try:
            packed = new.encode_files(corpus, out, threads=1)
        except BlockingIOError as error:
            assert str(out) in str(error), error
        else:
            assert packed.tokens == len(expected)
runs = [child(encode), child(encode)]
assert [ended(pid) for pid in runs] == [0, 0]
assert numpy.fromfile(out, "uint32").tolist() == expected
assert sorted(path.name for path in folder.glob("out*")) == ["out.bin", "out.bin.idx.npy"]
"""
)


FORMS = ("native", "huggingface", "gpt2", "tiktoken")
PROGRAMS = {
    **{
        f"a tokenizer that is saved is the old one or the new one: {form}": f"FORM = {form!r}\n{SAVE}" for form in FORMS
    },
    "files that are encoded are whole, and a run goes on where it was killed": ENCODE,
    "counts are the old ones or the new ones": COUNT,
    "a training in bounded memory that is killed spoils no later one": TRAIN,
    "a full disk is an error that names the file, and leaves the old one": FULL,
    "two processes write one name": TWO,
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_what_is_written_is_whole(tmp_path, what):
    ran = run_python(PREAMBLE + PROGRAMS[what], timeout=TIMEOUT, FOLDER=str(tmp_path))
    assert ran.returncode == 0, ran.stderr


def test_a_second_run_for_one_output_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello hello", encoding="utf-8")
    tok, out = minitok.Tokenizer([(104, 101)]), tmp_path / "o.bin"

    def once_more(_):
        with pytest.raises(BlockingIOError, match=r"another process is writing this output.*o\.bin"):
            tok.encode_files(tmp_path / "a.txt", out)

    packed = tok.encode_files(tmp_path / "a.txt", out, progress=once_more)
    assert packed.tokens == len(tok.encode("hello hello"))
