"""Names of patterns, encodings and models mean the same everywhere; what is nearly one is refused with a suggestion."""

import minitok
import pytest
from helpers import BACKENDS
from minitok import names
from minitok.cli.app import app
from minitok.encodings.published import PUBLISHED
from typer.testing import CliRunner

TEXTS = ["low lower lowest, I'LL 12345 don't"]


def test_every_published_encoding_has_its_pattern():
    assert {name: published.pattern for name, published in PUBLISHED.items()} == names.PATTERNS


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("cl100k_base", "cl100k"),
        ("o200k_base", "o200k"),
        ("gpt-4", "cl100k"),
        ("gpt-3.5-turbo", "cl100k"),
        ("gpt-4o-2024-08-06", "o200k"),
        ("gpt2", "gpt2"),
        ("qwen2", "qwen2"),
        ("none", "none"),
        (r"\d(?#then)r50k_base", r"\d(?#then)gpt2"),
        ("(?:cl100k_base)", "(?:cl100k_base)"),
        ("x", "x"),
        ("a.b", "a.b"),
        (r"\w+|\W", r"\w+|\W"),
    ],
)
def test_a_name_means_its_pattern(name, pattern, backend):
    tok = minitok.train(TEXTS, 270, pattern=name, backend=backend)
    assert tok.pattern == pattern
    assert minitok.Tokenizer(tok.merges, pattern=name, backend=backend) == tok
    assert minitok.Tokenizer([], backend=backend).replace(pattern=name).pattern == pattern
    assert minitok.count_pieces(TEXTS, pattern=name, backend=backend).pattern == pattern


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cl100k_bas", "'cl100k_base'"),
        ("gtp2", "'gpt2'"),
        ("qwen", "'qwen2' or 'qwen3.5'"),
        ("qwen3.6", "'qwen3.5'"),
        ("gpt2(?#then)llama", "'llama3'"),
        ("GPT-4O", "'gpt-4o'"),
        ("hello world", None),
        ("ab", None),
        ("#bytes", None),
    ],
)
def test_what_is_nearly_a_name_or_only_a_text_is_refused(name, meant, tmp_path):
    makers = [
        lambda: minitok.train(TEXTS, 270, pattern=name),
        lambda: minitok.Tokenizer([], pattern=name),
        lambda: minitok.Tokenizer([]).replace(pattern=name),
        lambda: minitok.count_pieces(TEXTS, pattern=name),
        lambda: minitok.Tokenizer.from_ranks({bytes([byte]): byte for byte in range(256)}, pattern=name),
    ]
    for make in makers:
        with pytest.raises(minitok.errors.PatternError, match="not the name of a pattern") as caught:
            make()
        assert f"write (?:{name.rpartition(')')[2]})" in str(caught.value)
        if meant:
            assert f"did you mean {meant}" in str(caught.value)
        else:
            assert "did you mean" not in str(caught.value)
    (tmp_path / "a.txt").write_text(TEXTS[0])
    for command in ["train", "count-pieces"]:
        out = tmp_path / "out"
        ran = CliRunner().invoke(app, [command, str(tmp_path / "a.txt"), "-o", str(out), "--pattern", name])
        assert ran.exit_code == 1
        assert "not the name of a pattern" in ran.stderr
        assert not out.exists()


def test_the_command_takes_the_names_of_encodings_and_models(tmp_path):
    (tmp_path / "a.txt").write_text(TEXTS[0])
    for name, pattern in [("o200k_base", "o200k"), ("gpt-4", "cl100k")]:
        out = tmp_path / f"{name}.json"
        ran = CliRunner().invoke(
            app, ["train", str(tmp_path / "a.txt"), "-o", str(out), "--pattern", name, "-n", "260"]
        )
        assert ran.exit_code == 0
        assert minitok.load(out).pattern == pattern


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4", "cl100k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-3.5-turbo-0125", "cl100k_base"),
        ("gpt-5", "o200k_base"),
    ],
)
def test_a_model_is_known_wherever_an_encoding_is(model, encoding):
    assert minitok.get_encoding(model) is minitok.get_encoding(encoding)
    expected = minitok.get_encoding(encoding).encode("Hello, world")
    ran = CliRunner().invoke(app, ["encode", "-e", model, "--text", "Hello, world"])
    assert ran.stdout.split() == list(map(str, expected))
    for command in [["explain", "Hello, world"], ["compare", "--text", "Hello"], ["inspect"]]:
        assert CliRunner().invoke(app, [*command, "-e", model]).exit_code == 0, command


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gtp2", "'gpt2'"),
        ("cl100k", "'cl100k_base'"),
        ("gpt4", "'gpt-4'"),
        ("GPT-4o", "'gpt-4o'"),
        ("o200", "'o200k_base'"),
    ],
)
def test_what_is_near_is_suggested(name, meant):
    with pytest.raises(minitok.errors.UnknownEncodingError, match=meant):
        minitok.get_encoding(name)


@pytest.mark.parametrize("name", ["claude-3", "llama-3", "gemini-pro", "mistral-7b", "x"])
def test_what_is_not_near_is_not_suggested(name):
    for find in [minitok.get_encoding, minitok.encoding_for_model]:
        with pytest.raises(minitok.errors.MinitokError, match="from their files") as caught:
            find(name)
        assert "did you mean" not in str(caught.value)
