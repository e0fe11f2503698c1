"""Dropout and tokens of several words in the playground."""

import re

import minitok
import pytest
from minitok.data import tiny_shakespeare
from playground import MIXED, ids_shown, panel, write
from playwright.sync_api import expect
from questions import as_json
from web import watched

FOLLOWS = True

TEXT = "unforgettable strawberry, and the unbelievable parseHTTPRequest"


def drop(page, percent, seed=0):
    page.locator("#dropout").fill(str(percent))
    page.locator("#seed").fill(str(seed))


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("text", [MIXED, TEXT, "a<|endoftext|>b", tiny_shakespeare()[:20_000]])
def test_the_page_draws_what_the_library_draws(asking, library, text, special):
    for percent, seed in [(10, 7), (100, 0), (35, 2**32 - 1)]:
        asked = {
            "text": text,
            "encodings": ["gpt2", "o200k_base"],
            "special": special,
            "dropout": percent,
            "seed": seed,
        }
        told = as_json(library.tokens(asked))
        assert asking("tokens", asked) == told
        for name, one in zip(asked["encodings"], told["encodings"], strict=True):
            tok, allowed = minitok.get_encoding(name), "all" if special else ()
            assert one["ids"] == tok.encode(text, allowed_special=allowed, dropout=percent / 100, seed=seed)
            assert one["without"] == len(tok.encode(text, allowed_special=allowed))


def test_no_dropout_and_what_is_none(asking, opened):
    plain = {"text": TEXT, "encodings": ["gpt2"], "special": False}
    told = asking("tokens", plain)
    assert asking("tokens", {**plain, "dropout": 0, "seed": 9}) == told
    assert "without" not in told["encodings"][0]
    question = """(asked) => import(new URL("static/source.js", location)).then((source) => source.ask("tokens", asked))
        .then(() => null, (error) => error.message)"""
    for name, wrong in [("dropout", 101), ("dropout", -1), ("seed", 2**32), ("dropout", 0.5)]:
        assert name in opened.evaluate(question, {**plain, name: wrong})


def test_the_slider_shows_tokens_of_the_library(page):
    tok = minitok.get_encoding("gpt2")
    write(page, TEXT)
    expect(page.locator("#seed")).to_be_hidden()
    expect(page.locator("#drawn")).to_be_hidden()
    page.locator("#view").select_option("ids")
    for percent, seed in [(30, 0), (30, 5), (75, 5)]:
        drop(page, percent, seed)
        ids = tok.encode(TEXT, dropout=percent / 100, seed=seed)
        counts = panel(page, "gpt2").locator(".counts")
        expect(counts).to_contain_text(f"{len(ids)} tokens")
        expect(counts).to_contain_text(f"{tok.count(TEXT)} without dropout")
        assert ids_shown(page, "gpt2") == ids
        expect(page.locator("#drawn code")).to_have_text(f"encode(text, dropout={percent / 100}, seed={seed})")
        # What is drawn at random has no last tokens that may still change.
        expect(page.locator(".unstable")).to_have_count(0)
    page.locator("#dropout").fill("0")
    expect(panel(page, "gpt2").locator(".counts")).to_contain_text("may still change")
    expect(page.locator("#seed")).to_be_hidden()
    assert ids_shown(page, "gpt2") == tok.encode(TEXT)


def test_a_link_holds_dropout_and_seed(browser, site):
    tok = minitok.get_encoding("gpt2")
    for said, dropout, seed in [("30,5", 0.3, 5), ("101,5", 0, None), ("30", 0, None), ("30,4294967296", 0, None)]:
        with watched(browser) as page:
            page.goto(f"{site}#text={TEXT.replace(' ', '+')}&encodings=gpt2&view=ids&dropout={said}")
            page.locator(".token").first.wait_for()
            assert ids_shown(page, "gpt2") == tok.encode(TEXT, dropout=dropout, seed=seed)
            if dropout:
                expect(page).to_have_url(re.compile("dropout=30%2C5"))


def test_the_tree_of_a_token_of_several_words_is_in_sight(page, tmp_path):
    line = "In the middle of the night, one of the best"
    others = "one of the best of the night\nIn the middle of the best\nthe best one of the night\n"
    tok = minitok.train([f"{line}\n{others}" * 5], 300, superwords=20)
    assert any(token.count(b" ") > 1 for token in tok.tokenize(line))
    tok.save(tmp_path / "superwords.json")
    page.locator("#open-tokenizer").set_input_files(tmp_path / "superwords.json")
    own = page.locator(".panel").last
    write(page, line)
    tokens = tok.tokenize(line)
    expect(own.locator(".token")).to_have_count(len(tokens))
    # As narrow as a phone, and so high that only the tree has to scroll.
    page.set_viewport_size({"width": 390, "height": 4000})
    for index in (0, len(tokens) - 1):
        own.locator(".token").nth(index).click()
        label = page.locator("#inside .tree text", has_text=tokens[index].decode().replace(" ", "·")).first
        expect(label).to_be_in_viewport()
