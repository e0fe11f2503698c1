"""What is hunted for: each hunt is a strategy, and a check that holds for all that it draws.

A fault that is found becomes a test of its own; a hunt is how the next one is found.
"""

import os
import tempfile
import threading
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import minitok
import numpy as np
from chunk_laws import check_laws
from click.testing import CliRunner
from helpers import BACKENDS, Failure, outcome
from hypothesis import strategies as st
from kinds import definitions, texts
from matrix import FORMATS, TOK, Pieces, beside, documents, verdict, write_corpus
from minitok import Tokenizer, open_packed
from minitok.cli.app import app
from minitok.errors import MinitokError
from strategies import any_bytes, any_text, corpora, merge_lists, patterns, rank_tables, train_options
from test_damaged_files import FILES, TEXT, damage_bytes, damage_json

# What may be wrong with what a user gives; anything else that is raised is a fault of minitok.
REFUSALS = (MinitokError, OSError, TypeError, ValueError)
ALLOWED = st.sampled_from([(), "all", "no_tokens"])


def alike(call):
    """What a call gives on both backends, which must be the same; what is raised must be a refusal."""
    found = []
    for backend in BACKENDS:
        try:
            found.append(call(backend))
        except REFUSALS as error:
            found.append((type(error), str(error)))
    assert found[0] == found[1]
    return found[0]


# -- tokenizers --------------------------------------------------------------------------------------------------------


def ids_on_both_backends(drawn):
    """Tokenizers with every flag: ids, counts, offsets and what they decode to; and the laws of chunks."""
    definition, text, allowed, limit = drawn

    def everything(backend):
        tok = Tokenizer(definition.replace(backend=backend))
        ids = tok.encode(text, allowed_special=allowed)
        assert tok.count(text, allowed_special=allowed) == len(ids)
        offsets = outcome(tok.encode_with_offsets, text, allowed_special=allowed)
        return ids, tok.decode_bytes(ids), tok.decode(ids), repr(offsets)

    alike(everything)
    check_laws(Tokenizer(definition), text, limit, allowed_special=allowed)


def saved_and_loaded(drawn):
    """Tokenizers with every flag, in every format: refused when they are written, or the same ids when they are read."""
    definition, batch = drawn
    tok = Tokenizer(definition)
    expected = [tok.encode(text, allowed_special="all") for text in batch]
    with tempfile.TemporaryDirectory() as folder:
        for form in ("minitok", "huggingface"):
            path = os.path.join(folder, "tokenizer.json")
            try:
                tok.save(path, format=form)
            except MinitokError:
                continue
            for backend in BACKENDS:
                again = minitok.load(path, backend=backend)
                assert [again.encode(text, allowed_special="all") for text in batch] == expected, form
                assert form != "minitok" or again == tok


def trained_on_both_backends(drawn):
    """Training with random options: the same merges, and the same tokenizer from counts and from a file."""
    corpus, options = drawn

    def train(backend):
        tok = minitok.train(corpus, backend=backend, **options)
        return tok.merges, tok.special_tokens

    alike(train)


def ranks_on_both_backends(drawn):
    """Merges and ranks that nobody has learnt."""
    merges, ranks, pattern, text = drawn
    alike(lambda backend: Tokenizer(merges, pattern=pattern, backend=backend).encode(text))
    alike(lambda backend: Tokenizer.from_ranks(ranks, pattern=pattern, backend=backend).encode(text))


def ids_of_every_kind(drawn):
    """Ids as lists, arrays of any type and stride, and iterables."""
    numbers, kind, step, as_list = drawn
    array = np.array(numbers, np.int64).astype(kind)[::step]
    given = array.tolist() if as_list else array
    alike(lambda backend: TOK.replace(backend=backend).decode_bytes(given))


# -- files -------------------------------------------------------------------------------------------------------------


def damaged_tokenizers(drawn):
    """Files of tokenizers, damaged: both backends read the same tokenizer, or refuse the file by its name."""
    name, rng, is_json = drawn
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it"
        options = FILES[name](path)
        file = rng.choice(sorted(path.iterdir())) if path.is_dir() else path
        data = file.read_bytes()
        damage = damage_json if is_json and data.startswith(b"{") else damage_bytes
        file.write_bytes(damage(rng, data))

        def load(backend):
            try:
                tok = minitok.load(path, backend=backend, **options)
            except MinitokError as error:
                assert str(path) in str(error)
                return type(error)  # each reader has its own words
            return tok.encode(TEXT), tok.encode(TEXT, allowed_special="all"), tok.definition.digest()

        alike(load)


class Corpora:
    """Packed corpora in every format, made once."""

    @classmethod
    def made(cls):
        if not hasattr(cls, "pieces"):
            cls.folder = tempfile.TemporaryDirectory()
            cls.pieces = Pieces(Path(cls.folder.name))
        return cls.pieces


def damaged_corpora(drawn):
    """Packed files, damaged in several places: the right ids, or an error that names a file."""
    kind, rng, times = drawn
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        files = Corpora.made().given(kind, "none", folder)
        damaged = rng.choice(beside(rng.choice(files)))
        for _ in range(times):
            damaged.write_bytes(damage_bytes(rng, damaged.read_bytes()))

        def read():
            corpus = open_packed(files)
            found = documents(corpus)
            corpus.check()
            return found

        verdict(read, Corpora.made().expected(kind), folder)


def pieces_in_any_order(drawn):
    """Some parts or shards, in any order and number: all of a run in order, or some shards in order, or an error."""
    kind, numbers = drawn
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        files = Corpora.made().given(kind, "none", folder)
        places = [number % len(files) for number in numbers]
        given = [files[place] for place in places]
        if len(given) == 1:
            assert len(open_packed(given)) == len(open_packed(given[0]))
            return
        expected = [document for file in given for document in documents(open_packed(file))]
        found = verdict(lambda: documents(open_packed(given)), expected, folder)
        ascends = kind == "shards" and places == sorted(set(places))
        assert (found == "ids") == (given == files or ascends)


def two_runs_for_one_output(drawn):
    """Two runs at a time: one is refused, or each writes the whole output; never the ids of both."""
    kind, delay = drawn
    name, form = FORMATS[kind]
    options = {"format": form, "learn": "assistant", **({"shard_tokens": 90} if kind == "shards" else {})}
    with tempfile.TemporaryDirectory() as held:
        folder, ended = Path(held), []
        corpora_of = [write_corpus(folder / letter, letter) for letter in "ab"]
        wait = threading.Barrier(2)

        def run(files, first):
            wait.wait()
            if first:
                threading.Event().wait(delay / 1000)
            ended.append(outcome(TOK.encode_files, files, folder / name, **options))

        threads = [threading.Thread(target=run, args=(files, at)) for at, files in enumerate(corpora_of)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [one for one in ended if isinstance(one, Failure)]
        assert all(one.kind in (BlockingIOError, FileNotFoundError) for one in refused), refused
        if len(refused) < 2:
            opened = folder / ("o.manifest.json" if kind == "shards" else name)
            fresh = folder / "fresh"
            fresh.mkdir()
            wholes = [
                documents(open_packed(TOK.encode_files(files, fresh / name, **options).ids)) for files in corpora_of
            ]
            assert documents(open_packed(opened)) in wholes


# -- commands ----------------------------------------------------------------------------------------------------------

COMMANDS = [
    ["count", "FILE", "-e", "gpt2"],
    ["encode", "FILE", "-e", "gpt2"],
    ["decode", "FILE", "-e", "gpt2"],
    ["encode", "-t", "FILE", "--text", "a"],
    ["inspect", "-t", "FILE"],
    ["convert", "FILE", "OUT.json"],
    ["train", "FILE", "-n", "260", "-o", "OUT.json"],
    ["train", "--count-only", "FILE", "-o", "OUT.counts"],
    ["pack", "FILE", "-e", "gpt2", "-o", "OUT.bin"],
    ["pack", "--check", "FILE"],
    ["pack", "--join", "FILE", "-o", "OUT.npy"],
    ["explain", "-t", "FILE", "a"],
    ["evaluate", "--text", "a", "-t", "FILE"],
]
NAMES = ["it", "it.json", "it.jsonl", "it.bin", "it.npy", "it.ds", "it.idx", "it.arrow", "it.parquet", "it.gz", "it.zst", "it.model",
         "it.tiktoken", "it.gguf", "it.manifest.json", "a\nb.txt", "a\x1b[2Jb.txt", "-it", " ", "it.part-1-of-2.bin"]  # fmt: skip
ODD = ["bytes", "folder", "loop", "missing", "pipe"]


@contextmanager
def written_once(pipe, content):
    """A pipe out of which a content comes once; what opens it again would wait for ever."""

    def write():
        with suppress(BrokenPipeError):
            pipe.write_bytes(content)
        if not ended.wait(120):
            with suppress(OSError):  # nobody reads
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
                waited.append(pipe)

    ended, waited = threading.Event(), []
    os.mkfifo(pipe)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        # What was not opened is opened now, until its writer has ended.
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        while writer.is_alive():
            with suppress(BlockingIOError):
                os.read(reader, 1 << 16)
            writer.join(0.001)
        os.close(reader)
    assert not waited, "the pipe was opened twice"


def commands_over_odd_files(drawn):
    """Every command over odd files: it ends with a status, and without a traceback."""
    command, name, odd, content = drawn
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        if odd == "bytes":
            Path(path).write_bytes(content)
        elif odd == "folder":
            Path(path).mkdir()
        elif odd == "loop":
            os.symlink(path, path)
        places = {"FILE": path, "OUT": os.path.join(folder, "out")}
        args = [
            part.replace("OUT", places["OUT"]) if part.startswith("OUT") else places.get(part, part) for part in command
        ]
        with written_once(Path(path), content) if odd == "pipe" else nullcontext():
            ended = CliRunner().invoke(app, args, input=b"")
        assert ended.exception is None or isinstance(ended.exception, SystemExit), repr(ended.exception)
        assert ended.exit_code in (0, 1, 2)
        assert "Traceback" not in ended.output


kinds = st.sampled_from(sorted(FORMATS))
randoms = st.randoms(use_true_random=False)
HUNTS = {
    ids_on_both_backends: st.tuples(definitions(), texts, ALLOWED, st.integers(1, 9)),
    saved_and_loaded: st.tuples(definitions(), st.lists(texts, max_size=3)),
    trained_on_both_backends: st.tuples(corpora, train_options()),
    ranks_on_both_backends: st.tuples(merge_lists(), rank_tables(), patterns, any_text),
    ids_of_every_kind: st.tuples(
        st.lists(st.integers(-3, 300) | st.integers(-(1 << 31), 1 << 31), max_size=8),
        st.sampled_from(["u1", "i2", "u4", ">i8", "u8", "f8", "?"]),
        st.sampled_from([1, 2, -1]),
        st.booleans(),
    ),
    damaged_tokenizers: st.tuples(st.sampled_from(sorted(FILES)), randoms, st.booleans()),
    damaged_corpora: st.tuples(kinds, randoms, st.integers(1, 3)),
    pieces_in_any_order: st.tuples(kinds, st.lists(st.integers(0, 6), min_size=1, max_size=6) | st.just([0, 1, 2])),
    two_runs_for_one_output: st.tuples(kinds, st.integers(0, 30)),
    commands_over_odd_files: st.tuples(
        st.sampled_from(COMMANDS),
        st.sampled_from(NAMES),
        st.sampled_from([*ODD, "bytes", "bytes"]),
        any_bytes | st.binary(),
    ),
}
