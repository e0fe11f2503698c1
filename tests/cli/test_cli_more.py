"""The commands that count, evaluate, look inside, convert and measure."""

import gzip
import json
import re

import minitok
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import output_of, run
from minitok.reference.pretokenize import NAMED

TEXT = "low lower lowest<|end|> naïve 🦀\nlow\n"
SIZE = len(TEXT.encode())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("more")
    tok = minitok.train([TEXT], 268, special_tokens=["<|end|>"], name="mine", pattern="gpt2")
    tok.save(folder / "tok.json")
    tok.save(folder / "tok.tiktoken", format="tiktoken")
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b[bold].txt").write_text("b", encoding="utf-8")
    (folder / "empty.txt").touch()
    return folder


@pytest.fixture(scope="module")
def tok(files):
    return minitok.load(files / "tok.json")


def rows(shown):
    """The cells of a table, a list a row."""
    return [line.split() for line in shown.splitlines() if line.strip() and "─" not in line]


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_count_counts_like_wc(files, tok, backend):
    result = json.loads(output_of("count", "-t", files / "tok.json", files / "*.txt", "--json", "--backend", backend))
    first, second, empty = result["files"]
    assert first == {
        "file": str(files / "a.txt"), "tokens": tok.count(TEXT), "lines": 2, "characters": len(TEXT), "bytes": SIZE,
        "bytes_per_token": SIZE / tok.count(TEXT),
    }  # fmt: skip
    assert (second["tokens"], second["lines"], second["characters"]) == (1, 0, 1)
    assert (empty["tokens"], empty["bytes"], empty["bytes_per_token"]) == (0, 0, None)
    assert result["total"]["tokens"] == tok.count(TEXT) + 1
    assert result["total"]["bytes"] == SIZE + 1


@pytest.fixture
def held(tmp_path):
    """Texts in records, compressed and not; a compressed text; and one in another encoding."""
    texts = ["one line\n", "é", "", TEXT]
    lines = "".join(json.dumps({"content": text}) + "\n\n" for text in texts).encode()
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    pq.write_table(pa.table({"content": texts}), tmp_path / "a.parquet")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "wide.txt").write_text(TEXT, encoding="utf-16")
    return tmp_path, texts


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_records_are_texts_each_by_itself_and_what_is_compressed_is_read(files, tok, held, backend):
    folder, texts = held
    options = ["-t", files / "tok.json", "--backend", backend]
    names = [folder / name for name in ("a.jsonl", "a.jsonl.gz", "a.parquet")]
    read = "".join(texts)
    wanted = (sum(map(tok.count, texts)), read.count("\n"), len(read), len(read.encode()))
    counted = json.loads(output_of("count", *names, "--field", "content", "--json", *options))["files"]
    assert [(one["tokens"], one["lines"], one["characters"], one["bytes"]) for one in counted] == [wanted] * 3
    shown = output_of("encode", *names, "--field", "content", "--json", *options).splitlines()
    assert list(map(json.loads, shown)) == [tok.encode(text) for text in texts] * 3
    compressed = folder / "a.txt.gz"
    assert json.loads(output_of("count", compressed, "--json", *options))["total"]["tokens"] == tok.count(TEXT)
    assert json.loads(output_of("encode", compressed, "--json", *options)) == tok.encode(TEXT)


def test_a_text_that_is_not_utf_8_is_read_as_it_stands_and_that_is_said(held):
    wide = held[0] / "wide.txt"
    counted = run("count", wide, "--json")
    assert json.loads(counted.stdout)["total"]["bytes"] == wide.stat().st_size
    assert (
        counted.stderr
        == f"minitok: {wide} is UTF-16, and read as its bytes stand; `iconv -f UTF-16 -t UTF-8` makes UTF-8 of it\n"
    )
    assert run("count", wide, "--json", "--quiet").stderr == ""


def test_count_shows_a_table_over_files_or_one_line_for_standard_input(files, monkeypatch):
    monkeypatch.chdir(files)
    head, first, second, empty, total = rows(
        output_of("count", "-e", "cl100k_base", "a.txt", "b[bold].txt", "empty.txt")
    )
    tokens = minitok.get_encoding("cl100k_base").count(TEXT)
    assert head == ["tokens", "lines", "characters", "bytes", "bytes/token", "file"]
    assert first == [str(tokens), "2", str(len(TEXT)), str(SIZE), f"{SIZE / tokens:.2f}", "a.txt"]
    assert second[-1] == "b[bold].txt"
    assert empty[:5] == ["0", "0", "0", "0", "-"]
    assert (total[0], total[-1]) == (str(tokens + 1), "total")
    assert rows(output_of("count", stdin="hello world"))[1:] == [["2", "0", "11", "11", "5.50"]]


def test_count_finds_special_tokens_when_told_to(files, tok):
    shown = output_of("count", "-t", files / "tok.json", "--special", "all", files / "a.txt", "--json")
    assert json.loads(shown)["total"]["tokens"] == tok.count(TEXT, allowed_special="all") < tok.count(TEXT)


def test_evaluate_puts_tokenizers_side_by_side_on_a_text(files, tok):
    text = "naïve lowest 🦀"
    result = json.loads(output_of("evaluate", "--text", text, "-t", files / "tok.json", "-e", "gpt2", "--json"))
    gpt2 = minitok.get_encoding("gpt2")
    assert result["bytes"] == len(text.encode())
    assert [row["tokenizer"] for row in result["tokenizers"]] == ["tok.json", "gpt2"]
    assert [row["ids"] for row in result["tokenizers"]] == [tok.encode(text), gpt2.encode(text)]
    assert result["tokenizers"][1]["bytes_per_token"] == len(text.encode()) / gpt2.count(text)
    shown = output_of("evaluate", "--text", "Unforgettable, naïve")
    assert [row[0] for row in rows(shown)[1:4]] == ["gpt2", "cl100k_base", "o200k_base"]
    assert "Un│forgettable│" in shown
    assert "\x1b" not in shown


def test_evaluate_shows_no_long_text_and_takes_an_empty_one():
    long = "low lower " * 1000
    result = json.loads(output_of("evaluate", "--json", "--text", long))
    assert [row["tokens"] for row in result["tokenizers"]] == [
        minitok.get_encoding(name).count(long) for name in ("gpt2", "cl100k_base", "o200k_base")
    ]
    assert "ids" not in result["tokenizers"][0]
    assert "│" not in output_of("evaluate", "--text", long)
    assert rows(output_of("evaluate", "--text", ""))[1] == ["gpt2", "50,257", "0", "-"]


def test_inspect_sums_up_a_vocabulary(files, tok):
    facts = json.loads(output_of("inspect", "-t", files / "tok.json", "--json"))
    assert (facts["name"], facts["vocab_size"], facts["merges"]) == ("mine", 268, len(tok.merges))
    assert (facts["pattern"], facts["bytes_are_ids"]) == ("gpt2", True)
    assert facts["special_tokens"] == {"<|end|>": 267}
    tokens = tok.definition.vocabulary()[0]
    assert len(tokens[facts["longest_token"]["id"]]) == max(map(len, tokens.values()))
    shown = output_of("inspect", "-e", "gpt2")
    for part in ("50,257", "50,000", "<|endoftext|> (50256)", "not the bytes in order", "35496: 128 bytes"):
        assert part in shown


def test_inspect_lists_tokens(files, tok):
    def listed(*args):
        return json.loads(output_of("inspect", "-t", files / "tok.json", "--json", *args))

    tokens = tok.definition.vocabulary()[0]
    found = listed("--search", "low")
    expected = [token_id for token_id, token in sorted(tokens.items()) if b"low" in token]
    assert [token["id"] for token in found["tokens"]] == expected
    assert found["found"] == len(expected) > 1
    assert len(listed("-s", "low", "-l", "1")["tokens"]) == 1
    lengths = [len(token["hex"]) // 2 for token in listed("--longest", "--limit", "5")["tokens"]]
    assert lengths == sorted(map(len, tokens.values()), reverse=True)[:5]
    assert [token["hex"] for token in listed("--bytes", "-l", "256")["tokens"]] == [
        f"{byte:02x}" for byte in range(256)
    ]
    special = {"id": 267, "text": "<|end|>", "hex": b"<|end|>".hex(), "special": True, "added": False}
    assert listed("--special")["tokens"] == listed("--search", "|end|")["tokens"] == [special]
    assert [token["id"] for token in listed("--id", "258", "--id", "97", "-l", "1")["tokens"]] == [258, 97]


def test_inspect_shows_added_tokens_beside_special_ones(tmp_path):
    file = tmp_path / "tok.json"
    minitok.Tokenizer([], special_tokens={"<s>": 256}, added_tokens={"<tag>": 257, "  ": 258}).save(file)
    facts = json.loads(output_of("inspect", "-t", file, "--json"))
    assert (facts["special_tokens"], facts["added_tokens"]) == ({"<s>": 256}, {"<tag>": 257, "  ": 258})
    shown = output_of("inspect", "-t", file)
    assert "256 and 1 special and 2 added" in shown
    assert "<tag> (257),    (258)" in shown
    assert "added tokens" not in output_of("inspect", "-e", "gpt2")
    tag = {"id": 257, "text": "<tag>", "hex": b"<tag>".hex(), "special": False, "added": True}
    found = json.loads(output_of("inspect", "-t", file, "--added", "--json"))["tokens"]
    assert found == [tag, {"id": 258, "text": "  ", "hex": "2020", "special": False, "added": True}]
    assert json.loads(output_of("inspect", "-t", file, "--search", "tag", "--json"))["tokens"] == [tag]
    assert "added_tokens=2" in repr(minitok.load(file))


def test_inspect_shows_tokens_in_a_table():
    # A line for each, in 80 columns.
    for asked in (["--longest"], ["--search", "\n"]):
        listed = rows(output_of("inspect", "-e", "gpt2", *asked, "-l", "16"))[1:-1]
        assert all(row[0].isdigit() and row[-1].isdigit() for row in listed)
    assert ["23926", "=", "x", "64", "64"] in rows(output_of("inspect", "-e", "gpt2", "--longest"))
    assert "20 74 6f 6b 65 6e 69 7a…" in output_of("inspect", "-e", "cl100k_base", "--id", "47058")
    assert rows(output_of("inspect", "-e", "gpt2", "--id", "188", "--id", "220"))[1:3] == [
        ["188", "‹U+0000›", "1", "00"],
        ["220", "·", "1", "20"],
    ]
    assert output_of("inspect", "-e", "gpt2", "--search", "no such token") == "0 tokens\n"
    assert "of which 3 are listed" in output_of("inspect", "-e", "gpt2", "--search", "the", "-l", "3")


@pytest.mark.parametrize(
    ("out", "to"),
    [
        ("out.json", None), ("tokenizer.json", None), ("out.model", None), ("folder", None), ("out.tiktoken", None),
        ("any.name", "minitok"), ("any.name", "huggingface"), ("any.name", "minbpe"), ("any", "tiktoken"), ("any", "gpt2"),
    ],
)  # fmt: skip
def test_convert_writes_every_format(files, tok, tmp_path, out, to):
    target = tmp_path / out
    args = ["convert", files / "tok.json", target, *(["--to", to] if to else [])]
    shown = output_of(*args)
    assert f"268 ids as {to or ''}" in shown
    ranks = "tiktoken" in shown
    assert ("does not hold" in shown) == ranks
    loaded = minitok.load(target, **({"pattern": "gpt2", "special_tokens": tok.special_tokens} if ranks else {}))
    assert loaded.encode(TEXT, allowed_special="all") == tok.encode(TEXT, allowed_special="all")
    assert loaded.special_tokens == tok.special_tokens
    report = json.loads(output_of(*args, "--json"))
    assert (report["file"], report["vocab_size"]) == (str(target), 268)


def test_convert_reads_names_and_files_without_a_pattern(files, tok, tmp_path):
    output_of("convert", "r50k_base", tmp_path / "r50k.tiktoken")
    assert minitok.load(tmp_path / "r50k.tiktoken", pattern="gpt2").encode("hello world") == [31373, 995]
    output_of("convert", files / "tok.tiktoken", tmp_path / "back.json", "--pattern", "gpt2")
    assert minitok.load(tmp_path / "back.json").encode(TEXT) == tok.encode(TEXT)


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_pack_writes_what_the_library_writes(files, tok, tmp_path, backend):
    out = tmp_path / "train.bin"
    args = ("pack", files / "*.txt", "-t", files / "tok.json", "-o", out, "--end", "<|end|>", "--backend", backend)
    shown = output_of(*args)
    expected = tok.encode_files(files / "*.txt", tmp_path / "expected.bin", dtype="uint16", end_of_document="<|end|>")
    assert out.read_bytes() == expected.ids.read_bytes()
    assert (tmp_path / "train.bin.idx.npy").read_bytes() == expected.offsets.read_bytes()
    assert f"{expected.tokens:,} ids (uint16) of {expected.documents:,} documents" in shown
    assert str(out) in shown
    report = json.loads(
        output_of(*args, "--json", "--dtype", "uint32", "--threads", 1, "--no-resume", "--special", "all")
    )
    assert (report["dtype"], report["documents"], report["ids"]) == ("uint32", expected.documents, str(out))
    assert len(out.read_bytes()) == 4 * report["tokens"]


def test_pack_goes_on_after_an_interrupt(files, tmp_path, monkeypatch):
    from minitok.packing import encoding

    out = tmp_path / "train.npy"
    args = ("pack", *sorted(map(str, files.glob("*.txt"))), "-e", "gpt2", "-o", out)
    whole = encoding.work_on_file
    done = []

    def stopped(codec, backend, file, options):
        if done:
            raise KeyboardInterrupt
        done.append(file)
        return whole(codec, backend, file, options)

    monkeypatch.setattr(encoding, "work_on_file", stopped)
    ended = run(*args)
    assert (ended.exit_code, out.exists()) == (130, False)
    assert "the same command, without --no-resume, does the rest" in ended.stderr
    monkeypatch.setattr(encoding, "work_on_file", whole)
    assert "Files that an earlier run had finished: 1" in output_of(*args)
    assert out.exists()


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_bench_measures_each_task(files, tok, backend):
    args = ["bench", "-t", files / "tok.json", files / "a.txt", "-r", "3", "--backend", backend]
    result = json.loads(output_of(*args, "--json"))
    assert (result["bytes"], result["tokens"], result["backend"]) == (len(TEXT.encode()), tok.count(TEXT), backend)
    assert list(result["tasks"]) == ["encode", "decode", "count"]
    for speed in result["tasks"].values():
        assert speed["warm_mb_s"] == pytest.approx(result["bytes"] / speed["warm_seconds"] / 1e6)
        assert speed["cold_mb_s"] == pytest.approx(result["bytes"] / speed["cold_seconds"] / 1e6)
    shown = output_of(*args)
    assert f"({backend}), {result['bytes']} bytes, {result['tokens']} tokens, 1 thread; loaded in" in shown
    assert [row[0] for row in rows(shown)[-3:]] == ["encode", "decode", "count"]


def test_bench_has_a_text_of_its_own():
    result = json.loads(output_of("bench", "-e", "gpt2", "-r", "1", "--threads", "2", "--json"))
    assert (result["bytes"], result["threads"], result["tokens"]) == (1_115_394, 2, 338_025)


@pytest.mark.parametrize("option", ["-t", "-e", "--tokenizer", "--encoding"])
def test_a_tokenizer_is_a_name_or_a_file_under_each_spelling(files, option):
    for named in ("gpt2", files / "tok.json"):
        ids = output_of("encode", option, named, "--text", "Hello")
        assert list(map(int, ids.split())) == (minitok.get_encoding if named == "gpt2" else minitok.load)(named).encode(
            "Hello"
        )
        assert output_of("decode", option, named, stdin=ids) == "Hello"


def test_a_pattern_is_looked_into():
    told = output_of("inspect", "--pattern", NAMED["gpt2"])
    assert "masks" in told
    assert re.search(r"^gpt2 +cuts every text the same: proved$", told, re.MULTILINE)
    assert re.search(r"^cl100k +differs on .* -> .*, where cl100k makes ", told, re.MULTILINE)
    assert "its ends cannot be found without going back" in output_of("inspect", "--pattern", "a*b|a")
    told = json.loads(output_of("inspect", "--pattern", "starcoder", "--json"))
    assert (told["tier"], told["same_as"]) == ("table", [])
    assert {"gpt2", "qwen2"} <= told["different_from"].keys()
    assert all(
        minitok.patterns.equivalent("starcoder", name).text == text for name, text in told["different_from"].items()
    )


@pytest.mark.parametrize(
    ("pattern", "to", "told"),
    [
        ("gpt2", "gpt2", ""),
        ("o200k", "gpt2", "minitok finds the pattern, o200k, in merges.txt; other libraries use GPT-2's."),
        ("gpt2", "tiktoken", "The pattern is gpt2: name it when you load the file."),
    ],
)
def test_convert_says_who_finds_the_pattern(tmp_path, pattern, to, told):
    minitok.Tokenizer([(97, 98)], pattern=pattern).save(tmp_path / "tok.json")
    shown = output_of("convert", tmp_path / "tok.json", tmp_path / "out", "--to", to)
    assert told in shown
    assert ("pattern" in shown) == bool(told)
    assert ("does not hold the pattern and the special tokens" in shown) == (to == "tiktoken")
