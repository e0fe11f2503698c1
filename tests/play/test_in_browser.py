"""The playground in a real browser: what it shows is what the library says, and a text is only ever text."""

import io
import random
import re
from urllib.parse import urlencode

import minitok
import pytest
from axe_playwright_python.sync_playwright import Axe
from minitok.data import tiny_shakespeare
from minitok.explain.bigram import Bigram
from minitok.explain.visible import visible
from minitok.text import utf8
from PIL import Image
from playwright.sync_api import expect
from web import running, until, watched

MIXED = "I'LL parseHTTPRequest 1234567\n\tnaïve café, 東京 🦀👩‍💻  e\u0301 \u200b<b>"
HOSTILE = [
    "</textarea><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'><svg onload='window.hurt = 1'>",
    "\"' onmouseover='window.hurt = 1' x=\"",
    "javascript:window.hurt=1 &lt;b&gt; {{7*7}} ${window.hurt=1}",
    "\u202eevil\u2066 \u202b\u2069 مرحبا \u200f\ufeff\x00\x1b[31m\x7f",
    "\ud800 lone \udfff\ud83d surrogates \udc00",
]


def panel(page, name):
    return page.locator(f".panel[data-encoding='{name}']")


def write(page, text):
    """Put a text into the field, lone surrogates and all, and wait until its tokens are shown."""
    put = "(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }"
    page.locator("#text").evaluate(put, text)
    expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(utf8(text))))


def ids_shown(page, name):
    return [int(text) for text in panel(page, name).locator(".token").all_inner_texts()]


def choose(page, name, index):
    panel(page, name).locator(".token").nth(index).click()
    page.locator("#inside .tokens").first.wait_for()


def go_to(page, where, step):
    page.locator(f"{where} input[type=range]").fill(str(step))


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_are_shown_while_one_types(page):
    page.locator("#text").fill("")
    page.locator("#text").press_sequentially("Hello, world! 12345")
    for name in ("gpt2", "o200k_base"):
        wanted = [visible(token) for token in minitok.get_encoding(name).tokenize("Hello, world! 12345")]
        expect(panel(page, name).locator(".token")).to_have_text(wanted)
        expect(panel(page, name).locator(".counts")).to_contain_text(f"{len(wanted)} tokens")


def test_encodings_side_by_side_give_the_ids_of_the_library(page):
    for name in ("cl100k_base", "p50k_base", "whisper"):
        page.locator("#add").select_option(name)
        expect(panel(page, name)).to_be_visible()
    page.locator("#view").select_option("ids")
    for text in (MIXED, "", "def f(x):\n    return x  # twice\n\n", *HOSTILE):
        write(page, text)
        for name in ("gpt2", "o200k_base", "cl100k_base", "p50k_base", "whisper"):
            expect(panel(page, name).locator(".token")).to_have_count(minitok.get_encoding(name).count(text))
            assert ids_shown(page, name) == minitok.get_encoding(name).encode(text)
    panel(page, "p50k_base").get_by_role("button").click()
    expect(panel(page, "p50k_base")).to_have_count(0)
    expect(panel(page, "whisper")).to_be_visible()


def test_the_oldest_encoding_makes_room_and_takes_its_token_along(page):
    choose(page, "gpt2", 3)
    for name in ("cl100k_base", "p50k_base", "r50k_base", "p50k_edit", "whisper"):
        page.locator("#add").select_option(name)
        expect(panel(page, name)).to_be_visible()
    expect(page.locator(".panel")).to_have_count(6)
    expect(panel(page, "gpt2")).to_have_count(0)
    expect(page.locator("#inside")).to_contain_text("Choose a token above")
    page.locator("h1").hover()
    expect(page.locator(".linked")).to_have_count(0)


def test_an_answer_about_an_encoding_that_has_gone_is_not_shown(page):
    held = []

    def hold(route):
        held.append(route)

    page.route("**/api/piece", hold)
    with page.expect_request("**/api/piece"):
        panel(page, "gpt2").locator(".token").nth(3).click()
    panel(page, "gpt2").get_by_role("button").click()
    expect(panel(page, "gpt2")).to_have_count(0)
    for route in held:
        route.fulfill(response=route.fetch())
    page.evaluate("() => fetch('/api/start').then(() => null)")
    expect(page.locator("#inside")).to_contain_text("Choose a token above")


def test_what_cannot_be_seen_is_shown(page):
    for text in (MIXED, *HOSTILE, "\u00a0\u3000\u2028\u0301 \r\t\u00ad\U000e0001"):
        write(page, text)
        told = page.locator("#text").evaluate("(field) => field.value")
        for name in ("gpt2", "o200k_base"):
            wanted = [visible(token).replace("\n", "") for token in minitok.get_encoding(name).tokenize(told)]
            # Python marks a combining character at the beginning where it is drawn, the page where it is made.
            shown = [one.removeprefix("\u25cc") for one in panel(page, name).locator(".token").all_text_contents()]
            assert shown == wanted


def test_pointing_links_the_same_bytes_everywhere(page):
    write(page, "parseHTTPRequest now")
    panel(page, "gpt2").locator(".token", has_text="Request").hover()
    expect(page.locator("#probe")).to_have_text(
        "Request is id 18453 of gpt2: token 3 of 4, bytes 52 65 71 75 65 73 74 at 9–16, characters 9–16"
    )
    expect(panel(page, "o200k_base").locator(".linked")).to_have_text(["HTTPRequest"])
    page.locator("#lanes .token", has_text="now").first.hover()
    expect(panel(page, "o200k_base").locator(".linked")).to_have_text(["·now"])
    page.locator("h1").hover()
    expect(page.locator(".linked")).to_have_count(0)
    # What is chosen is described, and linked, as long as nothing is pointed at.
    choose(page, "gpt2", 0)
    panel(page, "gpt2").locator(".token").last.hover()
    expect(page.locator("#probe")).to_contain_text("token 4 of 4")
    page.locator("h1").hover()
    expect(page.locator("#probe")).to_contain_text("token 1 of 4")
    expect(page.locator(".linked")).to_have_text(["parse", "parse"])


def test_selecting_goes_both_ways(page):
    write(page, "é🦀 parseHTTPRequest")
    field = page.locator("#text")
    field.focus()
    field.evaluate("(field) => field.setSelectionRange(5, 9)")
    expect(panel(page, "gpt2").locator(".linked")).to_have_text(["·parse"])
    choose(page, "gpt2", -1)
    selected = field.evaluate("(field) => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert selected == "Request"


def test_the_same_tokens_as_text_ids_and_bytes(page):
    write(page, "low é")
    tok = minitok.get_encoding("gpt2")
    ids, tokens = tok.encode("low é"), tok.tokenize("low é")
    page.locator("#view").select_option("bytes")
    expect(panel(page, "gpt2").locator(".token")).to_have_text([token.hex(" ") for token in tokens])
    page.locator("#view").select_option("both")
    both = [visible(token) + str(token_id) for token, token_id in zip(tokens, ids, strict=True)]
    expect(panel(page, "gpt2").locator(".token")).to_have_text(both)


def test_special_tokens_are_text_unless_they_are_allowed(page):
    write(page, "a<|endoftext|>b")
    expect(panel(page, "gpt2").locator(".token.special")).to_have_count(0)
    page.locator("#special").check()
    expect(panel(page, "gpt2").locator(".token.special")).to_have_text(["<|endoftext|>"])
    choose(page, "gpt2", 1)
    expect(page.locator("#inside")).to_contain_text("A special token is one id")


def test_a_price_of_the_readers_own(page):
    write(page, "word " * 100)
    n_tokens = minitok.get_encoding("gpt2").count("word " * 100)
    page.locator("#price").fill("2500")
    expect(panel(page, "gpt2").locator(".counts")).to_contain_text(f"costs {n_tokens * 2500 / 1e6:g}")
    page.locator("#price").fill("")
    expect(panel(page, "gpt2").locator(".counts")).not_to_contain_text("costs")


# -- merges ----------------------------------------------------------------------------------------------------------


def test_stepping_through_the_merges_of_a_token(page):
    write(page, "so parseHTTPRequest")
    choose(page, "gpt2", 2)
    piece = minitok.get_encoding("gpt2").explain("so parseHTTPRequest").pieces[1]
    said = page.locator("#inside .step")
    for number, step in enumerate(piece.steps, start=1):
        go_to(page, "#inside", number)
        expect(said).to_contain_text(f"Rank {step['rank']:,}")
        expect(said).to_contain_text(f"id {step['id']}.")
        expect(said.locator(".token")).to_have_count(len(step["ids"]))
        expect(page.locator(".tree g.merge:not(.later)")).to_have_count(number)
        expect(page.locator(".tree g.current")).to_have_count(1)
    go_to(page, "#inside", 0)
    expect(said).to_contain_text("17 bytes")
    for _ in range(2):
        page.locator("#inside").get_by_label("one step on").click()
    expect(page.locator("#inside output")).to_have_text(f"2 of {len(piece.steps)} merges")
    page.locator("#inside").get_by_label("play all steps").click()
    expect(page.locator("#inside output")).to_have_text(f"4 of {len(piece.steps)} merges")
    page.locator("#inside summary").click()
    assert page.locator("#inside details tbody tr").count() == len(piece.blocked)


def test_split_lanes_name_the_alternatives(page):
    text = "I'LL go 1234567"
    write(page, text)
    lanes = minitok.explain.lanes(text, ["gpt2", "o200k"])
    expect(page.locator("#lanes .lane")).to_have_count(2)
    for number, lane in enumerate(lanes):
        wanted = [visible(text.encode()[p.start : p.end]) + p.alternative.label for p in lane.pieces]
        expect(page.locator("#lanes .lane").nth(number).locator(".token")).to_have_text(wanted)


# -- training and completing -----------------------------------------------------------------------------------------


def train(page, vocab_size, **fields):
    page.locator("#train [name=vocab_size]").fill(str(vocab_size))
    for name, value in fields.items():
        page.locator(f"#train [name={name}]").fill(value)
    page.locator("#train [type=submit]").click()


def test_training_on_the_text_and_using_what_was_learnt(page):
    text = tiny_shakespeare()[:30_000]
    write(page, text)
    train(page, 900, special="<|end|>", name="<i>mine</i>")
    expect(page.locator("#train output")).to_contain_text("643 merges: “<i>mine</i>” is ready, 900 ids.")
    tok = minitok.train([text], 900, special_tokens=["<|end|>"])
    # The merges can be stepped through, each with its count and those that it beat.
    events = []
    minitok.train([text], 300, trace=events.append)
    for step in (1, 40):
        go_to(page, "#learnt", step)
        expect(page.locator("#learnt .step")).to_contain_text(
            f"make id {255 + step}: {events[step - 1]['count']:,} place"
        )
        candidates = [f"{one['count']:,}" for one in events[step - 1]["candidates"]]
        expect(page.locator("#learnt td.num")).to_have_text(candidates)
    newest = page.locator("#learnt > .tokens .token").first
    expect(newest).to_have_text(visible(tok.token_bytes(898)) + "898")
    # It stands beside the others at once.
    page.locator("#special").check()
    page.locator("#view").select_option("ids")
    write(page, "To be<|end|>")
    expect(page.locator(".panel")).to_have_count(3)
    mine = page.locator(".panel").nth(2)
    expect(mine.locator("h3")).to_have_text("<i>mine</i>")
    wanted = tok.encode("To be<|end|>", allowed_special="all")
    expect(mine.locator(".token")).to_have_text(list(map(str, wanted)))


def test_a_training_shows_how_far_it_is_and_can_be_stopped(page, served):
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(400_000)]
    corpus = {"name": "words.txt", "mimeType": "text/plain", "buffer": " ".join(words).encode()}
    page.locator("#train [name=file]").set_input_files(corpus)
    train(page, 60_000)
    expect(page.locator("#train output")).to_contain_text(re.compile(r"[1-9]\d* merges? of 59,744"))
    expect(page.locator("#learnt > .tokens .token").first).to_be_visible()
    page.locator("#train [name=stop]").click()
    expect(page.locator("#train output")).to_have_text("Stopped.")
    until(lambda: served[1].state.playground.training == 0)
    # The page can train again.
    page.locator("#train [name=from]").select_option("text")
    train(page, 260)
    expect(page.locator("#train output")).to_contain_text("4 merges")


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
    page.allow("400 (Bad Request)")
    page.locator("#open-tokenizer").set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"{}"})
    expect(page.locator("#status")).to_contain_text("not a minitok file")


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


def test_shakespeare_is_there_to_train_on_and_to_complete(page):
    page.locator("#example").select_option(label="Shakespeare")
    expect(page.locator("#text")).to_have_value(re.compile(r"^First Citizen:\n"))
    text = page.locator("#text").input_value()
    assert tiny_shakespeare().startswith(text)
    assert len(text) > 150_000
    prompt = page.locator("#loop [name=prompt]").input_value()
    assert prompt
    train(page, 1024)
    expect(page.locator("#train output")).to_contain_text("is ready")
    page.locator("#loop [name=encoding]").select_option(label="mine")
    page.locator("#loop [type=submit]").click()
    expect(page.locator("#completed mark")).not_to_be_empty()
    # In a text this long an id has several followers: the model does not only repeat the text.
    expect(page.locator("#completed table").first).not_to_contain_text("100.0 %")


def test_the_loop_is_closed(page):
    text = tiny_shakespeare()[:20_000]
    write(page, text)
    tok = minitok.get_encoding("gpt2")
    page.locator("#loop [name=prompt]").fill("Speak")
    page.locator("#loop [name=tokens]").fill("6")
    page.locator("#loop [type=submit]").click()
    model = Bigram(tok.encode(text), tok.n_vocab)
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


def test_a_permanent_link_opens_the_same_page_on_another_server(page, browser):
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
    expect(page.locator("#lanes .count").first).to_contain_text("mine")
    looks = [".counts", ".panel h3", ".strip .chosen", "#inside output", "#inside .step", "#lanes .count"]
    wanted = {look: page.locator(look).all_text_contents() for look in looks}
    ids = mine.locator(".token").all_text_contents()
    # A server that has never heard of the trained tokenizer: the link holds all of it.
    with running() as (other, _), watched(browser) as opened:
        opened.goto(other + link[link.index("#") :])
        expect(opened.locator("#inside output")).to_have_text(wanted["#inside output"][0])
        for look, texts in wanted.items():
            expect(opened.locator(look)).to_have_text(texts, use_inner_text=False)
        assert opened.locator(".panel").nth(2).locator(".token").all_text_contents()[:100] == ids[:100]
        expect(opened.locator("#special")).to_be_checked()
        expect(opened.locator("#price")).to_have_value("3")


def test_the_server_may_forget_and_be_told_again(page, served):
    train(page, 280)
    expect(page.locator(".panel")).to_have_count(3)
    served[1].state.playground.answers.shelf.own.clear()
    page.allow("404 (Not Found)")
    write(page, "low lower")
    expect(page.locator(".panel")).to_have_count(3)
    expect(page.locator("#status")).to_have_text("")


def test_a_page_saved_is_the_one_that_explain_writes(page, tmp_path):
    write(page, "low <b>lower</b>")
    with page.expect_download() as saved:
        page.locator("#save-page").click()
    saved.value.save_as(tmp_path / "tokens.html")
    assert (tmp_path / "tokens.html").read_text(encoding="utf-8") == minitok.get_encoding("gpt2").explain(
        "low <b>lower</b>"
    ).to_html()
    page.allow("413")
    write(page, "too long for that " * 1000)
    page.locator("#save-page").click()
    expect(page.locator("#status")).to_contain_text("a page holds at most 4,096 bytes")


def test_a_picture_saved_shows_the_tokens(page, tmp_path):
    with page.expect_download() as saved:
        page.locator("#save-picture").click()
    saved.value.save_as(tmp_path / "tokens.png")
    with Image.open(io.BytesIO((tmp_path / "tokens.png").read_bytes())) as picture:
        assert picture.format == "PNG"
        assert picture.width == 1920
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
        assert {(0xA6, 0xCE, 0xE3), (0xFD, 0xD4, 0x9E), (0xB8, 0xE0, 0xB0)} <= colours


# -- strangers' texts ------------------------------------------------------------------------------------------------


def assert_inert(page):
    assert page.evaluate("window.hurt") is None
    made = "(root) => [...new Set([...root.querySelectorAll('.strip *, .step *, .lane *, #learnt *')].map((one) => one.localName))]"
    tags = set(page.locator("main").evaluate(made))
    assert tags <= {
        *(
            "div",
            "span",
            "bdi",
            "i",
            "b",
            "br",
            "small",
            "p",
            "h3",
            "code",
            "mark",
            "table",
            "caption",
            "thead",
            "tbody",
        ),
        *("tr", "th", "td", "svg", "rect", "button", "input", "output"),
    }
    assert page.locator("script").count() == 1
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


def test_a_hostile_link_is_only_text(browser, site):
    fields = [
        {
            "text": HOSTILE[1],
            "encodings": HOSTILE[0],
            "at": f"0,{HOSTILE[1]}",
            "step": "1e9",
            "price": HOSTILE[2],
            "view": "<b>",
        },
        {"text": "a", "encodings": "gpt2," * 10_000, "at": "99999999,gpt2", "step": "-1", "price": "-5"},
    ]
    for field in fields:
        with watched(browser) as page:
            page.goto(f"{site}#{urlencode(field)}")
            page.locator(".token").first.wait_for()
            assert_inert(page)
    for broken in ("packed=%21%21", "packed=AAAA", "own=AAAA", "own=q1YqSSwpVrJSMjQyNjE1M7ewNFCqBQA"):
        with watched(browser) as page:
            page.allow("")  # whatever is wrong with it is said on the page, and the console may say it, too
            page.goto(f"{site}#{broken}" if "packed" in broken else f"{site}#text=still+here&{broken}")
            expect(page.locator("#status")).to_contain_text("A part of this link cannot be read")
            expect(page.locator("#text")).to_have_value("" if "packed" in broken else "still here")
            assert_inert(page)


@pytest.mark.parametrize("unit", ["<b onclick=x>\u202e &amp;", "a", "word "])
def test_a_megabyte_is_shown_a_window_at_a_time(page, unit):
    text = (unit * (1 << 20))[: (1 << 20) - 10].encode()[: (1 << 20) - 10].decode("utf-8", "ignore")
    page.allow("413")  # one of the texts is one piece, whose merges are too many to draw
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
    expect(page.locator("#panels")).to_have_attribute(
        "data-bytes", str(len(page.locator("#text").input_value().encode()))
    )
    assert page.locator("*").count() < 25_000
    assert_inert(page)


def test_more_than_a_megabyte_is_refused_with_words(page):
    put = "(field) => { field.value = 'é'.repeat(600000); field.dispatchEvent(new Event('input')); }"
    page.locator("#text").evaluate(put)
    expect(page.locator("#status")).to_contain_text("1,200,000 bytes; 1,048,576 are the most")
    write(page, "short again")
    expect(page.locator("#status")).to_have_text("")


def test_another_sites_page_gets_nothing_and_does_nothing(browser, served):
    site, app = served
    ask = """([address, body]) => fetch(address, { method: body ? "POST" : "GET", body, mode: "no-cors" })
        .then(() => "answered", () => "failed")"""
    own = app.state.playground.answers.shelf.own
    with running() as (elsewhere, _):
        context = browser.new_context(bypass_csp=True)  # a stranger's page does not keep our rules
        stranger = context.new_page()
        stranger.goto(elsewhere)
        own.clear()
        for path, body in (("start", None), ("tokens", "{}"), ("train?vocab_size=260&pattern=gpt2", "low lower")):
            assert stranger.evaluate(ask, [f"{elsewhere}api/start", None]) == "answered"
            assert stranger.evaluate(ask, [f"{site}api/{path}", body]) == "failed"
        assert not own
        context.close()


def test_a_server_that_is_gone_is_missed(page):
    page.allow("ERR_FAILED")
    page.route("**/api/*", lambda route: route.abort())
    page.locator("#text").fill("anyone?")
    expect(page.locator("#status")).to_contain_text("The server does not answer")


# -- for every reader ------------------------------------------------------------------------------------------------


def test_all_of_it_by_keyboard(page):
    write(page, "low lower lowest\nnewest widest")
    strip = panel(page, "gpt2").locator(".strip")
    page.locator("#text").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if strip.evaluate("(box) => box === document.activeElement"):
            break
    expect(strip).to_be_focused()
    tokens = minitok.get_encoding("gpt2").tokenize("low lower lowest\nnewest widest")

    def chosen(index):
        expect(panel(page, "gpt2").locator("[aria-selected=true]")).to_have_attribute("aria-posinset", str(index + 1))
        active = strip.get_attribute("aria-activedescendant")
        assert page.locator(f"#{active}").get_attribute("aria-posinset") == str(index + 1)

    for key, index in (
        ("ArrowRight", 0),
        ("ArrowRight", 1),
        ("End", len(tokens) - 1),
        ("ArrowLeft", len(tokens) - 2),
        ("Home", 0),
        ("ArrowLeft", 0),
        ("ArrowDown", tokens.index(b"\n") + 1),
        ("ArrowUp", 0),
    ):
        page.keyboard.press(key)
        chosen(index)
    page.keyboard.press("ArrowRight")
    # What is inside comes from the server; until it is there, the slider is that of the token before.
    second = minitok.get_encoding("gpt2").encode("low lower")[1]
    expect(page.locator("#inside .tokens").first).to_contain_text(str(second))
    slider = page.locator("#inside input[type=range]")
    for _ in range(20):
        page.keyboard.press("Tab")
        if slider.evaluate("(box) => box === document.activeElement"):
            break
    expect(slider).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#inside output")).to_contain_text("0 of")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#inside output")).to_contain_text("1 of")


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("view", ["text", "both"])
def test_nothing_that_axe_finds(browser, site, look, view):
    with watched(browser, color_scheme=look) as page:
        page.goto(f"{site}#{urlencode({'text': MIXED, 'encodings': 'gpt2,o200k_base', 'special': 1, 'view': view})}")
        page.locator(".token").first.wait_for()
        choose(page, "gpt2", 4)
        page.locator("#inside summary").click()
        train(page, 270)
        expect(page.locator(".panel")).to_have_count(3)
        page.locator("#loop [type=submit]").click()
        page.locator("#completed .token").first.wait_for()
        found = Axe().run(page).response["violations"]
        assert [
            (one["id"], one["impact"], one["nodes"][0]["html"], one["nodes"][0].get("failureSummary")) for one in found
        ] == []


def test_a_narrow_window_needs_no_sideways_scrolling(page):
    page.set_viewport_size({"width": 360, "height": 700})
    choose(page, "gpt2", 4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
