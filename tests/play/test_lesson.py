"""Lesson 1: what it says of tokens is what the library says, and anybody can work through it."""

import re

import minitok
import pytest
from minitok.explain.bigram import Bigram
from minitok.explain.visible import visible
from minitok.play import shakespeare
from playground import HOSTILE
from playwright.sync_api import expect
from web import found_by_axe, served_folder, watched, work_until_shown

GPT2, GPT4O = minitok.get_encoding("gpt2"), minitok.get_encoding("o200k_base")
FOX = "The quick brown fox jumps over the lazy dog."
CURLY = "How’s your day going so far?"
HINDI = "नमस्ते"
# The title of each question, the right prediction, and the texts whose tokens are shown, each under its encoding.
QUESTIONS = [
    ("Words and spaces", GPT2.count(FOX), [(FOX, GPT2), (" quick", GPT2), ("quick", GPT2)]),
    ("One space more", 1, [(FOX.replace(" fox", "  fox"), GPT2), (FOX, GPT2)]),
    ("Two apostrophes", "the curly one", [(CURLY.replace("’", "'"), GPT2), (CURLY, GPT2), (CURLY, GPT4O)]),
    ("A fruit", GPT2.count("strawberry"), [("strawberry", GPT2), ("I like strawberry", GPT2)]),
    ("A sum", "otherwise", [("127 + 677", GPT2), ("127 + 677", GPT4O)]),
    ("Another language", GPT2.count(HINDI), [(HINDI, GPT2), (HINDI, GPT4O), ("Hello", GPT2)]),
]


@pytest.fixture
def lesson(window, site):
    with window.used(f"{site}lesson-1.html", "#first .token") as opened:
        yield opened


def section(page, title):
    return page.get_by_role("region", name=title)


def predict(page, title, prediction):
    asked = section(page, title)
    if isinstance(prediction, str):
        asked.get_by_label(prediction).check()
    else:
        asked.get_by_label("Your prediction").fill(str(prediction))
    asked.get_by_role("button", name="Reveal").click()


def predict_by_keyboard(page, title, right):
    asked = section(page, title)
    # The next field that takes a prediction, however much can be reached on the way.
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "prediction":
            break
    if isinstance(right, str):
        for _ in range(asked.locator("label").all_inner_texts().index(right)):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
    else:
        page.keyboard.type(str(right))
    page.keyboard.press("Enter")
    expect(asked.locator(".verdict")).to_have_text(f"Right: {right}.")


def answer_all(page):
    for title, right, _ in QUESTIONS:
        predict(page, title, right)
        expect(section(page, title).locator(".verdict")).to_be_visible()


def complete(page, prompt):
    page.locator("#prompt [name=prompt]").fill(prompt)
    page.locator("#prompt [type=submit]").click()
    page.locator("#way .completion").wait_for()


@pytest.mark.parametrize(("title", "right", "texts"), QUESTIONS, ids=[title for title, _, _ in QUESTIONS])
def test_a_prediction_is_judged_and_the_tokens_are_shown(lesson, title, right, texts):
    predict(lesson, title, right)
    asked = section(lesson, title)
    expect(asked.locator(".verdict")).to_have_text(f"Right: {right}.")
    expect(asked.locator("figure")).to_have_count(len(texts))
    for number, (text, tok) in enumerate(texts):
        wanted = [visible(token) + str(one) for token, one in zip(tok.tokenize(text), tok.encode(text), strict=True)]
        expect(asked.locator("figure").nth(number).locator(".token")).to_have_count(len(wanted))
        shown = asked.locator("figure").nth(number).locator(".token").all_text_contents()
        # Python marks a combining character at the beginning where it is drawn, the page where it is made.
        assert [one.removeprefix("\u25cc") for one in shown] == wanted
    expect(lesson.locator("#score")).to_have_text("1 of 1 prediction right so far.")


def test_it_begins_with_the_readers_own_sentence(lesson):
    lesson.locator("#own input").fill("my naïve unforgettableness")
    text = "my naïve unforgettableness"
    expect(lesson.locator("#first figcaption")).to_contain_text(
        [f"{len(text)} characters", "3 words", f"{GPT2.count(text)} tokens"]
    )
    expect(lesson.locator("#first figure").last.locator("small")).to_have_text(list(map(str, GPT2.encode(text))))


def test_a_space_is_read_as_one(lesson):
    lesson.locator("#own input").fill("a b")
    expect(lesson.locator("#first .token:not(.plain)")).to_have_text(["a64", "·b275"])
    expect(lesson.locator("#first").get_by_role("img", name="space")).to_have_text("·")


def test_a_wrong_prediction_is_answered_and_the_first_one_counts(lesson):
    section(lesson, "A fruit").get_by_role("button", name="Reveal").click()
    expect(section(lesson, "A fruit").locator(".verdict")).to_have_count(0)
    predict(lesson, "A fruit", 10)
    expect(section(lesson, "A fruit").locator(".verdict")).to_have_text("The answer is: 3.")
    predict(lesson, "A fruit", 3)
    expect(section(lesson, "A fruit").locator(".verdict")).to_have_text("Right: 3.")
    predict(lesson, "A sum", "digit by digit")
    expect(section(lesson, "A sum").locator(".verdict")).to_have_text("The answer is: otherwise.")
    expect(lesson.locator("#score")).to_have_text("0 of 2 predictions right so far.")


def test_what_is_said_follows_from_the_tokens(lesson):
    answer_all(lesson)
    for title, words in (
        ("Words and spaces", [f"index {GPT2.encode(' quick')[0]}", f"index {GPT2.encode('quick')[0]}"]),
        ("One space more", ["11 tokens instead of 10"]),
        ("Two apostrophes", ["8 against 10", "4 times as large, needs 8 tokens"]),
        ("A fruit", ["3 tokens", "·strawberry", ", ".join(map(str, GPT2.encode("strawberry")))]),
        ("A sum", ["GPT-2 sees 127, 6, 77; GPT-4o sees 127, 677"]),
        ("Another language", ["6 code points", "12, against 1", "it takes 4"]),
    ):
        for word in words:
            expect(section(lesson, title)).to_contain_text(word)
    expect(lesson.locator("#score")).to_have_text("6 of 6 predictions right so far.")


@pytest.mark.parametrize(("choice", "seed"), [("draw", 0), ("first", None)])
def test_the_way_from_a_prompt_to_a_completion(lesson, choice, seed):
    lesson.locator("#prompt [name=choice]").select_option(choice)
    complete(lesson, "To be, or")
    corpus = shakespeare().decode()
    steps = Bigram(GPT2.encode(corpus), GPT2.vocab_size).complete(GPT2.encode("To be, or"), 20, seed=seed)
    way = lesson.locator("#way")
    expect(way).to_contain_text(str(GPT2.encode("To be, or")))
    expect(way.locator("table").first.locator("tbody tr")).to_have_count(GPT2.count("To be, or"))
    counts = [f"{count:,}" for _, count in steps[0].row]
    assert [one for one in way.locator("table").nth(1).locator("td:nth-child(4)").all_inner_texts() if one] == counts
    lesson.locator("#way input[type=range]").fill("20")
    completed = visible(GPT2.decode_bytes([step.chosen for step in steps])).replace("\n", "")
    expect(way.locator("mark")).to_have_text(completed)
    assert "To+be%2C+or" in lesson.locator("#in-playground").get_attribute("href")


def test_it_leads_to_the_course_and_to_the_next_lesson(lesson):
    links = [link.get_attribute("href") for link in lesson.locator("#onward a").all()]
    assert links == ["../course/lesson-01.html", "lesson-2.html"]
    lesson.locator("#onward a").last.click()
    expect(lesson.locator("h1")).to_contain_text("ytes")


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_a_hostile_prompt_is_only_text(lesson, text):
    complete(lesson, text)
    expect(lesson.locator("#way .tokens").first.locator(".token")).to_have_count(
        GPT2.count(lesson.locator("#prompt [name=prompt]").input_value())
    )
    assert lesson.evaluate("window.hurt") is None
    assert lesson.locator("script").count() == 1


def test_every_link_leads_somewhere(lesson, site):
    answer_all(lesson)
    links = {one.get_attribute("href") for one in lesson.locator("a:not(#onward a, .top a, #alone a)").all()}
    assert len(links) == len(QUESTIONS) + 1
    for link in sorted(links):
        lesson.goto(site + link)
        lesson.locator(".panel .token").first.wait_for()
        assert "packed" not in lesson.url
        if "#" in link:
            lesson.locator("#inside details").first.wait_for()


def test_all_of_it_by_keyboard(lesson):
    keys = lesson.keyboard
    for title, right, _ in QUESTIONS:
        predict_by_keyboard(lesson, title, right)
    for _ in range(40):
        keys.press("Tab")
        if lesson.evaluate("document.activeElement.name") == "prompt":
            break
    keys.press("Enter")
    expect(lesson.locator("#way output")).to_have_text("1 of 20 tokens")


def test_fifteen_minutes_are_enough(lesson):
    answer_all(lesson)
    complete(lesson, "ROMEO: What is")
    words = len(re.findall(r"\w+", " ".join(lesson.locator("p, li, legend, h2, h3").all_inner_texts())))
    # Two hundred words a minute, a minute for each prediction, and three for the completion.
    assert words / 200 + len(QUESTIONS) + 3 <= 15


def test_the_first_tokens_take_less_than_a_second(browser, site):
    # Whatever else the machine does only adds to it.
    assert 0 < min(work_until_shown(browser, f"{site}lesson-1.html", "#first .token") for _ in range(3)) < 1


def test_what_cannot_be_reached_is_named(browser, pages):
    with served_folder(pages) as address, watched(browser) as page:
        page.allow("404")
        page.context.route("**/p50k.vocab", lambda route: route.fulfill(status=404))
        page.goto(f"{address}lesson-1.html")
        expect(page.locator("#status")).to_contain_text("p50k.vocab is not there: 404")


def test_nothing_that_axe_finds(browser, site):
    with watched(browser) as page:
        page.goto(f"{site}lesson-1.html")
        page.locator("#first .token").first.wait_for()
        answer_all(page)
        predict(page, "A fruit", 2)
        complete(page, "ROMEO: What is")
        assert found_by_axe(page) == []


def test_a_narrow_window_needs_no_sideways_scrolling(lesson):
    lesson.set_viewport_size({"width": 360, "height": 700})
    answer_all(lesson)
    complete(lesson, "ROMEO: What is")
    assert lesson.evaluate("document.documentElement.scrollWidth") <= 360
