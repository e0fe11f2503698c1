"""What is shared of the playground: links, a frame for other pages, and the card that is shown beside a link."""

import re

import build_pages
import minitok
from PIL import Image
from playground import panel, write
from playwright.sync_api import expect
from web import at_rest, found_by_axe, served_folder, until, watched

LONG = "One sentence that says it all over again. " * 4000
LINE = re.compile(r"<iframe [^<>]*></iframe>")


def test_a_long_text_makes_a_short_link(page, go):
    write(page, LONG)
    page.locator("#copy-link").click()
    expect(page.locator("#status")).to_contain_text("The link")
    link = page.url
    assert "packed=" in link
    assert len(link) < len(LONG) / 50
    go(text="low lower" * 100, encodings="cl100k_base", view="text", at="4,cl100k_base")
    expect(page.locator("#text")).to_have_value("low lower" * 100)
    expect(panel(page, "cl100k_base").locator(".token.chosen")).to_have_text("·lower")
    expect(page.locator("#inside svg").first).to_be_visible()
    page.goto(link)
    expect(page.locator("#text")).to_have_value(LONG)


def frame_of(page):
    """The line that the button gives: where nothing can be copied, the page shows it."""
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject() } })")
    page.locator("#copy-frame").click()
    expect(page.locator("#status")).to_contain_text("<iframe")
    return LINE.search(page.locator("#status").text_content())[0]


def test_what_is_said_stays_while_older_work_ends(page):
    write(page, "low lower")
    # An answer to the page's question comes when the frame has been copied.
    page.evaluate(
        """() => {
            const ask = Worker.prototype.postMessage;
            Worker.prototype.postMessage = function (...given) { window.asked = true; setTimeout(() => ask.apply(this, given), 500); };
        }"""
    )
    page.locator("#text").fill("low lower lowest")
    until(lambda: page.evaluate("window.asked"))
    frame_of(page)
    expect(panel(page, "gpt2").locator(".token").last).to_have_text("·lowest")
    at_rest(page)
    expect(page.locator("#status")).to_contain_text("<iframe")


def high(body):
    """How high it is when nothing is under way."""
    return body.evaluate("(body) => atRest() && body.offsetHeight")


def test_a_frame_shows_the_text_its_tokens_and_the_tree(page, browser, tmp_path):
    """In a page of somebody's that has the line in it."""
    text = 'How many "r"s & <b>s</b> are in strawberry?'
    write(page, text)
    panel(page, "gpt2").locator(".token").nth(2).click()
    expect(panel(page, "gpt2").locator(".token.chosen")).to_be_visible()
    line = frame_of(page)
    style = "<!DOCTYPE html><html lang='en'><title>A blog</title><link rel='icon' href='data:,'><main><h1>A blog</h1>"
    (tmp_path / "index.html").write_text(f"{style}{line}</main>")
    with served_folder(tmp_path) as blog, watched(browser) as reader:
        reader.goto(blog)
        frame = reader.frame_locator("iframe")
        expect(frame.locator("#text")).to_have_value(text)
        expect(frame.locator(".panel h3")).to_have_text(["gpt2", "o200k_base"])
        expect(frame.locator(".token.chosen")).to_have_text('·"')
        expect(frame.locator("#inside .tree")).to_be_visible()
        for part in (".actions", "#lanes", "#train", "#loop", "#add", "#more"):
            expect(frame.locator(part)).to_be_hidden()
        # It says how high it is, and shrinks, too.
        frame.locator(".tree g.current").wait_for()
        reader.evaluate("addEventListener('message', ({ data }) => { window.told = data.minitok.height; })")
        highs = []
        for written in ("long " * 300, "low lower"):
            frame.locator("#text").fill(written)
            shown = frame.locator(".panel[data-encoding=gpt2] .token")
            expect(shown).to_have_count(len(minitok.get_encoding("gpt2").tokenize(written)))
            until(lambda: high(frame.locator("body")) == reader.evaluate("window.told"))
            highs.append(reader.evaluate("window.told"))
        assert highs[1] < highs[0]
        # The whole playground, with what the frame shows.
        frame.locator("#open-whole[href*='low+lower']").wait_for()
        with reader.context.expect_page() as opened:
            frame.locator("#open-whole").click()
        opened.value.locator("#lanes .token").first.wait_for()
        expect(opened.value.locator("#text")).to_have_value("low lower")
        expect(opened.value.locator("#whole")).to_be_hidden()
        assert "embed" not in opened.value.url


def test_a_frame_of_a_training(window, site):
    with window.used(f"{site}?embed=train#text=low+lower+lowest+low", "#learnt table") as page:
        expect(page.locator("#train output")).to_contain_text("is ready")
        for part in ("#panels", "#gallery", "#lanes", "#loop", ".merges", "#more", "#parity-hint", "#train .file"):
            expect(page.locator(part)).to_be_hidden()
        at_rest(page)
        assert found_by_axe(page) == []


def test_on_a_wall_keys_go_through_tokens_and_steps(window, site):
    with window.used(f"{site}?present") as page:
        expect(page.locator("#loading")).to_have_count(0)
        for part in ("#text", "#more", "#gallery", "#compare", "#rest"):
            expect(page.locator(part)).to_be_hidden()
        expect(page.locator(".counts :is(b, strong):visible")).to_have_text(["14", " tokens"])
        expect(page.locator(".panel h3")).to_be_visible()
        page.locator(".tree g.current").wait_for()
        for width, height in ((1280, 800), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            at_rest(page)
            read = "(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
            assert min(page.locator(".token.both bdi").evaluate_all(read)) >= 28
            tree = page.locator(".tree").bounding_box()
            assert tree["y"] + tree["height"] <= height
            assert page.evaluate("document.documentElement.scrollWidth") == width
        steps = minitok.get_encoding("o200k_base").explain(" unforgettable").pieces[0].steps
        page.keyboard.press("ArrowUp")
        expect(page.locator(".tree g.merge:not(.later)")).to_have_count(len(steps) - 1)
        page.keyboard.press("ArrowDown")
        expect(page.locator(".tree g.merge:not(.later)")).to_have_count(len(steps))
        page.keyboard.press("ArrowRight")
        expect(page.locator(".token.chosen bdi")).to_have_text("·melody")
        expect(page.locator(".step")).to_contain_text("·melody")
        # Of two encodings, a wall shows one.
        window.follow(f"{site}?present#text=so+unforgettably&encodings=gpt2,o200k_base&at=2,gpt2")
        expect(page.locator(".panel:visible")).to_have_count(1)
        expect(page.locator(".panel:visible .token bdi").first).to_have_text("so")
        assert found_by_axe(page) == []


def test_a_frame_is_for_every_reader(window, site):
    with window.used(f"{site}?embed#text=in+strawberry&encodings=gpt2&at=3,gpt2", ".token.chosen") as page:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 420})
            at_rest(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate("document.documentElement.scrollHeight") <= 420
        assert found_by_axe(page) == []


def said_of_itself(page):
    """What a page says of itself, by name."""
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]+)"', page))


def test_a_card_has_a_title_a_sentence_and_a_picture(pages):
    found = said_of_itself((pages / "index.html").read_text(encoding="utf-8"))
    assert found["twitter:card"] == "summary_large_image"
    assert found["og:title"]
    assert found["og:description"]
    assert found["og:image:alt"]
    with Image.open(pages / found["og:image"]) as picture:
        assert picture.size == (int(found["og:image:width"]), int(found["og:image:height"])) == (1200, 630)


def test_where_the_page_will_be_is_said_where_the_builder_knows_it():
    page = build_pages.with_card('<meta name="twitter:card" content="x">', "https://example.org/play/")
    found = said_of_itself(page)
    assert found["og:image"] == "https://example.org/play/play-card.png"
    assert found["og:url"] == "https://example.org/play/"
