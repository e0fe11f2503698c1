"""Files made to hurt: each is a function that writes one of about ``size`` bytes and returns what ``load`` is to be given."""

import base64
import json
import random
import struct

import numpy as np
from minitok.formats.byte_level import to_chars

BYTES = [bytes([byte]) for byte in range(256)]

# -- files of every format, from what they are to hold -------------------------------------------------------------------


def minbpe_file(path, merges):
    path.write_text("\n".join(["minbpe v1", "", "0", *(f"{left} {right}" for left, right in merges)]) + "\n")
    return {}


def json_file(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return {}


def tiktoken_file(path, tokens):
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens)))
    return {"pattern": "gpt2"}


def byte_vocab():
    return {to_chars(byte): index for index, byte in enumerate(BYTES)}


def split(kind="Regex", pattern=r"\w+|\W"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": "Isolated", "invert": False}


def huggingface_file(path, vocab=None, merges=(), steps=None, *, ignore_merges=False, added=(), **fields):
    """A tokenizer.json of bytes; ``fields`` are more of each added token."""
    vocab = vocab or byte_vocab()
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
    tokens = [{"id": len(vocab) + k, "content": name, "special": True} | fields for k, name in enumerate(added)]
    model = {"type": "BPE", "vocab": vocab, "merges": list(merges), "ignore_merges": ignore_merges}
    pre_tokenizer = {"type": "Sequence", "pretokenizers": [*(steps or [split()]), byte_level]}
    return json_file(path, {"added_tokens": tokens, "pre_tokenizer": pre_tokenizer, "model": model})


def with_pattern(path, pattern):
    return huggingface_file(path, steps=[split("Regex", pattern)])


def huggingface_characters(path, size, byte_id=lambda byte: byte):
    """Characters with byte fallback, as many as there is room for, and a long token of them."""
    names = [*(chr(0x4E00 + number) for number in range(size // 40)), "▁", "a", "aa", "a" * (size // 4)]
    vocab = {f"<0x{byte:02X}>": byte_id(byte) for byte in range(256)} | {
        name: 256 + at for at, name in enumerate(names)
    }
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    model = {"type": "BPE", "byte_fallback": True, "vocab": vocab, "merges": ["a a"]}
    return json_file(path, {"normalizer": {"type": "Sequence", "normalizers": [spaces]}, "model": model})


def tekken_file(path, tokens, *, special=10, room=None):
    rows = [{"rank": rank, "token_bytes": base64.b64encode(token).decode()} for rank, token in enumerate(tokens)]
    sizes = {"default_vocab_size": room or len(rows) + special, "default_num_special_tokens": special}
    return json_file(path, {"config": {"pattern": r"\w+|\W", **sizes}, "vocab": rows})


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


def gguf_many_keys(path, size, prefix=b"tokenizer.ggml."):
    """Keys that nobody asks for, each with one byte."""
    row = struct.pack("<IB", 0, 7)
    keys = [counted(prefix + b"%07d" % number) + row for number in range(size // 35)]
    gguf_file(path, [*BYTES, b"ab"])
    head = path.read_bytes()
    path.write_bytes(head[:16] + struct.pack("<Q", 5 + len(keys)) + head[24:] + b"".join(keys))
    return {}


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


def colliding_tokens(size):
    """Tokens of equal hash, where the hash of a token has the seed that everybody can read: a factor of it is 0.

    They are looked up as they are (``ignore_merges``), and it takes many to notice: the file is ten times as large.
    """
    seed = 0x082E_FA98_EC4E_6C89
    zero = ((seed >> 16 | seed << 48) & (1 << 64) - 1).to_bytes(8, "little")
    tokens = [zero + b"%08d" % number for number in range(10 * size // 40)]
    return byte_vocab() | {to_chars(token): 256 + number for number, token in enumerate(tokens)}


def minbpe_colliding_pairs(path, size):
    """Pairs that want one page of the pair table, until it has 65,536 pages; merges to tell them apart before them."""
    others = [(left, right) for left in range(256) for right in range(256)][: size // 9]
    return minbpe_file(path, others + colliding_pairs(size // 200, 256 + len(others), bits=16))


def names_that_begin_alike(path, size):
    """A special and an added token, as long as the file, that differ in their last character."""
    huggingface_file(path, added=["a" * (size // 2) + last for last in "bc"], normalized=False)
    content = json.loads(path.read_text())
    content["added_tokens"][1]["special"] = False
    return json_file(path, content)


def doublings(size):
    """Merges that double a token: a line each."""
    return [(97, 97), *((256 + k, 256 + k) for k in range(max(24, size // 16)))]


def random_text(letters, length, seed=1):
    return "".join(random.Random(seed).choices(letters, k=length))


def long_and_short(size):
    """One long token, and many of which it may be made."""
    rng = random.Random(2)
    short = {bytes(rng.choices(b"ab", k=rng.randint(2, 12))) for _ in range(size // 40)}
    return [*BYTES, *sorted(short), bytes(rng.choices(b"ab", k=size // 3))]


NATIVE = {"format": "minitok", "version": 1, "pattern": "gpt2", "special_tokens": {}, "byte_order": "identity"}
LIES = struct.pack("<IIQ", 9, 8, 1 << 61), struct.pack("<IIQ", 9, 12, 1 << 61)
HOSTILE = {
    "minbpe_doublings": lambda path, size: minbpe_file(path, doublings(size)),
    # Each merge makes a token that is one byte longer.
    "minbpe_growing": lambda path, size: minbpe_file(path, [(97, 97), *((256 + k, 97) for k in range(size // 9))]),
    "minbpe_colliding_pairs": minbpe_colliding_pairs,
    "native_doublings": lambda path, size: json_file(path, NATIVE | {"merges": doublings(size)}),
    "json_repeated_key": lambda path, size: json_file(path, "{" + "".join(f'"key{k}": 1,' for k in range(size // 14)) + '"key0": 2}'),
    "json_deep": lambda path, size: json_file(path, '{"model": ' + "[" * (size // 2) + "]" * (size // 2) + "}"),
    # A token that nothing makes; one of a run; tokens of one letter in every length that the file has room for.
    "tiktoken_long_token": lambda path, size: tiktoken_file(path, [*BYTES, random_text("abcdefgh", size * 3 // 4).encode()]),
    "tiktoken_long_run": lambda path, size: tiktoken_file(path, [*BYTES, b"aa", b"a" * (size * 3 // 4)]),
    "tiktoken_long_and_short": lambda path, size: tiktoken_file(path, long_and_short(size)),
    "tiktoken_all_lengths": lambda path, size: tiktoken_file(path, [*BYTES, *(b"a" * n for n in range(2, int((1.5 * size) ** 0.5)))]),
    "huggingface_added_tokens": lambda path, size: huggingface_file(path, added=[f"<|{k}|>" for k in range(size // 60)]),
    # Added tokens that share nothing, of which one is long, and which ask for white space.
    "huggingface_long_added_tokens": lambda path, size: huggingface_file(
        path, added=[*(random_text("abcdefgh", 60, k) for k in range(size // 300)), random_text("ab", size // 3)], lstrip=True, normalized=True
    ),
    "huggingface_names_that_begin_alike": names_that_begin_alike,
    "huggingface_colliding_tokens": lambda path, size: huggingface_file(path, colliding_tokens(size), ignore_merges=True),
    "huggingface_large_pattern": lambda path, size: with_pattern(path, r"\w" * (size // 3)),
    "huggingface_nested_pattern": lambda path, size: with_pattern(path, "(?:" * (size // 8) + "a" + ")" * (size // 8)),
    "huggingface_many_sets": lambda path, size: with_pattern(path, "[" + r"\w\s\d" * (size // 10) + "]"),
    # Each bracket could begin a set, and none ends; each looks like the start of another; each property could be repeated.
    "huggingface_open_sets": lambda path, size: with_pattern(path, "[" * size),
    "huggingface_escaped_brackets": lambda path, size: with_pattern(path, "[" + r"\[" * (size // 3) + "]"),
    "huggingface_open_properties": lambda path, size: with_pattern(path, r"\p{L" * (size // 5) + "{1" * (size // 5)),
    "huggingface_long_string": lambda path, size: huggingface_file(path, steps=[split("String", "-" * size)]),
    # Every step cuts what the one before it has left; steps that no machine runs; steps whose machines are large.
    "huggingface_many_cutters": lambda path, size: huggingface_file(path, steps=[split("String", "a")] * (size // 90)),
    "huggingface_many_look_aheads": lambda path, size: huggingface_file(path, steps=[split("Regex", "(?=ab)a")] * (size // 90)),
    "huggingface_steps_of_large_machines": lambda path, size: huggingface_file(
        path, steps=[split("Regex", f"(?:a|b){{{1 + number % 900},999}}") for number in range(size // 90)]
    ),
    "huggingface_characters": huggingface_characters,
    "huggingface_high_bytes": lambda path, size: huggingface_characters(path, size, lambda byte: (1 << 31) - 1 - byte),
    # A few bytes ask for two thousand million special tokens.
    "tekken_unnamed_special_tokens": lambda path, _: tekken_file(path, BYTES, special=(1 << 31) - 300, room=1 << 31),
    "tekken_long_token": lambda path, size: tekken_file(path, [*BYTES, b"aa", b"a" * (size * 3 // 4)]),
    # A piece that others make in as many steps as it has letters.
    "sentencepiece_long_run": lambda path, size: sentencepiece_file(
        path, [b"a", *(b"a" * (1 << power) for power in range(1, size.bit_length() - 1)), b"a" * (size - 1)]
    ),
    "sentencepiece_all_lengths": lambda path, size: sentencepiece_file(path, [b"a" * n for n in range(1, int((2 * size) ** 0.5))]),
    "sentencepiece_many_pieces": lambda path, size: sentencepiece_file(path, [chr(0x2_0000 + k).encode() for k in range(size // 12)]),
    "sentencepiece_lengths_that_lie": lambda path, size: sentencepiece_file(
        path, [b"a"], varint(1 << 3 | 2) + varint((1 << 63) - 1) + b"a" * size
    ),
    "sentencepiece_many_options": lambda path, size: sentencepiece_file(path, [b"a"], message(2, b"\x0a\x01x" * 100) * (size // 303)),
    "gguf_lengths_that_lie": lambda path, size: gguf_file(path, [*BYTES, b"ab"], counted(b"more") + LIES[0] + bytes(size)),
    "gguf_numbers_that_lie": lambda path, size: gguf_file(path, [*BYTES, b"ab"], counted(b"tokenizer.ggml.scores") + LIES[1] + bytes(size)),
    "gguf_many_tokens": lambda path, size: gguf_file(path, [*BYTES, b"ab", *(b"%08d" % number for number in range(size // 20))]),
    "gguf_many_keys": gguf_many_keys,
    "gguf_many_other_keys": lambda path, size: gguf_many_keys(path, size, b"general."),
}  # fmt: skip
