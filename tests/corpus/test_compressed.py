"""Compressed files are read as what is inside them; damage is an error that names the file and the place."""

import gzip
import json
import random

import minitok
import pytest
from backports import zstd
from helpers import BACKENDS, failure_on_both

WORDS = ["the", " cat", "'s", " 12345", "é", " слово", "\n", "\r\n", "  ", "!?", " don't", "漢字", "<s>", "--"]
TEXT = "".join(random.Random(3).choices(WORDS, k=500_000)).encode()
COMPRESS = {".gz": gzip.compress, ".zst": zstd.compress}


@pytest.fixture(params=COMPRESS)
def suffix(request):
    return request.param


@pytest.mark.parametrize("separator", [None, "--"])
def test_text_inside_is_a_document(tmp_path, suffix, backend, separator):
    text = TEXT if backend == "rust" else TEXT[: 1 << 18]
    (tmp_path / "a.txt").write_bytes(text)
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](text))
    options = {"separator": separator, "special_tokens": ["<s>"], "backend": backend}
    heard = []
    counts = minitok.count_pieces_in_files(path, progress=heard.append, **options)
    assert counts == minitok.count_pieces_in_files(tmp_path / "a.txt", **options)
    size = path.stat().st_size
    assert heard[-1].done == heard[-1].total == size
    assert all(0 <= at.done <= size for at in heard)


def test_json_lines_inside_are_documents(tmp_path, suffix, backend):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in ("ab ab", "é\u2028", "")).encode()
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(COMPRESS[suffix](lines) + COMPRESS[suffix](lines))  # two members are one stream
    options = {"vocab_size": 280, "backend": backend}
    assert minitok.train_files(path, **options) == minitok.train(["ab ab", "é\u2028", ""] * 2, **options)
    path.write_bytes(COMPRESS[suffix](lines + b"{\n"))
    assert (
        str(path) + ":4: not JSON" in failure_on_both(lambda name: minitok.train_files(path, 300, backend=name)).message
    )


@pytest.mark.parametrize("kind", [".txt", ".jsonl"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: data[:-1], id="cut at the end"),
        pytest.param(lambda data: data[:5], id="cut in the head"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2] + bytes(40) + data[len(data) // 2 + 40 :], id="overwritten"),
        pytest.param(lambda data: data + b"more", id="something after it"),
        pytest.param(lambda _: b"plain text\n" * 9, id="not compressed"),
    ],
)
def test_damage_is_refused(tmp_path, suffix, kind, damage):
    inside = TEXT[:100_000] if kind == ".txt" else json.dumps({"text": TEXT[:100_000].decode(errors="ignore")}).encode()
    path = tmp_path / f"a{kind}{suffix}"
    path.write_bytes(damage(COMPRESS[suffix](inside)))
    for backend, threads in (("rust", 1), ("rust", 2), ("python", 1)):
        # The place is that of the last read, which is not the same everywhere.
        with pytest.raises(minitok.errors.FileFormatError) as caught:
            minitok.train_files(path, 300, backend=backend, threads=threads)
        assert str(caught.value).startswith(f"{path}: not {'gzip' if suffix == '.gz' else 'Zstandard'}")


def test_packing_reads_compressed_files(tmp_path, suffix):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](b"low lower lowest"))
    tok = minitok.train(["low lower"], 260)
    assert tok.encode_files(path, tmp_path / "a.bin").tokens == tok.count("low lower lowest")


def test_an_error_of_the_caller_stays_the_callers(tmp_path, suffix):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT[: 1 << 18]))

    def fail(_):
        raise EOFError("mine")

    for backend in BACKENDS:
        with pytest.raises(EOFError, match="mine"):
            minitok.train_files(path, 300, progress=fail, backend=backend)
