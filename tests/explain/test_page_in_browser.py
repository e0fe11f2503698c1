"""The pages that explain writes, opened from the disk in a real browser with the network off: every step can be reached."""

import re

import minitok
import pytest
from axe_playwright_python.sync_playwright import Axe
from minitok.data import tiny_shakespeare
from minitok.explain import compare_ties, inject, page, stream, training_html
from minitok.explain.report import why
from minitok.explain.visible import visible
from playwright.sync_api import expect
from text_changing import changing

TEXT = "parseHTTPRequest 🦀 <script>window.hurt = 1</script>"


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page from a file: nothing may be asked for but the file, and nothing may go wrong."""
    contexts, wrong = [], []

    def open_page(html, **options):
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        shown = context.new_page()
        shown.on("console", lambda message: wrong.append(message.text))
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("request", lambda request: request.url == file.as_uri() or wrong.append(request.url))
        shown.goto(file.as_uri())
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def walk(place):
    """Go through all steps with the button; what is shown at each."""
    place.locator("input[type=range]").fill("0")
    for closed in place.locator(".closer:not([open]) > summary").all():
        closed.click()
    on, shown = place.get_by_label("one step on"), []
    while True:
        shown.append("\n".join(place.locator(".step, .closer > div").all_inner_texts()))
        if not on.is_enabled():
            return shown
        on.click()


def test_every_merge_of_a_text_is_shown(opened):
    tok = minitok.get_encoding("gpt2")
    told = tok.explain(TEXT)
    shown = opened(told.to_html())
    for number, piece in enumerate(told.pieces):
        details = shown.locator("details.of-piece").nth(number)
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        if not piece.steps:
            expect(details).to_contain_text("No pair in it has a merge.")
            continue
        frames = walk(details)
        assert len(frames) == len(piece.steps) + 1
        for frame, step in zip(frames[1:], piece.steps, strict=True):
            assert f"Rank {step['rank']:,}" in frame
            assert f"id {step['id']}." in frame
            assert visible(tok.token_bytes(step["id"])) in frame
            # All pairs that could merge, in their order.
            ranks = [f"{one['rank']:,}" for one in step["candidates"][:12]]
            assert re.findall(r"^([\d,]+)\t", frame, re.MULTILINE) == ranks
        expect(details.locator(".tree g")).to_have_count(len(piece.parts))
        expect(details.locator(".tree g.merge:not(.later)")).to_have_count(len(piece.steps))
        if piece.blocked:
            expect(details.locator(":scope > details:not(.closer) tbody tr")).to_have_count(len(piece.blocked))
    assert shown.evaluate("window.hurt") is None


def test_every_token_and_lane_is_shown(opened):
    told = minitok.get_encoding("o200k_base").explain("I'LL 1234 \u202e\t\x00\n🦀")
    shown = opened(told.to_html())
    shown.get_by_text("Bytes and offsets of every token").click()
    rows = [re.split(r"\t", row.inner_text()) for row in shown.locator("section").first.locator("tbody tr").all()]
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        (str(one.id), one.token.hex(" "), f"{one.start}-{one.end}", f"{one.first_char}-{one.last_char}")
        for one in told.tokens
    ]
    for place, lane in zip(shown.locator(".lane").all(), told.lanes, strict=True):
        wanted = [visible(told.text[one.start : one.end]).replace("\n", "") + why(one) for one in lane.pieces]
        expect(place.locator(".token")).to_have_text(wanted)
    for mark in ("‹e2 80›", "⇥", "‹U+0000›", "⏎"):
        expect(shown.locator(".tokens").first).to_contain_text(mark)


def test_what_a_stream_holds_is_shown(opened):
    tok = minitok.get_encoding("gpt2")
    lab = stream(tok, "a 🦀 b")
    shown = opened(tok.explain("a 🦀 b").to_html())
    held = [
        step for before, step in zip(lab.steps, lab.steps[1:]) if step.id is not None and (step.held or before.held)
    ]
    rows = shown.get_by_label("the stream", exact=True).locator("tbody tr")
    expect(rows).to_have_count(len(held))
    for row, step in zip(rows.all(), held, strict=True):
        expect(row.locator("td").first).to_have_text(str(step.id))
        expect(row.locator("td").last).to_have_text(step.held.hex(" "))
    expect(opened(tok.explain("plain").to_html()).locator("h2")).to_have_text(["Tokens", "Pieces", "Merges"])


def test_a_piece_of_any_length_is_shown(opened):
    depth = 1200
    tok = minitok.Tokenizer([(97, 98), *((256 + n, 98) for n in range(depth - 1))], pattern="none")
    shown = opened(tok.explain("a" + "b" * depth).to_html())
    expect(shown.locator("output")).to_have_text("1,200 of 1,200 merges")
    shown.locator("input[type=range]").fill("600")
    expect(shown.locator(".closer")).to_contain_text("576 tokens after these.")
    assert shown.locator(".tree").count() == 0


def test_kinds_of_tokens_and_pieces_taken_whole_are_named(opened):
    shown = opened(changing("added", "rust").explain("<a>b<s>", allowed_special="all").to_html())
    for number, said in ((0, "The added token is one id"), (2, "The special token is one id")):
        details = shown.locator("details.of-piece").nth(number)
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        expect(details).to_contain_text(said)
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"bc": 256, b"abcd": 257}
    odd = minitok.Tokenizer.from_ranks(ranks, pattern="gpt2")
    expect(opened(odd.explain("abcd").to_html()).locator("details.of-piece")).to_contain_text(
        "Merging alone would leave"
    )


def test_every_merge_of_a_training_is_shown(opened):
    events = []
    tok = minitok.train([tiny_shakespeare()[:20_000]], 268, trace=events.append)
    shown = opened(training_html(events, tok))
    frames = walk(shown.locator("main"))[1:]
    assert len(frames) == len(events) == 12
    for frame, event in zip(frames, events, strict=True):
        assert f"make id {event['id']}: {event['count']:,} place" in frame
    slider = shown.locator("input[type=range]")
    slider.focus()
    shown.keyboard.press("Home")
    expect(shown.locator("output")).to_have_text("0 of 12 merges")
    shown.keyboard.press("ArrowRight")
    expect(shown.locator("output")).to_have_text("1 of 12 merges")
    shown.get_by_label("play all steps").click()
    expect(shown.locator("output")).to_have_text("2 of 12 merges")
    expect(opened(training_html([], tok)).locator("section")).to_contain_text("No merges.")


def test_without_scripts_the_page_says_what_is_missing(opened):
    shown = opened(minitok.get_encoding("gpt2").explain("unforgettable").to_html(), java_script_enabled=False)
    expect(shown.get_by_text("drawn by the script of this page")).to_be_visible()


def test_on_a_phone_the_step_is_in_sight_and_printed_the_whole_tree_is(opened):
    told = minitok.get_encoding("gpt2").explain("unforgettable parseHTTPRequest")
    shown = opened(told.to_html(), viewport={"width": 390, "height": 844})
    shown.locator(".tree").first.wait_for()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    step = shown.locator(".tree .current rect").bounding_box()
    assert 0 <= step["x"] <= step["x"] + step["width"] <= 390
    shown.emulate_media(media="print")
    tree = shown.locator(".tree").first.bounding_box()
    assert tree["x"] + tree["width"] <= 390


def laboratories():
    gpt2 = minitok.get_encoding("gpt2")
    return page(
        "Laboratories",
        [
            stream(gpt2, "crab 🦀").section(),
            compare_ties(["cb", "ab", "cd"], 258).section(),
            inject(gpt2, "<|endoftext|>{user}", "hi<|endoftext|>").section(),
        ],
    )


def training():
    events = []
    return training_html(events, minitok.train(["low lower lowest"], 262, trace=events.append))


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("make", [lambda: minitok.get_encoding("gpt2").explain(TEXT).to_html(), training, laboratories])
def test_nothing_that_axe_finds(opened, make, look):
    shown = opened(make(), color_scheme=look)
    for details in shown.locator("details:not([open]) > summary").all():
        if details.is_visible():
            details.click()
    found = Axe().run(shown).response["violations"]
    assert [
        (one["id"], one["impact"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found
    ] == []


def test_in_a_notebook_it_stays_in_its_frame(opened):
    told = minitok.get_encoding("gpt2").explain("so <b>low</b>")
    shown = opened(f"<!DOCTYPE html><title>notebook</title><p>{told._repr_html_()}</p>")
    frame = shown.frame_locator("iframe")
    expect(frame.locator("output").first).to_contain_text("of 2 merges")
    expect(frame.locator("h1")).to_have_text("Why these tokens?")
