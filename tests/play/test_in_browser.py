"""The playground in a real browser: the tokens and merges that it shows are the library's, also with dropout and while the text changes."""

import re

import minitok
from minitok.data import human_rights, tiny_shakespeare
from minitok.explain.visible import visible
from playground import HOLD, HOSTILE, MIXED, OPEN, choose, go_to, ids_shown, panel, write
from playwright.sync_api import expect
from web import at_rest, until, watched

GPT2, O200K = (minitok.get_encoding(name) for name in ("gpt2", "o200k_base"))

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
    for text in (MIXED, "", "def f(x):\n    return x  # twice\n\n", HOSTILE[-1]):
        write(page, text)
        for name in ("gpt2", "o200k_base", "cl100k_base", "p50k_base", "whisper"):
            assert ids_shown(page, name) == minitok.get_encoding(name).encode(text)
    panel(page, "p50k_base").get_by_role("button").click()
    expect(panel(page, "p50k_base")).to_have_count(0)
    expect(panel(page, "whisper")).to_be_visible()


def test_the_oldest_encoding_makes_room_and_takes_its_token_along(page):
    choose(page, "gpt2", 3)
    for name in ("cl100k_base", "p50k_base", "r50k_base", "p50k_edit", "whisper"):
        page.locator("#add").select_option(name)
        expect(panel(page, name)).to_be_visible()
    expect(page.locator("#status")).to_have_text("gpt2 has made room: 6 encodings are shown at most.")
    expect(page.locator(".panel")).to_have_count(6)
    expect(panel(page, "gpt2")).to_have_count(0)
    expect(page.locator("#inside")).to_contain_text("Choose a token")
    page.locator("h1").hover()
    expect(page.locator(".linked")).to_have_count(0)


def test_an_answer_about_an_encoding_that_has_gone_is_not_shown(page):
    page.evaluate(HOLD, "piece")
    panel(page, "gpt2").locator(".token").nth(3).click()
    until(lambda: page.evaluate("asked.some((one) => one.ask === 'piece')"))
    panel(page, "gpt2").get_by_role("button").click()
    page.evaluate("release()")
    expect(panel(page, "gpt2")).to_have_count(0)
    expect(page.locator("#inside")).to_contain_text("Choose a token")


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
    # What is chosen when the page opens is linked, as long as nothing is pointed at.
    page.locator("h1").hover()
    expect(page.locator(".linked")).to_have_text(["HTTP", "Request", "HTTPRequest"])
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


def test_what_the_fields_change(page):
    """How tokens are shown, their price, and what special tokens are."""
    write(page, "low é")
    ids, tokens = GPT2.encode("low é"), GPT2.tokenize("low é")
    shown = panel(page, "gpt2")
    page.locator("#view").select_option("bytes")
    expect(shown.locator(".token")).to_have_text([token.hex(" ") for token in tokens])
    page.locator("#view").select_option("both")
    both = [visible(token) + str(token_id) for token, token_id in zip(tokens, ids, strict=True)]
    expect(shown.locator(".token")).to_have_text(both)
    page.locator("#price").fill("2500")
    expect(shown.locator(".counts")).to_contain_text(f"costs {len(ids) * 2500 / 1e6:g}")
    page.locator("#price").fill("")
    expect(shown.locator(".counts")).not_to_contain_text("costs")
    write(page, "a<|endoftext|>b")
    page.locator("#view").select_option("text")
    expect(shown.locator(".token.special")).to_have_count(0)
    page.locator("#special").check()
    expect(shown.locator(".token.special")).to_have_text(["<|endoftext|>"])
    choose(page, "gpt2", 1)
    expect(page.locator("#inside")).to_contain_text("The special token is one id")


# -- merges ----------------------------------------------------------------------------------------------------------


def test_stepping_through_the_merges_of_a_token(page):
    write(page, "so parseHTTPRequest")
    choose(page, "gpt2", 2)
    piece = GPT2.explain("so parseHTTPRequest").pieces[1]
    said = page.locator("#inside .step")
    for number, step in enumerate(piece.steps, start=1):
        go_to(page, "#inside", number)
        expect(said).to_contain_text(f"Rank {step['rank']:,}")
        expect(said).to_contain_text(f"id {step['id']}.")
        expect(page.locator("#inside .closer .token")).to_have_count(len(step["ids"]))
        expect(page.locator(".tree g.merge:not(.later)")).to_have_count(number)
        expect(page.locator(".tree g.current")).to_have_count(1)
    go_to(page, "#inside", 0)
    expect(said).to_contain_text("17 bytes")
    for _ in range(2):
        page.locator("#inside").get_by_label("one step on").click()
    expect(page.locator("#inside output")).to_have_text(f"2 of {len(piece.steps)} merges")
    page.locator("#inside").get_by_label("play all steps").click()
    expect(page.locator("#inside output")).to_have_text(f"4 of {len(piece.steps)} merges")
    blocked = page.locator("#inside details", has_text="blocked").last
    blocked.locator("summary").click()
    expect(blocked.locator("tbody tr")).to_have_count(len(piece.blocked))


def test_split_lanes_name_the_alternatives(page):
    text = "I'LL go 1234567"
    write(page, text)
    lanes = minitok.explain.lanes(text, ["gpt2", "o200k"])
    expect(page.locator("#lanes .lane")).to_have_count(2)
    for number, lane in enumerate(lanes):
        wanted = [visible(text.encode()[p.start : p.end]) + p.alternative.label for p in lane.pieces]
        expect(page.locator("#lanes .lane").nth(number).locator(".token")).to_have_text(wanted)


# -- dropout ---------------------------------------------------------------------------------------------------------

TEXT = "unforgettable strawberry, and the unbelievable parseHTTPRequest"


def test_the_slider_of_dropout_shows_tokens_of_the_library(page):
    write(page, TEXT)
    expect(page.locator("#seed")).to_be_hidden()
    expect(page.locator("#drawn")).to_be_hidden()
    page.locator("#view").select_option("ids")
    for percent, seed in [(30, 0), (30, 5), (75, 5)]:
        page.locator("#dropout").fill(str(percent))
        page.locator("#seed").fill(str(seed))
        ids = GPT2.encode(TEXT, dropout=percent / 100, seed=seed)
        counts = panel(page, "gpt2").locator(".counts")
        expect(counts).to_contain_text(f"{len(ids)} tokens")
        expect(counts).to_contain_text(f"{GPT2.count(TEXT)} without dropout")
        assert ids_shown(page, "gpt2") == ids
        expect(page.locator("#drawn code")).to_have_text(f"encode(text, dropout={percent / 100}, seed={seed})")
        # What is drawn at random has no last tokens that may still change.
        expect(page.locator(".unstable")).to_have_count(0)
    page.locator("#dropout").fill("0")
    expect(panel(page, "gpt2").locator(".counts")).to_contain_text("may still change")
    expect(page.locator("#seed")).to_be_hidden()
    assert ids_shown(page, "gpt2") == GPT2.encode(TEXT)


def test_a_link_holds_dropout_and_seed(page, go):
    for said, dropout, seed in [("30,5", 0.3, 5), ("101,5", 0, None), ("30", 0, None), ("30,4294967296", 0, None)]:
        go(text=TEXT, encodings="gpt2", view="ids", dropout=said)
        assert ids_shown(page, "gpt2") == GPT2.encode(TEXT, dropout=dropout, seed=seed)
        if dropout:
            expect(page).to_have_url(re.compile("dropout=30%2C5"))


def test_the_tree_of_a_token_of_several_words_is_in_sight(page, tmp_path):
    line = "In the middle of the night, one of the best"
    others = "one of the best of the night\nIn the middle of the best\nthe best one of the night\n"
    tok = minitok.train([f"{line}\n{others}" * 5], 300, superwords=20)
    assert any(token.count(b" ") > 1 for token in tok.tokenize(line))
    tok.save(tmp_path / "superwords.json")
    page.locator("#open-tokenizer").set_input_files(tmp_path / "superwords.json")
    own = page.locator(".panel").nth(2)
    own.wait_for()
    write(page, line)
    tokens = tok.tokenize(line)
    expect(own.locator(".token")).to_have_count(len(tokens))
    # As narrow as a phone, and so high that only the tree has to scroll.
    page.set_viewport_size({"width": 390, "height": 4000})
    for index in (0, len(tokens) - 1):
        own.locator(".token").nth(index).click()
        label = page.locator("#inside .tree text", has_text=tokens[index].decode().replace(" ", "·")).first
        expect(label).to_be_in_viewport()


# -- a text that changes ---------------------------------------------------------------------------------------------


def type_on(page, text):
    page.locator("#text").evaluate("(field) => field.setSelectionRange(field.value.length, field.value.length)")
    page.locator("#text").press_sequentially(text)


def test_the_tokens_that_may_change_are_hatched(page):
    write(page, "The quick brown f")
    shown = panel(page, "gpt2")
    expect(shown.locator(".token.unstable")).to_have_text(["·f"])
    expect(shown.locator(".counts")).to_contain_text("the last may still change")
    type_on(page, "ox ht")
    text = "The quick brown fox ht"
    n_unstable = GPT2.count(text) - GPT2.session(text).stable
    assert n_unstable > 1
    expect(shown.locator(".token.unstable")).to_have_count(n_unstable)
    expect(shown.locator(".counts")).to_contain_text(f"the last {n_unstable} may still change")
    at_rest(page)
    shown.locator(".token").last.click()
    expect(page.locator("#probe")).to_contain_text("it may be another one if the text goes on")
    shown.locator(".token").first.click()
    expect(page.locator("#probe")).not_to_contain_text("another one")
    write(page, "")
    expect(shown.locator(".counts")).to_have_text(re.compile("^0 tokens"))


def test_it_says_how_much_is_encoded_again(new_page):
    page = new_page
    counts = panel(page, "gpt2").locator(".counts")
    # Nothing is encoded again when the page opens.
    expect(counts).to_contain_text("may still change")
    expect(counts).not_to_contain_text("encoded again")
    text = tiny_shakespeare()[:8000]
    write(page, text)
    expect(counts).to_contain_text("8,000 bytes encoded again")
    # Another text is not a change of all tokens.
    write(page, "two tokens")
    expect(counts).to_contain_text("2 tokens")
    expect(counts).to_contain_text("5.0 a token · 10 bytes encoded again")
    write(page, text)
    expect(counts).to_contain_text("8,000 bytes encoded again")
    type_on(page, "!")
    expect(counts).to_have_text(re.compile(r"1 of [\d,]+ changed · (\d{1,3}|1,\d{3}) bytes encoded again"))
    page.locator("#view").select_option("ids")
    expect(counts).not_to_contain_text("encoded again")


def test_what_is_asked_is_about_the_text_that_is_shown(browser, site):
    # A page whose clock has been changed is of no use to others.
    with watched(browser) as page:
        page.goto(site + OPEN)
        page.locator(".token.unstable").first.wait_for()
        at_rest(page)
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
    tokens = {language: sum(GPT2.count_batch(texts)) for language, texts in human_rights().items()}
    dearest = max(tokens, key=tokens.get)
    expect(rows.first).to_have_text(f"{dearest}{tokens[dearest] / tokens['English']:.2f}{tokens[dearest]:,}")
    expect(rows.filter(has_text="English")).to_contain_text("1.00")
    # Another encoding is billed as soon as it is chosen.
    page.locator("#bill select").select_option("o200k_base")
    expect(rows.filter(has_text="Hindi")).to_contain_text(f"{sum(O200K.count_batch(human_rights()['Hindi'])):,}")
