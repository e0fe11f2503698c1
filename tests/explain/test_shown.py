"""Explanations elsewhere than on pages: the terminal, the command, the figures."""

import io
import json

import minitok
import pytest
from commands import run
from matplotlib.figure import Figure
from minitok.data import human_rights, tiny_shakespeare
from minitok.evaluation import evaluate
from minitok.explain import compare_ties, inject, overlaps, plots, stream
from minitok.explain.bigram import bits_by_size
from minitok.explain.measures import bytes_per_token, merge_counts, sizes, token_lengths, use
from minitok.explain.report import Report
from rich.console import Console


@pytest.fixture(scope="module")
def tok():
    return minitok.train([tiny_shakespeare()[:50_000]], 600, special_tokens=["<|e|>"])


# -- the terminal ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "I'LL parseHTTPRequest", "naïve 🦀\n[b]x[/b]", b"\xff", "<|e|>low"])
def test_the_report_shows_every_token_and_every_blocked_merge(tok, text):
    told = tok.explain(text, allowed_special="all")
    shown = printed(told, 160)
    tokens, size = len(told.tokens), len(told.text)
    assert f"{tokens} token{'s' * (tokens != 1)} for {size} byte{'s' * (size != 1)}, pattern" in shown
    for token in told.tokens:
        assert f" {token.id} " in shown
        assert token.token.hex(" ") in shown
    assert shown.count("was merged first") + shown.count("a piece ends between") == sum(
        len(piece.blocked) for piece in told.pieces
    )
    for lane in told.lanes:
        assert f"{lane.pattern}: {len(lane.pieces)} " in shown
    assert "[│b│]│x│[│/│b│]" in shown or b"[b]" not in told.text


def test_a_piece_of_any_depth_is_explained():
    depth = 1200
    tok = minitok.Tokenizer([(97, 98), *((256 + n, 98) for n in range(depth - 1))], pattern="none")
    told = tok.explain("a" + "b" * depth)
    assert told.ids == [255 + depth]
    assert len(told.to_html()) < 1_000_000
    assert f"rank {depth - 1}" in printed(told, 80)


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_prints_what_the_library_finds(tok, tmp_path):
    file = tmp_path / "tok.json"
    tok.save(file)
    text = "What's <|e|> in a name?"
    shown = run("explain", text, "-t", file, "--special", "all", "--json")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == minitok.load(file).explain(text, allowed_special="all").to_json() + "\n"
    for backend in ("rust", "python"):
        told = run("explain", text, "-e", "gpt2", "--json", "--backend", backend)
        assert told.stdout == minitok.get_encoding("gpt2").explain(text).to_json() + "\n"
    assert "o200k_base" in run("explain", "Hi").stdout


def test_the_command_writes_a_page(tmp_path):
    page = tmp_path / "why.html"
    shown = run("explain", "-", "-e", "gpt2", "--html", page, stdin="naïve 🦀")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == f"5 tokens explained in {page}\n"
    assert page.read_text(encoding="utf-8") == minitok.get_encoding("gpt2").explain("naïve 🦀").to_html()


# -- the laboratories ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_a_stream_is_what_the_decoder_does(backend):
    tok = minitok.get_encoding("gpt2", backend=backend)
    ids = tok.encode("crab 🦀 é")[:-1] + tok.encode(b"\xed\xa0\x80\xf0\x9f")
    lab = stream(tok, ids)
    decoder = tok.stream_decoder()
    assert [step.shown for step in lab.steps] == [*map(decoder.push, ids), decoder.finish()]
    assert lab.steps[-1].held == b""
    data = tok.decode_bytes(ids)
    assert len(lab.came) == len(lab.left) == len(lab.replaced) == len(data)
    assert all(came <= left for came, left in zip(lab.came, lab.left))
    kept = bytes(byte for byte, gone in zip(data, lab.replaced) if not gone)
    assert kept.decode() == tok.decode(ids).replace("\ufffd", "")


def test_the_stream_of_an_emoji_by_hand():
    lab = stream(minitok.Tokenizer([(240, 159)]), "🦀!")
    assert [(step.shown, len(step.held)) for step in lab.steps] == [("", 2), ("", 3), ("🦀", 0), ("!", 0), ("", 0)]
    assert [lab.state(0, step) for step in range(3)] == ["held", "held", "shown"]
    assert lab.state(4, 0) == "to come"


@pytest.mark.parametrize("backend", ["rust", "python"])
def test_ties_part_where_the_merges_do(backend):
    texts = [tiny_shakespeare()[:3000]]
    lab = compare_ties(texts, 330, backend=backend, special_tokens=["<|e|>"])
    for rule, tokens in lab.learnt.items():
        tok = minitok.train(texts, 330, tie_break=rule, special_tokens=["<|e|>"])
        assert list(tokens) == [tok.token_bytes(256 + rank) for rank in range(len(tok.merges))]
    firsts = {rule: tokens[: lab.parting] for rule, tokens in lab.learnt.items()}
    assert len(set(firsts.values())) == 1
    nexts = {tokens[lab.parting] for tokens in lab.learnt.values()}
    assert len(nexts) > 1
    assert nexts <= {left + right for left, right in lab.ties}
    same = compare_ties(["aaaa"], 258, pattern="none")
    assert (same.parting, same.ties, same.only("first_seen")) == (None, (), [])
    assert "All three rules" in same.section().lead


def test_overlaps_by_hand():
    assert [(run.counted, run.replaced) for run in overlaps("x", 6)] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)]


def test_an_injection_is_seen_in_the_ids():
    tok = minitok.get_encoding("cl100k_base")
    end = tok.special_tokens["<|endofprompt|>"]
    text, special, parts = inject(tok, "<|endofprompt|>{user}<|endofprompt|>", "é<|endofprompt|>").ways
    assert (text.ids.count(end), special.ids.count(end), parts.ids.count(end)) == (0, 3, 2)
    assert (text.smuggled, special.smuggled, parts.smuggled) == ([], [b"<|endofprompt|>"], [])
    for way in (text, special, parts):
        users = b"".join(token.token for token in way.tokens if token.from_user)
        assert "é<|endofprompt|>".encode() in users
    lab = inject(tok, "a {user}", "b")
    assert lab.refused is None


# -- measures and figures --------------------------------------------------------------------------------------------


def test_measures_are_those_of_smaller_trainings(tok):
    text = tiny_shakespeare()[:50_000]
    chosen = sizes(tok)
    assert chosen[0] == 257
    assert chosen[-1] == tok.vocab_size == 600
    found = bytes_per_token(tok, [text], chosen)
    assert found == sorted(found)
    for size, ratio in zip(chosen[1:4], found[1:4]):
        smaller = minitok.train([text], size, special_tokens=["<|e|>"])
        assert ratio == len(text) / smaller.count(text)
    counts = use(tok, [text])
    assert sum(counts.values()) == tok.count(text)
    assert len(counts) == sum(token_lengths(tok).values()) == 599


@pytest.mark.parametrize("dark", [False, True])
def test_figures_say_what_they_show(tok, dark):
    text = tiny_shakespeare()
    events = []
    minitok.train([text[:20_000]], 300, trace=events.append)
    bill = evaluate({"gpt2": minitok.get_encoding("gpt2"), "mine": tok}, resamples=0).rows
    figures = {
        "compression": plots.compression(tok, [text[:50_000]], [text[50_000:90_000]], dark=dark),
        "merges": plots.merges(events, dark=dark),
        "lengths": plots.lengths(tok, dark=dark, longest=5),
        "unused": plots.unused(tok, [text[50_000:90_000]], dark=dark),
        "bits": plots.bits(tok, text[:20_000].encode(), dark=dark),
        "languages": plots.languages(bill, dark=dark),
    }
    for name, figure in figures.items():
        assert isinstance(figure, Figure)
        (axes,) = figure.axes
        assert axes.get_title(loc="left")
        assert axes.get_xlabel()
        assert axes.get_ylabel() or name == "languages"
        picture = io.BytesIO()
        figure.savefig(picture, format="svg")
        assert picture.getvalue().count(b"<path") > 5
    lines = {line.get_label(): list(line.get_ydata()) for line in figures["compression"].axes[0].lines}
    assert lines["seen in training"] == bytes_per_token(tok, [text[:50_000]], sizes(tok))
    assert list(figures["bits"].axes[0].lines[0].get_ydata()) == bits_by_size(tok, text[:20_000].encode(), sizes(tok))
    assert sum(bar.get_height() for bar in figures["lengths"].axes[0].patches) == 599
    counts = merge_counts(events)
    assert list(figures["merges"].axes[0].lines[0].get_ydata()) == counts == sorted(counts, reverse=True)
    assert len(counts) == 44
    assert figures["merges"].axes[0].get_xscale() == figures["merges"].axes[0].get_yscale() == "log"
    assert {label.get_text() for label in figures["languages"].axes[0].get_yticklabels()} == set(human_rights())


def test_json_is_json(tok):
    data = json.loads(tok.explain(b"\xff hi").to_json())
    assert data["text"] == {"hex": "ff206869"}
    assert data["format"] == "minitok-explanation"
    assert [piece["alternative"]["label"] for piece in data["pieces"]] == ["symbols", "word"]


def test_how_a_pattern_is_run_is_told_only_if_asked_for():
    told = minitok.get_encoding("gpt2").explain("Hello there")
    for said in ("cut by masks", "differs from"):
        assert said not in printed(told)
        assert said in printed(told, engine=True)


def printed(told, width=200, **options):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(Report(told, **options))
    return console.file.getvalue()
