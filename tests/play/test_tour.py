"""The guided tour of the playground: six steps, by keyboard, each of which shows what it says."""

from pathlib import Path

import minitok
import pytest
from axe_playwright_python.sync_playwright import Axe
from playground import panel, write
from playwright.sync_api import expect
from web import watched

COURSE = Path(__file__).parent.parent.parent / "docs" / "course"
GPT2, GPT4O = minitok.get_encoding("gpt2"), minitok.get_encoding("o200k_base")


def check(page, step):
    """What is on the page at a step is what the words of the step say."""
    if step == 1:
        expect(panel(page, "gpt2").locator(".counts")).to_contain_text("10 tokens")
        expect(panel(page, "gpt2").locator(".token").nth(1)).to_have_text(f"·quick{GPT2.encode(' quick')[0]}")
    elif step == 2:
        crab = [token.hex(" ").upper() for token in GPT2.tokenize("🦀")]
        shown = panel(page, "gpt2").locator(".token").all_inner_texts()
        assert [one.upper() for one in shown[-2:]] == crab[-2:]
        assert len(GPT2.tokenize("🦀")) > 1
        assert (len("é".encode()), len("🦀".encode())) == (2, 4)
    elif step == 3:
        expect(page.locator("#lanes .lane").first.locator(".token", has_text="12345")).to_have_count(1)
        expect(page.locator("#lanes .lane").last.locator(".token", has_text="I'LL")).to_have_count(1)
        expect(page.locator("#lanes .lane").last.locator(".token", has_text="123")).to_have_count(1)
    elif step == 4:
        merges = len(GPT2.explain(" unforgettably").pieces[0].steps)
        expect(page.locator("#inside output")).to_have_text(f"{merges} of {merges} merges")
        # As the words say, the piece begins as bytes: no token is the whole of it.
        assert len(GPT2.encode(" unforgettably")) > 1
        expect(page.locator("#inside")).not_to_contain_text("taken whole")
    elif step == 5:
        expect(page.locator("#train output")).to_contain_text("“Shakespeare” is ready, 1,000 ids.")
        expect(page.locator(".panel h3").last).to_have_text("Shakespeare")
    else:
        expect(page.locator("#loop [name=encoding] option:checked")).to_have_text("Shakespeare")
        expect(page.locator("#completed .completion")).to_contain_text("ROMEO:·What·is")
        expect(page.locator("#completed mark")).not_to_be_empty()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_six_steps_by_keyboard(browser, site, look):
    with watched(browser, color_scheme=look) as page:
        page.goto(site)
        page.locator(".token").first.wait_for()
        write(page, "my own text")
        page.wait_for_url("**#text=my+own+text*")
        page.locator("#tour-start").focus()
        page.keyboard.press("Enter")
        lessons = []
        for step in range(1, 7):
            expect(page.locator("#tour-heading")).to_contain_text(f"{step} of 6: ")
            check(page, step)
            expect(page.locator(".toured")).to_be_in_viewport()
            lessons += [link.get_attribute("href") for link in page.locator("#tour a").all()]
            if step in (1, 6):
                # Colours are judged when nothing moves any more.
                page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
                # Of a page with all of Shakespeare, only what is new.
                part = {"include": [["#tour"], ["#learnt"]]} if step == 6 else None
                found = Axe().run(page, part).response["violations"]
                assert [(one["id"], [node["html"][:300] for node in one["nodes"]]) for one in found] == []
            page.keyboard.press("Enter")
        expect(page.locator("#tour")).to_be_hidden()
        expect(page.locator("#tour-start")).to_be_focused()
        expect(page.locator(".toured")).to_have_count(0)
        assert len(lessons) == 6
        for link in lessons:
            assert (COURSE / link.removeprefix("../course/").replace(".html", ".md")).exists()
        # What the reader had written is there again, with what was shown of it.
        expect(page.locator("#text")).to_have_value("my own text")
        expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base"])
        expect(page.locator("#view")).to_have_value("text")
        page.go_back()
        expect(page.locator("#text")).to_have_value("my own text")


def test_it_can_be_walked_back_and_left(page):
    page.locator("#tour-start").click()
    page.locator("#tour").get_by_role("button", name="Next").click()
    expect(page.locator("#tour-heading")).to_contain_text("2 of 6")
    page.locator("#tour").get_by_role("button", name="Back").click()
    expect(page.locator("#tour-heading")).to_contain_text("1 of 6")
    page.locator("#tour").get_by_role("button", name="Back").click(force=True)
    expect(page.locator("#tour-heading")).to_contain_text("1 of 6")
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
