"""Documents that are read without Python strings are those that ``json`` and pyarrow give, or fail in the same way."""

import json

import minitok
import numpy as np
import pyarrow as pa
import pytest
from helpers import BACKENDS, Failure, failure_on_both, on_both, outcome
from hypothesis import given
from hypothesis import strategies as st
from minitok.backend import load_backend
from minitok.corpus import records
from minitok.errors import TemplateError
from minitok.reference.text import utf8
from pyarrow import ipc, parquet
from strategies import any_str

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), any_str)
values = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_str, inner)))
names = st.one_of(st.sampled_from(["text", "id", "te\\u0078t"]), any_str)
# Objects as text, so that a name may come twice; strings with and without escapes.
fields = st.tuples(names, st.one_of(any_str, values), st.booleans())
ODD = [
    b"", b" \t\r", b"\x0b\x0c", b"{}", b"[]", b'"text"', b'{"text": NaN}', b'{"text": "a", "n": -Infinity}',
    b'{"text": "a"} {}', b'{"text": "a",}', b'{"text": "a" "b"}', b'{"text": "\\x"}', b'{"text": "a\tb"}',
    b'\xef\xbb\xbf{"text": "mark"}', b'{"text": "\xff"}', b'{"text": "\xed\xa0\x80"}', b'{"text": "\\ud83d\\ude00\\ud83d"}',
    b'{"text": 01}', b'{"text": "a", "n": 01}', b'{"text": "a", "n": 1.}', b'{"text": "a", "n": "\\u12"}', b"\x00",
    '{"text": "wide"}'.encode("utf-16-le"), b'{"text": "a", "n": [1, {"b": "\\ud800"}]}', b'{"x": ' + b"[" * 50 + b"]" * 50 + b"}",
    b"{'text': 'a'}", b'{"text": "a"', b"\x85", b"null",
]  # fmt: skip


@st.composite
def lines(draw):
    def dumped(value, ascii_only):
        return utf8(json.dumps(value, ensure_ascii=ascii_only))

    if draw(st.booleans()):
        return draw(st.sampled_from(ODD))
    written = [
        (b'"text"' if name == "te\\u0078t" else dumped(name, plain)) + b" : " + dumped(value, plain)
        for name, value, plain in draw(st.lists(fields, max_size=4))
    ]
    return b"{" + b", ".join(written) + draw(st.sampled_from([b"}", b"} ", b"}\r"]))


def read(data, name, threads=1):
    def other(number, line):
        return records.text_of_line("a.jsonl", "text", line, 1 + number)

    found = load_backend(name).read_json_lines(data, "text", other, threads)
    texts = found.to_list()
    assert (len(found), found.size) == (len(texts), sum(map(len, texts)))
    return texts, found.lines


def by_json(data):
    """The texts that Python's ``json`` finds in lines."""
    found = [json.loads(line) for line in data.split(b"\n") if line.strip()]
    return [utf8("".join([line["text"]])) for line in found]


def check_lines(data):
    """Both backends find what ``json`` finds, or refuse what it refuses."""
    found = on_both(lambda name: read(data, name))
    expected = outcome(lambda: by_json(data))
    assert isinstance(found, Failure) == isinstance(expected, Failure), (found, expected)
    assert isinstance(found, Failure) or found[0] == expected


@given(st.lists(lines().filter(lambda line: b"\n" not in line), max_size=4), st.booleans())
def test_lines_are_what_json_makes_of_them(written, ended):
    check_lines(b"\n".join(written) + (b"\n" if ended else b""))


TOKENIZERS = {
    name: minitok.Tokenizer([(97, 98), (256, 97)], special_tokens={"<s>": 70_000}, backend=name) for name in BACKENDS
}


def encoded(data, name, folder, size, dtype="uint16"):
    """The ids of a file in batches of a size, where documents end, and how many bytes they are."""
    path = folder / "a.jsonl"
    path.write_bytes(data)
    codec = TOKENIZERS[name].definition.codec()
    batches = [batch for batch, _ in records.batches_of(path, "text", load_backend(name), size)]
    found = [batch.encode(codec, ["<s>"], 7, dtype) for batch in batches]
    assert all(ids.dtype == dtype for ids, _, _ in found)
    return [(ids.tolist(), ends.tolist(), size) for ids, ends, size in found]


@given(st.lists(lines().filter(lambda line: b"\n" not in line), max_size=6), st.integers(1, 60), st.booleans())
def test_ids_of_ranges_are_those_of_their_lines(tmp_path_factory, written, size, ended):
    folder = tmp_path_factory.mktemp("ranges")
    data = b"\n".join(written) + (b"\n" if ended else b"")
    outcome = on_both(lambda name: encoded(data, name, folder, size))
    if not isinstance(outcome, Failure):
        texts = read(data, "rust")[0]
        ids = [[*TOKENIZERS["rust"].encode(text), 7] for text in texts]
        assert [i for found, _, _ in outcome for i in found] == [i for document in ids for i in document]
        lengths = [length for _, ends, _ in outcome for length in np.diff(ends, prepend=0).tolist()]
        assert (lengths, sum(size for _, _, size in outcome)) == (list(map(len, ids)), sum(map(len, texts)))


def test_ids_that_are_too_great(tmp_path):
    data = b'{"text": "ab <s>"}'
    on_both(lambda name: encoded(data, name, tmp_path, 9, "uint32"))
    failed = failure_on_both(lambda name: encoded(data, name, tmp_path, 9))
    assert failed.message == "an id is above 65535, the maximum of the requested type"


def test_lines_longer_than_parts_of_a_file(tmp_path):
    """Escapes and ends of lines at every place of what is read at a time."""
    texts = ['a\nb"é' * number for number in (1, 20_000, 3, 50_000, 7)] + ["ab " * 100_000, ""] * 3
    data = b"".join(utf8(json.dumps({"n": [1, {}], "text": text}, ensure_ascii=False)) + b"\n" for text in texts)
    for size in (1 << 16, 1 << 18, 1 << 21):
        found = encoded(data, "rust", tmp_path, size)
        assert [i for ids, _, _ in found for i in ids] == [
            i for text in texts for i in [*TOKENIZERS["rust"].encode(text), 7]
        ]


@pytest.mark.parametrize("line", ODD)
def test_odd_lines(line):
    check_lines(line)
    check_lines(b'{"text": "before"}\n' + line + b'\n{"text": "after"}')


def test_lines_are_numbered_across_batches(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(b'{"text": "%d", "n": NaN}\n\n' % number for number in range(500)) + b'{"text": 1}')
    for name in BACKENDS:
        backend = load_backend(name)
        batches = [batch for batch, _ in records.batches_of(path, "text", backend, 100)]
        assert len(batches) > 50
        seen = []
        with pytest.raises(minitok.errors.FileFormatError, match=r"a\.jsonl:1001: the field 'text' is a int, not text"):
            seen.extend(text for batch in batches for text in batch(2).to_list())
        assert seen == [b"%d" % number for number in range(len(seen))]
        assert len(seen) > 490


TEXTS = ["ab", "", "é🦀", "x" * 3000, "ab"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
@pytest.mark.parametrize("write", ["parquet", "file", "stream"])
def test_columns_of_every_kind(tmp_path, backend, kind, write):
    table = pa.table({"n": [1, 2, 3, 4, 5], "text": pa.array(TEXTS, pa.string()).cast(kind)})
    path = tmp_path / ("a.parquet" if write == "parquet" else "a.arrow")
    if write == "parquet":
        parquet.write_table(table, path, row_group_size=2)
    else:
        with (ipc.new_file if write == "file" else ipc.new_stream)(path, table.schema) as out:
            out.write_table(table, max_chunksize=2)
    batches = records.batches_of(path, "text", load_backend(backend))
    assert b"".join(text for batch, _ in batches for text in batch(1).to_list()) == "".join(TEXTS).encode()
    tok = minitok.train_files(path, 260, backend=backend)
    assert tok.merges == minitok.train(TEXTS, 260).merges


@pytest.mark.parametrize("kind", ["text", "messages"])
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_damage_of_columns_is_typed_and_named(tmp_path, suffix, kind):
    rows = {"text": TEXTS * 3, "messages": [[{"role": "user", "content": text}] for text in TEXTS * 3]}[kind]
    whole, damaged = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    table = pa.table({kind: rows})
    if suffix == ".parquet":
        parquet.write_table(table, whole)
    else:
        with ipc.new_file(whole, table.schema) as out:
            out.write_table(table)
    tok = minitok.Tokenizer([]).replace(chat="{% for m in messages %}{{ m.content }}{% endfor %}")
    learn = "assistant" if kind == "messages" else None
    data, found = whole.read_bytes(), set()
    for at in range(4, len(data), len(data) // 60):
        damaged.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        result = outcome(tok.encode_files, damaged, tmp_path / "out.bin", learn=learn, threads=1, resume=False)
        if isinstance(result, Failure):
            assert result.kind in (minitok.errors.FileFormatError, TemplateError), result
            assert str(damaged) in result.message
            found.add(result.message.partition(": ")[2][:30])
    assert len(found) > 3
