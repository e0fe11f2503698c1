"""The gallery: each example is a link, and shows what it says."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import minitok
import pytest
from minitok.explain.chips import hue_of
from PIL import Image
from playground import panel
from playwright.sync_api import expect
from web import watched

FOLLOWS = True

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
TITLES = ["Strawberry", "Digits", "Hindi’s bill", "Longest tokens", "Spaces at the end", "Glitch tokens"]


def chosen_in(page):
    return page.locator(".token.chosen bdi").inner_text().replace("·", " ")


@pytest.fixture
def example(page):
    """Open an example: its text and encodings, and the token that is chosen."""

    def opened(title):
        link = page.locator("#gallery a", has_text=title)
        told = parse_qs(urlsplit(link.get_attribute("href")).fragment)
        link.click()
        expect(page.locator("#text")).to_have_value(told["text"][0])
        names = told["encodings"][0].split(",")
        expect(page.locator(".panel h3")).to_have_text(names)
        expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(told["text"][0].encode())))
        page.locator(".token.chosen").wait_for()
        return told["text"][0], [minitok.get_encoding(name) for name in names], chosen_in(page)

    return opened


def test_every_example_is_reached_from_the_keyboard_and_shows_a_tree(page):
    expect(page.locator("#gallery a")).to_have_text(TITLES)
    page.locator("#gallery a").first.focus()
    for title in TITLES:
        expect(page.locator("#gallery a:focus")).to_have_text(title)
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_be_empty()
        told = parse_qs(urlsplit(page.locator("#gallery a:focus").get_attribute("href")).fragment)
        expect(page.locator("#text")).to_have_value(told["text"][0])
        expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(told["text"][0].encode())))
        at, name = told["at"][0].split(",")
        expect(panel(page, name).locator(".token.chosen")).to_be_visible()
        expect(page.locator("#inside")).to_contain_text("The piece is")
        rest = told["text"][0].encode()[int(at) :].decode()
        assert rest.startswith(chosen_in(page))
        page.keyboard.press("Tab")


def test_strawberry(example):
    text, toks, chosen = example("Strawberry")
    assert " strawberry" in text
    assert chosen == " strawberry"
    assert [len(tok.encode(chosen)) for tok in toks] == [1, 1]


def test_digits(example):
    text, (one, other), _ = example("Digits")
    assert "1234567" in text
    assert one.tokenize("1234567") != other.tokenize("1234567")


def test_the_bill_of_hindi(example):
    text, toks, _ = example("Hindi’s bill")
    english, hindi = text.split("\n")
    for tok in toks:
        assert tok.count(hindi) > tok.count(english)


def test_longest_tokens(example):
    text, toks, chosen = example("Longest tokens")
    assert len(chosen) == 34
    for line in text.split("\n")[:2]:
        assert toks[0].count(line) == 1


def test_a_space_at_the_end_is_a_token(example):
    text, toks, chosen = example("Spaces at the end")
    assert text.endswith(" ")
    assert chosen == " Paris"
    assert [tok.tokenize(text)[-1] for tok in toks] == [b" ", b" "]


def test_glitch_tokens(example):
    text, (later, gpt2), chosen = example("Glitch tokens")
    assert chosen == " SolidGoldMagikarp"
    for name in (" SolidGoldMagikarp", " petertodd", " TheNitromeFan", " davidjl"):
        assert name in text
        assert gpt2.count(name) == 1
    assert later.count(" SolidGoldMagikarp") > 1


@pytest.mark.parametrize(("width", "height", "lowest"), [(390, 844, 200), (1280, 720, 220), (1920, 1080, 300)])
def test_tokens_count_and_tree_are_on_the_first_screen(browser, site, width, height, lowest):
    with watched(browser) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(site)
        # The tokens that are in the page give way to those of the core, which are the same.
        expect(page.locator("#loading")).to_have_count(0)
        page.locator(".tree g.current").wait_for()
        expect(page.locator(".counts b")).to_have_text(
            str(minitok.get_encoding("o200k_base").count(page.locator("#text").input_value()))
        )
        assert page.locator(".token").first.bounding_box()["y"] <= lowest
        for part in (".token >> nth=-1", ".counts", "#inside-heading"):
            box = page.locator(f".text {part}" if "#" not in part else part).bounding_box()
            assert box["y"] + box["height"] <= height
        if width > 1000:
            tree = page.locator(".tree").bounding_box()
            assert tree["y"] + tree["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for hidden in ("#compare", "#rest"):
            expect(page.locator(hidden)).to_be_hidden()
        page.locator("#more").click()
        for shown in ("#compare", "#rest"):
            expect(page.locator(shown)).to_be_visible()
        expect(page.locator("#lanes .lane")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_an_example_shows_is_said(page):
    for link in page.locator("#gallery a").all():
        assert link.get_attribute("title").endswith(".")


def test_the_list_of_examples_names_no_example_of_another_text(page, browser):
    assert page.locator("#example").evaluate("(list) => list.selectedIndex") == 1
    page.locator("#example").select_option("program")
    expect(page.locator("#text")).to_have_value(re.compile("def merge_pair"))
    assert page.locator("#example").evaluate("(list) => list.selectedIndex") == 4
    page.locator("#text").fill("mine")
    expect(page.locator("#text-size")).to_have_text("4 bytes, 4 characters")
    assert page.locator("#example").evaluate("(list) => list.selectedIndex") == -1
    with watched(browser) as other:
        other.goto(f"{page.url.split('#')[0]}#text=mine&encodings=gpt2")
        expect(other.locator("#text-size")).to_have_text("4 bytes, 4 characters")
        assert other.locator("#example").evaluate("(list) => list.selectedIndex") == -1


def test_the_first_tokens_and_their_tree_are_in_the_page(browser, site):
    """They are seen before the core has come, and are what the library says."""
    with watched(browser) as page:
        page.allow("404")
        page.context.route("**/*.lzma", lambda route: route.fulfill(status=404))
        page.goto(site)
        tok = minitok.get_encoding("o200k_base")
        text = page.locator("#text").input_value()
        ids = tok.encode(text)
        expect(page.locator("#panels small")).to_have_text(list(map(str, ids)))
        expect(page.locator(".counts b")).to_have_text(str(len(ids)))
        longest = max(tok.tokenize(text), key=len)
        expect(page.locator(".tree g.merge")).to_have_count(len(tok.explain(longest).pieces[0].steps))


def test_the_hue_is_that_of_the_id_in_lanes_tree_and_heading(page):
    page.locator("#view").select_option("both")
    page.locator("#text").fill("the unforgettable melody, the melody of the fox")
    expect(page.locator("#panels")).to_have_attribute("data-bytes", "47")
    page.locator(".panel[data-encoding=o200k_base] .token", has_text="unforgettable").click()
    expect(page.locator("#inside-heading")).to_contain_text("unforgettable")
    hue = "(one) => /\\bt(\\d+)\\b/.exec(one.getAttribute('class'))[1]"
    seen = {}
    for token in page.locator(".panel .token.both").all():
        seen.setdefault(int(token.locator("small").inner_text()), set()).add(int(token.evaluate(hue)))
    assert seen == {token_id: {hue_of(token_id)} for token_id in seen}
    chosen = hue_of(minitok.get_encoding("o200k_base").encode(" unforgettable")[0])
    assert int(page.locator("#inside-heading .token").evaluate(hue)) == chosen
    assert int(page.locator(".tree g.current").evaluate(hue)) == chosen
    edges = page.locator(".panel .token.both").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).borderTopWidth)"
    )
    assert set(edges) <= {"1px", "1.5px"}


def test_what_another_tokenizer_cuts_otherwise_is_marked_and_counted(page):
    page.locator("#text").fill("naïve parseHTTPRequest")
    expect(page.locator("#panels")).to_have_attribute("data-bytes", "23")
    gpt2, later = (minitok.get_encoding(name) for name in ("gpt2", "o200k_base"))
    places = [set(map(tuple, tok.encode_with_offsets("naïve parseHTTPRequest")[1])) for tok in (gpt2, later)]
    for name, tok, other in (("gpt2", gpt2, places[1]), ("o200k_base", later, places[0])):
        spans = list(map(tuple, tok.encode_with_offsets("naïve parseHTTPRequest")[1]))
        marked = page.locator(f".panel[data-encoding={name}] .token").evaluate_all(
            "(all) => all.map((one) => one.classList.contains('other'))"
        )
        assert marked == [span not in other for span in spans]
        expect(page.locator(f".panel[data-encoding={name}] .counts")).to_contain_text(f"{sum(marked)} cut otherwise")
    more = round(100 * (later.count("naïve parseHTTPRequest") / gpt2.count("naïve parseHTTPRequest") - 1))
    said = "as many as gpt2" if not more else f"{abs(more)} % {'more' if more > 0 else 'fewer'} than gpt2"
    expect(page.locator(".panel[data-encoding=o200k_base] .counts")).to_contain_text(said)


def test_a_tokenizer_is_renamed_in_place_and_a_link_keeps_the_name(page, browser):
    name = page.locator(".panel[data-encoding=gpt2] h3 span")
    name.fill("the old one")
    name.press("Enter")
    expect(page.locator(".panel h3")).to_have_text(["the old one", "o200k_base"])
    expect(page.locator("#loop [name=encoding] option").first).to_have_text("the old one")
    page.locator("#copy-link").click()
    expect(page.locator("#status")).to_contain_text("The link")
    with watched(browser) as other:
        other.goto(page.url)
        expect(other.locator(".panel h3")).to_have_text(["the old one", "o200k_base"])


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_picture_of_the_documentation_is_of_this_page(page, site, look):
    """It knows what the page said when it was drawn: `make pictures` draws it anew."""
    with Image.open(IMAGES / f"play-{look}.png") as picture:
        told = picture.text
    page.set_viewport_size({"width": 1280, "height": 1250})
    page.goto(f"{site}index.html#{told['state']}")
    page.reload()
    page.locator(".tree g.current").wait_for()
    expect(page.locator(".bench")).to_have_text(told["shown"], use_inner_text=True)
