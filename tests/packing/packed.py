"""Packed files of each format: their names, texts to pack, and what is in them."""

import json

from minitok import open_packed

# By format, the names of ids and of a mask; the mask of columns is in them.
FORMATS = {
    "numbers": ("o.bin", "o.bin.mask.npy"),
    "npy": ("o.npy", "o.npy.mask.npy"),
    "megatron": ("o.bin", "o.bin.mask.npy"),
    "datatrove": ("o.ds", "o.ds.loss"),
    "parquet": ("o.parquet", None),
    "arrow": ("o.arrow", None),
}


def named(kind):
    return "megatron" if kind == "megatron" else None


def write_corpus(folder, texts, name="a.jsonl"):
    (folder / name).write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return folder / name


def documents(path):
    return [ids.tolist() for ids in open_packed(path)]
