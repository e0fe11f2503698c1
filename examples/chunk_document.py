"""Cut a document into overlapping chunks of at most a given number of tokens, as a retrieval system indexes them.

    python examples/chunk_document.py [FILE] [--tokens 256] [--overlap 32]

An embedding model has a limit of tokens, not of characters. Chunks end at paragraphs and sentences where they can. Each line of
the result says where a chunk stands in the document; `minitok chunk` does the same in the shell.
"""

import argparse
from pathlib import Path

import minitok
from minitok.data import tiny_shakespeare


def main() -> None:
    """Print the size and the beginning of each chunk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--overlap", type=int, default=32)
    asked = parser.parse_args()

    document = asked.file.read_text(encoding="utf-8") if asked.file else tiny_shakespeare()[:4000]
    tokenizer = minitok.encoding_for_model("text-embedding-3-small")
    for number, chunk in enumerate(tokenizer.chunk(document, asked.tokens, overlap=asked.overlap)):
        print(f"chunk {number}, {chunk.start} to {chunk.end}: {chunk.tokens} tokens, {chunk.text[:40]!r}...")


if __name__ == "__main__":
    main()
