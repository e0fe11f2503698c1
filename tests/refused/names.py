"""The names that the calls of the tables use."""

import functools
import json

import minitok
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from minitok.definition import Definition
from minitok.formats import huggingface

TOK = minitok.Tokenizer([(97, 98), (256, 99)], special_tokens={"<s>": 258}, pattern="gpt2")


class Names(dict):
    """What a name of a call means on a backend: of this module, of minitok, or of a line of the table, made when it is used."""

    def __init__(self, backend, folder, lines):
        super().__init__(
            backend=backend,
            folder=folder,
            out=folder / "out.bin",
            json=json,
            minitok=minitok,
            np=np,
            pa=pa,
            unread=unread,
        )
        for name in ("Tokenizer", "train", "train_files", "count_pieces", "load", "get_encoding"):
            self[name] = functools.partial(getattr(minitok, name), backend=backend)
        self["from_ranks"] = functools.partial(minitok.Tokenizer.from_ranks, backend=backend)
        self["of_tokens"] = functools.partial(of_tokens, backend)
        self["steps"] = lambda *parts: {"type": "Sequence", "pretokenizers": list(parts)}
        for builder in (file, model, gpt2, parquet):
            self[builder.__name__] = functools.partial(builder, folder)
        self.lines = {}
        for line in lines:
            if line.startswith(("from ", "import ")):
                exec(line, self)  # noqa: S102
            else:
                name, _, expression = line.partition(" = ")
                self.lines[name] = expression

    def __missing__(self, name):
        if name not in self.lines:
            raise KeyError(name)
        self[name] = self.value(self.lines[name])
        return self[name]

    def value(self, expression):
        return eval(expression, self, self)  # noqa: S307


def file(folder, content, name="file"):
    """The path of a new file: of bytes, of text, or of JSON."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(content)
    return path


def model(folder, **changes):
    """A tokenizer.json with changes at places: `model__type` is the type of the model."""
    content = huggingface.dump(TOK.definition)
    for place, value in changes.items():
        *way, last = place.split("__")
        functools.reduce(dict.get, way, content)[last] = value
    return file(folder, content)


def gpt2(folder, merges="", vocab=None):
    """The folder of GPT-2's two files, of which one is changed."""
    TOK.save(folder / "gpt2", format="gpt2")
    return file(folder, vocab or merges, "gpt2/vocab.json" if vocab else "gpt2/merges.txt").parent


def parquet(folder, **columns):
    pyarrow.parquet.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


def of_tokens(backend, tokens, merges=(), **options):
    return minitok.Tokenizer(Definition.from_tokens(tokens, merges, backend=backend, **options))


def unread():
    """Texts that must not be read."""
    raise AssertionError("the texts were read before the options were checked")
    yield  # pragma: no cover - it is a generator
