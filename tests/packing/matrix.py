"""What becomes of packed files that are not what they should be: each format, each operation, each fault.

A verdict is "ids" where the result is the right ids all the same, and otherwise the error, which names the file.
"""

import io
import json
import shutil
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from minitok import Tokenizer, join_packed, open_packed
from minitok.cli.pack import check_all
from minitok.errors import FileFormatError

CHAT = "{% for m in messages %}{{ m.content }}<e>{% endfor %}"
TOK = Tokenizer([(97, 98), (256, 97), (32, 97)], special_tokens={"<e>": 259}).replace(chat=CHAT)
OTHER = Tokenizer([(98, 97), (256, 98), (32, 97)], special_tokens={"<e>": 259}).replace(chat=CHAT)
FORMATS = {
    "numbers": ("o.bin", None),
    "npy": ("o.npy", None),
    "megatron": ("o.bin", "megatron"),
    "datatrove": ("o.ds", None),
    "parquet": ("o.parquet", None),
    "arrow": ("o.arrow", None),
    "shards": ("o.bin", None),
}
OPERATIONS = ("join", "open", "check", "resume")
PIECES = ("missing", "twice", "other order", "other tokenizer", "other corpus", "other type")
DAMAGE = ("header", "data", "footer")
FAULTS = ("none", *PIECES, *DAMAGE)


def write_corpus(folder, letter="a"):
    """Three files of conversations; others of the same names and sizes for each letter."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(3):
        turns = [(f"{letter * size}b ab{number}", f"a{letter}b" * (size % 3)) for size in range(1, 12)]
        talks = [[{"role": "user", "content": one}, {"role": "assistant", "content": two}] for one, two in turns]
        lines = [json.dumps({"messages": talk}) + "\n" for talk in talks]
        (folder / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    return sorted(folder.glob("*.jsonl"))


def packed(folder, kind, tok=TOK, letter="a", dtype="uint16"):
    """The pieces of a corpus in a format: three parts, or shards."""
    name, form = FORMATS[kind]
    files = write_corpus(folder / "corpus", letter)
    options = {"format": form, "learn": "assistant", "dtype": dtype}
    if kind == "shards":
        return list(tok.encode_files(files, folder / name, shard_tokens=90, **options).files[1::3])
    return [tok.encode_files(files, folder / name, part=(part, 3), **options).ids for part in (1, 2, 3)]


def documents(corpus):
    return [(corpus[at].tolist(), corpus.mask(at).tolist()) for at in range(len(corpus))]


def beside(path):
    """The files of a piece."""
    return sorted(file for file in path.parent.glob("*") if file.is_file() and belongs(file, path))


def belongs(file, path):
    return file.name.startswith(path.name) or file == path.with_suffix(".idx")


class Pieces:
    """What is packed, made once for each format: by the right tokenizer, by another, of other texts, in another type."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def of(self, kind, name, **options):
        if (kind, name) not in self.made:
            folder = self.folder / kind / name
            folder.mkdir(parents=True)
            self.made[kind, name] = packed(folder, kind, **options)
        return self.made[kind, name]

    def given(self, kind, fault, folder):
        """Copies the pieces into a folder, with a fault that is not damage, and returns them as they are given."""
        files = [copied(piece, folder) for piece in self.of(kind, "right")]
        others = {
            "other tokenizer": {"tok": OTHER},
            "other corpus": {"letter": "b"},
            "other type": {"dtype": "uint32"},
        }
        if fault in others:
            copied(self.of(kind, fault, **others[fault])[1], folder)
        if fault == "missing":
            for file in beside(files.pop(1)):
                file.unlink()
        if fault == "twice":
            files.insert(1, files[0])
        if fault == "other order":
            files[0], files[1] = files[1], files[0]
        return files

    def expected(self, kind, fault="none"):
        files = [file for at, file in enumerate(self.of(kind, "right")) if (fault, at) != ("missing", 1)]
        return [document for piece in files for document in documents(open_packed(piece))]


def is_subset(kind, operation, fault):
    """Whether it is some shards that are opened, which trainers do to hold others back."""
    return (kind, operation, fault) == ("shards", "open", "missing")


def copied(piece, folder):
    for file in beside(piece):
        shutil.copy(file, folder)
    return folder / piece.name


def used(operation, files, folder):
    """The documents that an operation gives; raises what it raises."""
    if operation == "join":
        return documents(open_packed(join_packed(files, folder / "joined.bin").ids))
    if operation == "check":
        with redirect_stdout(io.StringIO()):
            check_all(list(map(str, files)), None, None, json=True)
        # What is whole may be read in its order.
        return [document for file in sorted(set(files)) for document in documents(open_packed(file))]
    return documents(open_packed(files))


def verdict(call, expected, folder):
    """Returns "ids", or the message of the error behind the name of the file; anything else is a fault of minitok."""
    try:
        found = call()
    except (FileFormatError, FileNotFoundError) as error:
        name = error.path if isinstance(error, FileFormatError) else error.filename
        assert Path(name).parent == folder, f"the error names {name!r}"
        assert name in str(error)
        return str(error).split(": ", 1)[-1] if isinstance(error, FileFormatError) else "no such file"
    assert found == expected, "other ids, and no error"
    return "ids"


def zone(content, where):
    """The places of a file that are its header, its data or its footer."""
    size = len(content)
    edge = min(size // 3, 150)
    bounds = {"header": (0, edge), "data": (edge, size - edge), "footer": (size - edge, size)}
    return range(*bounds[where])


# -- resuming ----------------------------------------------------------------------------------------------------------


class StoppedError(Exception):
    """What ends a run."""


def stopped_after(done, then=lambda: None):
    """Progress that ends a run when more than this many bytes are read."""

    def show(at):
        if at.done > done:
            then()
            raise StoppedError

    return show


def spoil(fault, left):
    """Makes a fault in the files that a stopped run has left."""
    if fault == "missing":
        left[0].unlink()
    if fault == "twice":
        left[0].write_bytes(left[0].read_bytes() * 2)
    for file in left if fault in DAMAGE else ():
        content = bytearray(file.read_bytes())
        content[{"header": 0, "data": len(content) // 2, "footer": len(content) - 1}[fault]] ^= 1
        file.write_bytes(content)


def resumed(kind, fault, folder):
    """Stops a run after two of three files, makes a fault, runs again, and returns the documents and those of a fresh run."""
    name, form = FORMATS[kind]
    files = write_corpus(folder / "corpus")
    options = {"format": form, "learn": "assistant", "dtype": "uint16", "threads": 1}
    if kind == "shards":
        options["shard_tokens"] = 90
    try:
        TOK.encode_files(
            files, folder / name, progress=stopped_after(sum(file.stat().st_size for file in files[:2])), **options
        )
        raise AssertionError("the run was not stopped")
    except StoppedError:
        pass
    spoil(fault, sorted(folder.glob("*.partial")) + sorted(folder.glob("*.journal.json")))
    tok = OTHER if fault == "other tokenizer" else TOK
    if fault == "other order":
        files = files[::-1]
    if fault == "other corpus":
        files = write_corpus(folder / "corpus", "b")
    if fault == "other type":
        options["dtype"] = "uint32"
    ids = tok.encode_files(files, folder / name, **options).ids
    fresh = folder / "fresh"
    fresh.mkdir()
    return documents(open_packed(ids)), documents(open_packed(tok.encode_files(files, fresh / name, **options).ids))


def row(pieces, kind, operation, fault):
    """The verdicts of a cell, without those that say the same."""
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        if operation == "resume":
            found, expected = resumed(kind, fault, folder)
            assert found == expected, "other ids, and no error"
            return {"ids"}
        files = pieces.given(kind, fault, folder)
        expected = pieces.expected(kind, fault if is_subset(kind, operation, fault) else "none")
        if fault not in DAMAGE:
            return {verdict(lambda: used(operation, files, folder), expected, folder)}
        found = set()
        for path in beside(files[1]):
            content = path.read_bytes()
            places = zone(content, fault)
            for at in places[:: max(1, len(places) // 6)]:
                path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
                found.add(verdict(lambda: used(operation, files, folder), expected, folder))
            path.write_bytes(content)
        return found
