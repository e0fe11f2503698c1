"""The demo: what it shows is what the library does."""

import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from contextlib import redirect_stdout
from pathlib import Path

import minitok
import pytest
from minitok.data import tiny_shakespeare
from minitok.explain.terminal import PALETTE, MergeSteps, TokenText, TrainSteps, palette_index, visible
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import demo


def printed(renderable, **options):
    console = Console(file=io.StringIO(), width=100, **options)
    console.print(renderable)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "demo.html"


@pytest.fixture(scope="module")
def shown(page):
    with redirect_stdout(io.StringIO()) as told:
        demo.main(["--html", str(page)])
    return told.getvalue()


def test_the_demo_shows_the_whole_way(shown):
    for heading in ("1 Learn", "2 Two languages, one result", "3 Encode a text", "4 Look inside"):
        assert heading in shown
    assert "4,096 ids" in shown
    assert shown.count("✓") == 4
    assert "\x1b" not in shown
    assert all(line == line.rstrip() or len(line) <= 100 for line in shown.splitlines())


def test_the_demo_shows_the_merges_that_training_gives(shown):
    tok = minitok.train([tiny_shakespeare()], 4096)
    first = [visible(tok.token_bytes(256 + rank)) for rank in range(8)]
    rows = re.findall(r"^ *(25[6-9]|26[0-3]) .*", shown, re.MULTILINE)
    assert len(rows) == len(first)
    assert "│".join(visible(tok.token_bytes(token_id)) for token_id in range(4084, 4096)) in re.sub(
        r"\s*\n\s*", "", shown
    )
    assert " ".join(map(str, tok.encode(demo.UNSEEN))) in re.sub(r"\s+", " ", shown)


def test_the_demo_ends_with_a_page(shown, page):
    assert str(page) in re.sub(r"\s", "", shown)
    source = page.read_text(encoding="utf-8")
    shown = re.findall(r'<div data-view="(\w+)"><script type="application/json">(.*?)</script>', source)
    assert [view for view, _ in shown] == ["training", "explanation"]
    training, explanation = (json.loads(data) for _, data in shown)
    assert len(training["merges"]) == 100
    told = minitok.train([tiny_shakespeare()], 4096).explain(demo.UNSEEN)
    assert explanation["pieces"] == json.loads(told.to_json())["pieces"]


def test_the_demo_of_a_text_of_ones_own_and_its_picture(tmp_path, capsys):
    file, page, drawing = tmp_path / "own.txt", tmp_path / "own.html", tmp_path / "demo.svg"
    file.write_text("low lower lowest é\n" * 40, encoding="utf-8")
    demo.main([str(file), "--html", str(page), "--svg", str(drawing)])
    told = capsys.readouterr().out
    assert f"{file.stat().st_size:,} bytes" in told
    assert "Shakespeare" not in page.read_text(encoding="utf-8") + told
    ET.parse(drawing)  # noqa: S314
    drawn = drawing.read_text(encoding="utf-8")
    assert "Learn" in drawn
    assert "@font-face" not in drawn
    assert set(re.findall(r"https?://[^\"' )]+", drawn)) == {"http://www.w3.org/2000/svg"}
    file.write_text("", encoding="utf-8")
    with pytest.raises(minitok.errors.MinitokError, match=r"own\.txt is empty: there is nothing to learn"):
        demo.main([str(file)])


def test_a_disagreement_fails_the_demo():
    with pytest.raises(minitok.errors.MinitokError, match="disagree"):
        demo.both("sums", {"rust": [1], "python": [2]}.get)


def test_the_text_is_not_in_the_corpus():
    assert not any(line in tiny_shakespeare() for line in demo.UNSEEN.splitlines())


def test_no_two_neighbours_share_a_colour():
    for before in (None, *range(len(PALETTE))):
        assert all(palette_index(token_id, before) != before for token_id in range(50))


def test_tokens_are_told_apart_with_and_without_colour():
    text = TokenText([1, 9, 2], [b"ab", b" c", b"\n"])
    assert printed(text) == "ab│·c│⏎\n\n"
    coloured = printed(text, force_terminal=True, color_system="truecolor")
    assert "│" in coloured
    grounds = re.findall(r"48;2;(\d+;\d+;\d+)m", coloured)
    assert len(set(grounds)) == 3


def test_every_byte_is_visible():
    for byte in range(256):
        shown = visible(bytes([byte]))
        assert shown.rstrip("\n").isprintable()
        assert shown.strip()
    assert visible("é\u200d\ufffd".encode()) == "é‹U+200D›\ufffd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u00a0\u0300", "‹U+00A0›◌\u0300"),
        (" \u0301a\u0301\u0302", "·◌\u0301a\u0301\u0302"),
        ("a\u0300", "a\u0300"),
        ("\r\u0903\u093f", "␍◌\u0903\u093f"),
    ],
)
def test_a_combining_character_is_not_drawn_on_a_mark(text, shown):
    assert visible(text.encode()) == shown
    assert visible(b"\xff" + text.encode()) == "‹ff›" + shown


def test_steps_follow_the_trace():
    events = []
    tok = minitok.train(["low lower lowest"], 259, trace=events.append)
    table = printed(TrainSteps(events, tok.token_bytes))
    assert re.search(r"256 +l \+ o +lo +3 +o \+ w +3", table)
    steps = []
    tok.encode("low", trace=steps.append)
    table = printed(MergeSteps(steps, tok.token_bytes))
    assert [line.split()[-1] for line in table.splitlines() if "w" in line] == ["l│o│w", "lo│w", "low"]
