"""The gallery: each example is a link, and shows what it says."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import minitok
from minitok.explain.chips import hue_of
from PIL import Image
from playground import panel, write
from playwright.sync_api import expect
from web import at_rest, watched

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
GPT2, O200K = (minitok.get_encoding(name) for name in ("gpt2", "o200k_base"))


def glitches(text, toks):
    names = (" SolidGoldMagikarp", " petertodd", " TheNitromeFan", " davidjl")
    return all(name in text and toks[1].count(name) == 1 for name in names) and toks[0].count(names[0]) > 1


# What each example claims of its text and its encodings, and the token that is chosen.
CLAIMS = {
    "Strawberry": (" strawberry", lambda _, toks: [tok.count(" strawberry") for tok in toks] == [1, 1]),
    "Digits": (None, lambda _, toks: toks[0].tokenize("1234567") != toks[1].tokenize("1234567")),
    "Hindi’s bill": (None, lambda text, toks: all(tok.count(text.split("\n")[1]) > tok.count(text.split("\n")[0]) for tok in toks)),
    "Longest tokens": (None, lambda text, toks: [toks[0].count(line) for line in text.split("\n")[:2]] == [1, 1]),
    "Spaces at the end": (" Paris", lambda text, toks: [tok.tokenize(text)[-1] for tok in toks] == [b" ", b" "]),
    "Glitch tokens": (" SolidGoldMagikarp", glitches),
}  # fmt: skip


def test_every_example_is_reached_from_the_keyboard_and_shows_what_it_says(page):
    expect(page.locator("#gallery a")).to_have_text(list(CLAIMS))
    page.locator("#gallery a").first.focus()
    for title, (wanted, is_so) in CLAIMS.items():
        link = page.locator("#gallery a:focus")
        expect(link).to_have_text(title)
        assert link.get_attribute("title").endswith(".")
        told = parse_qs(urlsplit(link.get_attribute("href")).fragment)
        text, names = told["text"][0], told["encodings"][0].split(",")
        page.keyboard.press("Enter")
        expect(page.locator("#text")).to_have_value(text)
        expect(page.locator(".panel h3")).to_have_text(names)
        expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(text.encode())))
        at_rest(page)
        expect(page.locator("#status")).to_be_empty()
        expect(page.locator("#inside")).to_contain_text("The piece is")
        at, name = told["at"][0].split(",")
        chosen = panel(page, name).locator(".token.chosen bdi").inner_text().replace("·", " ")
        assert text.encode()[int(at) :].decode().startswith(chosen)
        assert wanted in {None, chosen}
        assert is_so(text, [minitok.get_encoding(name) for name in names]), title
        assert title != "Longest tokens" or len(chosen) == 34
        page.keyboard.press("Tab")


def test_tokens_count_and_tree_are_on_the_first_screen(window, site):
    with window.used(site) as page:
        # The tokens that are in the page give way to those of the core, which are the same.
        expect(page.locator("#loading")).to_have_count(0)
        page.locator(".tree g.current").wait_for()
        expect(page.locator(".counts b")).to_have_text(str(O200K.count(page.locator("#text").input_value())))
        for width, height, lowest in ((390, 844, 200), (1280, 720, 220), (1920, 1080, 300)):
            page.set_viewport_size({"width": width, "height": height})
            at_rest(page)
            assert page.locator(".token").first.bounding_box()["y"] <= lowest
            # Where a window is wide, the tree is beside the tokens.
            for part in (".token >> nth=-1", ".counts", "#inside-heading", *([".tree"] if width > 1000 else [])):
                box = page.locator(f".text {part}" if part[:6] in {".token", ".count"} else part).bounding_box()
                assert box["y"] + box["height"] <= height
            assert page.evaluate("document.documentElement.scrollWidth") == width
            for hidden in ("#compare", "#rest"):
                expect(page.locator(hidden)).to_be_hidden()
            page.locator("#more").click()
            for shown in ("#compare", "#rest"):
                expect(page.locator(shown)).to_be_visible()
            expect(page.locator("#lanes .lane")).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            page.locator("#more").click()


def test_the_list_of_examples_names_no_example_of_another_text(page, go):
    index = "(list) => list.selectedIndex"
    assert page.locator("#example").evaluate(index) == 1
    page.locator("#example").select_option("program")
    expect(page.locator("#text")).to_have_value(re.compile("def merge_pair"))
    assert page.locator("#example").evaluate(index) == 4
    write(page, "mine")
    expect(page.locator("#text-size")).to_have_text("4 bytes, 4 characters")
    assert page.locator("#example").evaluate(index) == -1
    page.locator("#example").select_option("program")
    at_rest(page)
    go(text="mine", encodings="gpt2")
    assert page.locator("#example").evaluate(index) == -1


def test_the_first_tokens_and_their_tree_are_in_the_page(browser, site):
    """They are seen before the core has come, and are what the library says."""
    with watched(browser) as page:
        page.allow("404")
        page.context.route("**/*.lzma", lambda route: route.fulfill(status=404))
        page.goto(site)
        text = page.locator("#text").input_value()
        ids = O200K.encode(text)
        expect(page.locator("#panels small")).to_have_text(list(map(str, ids)))
        expect(page.locator(".counts b")).to_have_text(str(len(ids)))
        longest = max(O200K.tokenize(text), key=len)
        expect(page.locator(".tree g.merge")).to_have_count(len(O200K.explain(longest).pieces[0].steps))
        expect(page.locator("#status")).to_contain_text("404")


def test_the_hue_is_that_of_the_id_in_lanes_tree_and_heading(page):
    page.locator("#view").select_option("both")
    write(page, "the unforgettable melody, the melody of the fox")
    page.locator(".panel[data-encoding=o200k_base] .token", has_text="unforgettable").click()
    expect(page.locator("#inside-heading")).to_contain_text("unforgettable")
    hue = "(one) => /\\bt(\\d+)\\b/.exec(one.getAttribute('class'))[1]"
    seen = {}
    for token in page.locator(".panel .token.both").all():
        seen.setdefault(int(token.locator("small").inner_text()), set()).add(int(token.evaluate(hue)))
    assert seen == {token_id: {hue_of(token_id)} for token_id in seen}
    chosen = hue_of(O200K.encode(" unforgettable")[0])
    assert int(page.locator("#inside-heading .token").evaluate(hue)) == chosen
    assert int(page.locator(".tree g.current").evaluate(hue)) == chosen


def test_what_another_tokenizer_cuts_otherwise_is_marked_and_counted(page):
    text = "naïve parseHTTPRequest"
    write(page, text)
    spans = [list(map(tuple, tok.encode_with_offsets(text)[1])) for tok in (GPT2, O200K)]
    for name, own, other in (("gpt2", *spans), ("o200k_base", *spans[::-1])):
        tokens = page.locator(f".panel[data-encoding={name}] .token")
        marked = tokens.evaluate_all("(all) => all.map((one) => one.classList.contains('other'))")
        assert marked == [span not in other for span in own]
        expect(page.locator(f".panel[data-encoding={name}] .counts")).to_contain_text(f"{sum(marked)} cut otherwise")
    more = round(100 * (O200K.count(text) / GPT2.count(text) - 1))
    said = "as many as gpt2" if not more else f"{abs(more)} % {'more' if more > 0 else 'fewer'} than gpt2"
    expect(page.locator(".panel[data-encoding=o200k_base] .counts")).to_contain_text(said)


def test_a_tokenizer_is_renamed_in_place_and_a_link_keeps_the_name(page, go):
    name = page.locator(".panel[data-encoding=gpt2] h3 span")
    name.fill("the old one")
    name.press("Enter")
    expect(page.locator(".panel h3")).to_have_text(["the old one", "o200k_base"])
    expect(page.locator("#loop [name=encoding] option").first).to_have_text("the old one")
    page.locator("#copy-link").click()
    expect(page.locator("#status")).to_contain_text("The link")
    link = page.url
    go(text="a", encodings="gpt2,o200k_base")
    expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base"])
    page.goto(link)
    expect(page.locator(".panel h3")).to_have_text(["the old one", "o200k_base"])


def test_the_pictures_of_the_documentation_are_of_this_page(page):
    """They know what the page said when they were drawn: `make pictures` draws them anew."""
    page.set_viewport_size({"width": 1280, "height": 1250})
    for look in ("light", "dark"):
        with Image.open(IMAGES / f"play-{look}.png") as picture:
            told = picture.text
        page.goto(f"{page.url.partition('#')[0]}#{told['state']}")
        page.reload()
        page.locator(".tree g.current").wait_for()
        expect(page.locator(".bench")).to_have_text(told["shown"], use_inner_text=True)
