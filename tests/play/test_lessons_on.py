"""The lessons after the first as pages: what they say of bytes, merges, pieces, streams, cuts, lists and patches is what Python says."""

import re
from collections import Counter
from contextlib import ExitStack
from itertools import accumulate

import minitok
import pytest
from minitok.course.beyond_bpe import count_next, patches, train_unigram, train_wordpiece, unigram, wordpiece
from minitok.course.lattice import Tokenizations
from minitok.explain.visible import visible
from minitok.play import shakespeare
from minitok.reference.pairs import count_pairs, merge_pair
from minitok.reference.published.patterns import Pattern
from playground import HOSTILE
from playwright.sync_api import expect
from test_lesson import predict, section
from web import found_by_axe

GPT2 = minitok.get_encoding("gpt2")
PLAYS = count_next(shakespeare().decode())
PENCIL = "low lower lowest"
# What each lesson asks for, and the right answers.
LESSONS = {
    "lesson-2.html": {
        "A letter with an accent": 2,
        "A Chinese character": 3,
        "A crab": 4,
        "Two that look alike": "no",
        "Where a character begins": 2,
        "Two words for a shop": 15,
    },
    "lesson-3.html": {
        "The first pair": "l o",
        "The second": 10,
        "Three of a kind, counted": 2,
        "Three of a kind, merged": 2,
    },
    "lesson-4.html": {
        "Into pieces": 8,
        "The second space": "with “back”, behind it",
        "Capitals": 3,
        "Digits": 2,
        "Across an edge": "· + b",
        "A tie": "a + b",
    },
    "lesson-5.html": {
        "Two that share a letter": "c | ba",
        "A token that is never made": "a | bc",
        "One merge, two places": "aa | a",
        "Step by step": 3,
        "Wrong, and not noticed": 3,
        "A real word": 1,
    },
    "lesson-6.html": {
        "Tokens that are text": 0,
        "Half a character": "a, and a space",
        "The end": "\ufffd",
        "Held back": 3,
        "One is lost": 1,
    },
    "lesson-16.html": {
        "The longest that fits": 3,
        "No way back": "[UNK]",
        "The first pair": "w i",
        "The likeliest cut": 3,
        "All cuts": "0.75",
        "Side by side": "WordPiece",
    },
    "lesson-17.html": {"Count them": 6, "Ten letters": 89, "The shortest?": 2, "Dead": 1, "Drift": 2},
    "lesson-18.html": {
        "What is certain": 0,
        "A toss": 1,
        "Three that follow": "1.5",
        "On the line": 1,
        "Words that nobody named": "after each space",
        "Another language": 18,
    },
}


def of_merges(*merges):
    ids = {bytes([byte]): byte for byte in range(256)}
    pairs = []
    for left, right in (merge.encode().split() for merge in merges):
        pairs.append((ids[left], ids[right]))
        ids[left + right] = 255 + len(pairs)
    return minitok.Tokenizer(pairs, pattern="none")


@pytest.fixture
def lesson(window, site):
    with ExitStack() as until_the_end:
        yield lambda name: until_the_end.enter_context(window.used(site + name, "#questions form"))


# Takes away what the last text gave, and fills in all fields at once: what is shown next is of these.
FILL = """([result, fields]) => {
    document.querySelector(result).replaceChildren();
    document.querySelector(".moving")?.removeAttribute("data-ids");
    const form = document.getElementById("own");
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
    form.requestSubmit();
}"""


@pytest.fixture
def own(window, site):
    """own(name of the page, what shows the result, fields): the part of a lesson for the reader's own text; the page is not loaded anew."""
    with ExitStack() as until_the_end:

        def used(name, result, **fields):
            page = until_the_end.enter_context(window.used(site + name, "#questions form", anew=False))
            page.evaluate(FILL, [result, fields])
            return page

        yield used


@pytest.mark.parametrize("name", LESSONS)
def test_predictions_are_judged(lesson, name):
    page = lesson(name)
    for number, (title, right) in enumerate(LESSONS[name].items(), 1):
        predict(page, title, right)
        expect(section(page, title).locator(".verdict")).to_have_text(f"Right: {right}.")
        expect(section(page, title).locator("figure")).not_to_have_count(0)
        expect(page.locator("#score")).to_contain_text(f"{number} of {number} prediction")
    title, right = next(one for one in LESSONS[name].items() if not isinstance(one[1], str))
    predict(page, title, right + 1)
    expect(section(page, title).locator(".verdict")).to_have_text(f"The answer is: {right}.")


@pytest.mark.parametrize("text", ["hé漢🦀", "", "\ud800", "a\tb", *HOSTILE[:2]])
def test_the_bytes_of_a_text(own, text):
    page = own("lesson-2.html", "#bytes", text=text)
    page.locator("#bytes table").wait_for()
    chars = page.locator("#own input").input_value().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    rows = page.locator("#bytes tbody tr")
    expect(rows).to_have_count(len(chars))
    for row, data in zip(rows.all(), map(str.encode, chars), strict=True):
        _, _, numbers, digits, bits = row.locator("td").all_text_contents()
        assert (numbers, digits) == (" ".join(map(str, data)), data.hex(" "))
        assert bits.split() == [f"{byte:08b}" for byte in data]
    assert page.evaluate("window.hurt") is None


def see_ids(page, ids):
    expect(page.locator(".moving")).to_have_attribute("data-ids", " ".join(map(str, ids)))


def frequent(pieces, merges):
    """The merges of a training up to the last that joins a pair in two places, and all pieces before each and at the end."""
    states, made = [pieces], []
    for at, pair in enumerate(merges):
        if sum(count_pairs(ids).get(pair, 0) for ids in pieces) < 2:
            break
        pieces = [merge_pair(ids, pair, 256 + at) for ids in pieces]
        states.append(pieces)
        made.append(pair)
    return made, states


def see_training(page, pieces, merges):
    """The picture shows a training: each merge in three states, counted, chosen, joined."""
    made, states = frequent([list(piece) for piece in pieces], merges)
    made, ids = made[:12], [[one for piece in state for one in piece] for state in states]
    expect(page.locator("#steps output")).to_contain_text(f"of {3 * len(made)} steps")
    see_ids(page, ids[0])
    for at, pair in enumerate(made):
        page.locator("#steps input[type=range]").fill(str(3 * at + 1))
        see_ids(page, ids[at])
        count = sum(count_pairs(piece).get(pair, 0) for piece in states[at])
        expect(page.locator(".said")).to_contain_text(f"occurs {count} time")
        expect(page.locator(".ring.on")).to_have_count(count)
        expect(page.locator(".pairs .best .num")).to_have_text(str(count))
        page.locator("#steps input[type=range]").fill(str(3 * at + 2))
        see_ids(page, ids[at + 1])
        expect(page.locator(".said")).to_contain_text(f"token {256 + at}.")
        expect(page.locator(".length b")).to_have_text(str(len(ids[at + 1])))
    assert page.evaluate("window.hurt") is None


@pytest.mark.parametrize("text", [PENCIL, "aaaaaaa", "naïve naïve café", "x", "", HOSTILE[0]])
def test_a_text_is_merged_step_by_step(own, text):
    page = own("lesson-3.html", "#score", text=text)
    text = page.locator("#own [name=text]").input_value()
    see_training(page, [text.encode()], minitok.train([text], 300, pattern="none").merges)


def test_places_of_a_pair_light_up_where_it_is_pointed_at(lesson):
    page = lesson("lesson-3.html")
    row = page.locator(".pairs tbody tr", has_text="er").first
    for act in (row.hover, lambda: row.locator("button").focus()):
        act()
        expect(page.locator(".ring.on")).to_have_count(count_pairs(list(PENCIL.encode()))[tuple(b"er")])
        page.locator("h1").hover()
    page.locator("#own input").focus()
    expect(page.locator(".ring.on")).to_have_count(0)


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k", "none"])
@pytest.mark.parametrize("text", ["The dog. The dog! Good dogs, 2025.", "naïve café  naïve\u00a0🦀", "ab ab abc"])
def test_pieces_are_counted_and_merged(own, pattern, text):
    page = own("lesson-4.html", "#pieces", text=text, pattern=pattern)
    pieces = Pattern(pattern).split(text.encode())
    expect(page.locator("#pieces figure bdi")).to_have_text([visible(piece) for piece in pieces])
    see_training(page, pieces, minitok.train([text], 300, pattern=pattern).merges)


@pytest.mark.parametrize(
    ("merges", "text"), [("b a\nc b", "cbacb"), ("a b\nb c\nab c", "abcbc"), ("a a\naa aa", "a" * 11)]
)
def test_merges_of_yours(own, merges, text):
    page = own("lesson-5.html", "#ways", merges=merges, text=text)
    tok = of_merges(*merges.split("\n"))
    piece = tok.explain(text).pieces[0]
    see_ids(page, text.encode())
    expect(page.locator("#steps output")).to_have_text(f"0 of {3 * len(piece.steps)} steps")
    for at, step in enumerate(piece.steps):
        page.locator("#steps input[type=range]").fill(str(3 * at + 1))
        expect(page.locator(".said")).to_contain_text(f"has the lowest rank, {step['rank']}.")
        expect(page.locator(".ring.on")).to_have_count(1)
        page.locator("#steps input[type=range]").fill(str(3 * at + 2))
        see_ids(page, step["ids"])
    assert piece.steps[-1]["ids"][-1] == tok.encode(text)[-1]
    expect(page.locator("#ways tbody tr")).to_have_count(4)
    for row in page.locator("#ways tbody tr").all():
        cells = row.locator("td")
        is_right = cells.nth(1).locator(".token").all_text_contents() == [one.decode() for one in tok.tokenize(text)]
        assert cells.nth(2).text_content() == ("right here" if is_right else "wrong")


def test_merges_that_cannot_be(own):
    for merges, text, word in (
        ("a", "ab", "Line 1: “a” is not two tokens"),
        ("a b\na b", "ab", "Line 2: “ab” is a token already"),
        ("n a\nï v", "naïve", "Line 2: “ï” is not a token yet. A line above must make it."),
    ):
        page = own("lesson-5.html", "#ways", merges=merges, text=text)
        expect(page.locator("#status")).to_contain_text(word)


@pytest.mark.parametrize("encoding", ["gpt2", ""])
@pytest.mark.parametrize("text", ["a 🦀, 漢字", "\ufeffa", "plain", *HOSTILE[:2]])
def test_a_completion_comes(own, encoding, text):
    page = own("lesson-6.html", "#stream", encoding=encoding, text=text)
    tok = GPT2 if encoding else minitok.Tokenizer([], pattern="none")
    text = page.locator("#own [name=text]").input_value()
    ids, decoder = tok.encode(text), tok.stream_decoder()
    shown = list(accumulate(map(decoder.push, ids)))
    held = [tok.decode_bytes(ids[:at])[len(came.encode()) :] for at, came in enumerate(shown, 1)]
    # It begins where the first part of a character has come.
    first = next((at for at, kept in enumerate(held, 1) if kept), 1)
    expect(page.locator("#stream output")).to_have_text(f"{first} of {len(ids)} token{'s' if len(ids) > 0 else ''}")
    for at, (came, kept) in enumerate(zip(shown, held, strict=True), 1):
        page.locator("#stream input[type=range]").fill(str(at))
        expect(page.locator("#stream .completion")).to_have_text(visible(came.encode()) or "nothing")
        expect(page.locator("#stream p").last).to_have_text(f"Held back: {kept.hex(' ') or 'nothing'}")


def test_words_are_cut_in_three_ways(own):
    text = shakespeare().decode().lower()
    words, unread = (Counter(re.findall("[a-z]+", part)) for part in (text[:12_000], text[-20_000:]))
    letters = {word[0] for word in words} | {f"##{letter}" for word in words for letter in word[1:]}
    size = 100
    pairs = train_wordpiece(words, size - len(letters))
    vocab = letters | {left + right.removeprefix("##") for left, right in pairs}
    counts = train_unigram(words, size)
    bpe = minitok.train(
        [" ".join(words.elements())],
        256 + size - len(set("".join(words))),
        pattern="[a-z]+",
        tie_break="greatest_bytes",
    )
    page = own("lesson-16.html", "#cuts", size=size, text="Another citizen's")
    ways = (bpe.tokenize, lambda word: wordpiece(word, vocab), lambda word: unigram(word, counts))
    for at, cut in enumerate(ways):
        tokens = [
            one.decode() if isinstance(one, bytes) else one for word in ("another", "citizen", "s") for one in cut(word)
        ]
        expect(page.locator("#cuts figure").nth(at).locator(".token")).to_have_text(tokens)
        total = sum(times * len(cut(word)) for word, times in unread.items() if cut(word) != ["[UNK]"])
        expect(page.locator("#cuts td.num").nth(at)).to_have_text(f"{total:,}")


@pytest.mark.parametrize(
    ("merges", "text"),
    [("l o\nlo w\ne s\nes t\nw e", "lowest"), ("a a", "aaaaaa"), ("n a\nv e", "naïve"), ("", "x"), ("a b", "")],
)
def test_all_lists_for_a_text(own, merges, text):
    page = own("lesson-17.html", "#lists", merges=merges, text=text)
    tok = of_merges(*merges.splitlines())
    ids, data = {tok.token_bytes(token_id): token_id for token_id in range(tok.vocab_size)}, text.encode()
    ways = Tokenizations(ids, data)
    expect(page.locator("#lists output")).to_have_text(f"0 of {ways.count} lists")
    shown = []
    for number in range(ways.count + 1):
        page.locator("#lists input").fill(str(number))
        shown.append([int(one) for one in page.locator("#lists .tokens").first.locator("small").all_inner_texts()])
        expect(page.locator("#lists .on")).to_have_count(len(shown[-1]))
    assert shown[0] == tok.encode(text)
    assert sorted(shown[1:]) == sorted(map(ways.__getitem__, range(ways.count)))
    leading = [str(Tokenizations(ids, data[:end]).count) for end in range(len(data) + 1)]
    assert page.locator("#lists .lattice b").all_inner_texts() == leading


@pytest.mark.parametrize("read", ["plays", "text"])
@pytest.mark.parametrize("line", [0, 1, 3.9, 8])
@pytest.mark.parametrize("text", ["What a queer bird", "naïve नमस्ते", "aaaa", "", HOSTILE[0]])
def test_a_text_in_patches(own, text, line, read):
    page = own("lesson-18.html", "#patches", read=read, bits=line, text=text)
    text = page.locator("#own [name=text]").input_value()
    wanted = patches(text, PLAYS if read == "plays" else count_next(text), line)
    expect(page.locator(".patches")).to_have_count(1)
    shown = page.locator("#patches .patch")
    expect(shown).to_have_count(len(wanted))
    assert [one.locator("span").count() for one in shown.all()] == list(map(len, wanted))
    expect(page.locator("#patches .length b")).to_have_text(str(len(wanted)))
    assert page.evaluate("window.hurt") is None


def test_not_to_know_is_an_answer_and_what_is_done_is_shown(lesson):
    page = lesson("lesson-3.html")
    page.evaluate("localStorage.clear()")
    page.reload()
    page.locator("#questions form").first.wait_for()
    expect(page.locator("#lessons [aria-current]")).to_have_text("3")
    expect(page.locator("#lessons a.done")).to_have_count(0)
    for title, right in LESSONS["lesson-3.html"].items():
        section(page, title).get_by_role("button", name="I do not know").click()
        expect(section(page, title).locator(".verdict")).to_have_text(f"The answer is: {right}.")
    expect(page.locator("#score")).to_contain_text("0 of 4")
    expect(page.locator("#lessons a.done")).to_have_text("3")
    page.locator("#lessons a").first.click()
    expect(page.locator("#lessons [aria-current]")).to_have_text("1")
    expect(page.locator("#lessons a.done")).to_have_attribute("aria-label", "lesson 3, done")


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_leads_somewhere(lesson, name, site):
    page = lesson(name)
    links = [one.get_attribute("href") for one in page.locator("#onward a").all()]
    assert links[0] == f"../course/lesson-{int(name[7:-5]):02}.html"
    page.goto(site + links[1])
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_for_every_reader(lesson, name):
    page = lesson(name)
    page.set_viewport_size({"width": 390, "height": 800})
    for title, right in LESSONS[name].items():
        predict(page, title, right)
        expect(section(page, title).locator(".verdict")).to_be_visible()
    assert found_by_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
