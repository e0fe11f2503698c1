"""Files made to hurt: each is a function that writes one of about ``size`` bytes and returns what ``load`` is to be given."""

import base64
import json
import random
import struct

import numpy as np
from minitok.formats.byte_level import to_chars

BYTES = [bytes([byte]) for byte in range(256)]


def minbpe_doublings(path, size):
    """Merges that double a token: a line each."""
    lines = ["minbpe v1", "", "0", "97 97", *(f"{256 + k} {256 + k}" for k in range(max(24, size // 16)))]
    path.write_text("\n".join(lines[: 4 + max(24, size // 16)]) + "\n")
    return {}


def minbpe_growing(path, size):
    """Each merge makes a token that is one byte longer."""
    path.write_text("\n".join(["minbpe v1", "", "0", "97 97", *(f"{256 + k} 97" for k in range(size // 9))]) + "\n")
    return {}


def native_doublings(path, size):
    merges = [[97, 97], *([256 + k, 256 + k] for k in range(max(24, size // 16)))]
    content = {"format": "minitok", "version": 1, "pattern": "gpt2", "special_tokens": {}, "byte_order": "identity"}
    path.write_text(json.dumps(content | {"merges": merges}))
    return {}


def json_repeated_key(path, size):
    path.write_text("{" + ",".join(f'"key{k}": 1' for k in range(size // 14)) + ',"key0": 2}')
    return {}


def json_deep(path, size):
    path.write_text('{"model": ' + "[" * (size // 2) + "]" * (size // 2) + "}")
    return {}


def tiktoken_file(path, tokens):
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens)))
    return {"pattern": "gpt2"}


def tiktoken_long_token(path, size):
    """One token that nothing makes."""
    return tiktoken_file(path, [*BYTES, bytes(random.Random(1).choices(b"abcdefgh", k=size * 3 // 4))])


def tiktoken_long_run(path, size):
    return tiktoken_file(path, [*BYTES, b"aa", b"a" * (size * 3 // 4)])


def tiktoken_long_and_short(path, size):
    """One long token, and many of which it may be made."""
    rng = random.Random(2)
    short = {bytes(rng.choices(b"ab", k=rng.randint(2, 12))) for _ in range(size // 40)}
    return tiktoken_file(path, [*BYTES, *sorted(short), bytes(rng.choices(b"ab", k=size // 3))])


def tiktoken_all_lengths(path, size):
    """Tokens of one letter in every length up to what the file has room for."""
    return tiktoken_file(path, [*BYTES, *(b"a" * length for length in range(2, int((1.5 * size) ** 0.5)))])


def huggingface_file(path, vocab, merges=(), pattern=r"\w+|\W", *, ignore_merges=False, added=()):
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    content = {
        "added_tokens": [{"id": len(vocab) + k, "content": name, "special": True} for k, name in enumerate(added)],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "model": {"type": "BPE", "vocab": vocab, "merges": list(merges), "ignore_merges": ignore_merges},
    }
    path.write_text(json.dumps(content))
    return {}


def byte_vocab():
    return {to_chars(byte): index for index, byte in enumerate(BYTES)}


def huggingface_added_tokens(path, size):
    names = [f"<|{k}|>" for k in range(size // 60)]
    return huggingface_file(path, byte_vocab(), added=names)


def huggingface_large_pattern(path, size):
    return huggingface_file(path, byte_vocab(), pattern=r"\w" * (size // 3))


def huggingface_nested_pattern(path, size):
    return huggingface_file(path, byte_vocab(), pattern="(?:" * (size // 8) + "a" + ")" * (size // 8))


def huggingface_many_sets(path, size):
    return huggingface_file(path, byte_vocab(), pattern="[" + r"\w\s\d" * (size // 10) + "]")


def huggingface_open_sets(path, size):
    """Each bracket could begin a set, and none ends."""
    return huggingface_file(path, byte_vocab(), pattern="[" * size)


def huggingface_escaped_brackets(path, size):
    """One set, in which each bracket looks like the start of another."""
    return huggingface_file(path, byte_vocab(), pattern="[" + r"\[" * (size // 3) + "]")


def huggingface_open_properties(path, size):
    """Each property could be repeated, and none ends."""
    return huggingface_file(path, byte_vocab(), pattern=r"\p{L" * (size // 5) + "{1" * (size // 5))


def huggingface_long_added_tokens(path, size):
    """Added tokens that share nothing, of which one is long, and which ask for white space."""
    rng = random.Random(3)
    names = ["".join(rng.choices("abcdefgh", k=60)) for _ in range(size // 300)]
    names.append("".join(rng.choices("ab", k=size // 3)))
    huggingface_file(path, byte_vocab(), added=names)
    content = json.loads(path.read_text())
    for token in content["added_tokens"]:
        token["lstrip"] = token["normalized"] = True
    path.write_text(json.dumps(content))
    return {}


def huggingface_many_cutters(path, size):
    """Every step cuts what the one before it has left."""
    cutter = {"type": "Split", "pattern": {"String": "a"}, "behavior": "Isolated", "invert": False}
    return huggingface_steps(path, [cutter] * (size // 90))


def huggingface_many_look_aheads(path, size):
    """Steps that no machine runs."""
    split = {"type": "Split", "pattern": {"Regex": "(?=ab)a"}, "behavior": "Isolated", "invert": False}
    return huggingface_steps(path, [split] * (size // 90))


def huggingface_steps_of_large_machines(path, size):
    """Steps whose machines are large."""
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    steps = (split | {"pattern": {"Regex": f"(?:a|b){{{1 + number % 900},999}}"}} for number in range(size // 90))
    return huggingface_steps(path, steps)


def huggingface_steps(path, steps):
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    huggingface_file(path, byte_vocab())
    content = json.loads(path.read_text())
    content["pre_tokenizer"]["pretokenizers"] = [*steps, byte_level]
    path.write_text(json.dumps(content))
    return {}


def huggingface_long_string(path, size):
    huggingface_file(path, byte_vocab())
    content = json.loads(path.read_text())
    content["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"String": "-" * size}
    path.write_text(json.dumps(content))
    return {}


def huggingface_characters(path, size):
    """Characters with byte fallback, as many as there is room for, and a long token of them."""
    vocab = {f"<0x{byte:02X}>": byte for byte in range(256)}
    for number in range(size // 40):
        vocab[chr(0x4E00 + number)] = len(vocab)
    for length in ("▁", "a", "aa", "a" * (size // 4)):
        vocab[length] = len(vocab)
    content = {
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "model": {"type": "BPE", "byte_fallback": True, "vocab": vocab, "merges": ["a a"]},
    }  # fmt: skip
    path.write_text(json.dumps(content, ensure_ascii=False))
    return {}


def huggingface_high_bytes(path, size):
    """Ids of bytes that are as high as ids go."""
    huggingface_characters(path, size)
    content = json.loads(path.read_text())
    for byte in range(256):
        content["model"]["vocab"][f"<0x{byte:02X}>"] = (1 << 31) - 1 - byte
    path.write_text(json.dumps(content))
    return {}


def tekken_file(path, tokens, *, special=10, room=None):
    rows = [{"rank": rank, "token_bytes": base64.b64encode(token).decode()} for rank, token in enumerate(tokens)]
    config = {
        "pattern": r"\w+|\W",
        "default_vocab_size": room or len(rows) + special,
        "default_num_special_tokens": special,
    }
    path.write_text(json.dumps({"config": config, "vocab": rows}))
    return {}


def tekken_unnamed_special_tokens(path, _):
    """A few bytes ask for two thousand million special tokens."""
    return tekken_file(path, BYTES, special=(1 << 31) - 300, room=1 << 31)


def tekken_long_token(path, size):
    return tekken_file(path, [*BYTES, b"aa", b"a" * (size * 3 // 4)])


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def message(number, data):
    """A field of a protocol buffer that holds some bytes."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def sentencepiece_file(path, pieces, more=b""):
    """Pieces of falling scores, behind the 256 bytes and the marker of spaces, and the options that are needed."""
    kinds = [(b"<0x%02X>" % byte, b"\x18\x06") for byte in range(256)]
    kinds += [(piece, b"\x15" + struct.pack("<f", -place)) for place, piece in enumerate([b"\xe2\x96\x81", *pieces])]
    options = message(2, b"\x18\x02" + varint(35 << 3) + b"\x01") + message(3, b"\x20\x00")
    path.write_bytes(b"".join(message(1, message(1, text) + rest) for text, rest in kinds) + options + more)
    return {}


def sentencepiece_long_run(path, size):
    """One piece that others make in as many steps as it has letters."""
    runs = [b"a" * (1 << power) for power in range(1, size.bit_length() - 1)]
    return sentencepiece_file(path, [b"a", *runs, b"a" * (size - 1)])


def sentencepiece_all_lengths(path, size):
    return sentencepiece_file(path, [b"a" * length for length in range(1, int((2 * size) ** 0.5))])


def sentencepiece_many_pieces(path, size):
    return sentencepiece_file(path, [chr(0x2_0000 + k).encode() for k in range(size // 12)])


def sentencepiece_lengths_that_lie(path, size):
    return sentencepiece_file(path, [b"a"], varint(1 << 3 | 2) + varint((1 << 63) - 1) + b"a" * size)


def sentencepiece_many_options(path, size):
    return sentencepiece_file(path, [b"a"], message(2, b"\x0a\x01x" * 100) * (size // 303))


def counted(data):
    return struct.pack("<Q", len(data)) + data


def gguf_file(path, tokens, more=b""):
    """Byte-level tokens without merges, and what stands behind them; ``more`` is one key and its value."""
    texts = [to_chars(token).encode() for token in tokens]
    values = {
        b"model": struct.pack("<I", 8) + counted(b"gpt2"),
        b"pre": struct.pack("<I", 8) + counted(b"gpt-2"),
        b"tokens": struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(map(counted, texts)),
        b"token_type": struct.pack(f"<IIQ{len(texts)}i", 9, 5, len(texts), *[1] * len(texts)),
        b"merges": struct.pack("<IIQ", 9, 8, 1) + counted(b"a b"),
    }
    rows = b"".join(counted(b"tokenizer.ggml." + key) + value for key, value in values.items())
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(values) + bool(more)) + rows + more)
    return {}


def gguf_lengths_that_lie(path, size):
    return gguf_file(path, [*BYTES, b"ab"], counted(b"more") + struct.pack("<IIQ", 9, 8, 1 << 61) + bytes(size))


def gguf_numbers_that_lie(path, size):
    key = counted(b"tokenizer.ggml.scores")
    return gguf_file(path, [*BYTES, b"ab"], key + struct.pack("<IIQ", 9, 12, 1 << 61) + bytes(size))


def gguf_many_tokens(path, size):
    return gguf_file(path, [*BYTES, b"ab", *(b"%08d" % number for number in range(size // 20))])


def gguf_many_keys(path, size, prefix=b"tokenizer.ggml."):
    """Keys that nobody asks for, each with one byte."""
    row = struct.pack("<IB", 0, 7)
    keys = [counted(prefix + b"%07d" % number) + row for number in range(size // 35)]
    gguf_file(path, [*BYTES, b"ab"])
    head = path.read_bytes()
    path.write_bytes(head[:16] + struct.pack("<Q", 5 + len(keys)) + head[24:] + b"".join(keys))
    return {}


def gguf_many_other_keys(path, size):
    return gguf_many_keys(path, size, b"general.")


def colliding_pairs(count, highest, bits, multiplier=0x9E37_79B9_7F4A_7C15):
    """Pairs of symbols from 256 to ``highest`` whose product with the multiplier begins with zeros.

    A hash that is a multiplication by a number that everybody can read puts them all on one page of a table, however large.
    """
    right = np.arange(256, highest, dtype=np.uint64)
    found = []
    for left in range(256, highest):
        products = (np.uint64(left << 20) | right) * np.uint64(multiplier)
        found += [(left, int(other)) for other in right[products >> np.uint64(64 - bits) == 0]]
        if len(found) >= count:
            break
    return found[:count]


def minbpe_colliding_pairs(path, size):
    """Pairs that want one page of the pair table, until it has 65,536 pages; merges to tell them apart before them."""
    others = [(left, right) for left in range(256) for right in range(256)][: size // 9]
    pairs = others + colliding_pairs(size // 200, 256 + len(others), bits=16)
    path.write_text("\n".join(["minbpe v1", "", "0", *(f"{left} {right}" for left, right in pairs)]) + "\n")
    return {}


def huggingface_colliding_tokens(path, size):
    """Tokens of equal hash, where the hash of a token has the seed that everybody can read: a factor of it is 0.

    They are looked up as they are (``ignore_merges``), and it takes many to notice: the file is ten times as large.
    """
    seed = 0x082E_FA98_EC4E_6C89
    zero = ((seed >> 16 | seed << 48) & (1 << 64) - 1).to_bytes(8, "little")
    tokens = [zero + b"%08d" % number for number in range(10 * size // 40)]
    vocab = byte_vocab() | {to_chars(token): 256 + number for number, token in enumerate(tokens)}
    huggingface_file(path, vocab, ignore_merges=True)
    path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False))
    return {}


def huggingface_names_that_begin_alike(path, size):
    """A special and an added token, as long as the file, that differ in their last character."""
    huggingface_file(path, byte_vocab(), ignore_merges=False)
    content = json.loads(path.read_text())
    names = [("a" * (size // 2) + last, special) for last, special in (("b", True), ("c", False))]
    content["added_tokens"] = [
        {"id": 256 + at, "content": name, "normalized": False, "special": special}
        for at, (name, special) in enumerate(names)
    ]
    path.write_text(json.dumps(content))
    return {}


HOSTILE = {
    name: make
    for name, make in globals().items()
    if name.startswith(
        ("minbpe_", "native_", "json_", "tiktoken_", "huggingface_", "tekken_", "sentencepiece_", "gguf_")
    )
    and not name.endswith(("_file", "_steps"))
}
