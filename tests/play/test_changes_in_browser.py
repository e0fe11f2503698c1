"""What the page shows of a text that changes: what is encoded again, and what may still change."""

import re

import minitok
from minitok.data import human_rights, tiny_shakespeare
from playground import HOLD, OPEN, panel, write
from playwright.sync_api import expect
from web import until, watched


def type_on(page, text):
    page.locator("#text").evaluate("(field) => field.setSelectionRange(field.value.length, field.value.length)")
    page.locator("#text").press_sequentially(text)


def test_the_tokens_that_may_change_are_hatched(page):
    tok = minitok.get_encoding("gpt2")
    write(page, "The quick brown f")
    shown = panel(page, "gpt2")
    expect(shown.locator(".token.unstable")).to_have_text(["·f"])
    expect(shown.locator(".counts")).to_contain_text("the last may still change")
    type_on(page, "ox ht")
    text = "The quick brown fox ht"
    n_unstable = tok.count(text) - tok.session(text).stable
    assert n_unstable > 1
    expect(shown.locator(".token.unstable")).to_have_count(n_unstable)
    expect(shown.locator(".counts")).to_contain_text(f"the last {n_unstable} may still change")
    shown.locator(".token").last.click()
    expect(page.locator("#probe")).to_contain_text("it may be another one if the text goes on")
    shown.locator(".token").first.click()
    expect(page.locator("#probe")).not_to_contain_text("another one")
    write(page, "")
    expect(shown.locator(".counts")).to_have_text(re.compile("^0 tokens"))


def test_it_says_how_much_is_encoded_again(page):
    counts = panel(page, "gpt2").locator(".counts")
    # Nothing is encoded again when the page opens.
    expect(counts).to_contain_text("may still change")
    expect(counts).not_to_contain_text("encoded again")
    text = tiny_shakespeare()[:40_000]
    write(page, text)
    expect(counts).to_contain_text("40,000 bytes encoded again")
    # Another text is not a change of all tokens.
    write(page, "two tokens")
    expect(counts).to_contain_text("2 tokens")
    expect(counts).to_contain_text("5.0 a token · 10 bytes encoded again")
    write(page, text)
    expect(counts).to_contain_text("40,000 bytes encoded again")
    type_on(page, "!")
    expect(counts).to_have_text(re.compile(r"1 of [\d,]+ changed · (\d{1,3}|1,\d{3}) bytes encoded again"))
    page.locator("#view").select_option("ids")
    expect(counts).not_to_contain_text("encoded again")


def test_what_is_asked_is_about_the_text_that_is_shown(browser, site):
    # A page whose clock has been changed is of no use to others.
    with watched(browser) as page:
        page.goto(site + OPEN)
        page.locator(".token.unstable").first.wait_for()
        page.evaluate(HOLD, "tokens")
        page.clock.install(time=0)
        page.clock.pause_at(1000)
        field = page.locator("#text")
        longer = "a text that is longer than the one after it"
        field.fill(longer)
        page.clock.run_for(1000)
        expect(page.locator("#text-size")).to_contain_text(f"{len(longer)} bytes")
        # The tokens come when the next text has been typed, but not been asked about.
        field.fill("short")
        page.evaluate("release()")
        expect(page.locator("#panels")).to_have_attribute("data-bytes", str(len(longer)))
        until(lambda: page.evaluate("asked.length") == 4)
        told = page.evaluate("asked")
        assert sorted(one["ask"] for one in told) == ["edit", "lanes", "piece", "tokens"]
        assert {one["data"]["text"] for one in told} == {longer}


def test_the_bill_by_language(page):
    page.locator("#bill select").select_option("gpt2")
    page.locator("#bill button").click()
    rows = page.locator("#billed tbody tr")
    expect(rows).to_have_count(len(human_rights()))
    tok = minitok.get_encoding("gpt2")
    tokens = {language: sum(tok.count_batch(texts)) for language, texts in human_rights().items()}
    dearest = max(tokens, key=tokens.get)
    expect(rows.first).to_have_text(f"{dearest}{tokens[dearest] / tokens['English']:.2f}{tokens[dearest]:,}")
    expect(rows.filter(has_text="English")).to_contain_text("1.00")
    # Another encoding is billed as soon as it is chosen.
    page.locator("#bill select").select_option("o200k_base")
    tok = minitok.get_encoding("o200k_base")
    hindi = sum(tok.count_batch(human_rights()["Hindi"]))
    expect(rows.filter(has_text="Hindi")).to_contain_text(f"{hindi:,}")
