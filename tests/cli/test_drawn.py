"""What the command draws in a terminal."""

import io
import re

import minitok
import pytest
from minitok.explain.terminal import PALETTE, MergeSteps, TokenText, TrainSteps, palette_index, visible
from rich.console import Console


def printed(renderable, **options):
    console = Console(file=io.StringIO(), width=100, **options)
    console.print(renderable)
    return console.file.getvalue()


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
