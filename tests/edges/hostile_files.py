"""Files made to hurt: each is a function that writes one of about ``size`` bytes and returns what ``load`` is to be given."""

import base64
import json
import random

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
        "added_tokens": [{"id": 1_000_000 + k, "content": name, "special": True} for k, name in enumerate(added)],
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


def colliding_pairs(count, multiplier=0x9E37_79B9_7F4A_7C15):
    """Pairs of symbols whose product with the multiplier begins with zeros, so that a fixed hash puts them on one page."""
    inverse = pow(multiplier, -1, 1 << 64)
    low = 0
    while count:
        pair = low * inverse & ((1 << 40) - 1)
        low += 1
        left, right = pair >> 20, pair & 0xFFFFF
        if (pair * multiplier & ((1 << 64) - 1)) >> 50 == 0 and max(left, right) < 1 << 19:
            yield left, right
            count -= 1


HOSTILE = {
    name: make
    for name, make in globals().items()
    if name.startswith(("minbpe_", "native_", "json_", "tiktoken_", "huggingface_")) and not name.endswith("_file")
}
