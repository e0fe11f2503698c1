"""Evaluations: by hand, against plain counting, from files, and as the command and the page show them."""

import csv
import gzip
import io
import json

import minitok
import pyarrow as pa
import pyarrow.parquet
import pytest
from commands import output_of
from minitok import Tokenizer
from minitok.data import human_rights
from minitok.evaluation import evaluate
from minitok.evaluation.texts import groups_of

MERGES = [(97, 98), (32, 256)]
TEXTS = {"one": ["ab ab", "b", ""], "two": ["\u00e9 ab", "\u4e2d", "x"]}


def evaluated(*words):
    return output_of("evaluate", *words)


@pytest.mark.parametrize("given", [TEXTS, {name: (lambda held=held: iter(held)) for name, held in TEXTS.items()}])
def test_by_hand(backend, given):
    found = evaluate({"t": Tokenizer(MERGES, backend=backend)}, given, base="one", prices={"t": 2}, context=10)
    one, two = found.rows
    assert (one.documents, one.bytes, one.chars, one.words, one.tokens) == (3, 6, 6, 3, 3)
    # ab, space+ab; b. Then the two bytes of a letter, space+ab; three bytes; x.
    assert (two.documents, two.bytes, two.chars, two.words, two.tokens) == (3, 9, 6, 4, 7)
    assert (one.premium, two.premium) == (1, 7 / 3)
    assert (one.bytes_per_token, two.chars_per_token, two.tokens_per_word) == (2, 6 / 7, 7 / 4)
    # " ab" is a token, " b" is not; nor is a letter behind a space.
    assert (one.whole_words, two.whole_words) == (2 / 3, 1 / 4)
    assert (one.broken, two.broken) == (0, 5 / 7)
    (held,) = found.summaries
    assert held.vocab_size == 258
    # Of ten tokens, 257 comes twice, and eight come once.
    used = {256, 257, *b"bx\xc3\xa9\xe4\xb8\xad"}
    assert held.unused == 258 - len(used)
    assert held.used == pytest.approx(len(used) / 258)
    assert held.bytes_per_token == 1.5
    assert held.gini == pytest.approx(0.2)
    assert held.worst_tenth == 7 / 3
    assert held.price == 2 * 10 / 12
    assert held.context == 12


def test_the_sample_is_counted_as_anybody_would():
    tok = minitok.get_encoding("cl100k_base")
    found = evaluate([tok], resamples=10)
    for row in found.rows:
        articles = human_rights()[row.group]
        assert row.tokens == sum(len(tok.encode(text)) for text in articles)
        assert row.premium == row.tokens / found.rows[0].tokens
        low, high = row.premium_interval
        assert low <= row.premium <= high or row.group == "English"
    assert [row.group for row in found.rows] == list(human_rights())


def test_groups_of_other_documents_have_no_premium():
    found = evaluate({"t": Tokenizer([])}, {"a": ["x", "y"], "b": ["x"]}, base="a")
    assert [row.premium for row in found.rows] == [1, None]
    assert found.rows[1].bytes_per_token_interval is None
    assert found.summaries[0].gini is None


def test_empty_groups_have_no_ratios():
    (row,) = evaluate({"t": Tokenizer([])}, {"a": []}).rows
    assert (row.documents, row.tokens, row.bytes_per_token, row.whole_words, row.broken) == (0, 0, None, None, None)


def test_many_documents_are_resampled_in_runs():
    found = evaluate({"t": Tokenizer([])}, {"a": ["ab"] * 2500}, resamples=20)
    assert found.rows[0].tokens == 5000
    assert found.rows[0].bytes_per_token_interval == (1, 1)


def test_a_folder_for_each_language(tmp_path):
    for name, texts in {"en": ["ab\nab\n"], "de": ["\u00e9\n", "b\nx"]}.items():
        (tmp_path / name).mkdir()
        for number, text in enumerate(texts):
            (tmp_path / name / f"{number}.txt").write_text(text, encoding="utf-8")
    groups = groups_of([tmp_path], lines=True)
    assert {name: list(held()) for name, held in groups.items()} == {
        "de": ["\u00e9".encode(), b"b", b"x"],
        "en": [b"ab", b"ab"],
    }
    assert {name: (held.size, held.read) for name, held in groups.items()} == {"de": (6, 6), "en": (6, 6)}
    whole = groups_of([tmp_path])
    assert list(whole["de"]()) == ["\u00e9\n".encode(), b"b\nx"]
    # A second reading is the first.
    assert list(whole["de"]()) == ["\u00e9\n".encode(), b"b\nx"]


def test_fields_of_records_are_parallel(tmp_path):
    rows = {"en": ["ab", "b"], "de": ["abab", "bb"]}
    pa.parquet.write_table(pa.table(rows), tmp_path / "a.parquet")
    lines = "".join(json.dumps({"en": "ab", "de": "ab"}) + "\n" for _ in range(2))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    files = [tmp_path / "a.parquet", tmp_path / "b.jsonl.gz"]
    found = evaluate({"t": Tokenizer([])}, groups_of(files, ["en", "de"]), base="en")
    assert [(row.group, row.documents, row.tokens, row.premium) for row in found.rows] == [
        ("en", 4, 7, 1),
        ("de", 4, 10, 10 / 7),
    ]


def test_a_long_file_of_text_is_cut_at_lines(tmp_path):
    lines = [f"line {number}\n" for number in range(5000)]
    (tmp_path / "a.txt").write_text("".join(lines), encoding="utf-8")
    parts = list(groups_of([tmp_path / "a.txt"])["a"]())
    assert b"".join(parts) == "".join(lines).encode()
    assert len(parts) > 5
    assert all(part.endswith(b"\n") for part in parts)


def test_progress_is_in_bytes(tmp_path):
    (tmp_path / "a.txt").write_text("ab\n" * 2000, encoding="utf-8")
    seen = []
    evaluate({"t": Tokenizer([])}, groups_of([tmp_path / "a.txt"]), progress=seen.append)
    assert (seen[-1].phase, seen[-1].done, seen[-1].total) == ("evaluating", 6000, 6000)


def test_the_command_says_what_the_function_says(tmp_path):
    page = tmp_path / "page.html"
    printed = json.loads(evaluated("--json", "-q", "-e", "gpt2", "--price", "2", "--context", "1000", "--html", page))
    expected = evaluate({"gpt2": minitok.get_encoding("gpt2")}, prices={"gpt2": 2}, context=1000)
    assert printed == json.loads(json.dumps(expected.to_dict()))
    html = page.read_text(encoding="utf-8")
    assert html == expected.to_html()
    hindi = next(row for row in expected.rows if row.group == "Hindi")
    assert f">{hindi.premium:.2f}<" in html
    table = evaluated("-q", "-e", "gpt2")
    assert f"Hindi {hindi.premium:.2f}" in " ".join(table.split())


def test_the_command_reads_files(tmp_path):
    (tmp_path / "a.txt").write_text("ab ab\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("<b>", encoding="utf-8")
    printed = json.loads(evaluated("--json", "-q", "-e", "gpt2", tmp_path / "a.txt", tmp_path / "b.txt"))
    assert [(row["group"], row["bytes"], row["premium"]) for row in printed["rows"]] == [("a", 6, None), ("b", 3, None)]


def test_names_are_text_on_the_page():
    html = evaluate({"<i>": Tokenizer([])}, {"<b>": ["x", "y"]}).to_html()
    assert "<i>:" not in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("given", [["e\u0301", b"e\xcc\x81", "\u00e9", b"\xff"], ["\u00e9"] * 3])
def test_documents_that_are_not_in_nfc_are_counted(given):
    found = evaluate({"t": Tokenizer([])}, {"a": given, "b": ["x"]})
    assert found.not_nfc == ({"a": 2} if len(given) == 4 else {})
    assert found.to_dict()["not_nfc"] == found.not_nfc
    said = "Not in NFC: a (2 of 4 documents). Text is usually typed in NFC, which has other tokens."
    assert (said in found.to_html()) == (len(given) == 4)


def test_the_command_warns_of_text_that_is_not_in_nfc(tmp_path):
    for name, text in {"a&b": "e\u0301", "c": "\u00e9"}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    page = tmp_path / "page.html"
    assert "Not in NFC: a&b (1 of 1 documents)." in evaluated("-q", "-e", "gpt2", "--html", page, tmp_path)
    assert "Not in NFC: a&amp;b (1 of 1 documents)." in page.read_text(encoding="utf-8")
    assert "NFC" not in evaluated("-q", "-e", "gpt2", tmp_path / "c.txt")


# -- for a paper -----------------------------------------------------------------------------------------------------


def of_two(base="one", **more):
    return evaluate({"a_b": Tokenizer(MERGES), "bytes": Tokenizer([])}, TEXTS, base=base, **more)


def test_rows_as_csv():
    found = of_two()
    lines = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [(line["tokenizer"], line["group"]) for line in lines] == [(row.tokenizer, row.group) for row in found.rows]
    for line, row in zip(lines, found.rows, strict=True):
        assert int(line["tokens"]) == row.tokens
        assert float(line["premium"]) == row.premium
        low, high = row.premium_interval
        assert (float(line["premium_low"]), float(line["premium_high"])) == (low, high)
    (other,) = list(csv.DictReader(io.StringIO(evaluate({"t": Tokenizer([])}, {"x": ["a"]}).to_csv())))
    assert (other["premium"], other["premium_low"]) == ("", "")


def test_a_table_of_latex():
    found = of_two()
    written = found.to_latex()
    two = [row.premium for row in found.rows if row.group == "two"]
    assert f"two & {two[0]:.2f} & {two[1]:.2f} \\\\" in written
    assert r"& a\_b & bytes \\" in written
    assert f"Gini & {found.summaries[0].gini:.2f}" in written
    assert written.count("&") == 2 * (1 + 2 + 3)
    alone = evaluate({"t": Tokenizer([])}, {"x": ["abc"]}).to_latex()
    assert "bytes per token & t" in alone
    assert "x & 1.00" in alone
    assert "Gini" not in alone


def test_a_figure():
    axes = of_two().figure().axes[0]
    assert [line.get_label() for line in axes.lines[:2]] == ["a_b", "bytes"]


def test_the_command_writes_them(tmp_path):
    (tmp_path / "en.txt").write_text("low\nlower\n")
    (tmp_path / "de.txt").write_text("niedrig\nniedriger\n")
    given = ["-e", "gpt2", tmp_path / "en.txt", tmp_path / "de.txt", "--lines", "--base", "en"]
    files = [tmp_path / name for name in ("rows.csv", "table.tex", "figure.pdf", "figure.svg")]
    evaluated(*given, "--csv", files[0], "--latex", files[1], "--plot", files[2])
    evaluated(*given, "--plot", files[3])
    assert files[0].read_text().startswith("tokenizer,group,documents")
    assert files[1].read_text().startswith(r"\begin{tabular}{lr}")
    assert files[2].read_bytes().startswith(b"%PDF")
    assert b"<svg" in files[3].read_bytes()
