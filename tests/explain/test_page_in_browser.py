"""The pages that explain writes, opened from the disk in a real browser with the network off: every step can be reached."""

import minitok
import pytest
from axe_playwright_python.sync_playwright import Axe
from minitok.data import tiny_shakespeare
from minitok.explain import compare_ties, inject, page, stream, training_html
from minitok.explain.ties import overlaps_section
from minitok.explain.visible import visible
from playwright.sync_api import expect

TEXT = "I'LL parseHTTPRequest 1234567 🦀 <script>window.hurt = 1</script>"


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


def walk(stepper):
    """Go through all steps with the button; what is shown at each."""
    stepper.locator("input[type=range]").fill("0")
    on, shown = stepper.get_by_label("one step on"), [stepper.locator("li:visible").inner_text()]
    while on.is_enabled():
        on.click()
        shown.append(stepper.locator("li:visible").inner_text())
    return shown


def test_every_merge_of_a_text_is_shown(opened):
    tok = minitok.get_encoding("gpt2")
    told = tok.explain(TEXT)
    shown = opened(told.to_html())
    for number, piece in enumerate(told.pieces):
        details = shown.locator("details.of-piece").nth(number)
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        if not piece.steps:
            continue
        frames = walk(details.locator(".stepper"))
        assert len(frames) == len(piece.steps) + 1
        for frame, step in zip(frames[1:], piece.steps, strict=True):
            assert f"Rank {step['rank']:,}" in frame
            assert visible(tok.token_bytes(step["id"])) in frame
        expect(details.locator(".tree g.merge:not(.later)")).to_have_count(len(piece.steps))
    assert shown.evaluate("window.hurt") is None


def test_every_merge_of_a_training_is_shown(opened):
    events = []
    tok = minitok.train([tiny_shakespeare()[:20_000]], 280, trace=events.append)
    shown = opened(training_html(events, tok))
    frames = walk(shown.locator(".stepper"))
    assert len(frames) == len(events) == 24
    for frame, event in zip(frames, events, strict=True):
        assert f"make id {event['id']}: {event['count']:,} place" in frame
    slider = shown.locator("input[type=range]")
    slider.focus()
    shown.keyboard.press("Home")
    expect(shown.locator("output")).to_have_text("1 of 24 merges")
    shown.keyboard.press("ArrowRight")
    expect(shown.locator("output")).to_have_text("2 of 24 merges")
    shown.get_by_label("play all steps").click()
    expect(shown.locator("output")).to_have_text("4 of 24 merges")


def test_without_scripts_all_steps_stand_there(opened):
    told = minitok.get_encoding("gpt2").explain("unforgettable")
    shown = opened(told.to_html(), java_script_enabled=False)
    expect(shown.locator("li[data-frame]:visible")).to_have_count(len(told.pieces[0].steps) + 1)


def laboratories():
    gpt2 = minitok.get_encoding("gpt2")
    return page(
        "Laboratories",
        [
            stream(gpt2, "crab 🦀").section(),
            compare_ties(["cb", "ab", "cd"], 258).section(),
            overlaps_section(),
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
    expect(frame.locator(".stepper output").first).to_contain_text("of 1 merges")
    expect(frame.locator("h1")).to_have_text("Why these tokens?")
