"""Make the files of ``python/minitok/encodings/data`` from published rank files.

    python tools/pack_encodings.py p50k_base.tiktoken cl100k_base.tiktoken o200k_base.tiktoken whisper_multilingual.tiktoken
    python tools/pack_encodings.py bpe_simple_vocab_16e6.txt.gz

The last is CLIP's: a list of merges, of which it uses a part (see ``minitok.encodings.clip``). A source is known by its
SHA-256, not by its name; one that is not known is refused. The layout is that of
``minitok.reference.published.packed_vocab``. Costs some ten seconds for the largest.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import struct
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from zlib import adler32

from minitok.definition import gpt2_byte_order
from minitok.encodings.published import SHA256
from minitok.formats.byte_level import to_bytes
from minitok.formats.tiktoken import parse_ranks
from minitok.reference.published.packed_vocab import MAGIC, unpack
from minitok.reference.published.ranks import recover_merges

SOURCES = {
    **{digest: file for (file, below), digest in SHA256.items() if below is None},
    "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a": "clip",
}
# How many of the published merges CLIP uses: with bytes and special tokens, the size is 49,408.
N_MERGES = 49_408 - 2 - 2 * 256
END_OF_WORD = b" "
DATA = Path(__file__).parent.parent / "python" / "minitok" / "encodings" / "data"


def clip_ranks(data: bytes) -> dict[bytes, int]:
    """CLIP's vocabulary: the bytes, the bytes at the end of a word, and one token for each merge that it uses."""
    singles = [bytes([byte]) for byte in gpt2_byte_order()]
    lines = gzip.decompress(data).decode().split("\n")[1 : 1 + N_MERGES]
    merged = [b"".join(map(clip_side, line.split(" "))) for line in lines]
    tokens = [*singles, *(byte + END_OF_WORD for byte in singles), *merged]
    return {token: rank for rank, token in enumerate(tokens)}


def clip_side(shown: str) -> bytes:
    """One side of a merge, of which ``</w>`` is the end of a word."""
    word = shown.removesuffix("</w>")
    return to_bytes(word) + END_OF_WORD if word != shown else to_bytes(word)


def pack(ranks: Mapping[bytes, int]) -> bytes:
    """The packed form of a vocabulary whose ids 0 to 255 are the single bytes, and every other token one merge."""
    tokens = {rank: token for token, rank in ranks.items()}
    order = b"".join(tokens[rank] for rank in range(256))
    extra = [(rank, token) for rank, token in sorted(tokens.items()) if not token]
    merges = recover_merges(ranks)
    if merges is None or sorted(order) != list(range(256)):
        raise ValueError("not a vocabulary of single bytes and merges")
    runs = list(runs_of(merge.id for merge in merges))
    sides = [side for merge in merges for side in (merge.left, merge.right)]
    n_low = [max(side.bit_length() - 5, 0) for side in sides]
    body = [
        struct.pack("<3I", len(merges), len(runs), len(extra)),
        order,
        *(struct.pack("<2I", first, count) for first, count in runs),
        *(struct.pack("<2I", rank, len(token)) for rank, token in extra),
        *(token for _, token in extra),
        bytes(16 * n + (side >> n) for side, n in zip(sides, n_low)),
        pack_bits("".join(f"{side:b}"[5:][::-1] for side in sides)),
    ]
    packed = b"".join(body)
    return MAGIC + struct.pack("<I", adler32(packed)) + packed


def runs_of(ids: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Ascending ids as runs: first id, count."""
    for _, group in groupby(enumerate(ids), key=lambda item: item[1] - item[0]):
        run = [token_id for _, token_id in group]
        yield run[0], len(run)


def pack_bits(bits: str) -> bytes:
    """A stream of bits as bytes, the first in the least significant place."""
    return int(bits[::-1] or "0", 2).to_bytes((len(bits) + 7) // 8, "little")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path, help="rank files, as published")
    parser.add_argument("--into", type=Path, default=DATA)
    options = parser.parse_args()
    for source in options.sources:
        data = source.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest not in SOURCES:
            parser.error(f"{source} is not a known file (SHA-256 {digest})")
        ranks = clip_ranks(data) if SOURCES[digest] == "clip" else parse_ranks(data, source)
        packed = pack(ranks)
        if {token: rank for rank, token in unpack(packed).tokens.items()} != ranks:
            parser.error(f"{source} does not come back out of its packed form")
        target = options.into / f"{SOURCES[digest]}.vocab"
        target.write_bytes(packed)
        print(f"{target}: {len(ranks)} tokens, {len(packed)} bytes")


if __name__ == "__main__":
    main()
