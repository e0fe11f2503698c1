"""The playground: trained, linked, offline, and for every reader."""

import gzip
import json
import os
import random
import re

import minitok
import pytest
from minitok.data import tiny_shakespeare
from minitok.explain.visible import visible
from minitok.formats import native
from playground import OPEN, go_to, panel, train, write
from playwright.sync_api import expect
from text_changing import changing
from web import at_rest, served_folder, watched, work_until_shown

# -- training --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", minitok.training.TIE_BREAKS)
def test_training_gives_the_tokenizer_of_the_library(page, library, tmp_path, ties):
    text = tiny_shakespeare()[:15_000]
    write(page, text)
    page.locator("#train [name=tie_break]").select_option(ties)
    train(page, 500, special="<|end|>", name="<i>mine é</i>")
    expect(page.locator("#train output")).to_contain_text("243 merges: “<i>mine é</i>” is ready, 500 ids.")
    expect(page.locator(".panel h3").last).to_have_text("<i>mine é</i>")
    wanted = minitok.train([text], 500, special_tokens=["<|end|>"], tie_break=ties, name="<i>mine é</i>")
    with page.expect_download() as saved:
        page.locator("#train [name=save]").click()
    saved.value.save_as(tmp_path / "own.json")
    opened = minitok.load(tmp_path / "own.json")
    assert opened == wanted
    keys = ("vocab_size", "stop", "merges", "ties", "documents", "bytes", "pieces", "unique_pieces", "tie_break")
    assert {key: opened.definition.trained[key] for key in keys} == {
        key: wanted.definition.trained[key] for key in keys
    }
    # It goes by the hash of the file that the library writes of it.
    assert library.put(opened)["name"] == page.locator(".panel").nth(2).get_attribute("data-encoding")
    # Candidates and counts of a step are those of the trace.
    events = []
    minitok.train([text], 300, tie_break=ties, special_tokens=["<|end|>"], trace=events.append)
    for step in (1, 40):
        go_to(page, "#learnt", step)
        event = events[step - 1]
        expect(page.locator("#learnt .step")).to_contain_text(f"make id {255 + step}: {event['count']:,} place")
        expect(page.locator("#learnt td.num")).to_have_text([f"{one['count']:,}" for one in event["candidates"]])
    newest = page.locator("#learnt > .tokens .token").first
    expect(newest).to_have_text(visible(wanted.token_bytes(498)) + "498")
    page.locator("#special").check()
    page.locator("#view").select_option("ids")
    write(page, "To be<|end|>")
    ids = wanted.encode("To be<|end|>", allowed_special="all")
    expect(page.locator(".panel").nth(2).locator(".token")).to_have_text(list(map(str, ids)))


def test_a_training_shows_how_far_it_is_and_can_be_stopped(page):
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(100_000)]
    corpus = {"name": "words.txt", "mimeType": "text/plain", "buffer": " ".join(words).encode()}
    page.locator("#train [name=file]").set_input_files(corpus)
    train(page, 60_000)
    expect(page.locator("#train output")).to_contain_text(re.compile(r"[1-9][\d,]*( merges?)? of 59,744"))
    expect(page.locator("#learnt > .tokens .token").first).to_be_visible()
    # The page goes on meanwhile.
    write(page, "while it trains")
    page.locator("#train [name=stop]").click()
    expect(page.locator("#train output")).to_have_text("Stopped.")
    page.locator("#train [name=from]").select_option("text")
    train(page, 260)
    expect(page.locator("#train output")).to_contain_text("4 merges")


def test_files_of_tokenizers(page, tmp_path):
    own = minitok.Tokenizer([(97, 98)], pattern=r"(?i)[a-z]+|\d", name="own pattern")
    own.save(tmp_path / "pattern.json")
    page.locator("#open-tokenizer").set_input_files(tmp_path / "pattern.json")
    expect(page.locator(".panel h3")).to_have_text(["gpt2", "o200k_base", "own pattern"])
    expect(page.locator("#lanes .lane", has_text="own pattern").locator(".token").first).to_contain_text("(?i)[a-z]+")
    page.locator("#open-tokenizer").set_input_files({"name": "x.json", "mimeType": "", "buffer": b"["})
    expect(page.locator("#status")).to_contain_text("not JSON")
    expect(page.locator(".panel")).to_have_count(3)


def test_added_tokens_are_shown_as_such(page):
    file = native.dump(changing("late").definition).encode()
    opened = {"name": "late.json", "mimeType": "application/json", "buffer": file}
    page.locator("#open-tokenizer").set_input_files(opened)
    expect(page.locator(".panel")).to_have_count(3)
    write(page, "e\u0301 <a>  b<s>")
    shown = page.locator(".panel").nth(2)
    expect(shown.locator(".counts")).to_contain_text("of the text as it is changed first")
    expect(shown.locator(".token.added")).to_have_text(["é", "<a>"])
    expect(shown.locator(".token.added").first).to_have_attribute("aria-label", "é, id 302, added token")
    expect(shown.locator(".token.special")).to_have_count(0)
    page.locator("#special").check()
    expect(shown.locator(".token.special")).to_have_text(["<s>"])
    expect(shown.locator(".token.added")).to_have_count(2)
    at_rest(page)
    shown.locator(".token").nth(2).click()
    expect(page.locator("#inside")).to_contain_text("The piece is an added token")
    expect(page.locator("#inside")).to_contain_text("The added token is one id: nothing merges.")
    lane = page.locator("#lanes .lane").last
    expect(lane.locator(".token")).to_contain_text(["é", "·", "<a>", "b", "<s>"])
    expect(lane.locator(".token").nth(2)).to_contain_text("added token")


# -- as a page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [" .panel[data-encoding=o200k_base] .token", "lesson-1.html #first .token"])
def test_the_first_tokens_take_less_than_a_second(browser, site, shown):
    name, _, selector = shown.partition(" ")
    # Whatever else the machine does only adds to it.
    assert 0 < min(work_until_shown(browser, site + name, selector) for _ in range(3)) < 1


def test_it_works_from_any_folder_and_with_the_network_off(browser, pages):
    with served_folder(pages.parent) as address, watched(browser) as page:
        page.goto(f"{address}{pages.name}/index.html#text=low+lower&encodings=cl100k_base&view=text&more=1")
        expect(panel(page, "cl100k_base").locator(".token")).to_have_text(["low", "·lower"])
        # What it has, it keeps: nothing is asked for any more but a vocabulary that was not shown yet.
        page.context.set_offline(True)
        write(page, "low low of all")
        expect(panel(page, "cl100k_base").locator(".token")).to_have_text(["low", "·low", "·of", "·all"])
        page.allow("ERR_INTERNET_DISCONNECTED")
        page.locator("#add").select_option("whisper")
        expect(page.locator("#status")).to_contain_text("whisper.vocab cannot be reached")
        page.context.set_offline(False)
        write(page, "and again")
        expect(panel(page, "whisper").locator(".token")).to_have_text(["and", "·again"])


def test_a_core_that_is_missing_is_missed(browser, site):
    with watched(browser) as page:
        page.allow("404")
        page.context.route("**/*.lzma", lambda route: route.fulfill(status=404))
        page.goto(site + OPEN)
        expect(page.locator("#status")).to_contain_text(f"core/{CORE}.lzma is not there: 404")


def test_a_page_that_is_saved_is_the_one_that_explain_writes(page, tmp_path):
    write(page, "low <b>lower</b> naïve 🦀")
    panel(page, "gpt2").locator(".token").first.click()
    with page.expect_download() as saved:
        page.locator("#save-page").click()
    saved.value.save_as(tmp_path / "tokens.html")
    source = (tmp_path / "tokens.html").read_text(encoding="utf-8")
    data = re.compile(r'(?<=<script type="application/json">).*?(?=</script>)')
    wanted = minitok.get_encoding("gpt2").explain("low <b>lower</b> naïve 🦀").to_html()
    assert json.loads(data.search(source)[0]) == json.loads(data.search(wanted)[0])
    assert data.sub("", source) == data.sub("", wanted)
    assert "🦀" not in source
    write(page, "too long for that " * 1000)
    page.locator("#save-page").click()
    expect(page.locator("#status")).to_contain_text("a page holds at most 4,096 bytes")
    expect(page.locator("#about")).to_contain_text("computed in this browser")


# -- what is fetched -------------------------------------------------------------------------------------------------


# Some browsers fetch it, when they have nothing else to do.
ICON = "static/icon.svg"
# The core that a page begins with: by night the small one, which is shipped; for every change there is one for all.
CORE = "first" if os.environ.get("MINITOK_SHIPPED") == "1" else "minitok"
# What a page fetches before it shows tokens, but for the vocabularies that it shows.
FETCHED = {
    "index.html", "static/explain.css", "static/play.css", "static/source.js", "static/refused.js",
    "static/main.js", "core/worker.js", "core/encodings.json", f"core/{CORE}.lzma",
}  # fmt: skip


def test_few_files_are_fetched(browser, site):
    asked = []
    with watched(browser) as page:
        page.context.on("request", lambda request: asked.append(request.url.removeprefix(site)))
        page.goto(f"{site}index.html")
        expect(page.locator("#loading")).to_have_count(0)
    assert sorted({*asked} - {ICON}) == sorted({*FETCHED, "vocabularies/o200k.vocab"})
    assert len(asked) == len(set(asked))


def test_the_core_of_a_lesson_is_fetched_once(browser, site):
    """Its trainings ask the core that the lesson has."""
    asked = []
    with watched(browser) as page:
        page.context.on("request", lambda request: asked.append(request.url.removeprefix(site)))
        page.goto(f"{site}lesson-4.html")
        for question in page.locator("#questions section").all():
            question.get_by_role("button", name="I do not know").click()
            question.locator(".verdict").wait_for()
    assert [name for name in asked if name.endswith(".lzma")] == ["core/minitok.lzma"]
    assert len(asked) == len(set(asked))
    assert len({*asked} - {ICON}) == 8


def test_the_page_and_its_engine_are_small(pages):
    """As servers compress them, which may leave alone what they do not know."""
    fetched = {name: (pages / name).read_bytes() for name in [*FETCHED, "vocabularies/o200k.vocab"]}
    sizes = {name: min(len(content), len(gzip.compress(content))) for name, content in fetched.items()}
    assert sum(sizes.values()) < 950_000, sizes
    assert (pages / "core/minitok.lzma").stat().st_size < 480_000
