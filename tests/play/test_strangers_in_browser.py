"""The playground in a real browser: a text is only ever text, and every reader can use the page."""

import re

import minitok
import pytest
from playground import HOSTILE, MIXED, choose, panel, train, write
from playwright.sync_api import expect
from web import at_rest, found_by_axe

# -- strangers' texts ------------------------------------------------------------------------------------------------


# What the page makes of texts. A text that became markup would bring other elements.
MADE = (
    "div span bdi i b br small p h3 code mark table caption thead tbody tr th td svg rect button input output details"
)


def assert_inert(page):
    assert page.evaluate("window.hurt") is None
    made = "(root) => [...new Set([...root.querySelectorAll('.strip *, .step *, .lane *, #learnt *')].map((one) => one.localName))]"
    assert set(page.locator("main").evaluate(made)) <= {*MADE.split(), "summary"}
    assert page.locator("script").count() == 2
    handlers = "(root) => [...root.querySelectorAll('*')].filter((one) => [...one.attributes].some((a) => a.name.startsWith('on'))).length"
    assert page.locator("html").evaluate(handlers) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(page, text):
    page.locator("#loop [name=prompt]").fill(text)
    for view in ("both", "text"):
        page.locator("#view").select_option(view)
        write(page, text * 3)
        for name in ("gpt2", "o200k_base"):
            wanted = minitok.get_encoding(name).count(text * 3)
            expect(panel(page, name).locator(".token")).to_have_count(wanted)
    panel(page, "gpt2").locator(".token").first.hover()
    choose(page, "gpt2", 0)
    train(page, 262, special=text.replace("\ud800", "").replace("\udfff", "")[:20], name=text[:40])
    expect(page.locator(".panel")).to_have_count(3)
    page.locator("#loop [type=submit]").click()
    expect(page.locator("#completed .token").first).to_be_visible()
    assert_inert(page)


def test_the_page_can_start_no_other_script(page):
    started = "() => { try { new Worker('core/answers.js'); return 'started'; } catch (error) { return error.name; } }"
    page.allow("TrustedScriptURL")
    assert page.evaluate(started) == "TypeError"


def test_a_hostile_link_is_only_text(page, go):
    go(text=HOSTILE[1], encodings=HOSTILE[0], at=f"0,{HOSTILE[1]}", step="1e9", price=HOSTILE[2], view="<b>")
    expect(page.locator(".panel h3")).to_have_text(["o200k_base"])
    expect(panel(page, "o200k_base").locator(".token")).to_have_count(
        minitok.get_encoding("o200k_base").count(HOSTILE[1])
    )
    assert_inert(page)
    go(text="a", encodings="gpt2," * 10_000, at="99999999,gpt2", step="-1", price="-5")
    expect(page.locator(".panel h3")).to_have_text(["gpt2"])
    expect(panel(page, "gpt2").locator(".token")).to_have_text(["a64"])
    assert_inert(page)
    for broken in ({"packed": "!!"}, {"packed": "AAAA"}, {"own": "AAAA"}, {"own": "q1YqSSwpVrJSMjQyNjE1M7ewNFCqBQA"}):
        page.allow("")  # whatever is wrong with it is said on the page, and the console may say it, too
        go(**({} if "packed" in broken else {"text": "still here"}), **broken)
        expect(page.locator("#status")).to_contain_text("A part of this link cannot be read")
        expect(page.locator("#text")).to_have_value("" if "packed" in broken else "still here")
        assert_inert(page)
        go(text="between")
        expect(page.locator("#status")).to_be_empty()


@pytest.mark.parametrize("unit", ["<b onclick=x>\u202e &amp;", "a", "word "])
def test_a_megabyte_is_shown_a_window_at_a_time(page, unit):
    text = (unit * (1 << 20))[: (1 << 20) - 10].encode()[: (1 << 20) - 10].decode("utf-8", "ignore")
    write(page, text)
    tok = minitok.get_encoding("gpt2")
    ids = tok.encode(text)
    expect(panel(page, "gpt2").locator(".counts")).to_contain_text(f"{len(ids):,} tokens")
    # However long the text, only what is near the window is there.
    assert page.locator("*").count() < 25_000
    strip = panel(page, "gpt2").locator(".strip")
    strip.focus()
    page.keyboard.press("End")
    last = panel(page, "gpt2").locator(f"[aria-posinset='{len(ids)}']")
    expect(last).to_have_class(re.compile("chosen"))
    expect(last).to_be_in_viewport()
    # Of keys in quick succession, only the last asks for tokens that are shown.
    page.locator("#text").focus()
    page.keyboard.type("xyz")
    size = str(len(page.locator("#text").input_value().encode()))
    expect(page.locator("#panels")).to_have_attribute("data-bytes", size)
    assert page.locator("*").count() < 25_000
    assert_inert(page)


def test_more_than_a_megabyte_is_refused_with_words(page):
    put = "(field) => { field.value = 'é'.repeat(600000); field.dispatchEvent(new Event('input')); }"
    page.locator("#text").evaluate(put)
    expect(page.locator("#status")).to_contain_text("1,200,000 bytes; 1,048,576 are the most")
    write(page, "short again")
    expect(page.locator("#status")).to_have_text("")


# -- for every reader ------------------------------------------------------------------------------------------------


def test_all_of_it_by_keyboard(page):
    write(page, "low lower lowest\nnewest widest")
    strip = panel(page, "gpt2").locator(".strip")
    page.locator("#text").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if strip.evaluate("(box) => box === document.activeElement"):
            break
    expect(strip).to_be_focused()
    tokens = minitok.get_encoding("gpt2").tokenize("low lower lowest\nnewest widest")

    line = tokens.index(b"\n") + 1
    last = len(tokens) - 1
    for key, index in zip(
        ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "Home", "ArrowLeft", "ArrowDown", "ArrowUp"),
        (0, 1, last, last - 1, 0, 0, line, 0),
        strict=True,
    ):
        page.keyboard.press(key)
        chosen = panel(page, "gpt2").locator("[aria-selected=true]")
        expect(chosen).to_have_attribute("aria-posinset", str(index + 1))
        expect(strip).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("ArrowRight")
    # What is inside comes from the core; until it is there, the slider is that of the token before.
    second = minitok.get_encoding("gpt2").encode("low lower")[1]
    expect(page.locator("#inside details").last).to_contain_text(str(second))
    slider = page.locator("#inside input[type=range]")
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("(box) => box === document.activeElement"):
            break
    expect(slider).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#inside output")).to_contain_text("0 of")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#inside output")).to_contain_text("1 of")


def test_every_view_is_for_every_reader(page, go):
    """All that Axe looks at, in one page that has everything open; and nothing of it needs sideways scrolling in a narrow window."""
    page.locator(".token.unstable").first.wait_for()
    assert found_by_axe(page, "#panels") == []
    go(text=MIXED, encodings="gpt2,o200k_base", special=1, more=1, view="both")
    choose(page, "gpt2", 4)
    page.locator("#inside summary").first.wait_for()
    for summary in page.locator("#inside summary, #chat summary").all():
        summary.click()
    page.locator("#chat .turns").wait_for()
    train(page, 270)
    expect(page.locator(".panel")).to_have_count(3)
    page.locator("#loop [type=submit]").click()
    page.locator("#completed .token").first.wait_for()
    page.locator("#bill [type=submit]").click()
    page.locator("#billed tr").first.wait_for()
    at_rest(page)
    assert found_by_axe(page) == []
    for width in (1280, 390, 360):
        page.set_viewport_size({"width": width, "height": 700})
        at_rest(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
