"""The playground in a real browser: the tokens and merges that it shows are the library's."""

import minitok
from minitok.explain.visible import visible
from playground import HOLD, HOSTILE, MIXED, choose, go_to, ids_shown, panel, write
from playwright.sync_api import expect
from web import until

FOLLOWS = True

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
    expect(page.locator("#inside")).to_contain_text("The special token is one id")


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
    assert blocked.locator("tbody tr").count() == len(piece.blocked)


def test_split_lanes_name_the_alternatives(page):
    text = "I'LL go 1234567"
    write(page, text)
    lanes = minitok.explain.lanes(text, ["gpt2", "o200k"])
    expect(page.locator("#lanes .lane")).to_have_count(2)
    for number, lane in enumerate(lanes):
        wanted = [visible(text.encode()[p.start : p.end]) + p.alternative.label for p in lane.pieces]
        expect(page.locator("#lanes .lane").nth(number).locator(".token")).to_have_text(wanted)
