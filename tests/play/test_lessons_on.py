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
from predictions import GPT2, LESSONS, PAIRS, PENCIL, PLAYS, ids_of, of_merges
from test_lesson import predict, predict_by_keyboard, section
from web import found_by_axe, watched


@pytest.fixture
def lesson(window, site):
    with ExitStack() as until_the_end:
        yield lambda name: until_the_end.enter_context(window.used(site + name, "#questions form"))


@pytest.fixture
def own(window, site):
    """The part of a lesson for the reader's own text: own(name of the page, what shows the result).

    Each test fills in all of its fields, so the page is not loaded anew; the result of the last test is taken away.
    """
    with ExitStack() as until_the_end:

        def used(name, result):
            page = until_the_end.enter_context(window.used(site + name, "#questions form", anew=False))
            empty(page.locator(result))
            return page

        yield used


def empty(result):
    result.evaluate("(shown) => shown.replaceChildren()")


@pytest.mark.parametrize("name", LESSONS)
def test_predictions_are_judged(lesson, name):
    page = lesson(name)
    for number, (title, right) in enumerate(LESSONS[name], 1):
        predict(page, title, right)
        expect(section(page, title).locator(".verdict")).to_have_text(f"Right: {right}.")
        expect(section(page, title).locator("figure")).not_to_have_count(0)
        expect(page.locator("#score")).to_contain_text(f"{number} of {number} prediction")
    page.reload()
    page.locator("#questions form").first.wait_for()
    title, right = next(one for one in LESSONS[name] if not isinstance(one[1], str))
    predict(page, title, right + 1)
    expect(section(page, title).locator(".verdict")).to_have_text(f"The answer is: {right}.")


@pytest.mark.parametrize("text", ["hé漢🦀", "", "\ud800", "a\tb", *HOSTILE[:2]])
def test_the_bytes_of_a_text(own, text):
    page = own("lesson-2.html", "#bytes")
    page.locator("#own input").evaluate(
        "(field, text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", text
    )
    chars = page.locator("#own input").input_value().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    rows = page.locator("#bytes tbody tr")
    expect(rows).to_have_count(len(chars))
    for at, char in enumerate(chars):
        data = char.encode()
        expect(rows.nth(at).locator("td").nth(2)).to_have_text(" ".join(map(str, data)))
        expect(rows.nth(at).locator("td").nth(3)).to_have_text(data.hex(" "))
        bits = rows.nth(at).locator("td").nth(4).text_content().split()
        assert bits == [f"{byte:08b}" for byte in data]
    assert page.evaluate("window.hurt") is None


def ids_seen(page):
    return [int(one) for one in (page.locator(".moving").get_attribute("data-ids") or "").split()]


def frequent(pieces, merges):
    """The merges of a training up to the last that joins a pair in two places, and the ids of all pieces before each and at the end."""
    states, made = [pieces], []
    for at, pair in enumerate(merges):
        if sum(count_pairs(ids).get(pair, 0) for ids in pieces) < 2:
            break
        pieces = [merge_pair(ids, pair, 256 + at) for ids in pieces]
        states.append(pieces)
        made.append(pair)
    return made, [[one for ids in state for one in ids] for state in states]


def see_training(page, pieces, merges):
    """The picture shows a training: each merge in three states, counted, chosen, joined."""
    made, states = frequent([list(piece) for piece in pieces], merges)
    made = made[:12]
    expect(page.locator("#steps output")).to_contain_text(f"of {3 * len(made)} steps")
    assert ids_seen(page) == states[0]
    for at, pair in enumerate(made):
        page.locator("#steps input[type=range]").fill(str(3 * at + 1))
        assert ids_seen(page) == states[at]
        count = sum(count_pairs(ids).get(pair, 0) for ids in cut_again(pieces, merges[:at]))
        expect(page.locator(".said")).to_contain_text(f"occurs {count} time")
        expect(page.locator(".ring.on")).to_have_count(count)
        expect(page.locator(".pairs .best .num")).to_have_text(str(count))
        page.locator("#steps input[type=range]").fill(str(3 * at + 2))
        assert ids_seen(page) == states[at + 1]
        expect(page.locator(".said")).to_contain_text(f"token {256 + at}.")
        expect(page.locator(".length b")).to_have_text(str(len(states[at + 1])))
    assert page.evaluate("window.hurt") is None


def cut_again(pieces, merges):
    now = [list(piece) for piece in pieces]
    for at, pair in enumerate(merges):
        now = [merge_pair(ids, pair, 256 + at) for ids in now]
    return now


@pytest.mark.parametrize("text", [PENCIL, "aaaaaaa", "naïve naïve café", "x", "", HOSTILE[0]])
def test_a_text_is_merged_step_by_step(own, text):
    page = own("lesson-3.html", "#score")
    page.locator("#own [name=text]").fill(text)
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
    page = own("lesson-4.html", "#pieces")
    page.locator("#own [name=pattern]").select_option(pattern)
    expect(page.locator("#pieces figure")).to_have_count(1)
    empty(page.locator("#pieces"))  # what is shown next is of this text
    page.locator("#own [name=text]").fill(text)
    pieces = Pattern(pattern).split(text.encode())
    expect(page.locator("#pieces figure bdi")).to_have_text([visible(piece) for piece in pieces])
    see_training(page, pieces, minitok.train([text], 300, pattern=pattern).merges)


MERGES_OF_YOURS = [("b a\nc b", "cbacb"), ("a b\nb c\nab c", "abcbc"), ("a a\naa aa", "a" * 11), ("n a\nï v", "naïve")]


@pytest.mark.parametrize(("merges", "text"), MERGES_OF_YOURS)
def test_merges_of_yours(lesson, merges, text):
    if "ï" in merges:
        page = lesson("lesson-5.html")
        encode(page, merges, text)
        expect(page.locator("#status")).to_have_text("Line 2: “ï” is not a token yet. A line above must make it.")
        return
    page = lesson("lesson-5.html")
    encode(page, merges, text)
    tok = of_merges(*merges.split("\n"))
    piece = tok.explain(text).pieces[0]
    expect(page.locator("#steps output")).to_have_text(f"0 of {3 * len(piece.steps)} steps")
    for at, step in enumerate(piece.steps):
        page.locator("#steps input[type=range]").fill(str(3 * at + 1))
        expect(page.locator(".said")).to_contain_text(f"has the lowest rank, {step['rank']}.")
        expect(page.locator(".ring.on")).to_have_count(1)
        page.locator("#steps input[type=range]").fill(str(3 * at + 2))
        assert ids_seen(page) == list(step["ids"])
    assert ids_seen(page)[-1:] == tok.encode(text)[-1:]
    expect(page.locator("#ways tbody tr")).to_have_count(4)
    for row in page.locator("#ways tbody tr").all():
        cells = row.locator("td")
        is_right = cells.nth(1).locator(".token").all_text_contents() == [one.decode() for one in tok.tokenize(text)]
        assert cells.nth(2).text_content() == ("right here" if is_right else "wrong")


def encode(page, merges, text):
    page.locator("#own [name=merges]").fill(merges)
    page.locator("#own [name=text]").fill(text)


@pytest.mark.parametrize(
    ("merges", "word"), [("a", "Line 1: “a” is not two tokens"), ("a b\na b", "Line 2: “ab” is a token already")]
)
def test_merges_that_cannot_be(lesson, merges, word):
    page = lesson("lesson-5.html")
    encode(page, merges, "ab")
    expect(page.locator("#status")).to_contain_text(word)


@pytest.mark.parametrize("encoding", ["gpt2", ""])
@pytest.mark.parametrize("text", ["a 🦀, 漢字", "\ufeffa", "plain", *HOSTILE[:2]])
def test_a_completion_comes(own, encoding, text):
    page = own("lesson-6.html", "#stream")
    page.locator("#own [name=encoding]").select_option(encoding)
    page.locator("#own [name=text]").fill(text)
    page.locator("#own [type=submit]").click()
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
    page = own("lesson-16.html", "#cuts")
    page.locator("#own [name=size]").fill(str(size))
    page.locator("#own [name=text]").fill("Another citizen's")
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
    page = own("lesson-17.html", "#lists")
    page.locator("#own [name=merges]").fill(merges)
    page.locator("#own [name=text]").fill(text)
    tok = of_merges(*merges.splitlines())
    ids, data = ids_of(tok), text.encode()
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
    page = own("lesson-18.html", "#patches")
    page.locator("#own [name=read]").select_option(read)
    page.locator("#own [name=bits]").fill(str(line))
    page.locator("#own [name=text]").fill(text)
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
    for title, right in PAIRS:
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
def test_a_lesson_is_for_every_reader(browser, site, name):
    # What plays by itself would change under the eyes of Axe.
    with watched(browser, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(site + name)
        page.locator("#own input").first.wait_for()
        for title, right in LESSONS[name]:
            predict(page, title, right)
            expect(section(page, title).locator(".verdict")).to_be_visible()
        assert found_by_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("name", LESSONS)
def test_all_predictions_by_keyboard(lesson, name):
    page = lesson(name)
    for title, right in LESSONS[name]:
        predict_by_keyboard(page, title, right)
