"""Train a tokenizer on your own text, save it, and load it again.

    python examples/train_and_save.py [FILE ...] [-o tokenizer.json]

Without files, the text is Shakespeare's. The result is a tokenizer.json, which Hugging Face's libraries read too.
"""

import argparse
from pathlib import Path

import minitok
from minitok.data import tiny_shakespeare


def main() -> None:
    """Train, save, load, and show what was learnt."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("-o", "--output", default="tokenizer.json", type=Path)
    asked = parser.parse_args()

    options = {"vocab_size": 4096, "special_tokens": ["<|endoftext|>"], "name": "mine"}
    files = asked.files
    tokenizer = minitok.train_files(files, **options) if files else minitok.train([tiny_shakespeare()], **options)
    tokenizer.save(asked.output, format="huggingface")

    loaded = minitok.load(asked.output)
    report = tokenizer.report
    print(f"{report.merges:,} merges learnt from {report.bytes:,} bytes, saved as {asked.output}")
    text = "What's in a name?"
    print(f"the same ids as before: {loaded.encode(text) == tokenizer.encode(text)}")
    print(loaded.tokenize(text))


if __name__ == "__main__":
    main()
