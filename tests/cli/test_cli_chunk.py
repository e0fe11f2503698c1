"""``minitok chunk``: what it prints, of what it reads, and what it refuses."""

import json

import minitok
import pytest
from commands import output_of

TEXT = "# Fish\n\nOne fish, two fish. Red fish, blue fish.\n\nBlack fish, blue fish, old fish, new fish.\n"
GPT2 = minitok.get_encoding("gpt2")


@pytest.fixture
def file(tmp_path):
    (tmp_path / "fish.md").write_text(TEXT, encoding="utf-8")
    return tmp_path / "fish.md"


def rows(*args, **options):
    return [json.loads(line) for line in output_of("chunk", *args, "--json", **options).splitlines()]


def test_chunks_as_json_are_those_of_the_library(file):
    found = rows(file, "-e", "gpt2", "--tokens", 16, "--overlap", 5, "--fill", 0.25)
    expected = GPT2.chunk(TEXT, 16, overlap=5, fill=0.25)
    assert len(expected) > 2
    assert found == [
        {
            "file": str(file),
            "number": number,
            "start": chunk.start,
            "end": chunk.end,
            "tokens": chunk.tokens,
            "border": chunk.border,
            "text": chunk.text,
        }
        for number, chunk in enumerate(expected)
    ]


def test_kinds_of_borders_are_named_with_commas(file):
    for given, at in [("code", "code"), ("paragraph, sentence", ["paragraph", "sentence"]), ("", [])]:
        found = rows(file, "-e", "gpt2", "-n", 9, "--at", given, "--overlap-sentences", 1)
        assert [row["text"] for row in found] == [
            chunk.text for chunk in GPT2.chunk(TEXT, 9, at=at, overlap_sentences=1)
        ]


def test_people_see_the_text_and_what_it_ends_at(file):
    shown = output_of("chunk", file, "-e", "gpt2", "-n", 20)
    assert shown.startswith(f"── {file}, chunk 0, 17 tokens, ends at paragraph ──\n# Fish\n\nOne fish")
    assert shown.endswith("old fish, new fish.\n")
    assert output_of("chunk", "-e", "gpt2", "--text", "a b") == "── chunk 0, 2 tokens, ends at end ──\na b\n"


def test_texts_come_from_standard_input_and_from_records(tmp_path):
    assert [row["text"] for row in rows("-e", "gpt2", "-n", 1, stdin="a b")] == ["a", " b"]
    (tmp_path / "two.jsonl").write_text('{"body": "one two"}\n{"body": "three"}\n', encoding="utf-8")
    found = rows(tmp_path / "two.jsonl", "--field", "body", "-e", "gpt2", "-n", 1)
    assert [(row["record"], row["number"], row["text"]) for row in found] == [
        (0, 0, "one"),
        (0, 1, " two"),
        (1, 0, "three"),
    ]


def test_special_tokens_are_found_where_that_is_asked_for():
    text = "a<|endoftext|>"
    assert len(rows("-e", "gpt2", "-n", 1, "--special", "all", "--text", text)) == 2
    assert len(rows("-e", "gpt2", "-n", 1, "--text", text)) > 2
