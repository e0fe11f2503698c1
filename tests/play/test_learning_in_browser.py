"""The playground in a real browser: training, completing, and what can be taken away."""

from xml.etree import ElementTree as ET

import minitok
from minitok.data import tiny_shakespeare
from minitok.explain.bigram import Bigram
from minitok.explain.visible import visible
from PIL import Image
from playground import go_to, train, write
from playwright.sync_api import expect
from web import at_rest, served_folder, watched

# -- training and completing -----------------------------------------------------------------------------------------
# Run in the page: the colours of its tokens and of the boxes of the tree, as red, green and blue.
GROUNDS = """() => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const read = (colour) => { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3); };
    const tokens = [...document.querySelectorAll(".panels .token")].map((one) => getComputedStyle(one).backgroundColor);
    const boxes = [...document.querySelectorAll(".tree rect")].map((one) => getComputedStyle(one).fill);
    return [...tokens, ...boxes].map(read);
}"""


def test_a_trained_tokenizer_can_be_saved_and_opened(page, tmp_path):
    train(page, 270)
    expect(page.locator("#train output")).to_contain_text("is ready")
    with page.expect_download() as saved:
        page.locator("#train [name=save]").click()
    # It is minitok's format, so it must not be called tokenizer.json, which other libraries would try to read.
    assert saved.value.suggested_filename == "mine.minitok.json"
    file = tmp_path / "own.json"
    saved.value.save_as(file)
    text = page.locator("#text").input_value()
    assert minitok.load(file) == minitok.train([text], 270)
    minitok.train(["abab"], 258, name="another").save(file)
    page.locator("#open-tokenizer").set_input_files(file)
    expect(page.locator(".panel h3", has_text="another")).to_be_visible()
    pattern = "|".join(f"a{{{number}}}" for number in range(1, 100))
    minitok.Tokenizer([], pattern=pattern, name="long").save(tmp_path / "long.json")
    page.locator("#open-tokenizer").set_input_files(tmp_path / "long.json")
    lane = page.locator(".lane h3 code", has_text="a{1}|a{2}")
    expect(lane).to_have_attribute("title", pattern)
    assert len(lane.inner_text()) <= 120


def test_training_on_a_file_of_any_bytes(page):
    data = bytes(range(256)) * 3 + "schön schöner".encode("latin-1") * 20
    file = {"name": "odd.bin", "mimeType": "application/octet-stream", "buffer": data}
    page.locator("#train [name=file]").set_input_files(file)
    expect(page.locator("#train [name=from]")).to_have_value("file")
    train(page, 275)
    expect(page.locator("#train output")).to_contain_text("is ready")
    page.locator("#view").select_option("ids")
    write(page, "sch schöner")
    wanted = minitok.train([data], 275).encode("sch schöner")
    expect(page.locator(".panel").nth(2).locator(".token")).to_have_text(list(map(str, wanted)))


def test_the_loop_is_closed(page):
    text = tiny_shakespeare()[:20_000]
    write(page, text)
    tok = minitok.get_encoding("gpt2")
    page.locator("#loop [name=prompt]").fill("Speak")
    page.locator("#loop [name=tokens]").fill("6")
    page.locator("#loop [type=submit]").click()
    model = Bigram(tok.encode(text), tok.vocab_size)
    prompt = tok.encode("Speak")
    steps = model.complete(prompt, 6, seed=0)
    expect(page.locator("#completed mark")).to_have_text(
        visible(tok.decode_bytes([s.chosen for s in steps])).replace("\n", "")
    )
    for number, step in enumerate(steps, start=1):
        go_to(page, "#completed", number)
        expect(page.locator("#completed .step")).to_contain_text(f"Chosen: id {step.chosen}")
        expect(page.locator("#completed .step")).to_contain_text(f"The last id is {step.last}")
        expect(page.locator("#completed .token")).to_have_count(len(prompt) + number)
    page.locator("#loop [name=choice]").select_option("first")
    page.locator("#loop [type=submit]").click()
    greedy = tok.decode_bytes([step.chosen for step in model.complete(prompt, 6, seed=None)])
    expect(page.locator("#completed mark")).to_have_text(visible(greedy).replace("\n", ""))
    expect(page.locator("#completed")).to_contain_text("Bits per byte")


# -- to take away ----------------------------------------------------------------------------------------------------


def test_a_permanent_link_opens_the_same_page_on_another_server(page, pages, browser):
    write(page, tiny_shakespeare()[:3000] + "\ud800")
    train(page, 280)
    expect(page.locator(".panel")).to_have_count(3)
    page.locator("#special").check()
    page.locator("#view").select_option("ids")
    page.locator("#price").fill("3")
    mine = page.locator(".panel").nth(2)
    mine.locator(".token").nth(7).click()
    go_to(page, "#inside", 1)
    expect(page.locator("#inside output")).to_contain_text("1 of")
    page.locator("#copy-link").click()
    expect(page.locator("#status")).to_contain_text("The link")
    link = page.url
    expect(page.locator("#lanes h3 .count").last).to_contain_text("mine")
    at_rest(page)
    looks = [".counts", ".panel h3", ".strip .chosen", "#inside output", "#inside .step", "#lanes .count"]
    wanted = {look: page.locator(look).all_text_contents() for look in looks}
    ids = mine.locator(".token").all_text_contents()
    # A server that has never heard of the trained tokenizer: the link holds all of it.
    with served_folder(pages) as other, watched(browser) as opened:
        opened.goto(other + link[link.index("#") :])
        expect(opened.locator("#inside output")).to_have_text(wanted["#inside output"][0])
        for look, texts in wanted.items():
            expect(opened.locator(look)).to_have_text(texts, use_inner_text=False)
        at_rest(opened)
        assert opened.locator(".panel").nth(2).locator(".token").all_text_contents()[:100] == ids[:100]
        expect(opened.locator("#special")).to_be_checked()
        expect(opened.locator("#price")).to_have_value("3")


def test_what_is_saved_shows_the_tokens(page, tmp_path):
    """As a drawing, with the tree and the address; and as a picture."""
    page.locator(".tree g.current").wait_for()
    at_rest(page)
    for name, kind in (("drawing", "svg"), ("picture", "png")):
        with page.expect_download() as saved:
            page.locator(f"#save-{name}").click()
        saved.value.save_as(tmp_path / f"tokens.{kind}")
    written = (tmp_path / "tokens.svg").read_text(encoding="utf-8")
    drawing = ET.fromstring(written)  # noqa: S314
    said = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    tokens = minitok.get_encoding("gpt2").tokenize(page.locator("#text").input_value())
    assert [visible(token).replace("\n", "") for token in tokens] == said[1 : 1 + len(tokens)]
    assert said.count("HTTPRequest") == 2
    assert "est" in said
    assert said[-1] == f"minitok: {page.url.split('#')[0]}"
    # Programs that know no other colours than these can show it.
    assert "oklch" not in written
    with Image.open(tmp_path / "tokens.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == 1920
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    grounds = page.evaluate(GROUNDS)
    assert len(grounds) > 10
    assert {tuple(ground) for ground in grounds} <= colours
