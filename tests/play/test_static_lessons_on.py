"""Lessons 2 and 3 as pages: what they say of bytes and merges is what Python and the library say."""

import minitok
import pytest
from axe_playwright_python.sync_playwright import Axe
from minitok.reference.pairs import count_pairs, merge_pair
from playground import HOSTILE
from playwright.sync_api import expect
from test_static_lesson import predict, section
from web import watched

COMPOSED, APART = "caf\u00e9", "cafe\u0301"
BYTES = [
    ("A letter with an accent", len("é".encode())),
    ("A Chinese character", len("漢".encode())),
    ("A crab", len("🦀".encode())),
    ("Two that look alike", "no" if COMPOSED.encode() != APART.encode() else "yes"),
    ("Where a character begins", sum(byte >> 6 != 0b10 for byte in "漢🦀".encode())),
    ("Two words for a shop", len("दुकान".encode())),
]
PENCIL = "low lower lowest"
MERGES = minitok.train([PENCIL], 258, pattern="none").merges
AFTER = merge_pair(merge_pair(list(PENCIL.encode()), MERGES[0], 256), MERGES[1], 257)
PAIRS = [
    ("The first pair", " ".join(map(chr, MERGES[0]))),
    ("The second", len(AFTER)),
    ("Three of a kind, counted", count_pairs(list(b"aaa"))[97, 97]),
    ("Three of a kind, merged", len(merge_pair(list(b"aaa"), (97, 97), 256))),
]
LESSONS = {"lesson-2.html": BYTES, "lesson-3.html": PAIRS}


@pytest.fixture
def lesson(browser, static_site):
    with watched(browser) as page:

        def opened(name):
            page.goto(static_site + name)
            page.locator("#questions form").first.wait_for()
            return page

        yield opened


@pytest.mark.parametrize("name", LESSONS)
def test_predictions_are_judged(lesson, name):
    page = lesson(name)
    for number, (title, right) in enumerate(LESSONS[name], 1):
        predict(page, title, right)
        expect(section(page, title).locator(".verdict")).to_have_text(f"Right: {right}.")
        expect(section(page, title).locator("figure")).not_to_have_count(0)
        expect(page.locator("#score")).to_contain_text(f"{number} of {number} prediction")
    page.reload()
    page.locator("#questions form").first.wait_for()
    title, right = next(one for one in LESSONS[name] if not isinstance(one[1], str))
    predict(page, title, right + 1)
    expect(section(page, title).locator(".verdict")).to_have_text(f"The answer is: {right}.")


@pytest.mark.parametrize("text", ["hé漢🦀", "", "\ud800", "a\tb", *HOSTILE[:2]])
def test_the_bytes_of_a_text(lesson, text):
    page = lesson("lesson-2.html")
    page.locator("#own input").evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )
    chars = page.locator("#own input").input_value().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    rows = page.locator("#bytes tbody tr")
    expect(rows).to_have_count(len(chars))
    for at, char in enumerate(chars):
        own = char.encode()
        expect(rows.nth(at).locator("td").nth(2)).to_have_text(" ".join(map(str, own)))
        expect(rows.nth(at).locator("td").nth(3)).to_have_text(own.hex(" "))
        bits = rows.nth(at).locator("td").nth(4).text_content().split()
        assert bits == [f"{byte:08b}" for byte in own]
    assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize("text", [PENCIL, "aaaaaaa", "naïve naïve café", "x"])
def test_a_text_is_merged_step_by_step(lesson, text):
    page = lesson("lesson-3.html")
    page.locator("#own [name=text]").fill(text)
    page.locator("#own [name=merges]").fill("5")
    page.locator("#own [type=submit]").click()
    merges = minitok.train([text], 261, pattern="none").merges
    if not merges:
        expect(page.locator("#steps")).to_have_text("There is no pair in it.")
        return
    expect(page.locator("#steps output")).to_have_text(f"1 of {len(merges)} merges")
    ids = list(text.encode())
    for at, pair in enumerate(merges):
        page.locator("#steps input[type=range]").fill(str(at + 1))
        count = count_pairs(ids)[pair]
        ids = merge_pair(ids, pair, 256 + at)
        expect(page.locator("#steps .tokens").first.locator("small")).to_have_text(list(map(str, ids)))
        expect(page.locator("#steps .step p").first).to_contain_text(f"make id {256 + at}: {count} place")


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_leads_somewhere(lesson, name, static_site):
    page = lesson(name)
    links = [one.get_attribute("href") for one in page.locator("#onward a").all()]
    assert links[0].startswith("../course/lesson-0")
    page.goto(static_site + links[1])
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_for_every_reader(browser, static_site, name, look):
    with watched(browser, color_scheme=look) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(static_site + name)
        page.locator("#own input").first.wait_for()
        for title, right in LESSONS[name]:
            predict(page, title, right)
            expect(section(page, title).locator(".verdict")).to_be_visible()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0].get("failureSummary")) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
