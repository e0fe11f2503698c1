"""Encode a corpus to train.bin and val.bin: arrays of 16-bit ids, as nanoGPT and its relatives read them.

    python examples/pack_corpus.py [FILE ...] [-o FOLDER]

The last of several files is for validation. Without files, it is Shakespeare, nine tenths and one tenth.
"""

import argparse
import tempfile
from pathlib import Path

import minitok
import numpy as np
from minitok.data import tiny_shakespeare


def main() -> None:
    """Write both files, and read a few ids back as a trainer would."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-o", "--output", default=Path(), type=Path)
    asked = parser.parse_args()
    asked.output.mkdir(parents=True, exist_ok=True)

    tokenizer = minitok.get_encoding("gpt2")  # its ids fit into 16 bits
    with tempfile.TemporaryDirectory() as folder:
        files = asked.files or shakespeare(Path(folder))
        for name, part in (("train", files[:-1]), ("val", files[-1:])):
            out = asked.output / f"{name}.bin"
            packed = tokenizer.encode_files(part, out, dtype="uint16", end_of_document="<|endoftext|>", resume=False)
            print(f"{out}: {packed.tokens:,} ids of {packed.documents:,} document(s)")

    ids = np.memmap(asked.output / "train.bin", dtype="<u2", mode="r")
    print(repr(tokenizer.decode(ids[:8])))


def shakespeare(folder: Path) -> list[Path]:
    """The play as two files."""
    text = tiny_shakespeare()
    cut = text.index("\n\n", len(text) * 9 // 10) + 2
    files = [folder / "train.txt", folder / "val.txt"]
    for file, part in zip(files, (text[:cut], text[cut:]), strict=True):
        file.write_text(part, encoding="utf-8")
    return files


if __name__ == "__main__":
    main()
