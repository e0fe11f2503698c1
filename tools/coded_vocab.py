"""A packed vocabulary as the pages fetch it: ``rust/wasm/coded_vocab.rs`` says how it is made, and reads it."""

from __future__ import annotations

import numpy as np
from minitok.reference.published.packed_vocab import VocabReader, pairs

KINDS = 72
INSIDE = 6


def kind(byte: int) -> int:
    """What a character is that begins with a byte."""
    if byte >= 0x80:
        return INSIDE if byte < 0xC0 else byte - 0xC0 + INSIDE + 1
    if byte == 0x20:
        return 5
    char = chr(byte)
    return 1 if char.islower() else 2 if char.isupper() else 3 if char.isdigit() else 4


def coded(data: bytes) -> bytes:
    """The packed vocabulary with its pairs coded by how likely they are."""
    reader = VocabReader(data)
    reader.take(12)
    n_merges, n_runs, n_extra = (reader.number() for _ in range(3))
    order = reader.take(256)
    runs = reader.pairs(n_runs)
    for _, length in reader.pairs(n_extra):
        reader.take(length)
    start = data[: reader.at]
    merged = list(pairs(reader.take(2 * n_merges), data[reader.at :]))

    # Of each id: how its token begins and ends, its class, and its number there.
    shapes = {index: (kind(byte), kind(byte), byte == 0x20) for index, byte in enumerate(order)}
    space = order.index(b" ")
    members = [0] * (2 * KINDS)
    places: dict[int, tuple[int, int]] = {}

    def add(token_id: int) -> None:
        first, _, has_space = shapes[token_id]
        own = first + KINDS * has_space
        places[token_id] = own, members[own]
        members[own] += 1

    for index in range(256):
        add(index)
    contexts = []
    for (left, right), token_id in zip(merged, (i for first, n in runs for i in range(first, first + n)), strict=True):
        (first, last, has_space), (begins, ends, _) = shapes[left], shapes[right]
        contexts += [0, 1 + last + KINDS * has_space]
        shapes[token_id] = begins if left == space else first, last if ends == INSIDE else ends, has_space
        add(token_id)
    n_bits = [max(0, count - 1).bit_length() for count in members]

    # The chances of classes, then those of the numbers in each, for left ids and for right ones.
    starts = np.cumsum([256 * (1 + 2 * KINDS)] + [1 << count for count in n_bits] * 2)
    ids = np.array(merged).ravel()
    own, number = np.array([places[token_id] for token_id in ids.tolist()]).T
    side = np.arange(len(ids)) % 2
    first = np.stack([256 * np.array(contexts), starts[own + 2 * KINDS * side]], 1).ravel()
    values = np.stack([own, number], 1).ravel()
    counts = np.stack([np.full(len(ids), 8), np.array(n_bits)[own]], 1).ravel()
    depth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    first, values, counts = (np.repeat(one, counts) for one in (first, values, counts))
    chances = first + (1 << depth) + (values >> counts - depth)
    bits = values >> counts - depth - 1 & 1
    return bytes(n_bits) + start + range_coded(chances.tolist(), bits.tolist(), int(starts[-1]))


def range_coded(chances: list[int], bits: list[int], n_chances: int) -> bytes:
    """The bits, each with the number of its chance, as LZMA codes them."""
    held = [1024] * n_chances
    low, width = 0, 0xFFFFFFFF
    out = bytearray(1)
    for chance, bit in zip(chances, bits, strict=True):
        part = held[chance]
        bound = (width >> 11) * part
        if bit:
            low += bound
            width -= bound
            held[chance] = part - (part >> 5)
        else:
            width = bound
            held[chance] = part + (2048 - part >> 5)
        if width < 1 << 24:
            width <<= 8
            if low >> 32:
                carry(out)
            out.append(low >> 24 & 0xFF)
            low = low << 8 & 0xFFFFFFFF
    if low >> 32:
        carry(out)
    return bytes(out) + (low & 0xFFFFFFFF).to_bytes(4, "big")


def carry(out: bytearray) -> None:
    """Add one to what stands before."""
    at = len(out) - 1
    while out[at] == 0xFF:
        out[at] = 0
        at -= 1
    out[at] += 1
