"""Lesson 1: what it says of tokens is what the library says, and anybody can work through it."""

import minitok
import pytest
from minitok.explain.bigram import Bigram
from minitok.explain.visible import visible
from minitok.play import shakespeare
from playground import HOSTILE
from playwright.sync_api import expect
from web import at_rest, found_by_axe, watched

GPT2, GPT4O = minitok.get_encoding("gpt2"), minitok.get_encoding("o200k_base")
FOX = "The quick brown fox jumps over the lazy dog."
CURLY = "How’s your day going so far?"
HINDI = "नमस्ते"
# The title of each question, the right prediction, the texts whose tokens are shown, each under its encoding, and words that follow from them.
QUESTIONS = [
    (
        "Words and spaces",
        GPT2.count(FOX),
        [(FOX, GPT2), (" quick", GPT2), ("quick", GPT2)],
        [f"index {GPT2.encode(' quick')[0]}", f"index {GPT2.encode('quick')[0]}"],
    ),
    ("One space more", 1, [(FOX.replace(" fox", "  fox"), GPT2), (FOX, GPT2)], ["11 tokens instead of 10"]),
    (
        "Two apostrophes",
        "the curly one",
        [(CURLY.replace("’", "'"), GPT2), (CURLY, GPT2), (CURLY, GPT4O)],
        ["8 against 10", "4 times as large, needs 8 tokens"],
    ),
    (
        "A fruit",
        GPT2.count("strawberry"),
        [("strawberry", GPT2), ("I like strawberry", GPT2)],
        ["3 tokens", "·strawberry", ", ".join(map(str, GPT2.encode("strawberry")))],
    ),
    (
        "A sum",
        "otherwise",
        [("127 + 677", GPT2), ("127 + 677", GPT4O)],
        ["GPT-2 sees 127, 6, 77; GPT-4o sees 127, 677"],
    ),
    (
        "Another language",
        GPT2.count(HINDI),
        [(HINDI, GPT2), (HINDI, GPT4O), ("Hello", GPT2)],
        ["6 code points", "12, against 1", "it takes 4"],
    ),
]


@pytest.fixture
def lesson(window, site):
    with window.used(f"{site}lesson-1.html", "#first .token") as opened:
        yield opened


@pytest.fixture
def own(window, site):
    """The lesson as the last test has left it, for texts of the reader's own."""
    with window.used(f"{site}lesson-1.html", "#first .token", anew=False) as opened:
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


def complete(page, prompt):
    page.locator("#way").evaluate("(way) => way.replaceChildren()")
    page.locator("#prompt [name=prompt]").fill(prompt)
    page.locator("#prompt [type=submit]").click()
    page.locator("#way .completion").wait_for()
    at_rest(page)


def test_predictions_are_judged_and_the_tokens_are_shown_to_every_reader(lesson, site):
    for n_asked, (title, right, texts, words) in enumerate(QUESTIONS, 1):
        predict(lesson, title, right)
        asked = section(lesson, title)
        expect(asked.locator(".verdict")).to_have_text(f"Right: {right}.")
        expect(asked.locator("figure")).to_have_count(len(texts))
        for figure, (text, tok) in zip(asked.locator("figure").all(), texts, strict=True):
            wanted = [
                visible(one) + str(number) for one, number in zip(tok.tokenize(text), tok.encode(text), strict=True)
            ]
            expect(figure.locator(".token")).to_have_count(len(wanted))
            # Python marks a combining character at the beginning where it is drawn, the page where it is made.
            assert [one.removeprefix("\u25cc") for one in figure.locator(".token").all_text_contents()] == wanted
        for word in words:
            expect(asked).to_contain_text(word)
        said = f"{n_asked} of {n_asked} prediction{'s' if n_asked > 1 else ''} right so far."
        expect(lesson.locator("#score")).to_have_text(said)
    predict(lesson, "A fruit", 2)
    complete(lesson, "ROMEO: What is")
    assert found_by_axe(lesson) == []
    lesson.set_viewport_size({"width": 360, "height": 700})
    assert lesson.evaluate("document.documentElement.scrollWidth") <= 360
    every_link_leads_somewhere(lesson, site)


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


def test_it_begins_with_the_readers_own_sentence(own):
    text = "my naïve unforgettableness"
    own.locator("#own input").fill(text)
    counts = [f"{len(text)} characters", "3 words", f"{GPT2.count(text)} tokens"]
    expect(own.locator("#first figcaption")).to_contain_text(counts)
    expect(own.locator("#first figure").last.locator("small")).to_have_text(list(map(str, GPT2.encode(text))))
    own.locator("#own input").fill("a b")
    expect(own.locator("#first .token:not(.plain)")).to_have_text(["a64", "·b275"])
    # A space is read as one.
    expect(own.locator("#first").get_by_role("img", name="space")).to_have_text("·")


@pytest.mark.parametrize(("choice", "seed"), [("draw", 0), ("first", None)])
def test_the_way_from_a_prompt_to_a_completion(own, choice, seed):
    own.locator("#prompt [name=choice]").select_option(choice)
    complete(own, "To be, or")
    corpus = shakespeare().decode()
    steps = Bigram(GPT2.encode(corpus), GPT2.vocab_size).complete(GPT2.encode("To be, or"), 20, seed=seed)
    way = own.locator("#way")
    expect(way).to_contain_text(str(GPT2.encode("To be, or")))
    expect(way.locator("table").first.locator("tbody tr")).to_have_count(GPT2.count("To be, or"))
    counts = [f"{count:,}" for _, count in steps[0].row]
    assert [one for one in way.locator("table").nth(1).locator("td:nth-child(4)").all_inner_texts() if one] == counts
    own.locator("#way input[type=range]").fill("20")
    completed = visible(GPT2.decode_bytes([step.chosen for step in steps])).replace("\n", "")
    expect(way.locator("mark")).to_have_text(completed)
    assert "To+be%2C+or" in own.locator("#in-playground").get_attribute("href")


def test_a_hostile_prompt_is_only_text(own):
    for text in HOSTILE[:5]:
        complete(own, text)
        count = GPT2.count(own.locator("#prompt [name=prompt]").input_value())
        expect(own.locator("#way .tokens").first.locator(".token")).to_have_count(count)
        assert own.evaluate("window.hurt") is None
        assert own.locator("script").count() == 1


def every_link_leads_somewhere(lesson, site):
    onward = [link.get_attribute("href") for link in lesson.locator("#onward a").all()]
    assert onward == ["../course/lesson-01.html", "lesson-2.html"]
    links = {one.get_attribute("href") for one in lesson.locator("a:not(#onward a, .top a, #alone a)").all()}
    assert len(links) == len(QUESTIONS) + 1
    lesson.locator("#onward a").last.click()
    expect(lesson.locator("h1")).to_contain_text("ytes")
    # The page is loaded once and follows the others.
    for link in sorted(links):
        lesson.goto(site + link)
        lesson.locator(".panel .token").first.wait_for()
        at_rest(lesson)
        assert "packed" not in lesson.url
        if "#" in link:
            lesson.locator("#inside details").first.wait_for()


def test_all_of_it_by_keyboard(lesson):
    for title, right, *_ in QUESTIONS:
        predict_by_keyboard(lesson, title, right)
    for _ in range(40):
        lesson.keyboard.press("Tab")
        if lesson.evaluate("document.activeElement.name") == "prompt":
            break
    lesson.keyboard.press("Enter")
    expect(lesson.locator("#way output")).to_have_text("1 of 20 tokens")


def test_what_cannot_be_reached_is_named(browser, site):
    with watched(browser) as page:
        page.allow("404")
        page.route("**/p50k.vocab", lambda route: route.fulfill(status=404))
        page.goto(f"{site}lesson-1.html")
        expect(page.locator("#status")).to_contain_text("p50k.vocab is not there: 404")
