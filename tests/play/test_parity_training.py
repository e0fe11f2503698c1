"""Training with parity in the playground: the bill of each language before and after."""

import random
import re

import build_pages
import minitok
from minitok.data import human_rights
from minitok.parity import train_parity
from playground import train, write
from playwright.sync_api import expect
from web import found_by_axe

DECLARATION = human_rights()
SAID = "#train output"


def train_fairly(page, vocab_size, **fields):
    page.locator("#train [name=vocab_size]").fill(str(vocab_size))
    for name, value in fields.items():
        page.locator(f"#train [name={name}]").fill(value)
    page.locator("#train [name=parity]").click()


def choose_files(page, folder, **texts):
    """By their paths: the browser reads them itself."""
    paths = [folder / f"{name}.txt" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_bytes(text)
    page.locator("#train [name=file]").set_input_files(paths)


def of_library(texts, vocab_size, **options):
    """Trained plainly and with parity, and how many tokens each language has under both."""
    learning = {key: options.pop(key) for key in ("tie_break",) if key in options}
    dev = {language: DECLARATION[language][:20] for language in texts}
    plain = minitok.train(texts.values(), vocab_size, name="mine, plain", **learning, **options)
    fair = train_parity({each: [text] for each, text in texts.items()}, vocab_size, dev=dev, name="mine", **options)
    bill = {each: [sum(tok.count_batch(DECLARATION[each][20:])) for tok in (plain, fair)] for each in texts}
    return plain, fair, bill


def rows(bill):
    """What the table shows."""
    together = [sum(column) for column in zip(*bill.values(), strict=True)]
    shown = []
    for name, (before, after) in [*bill.items(), ("together", together)]:
        percent = int(100 * (after / before - 1) + 100.5) - 100
        sign = "−" if percent < 0 else "+" if percent else ""
        shown.append(f"{name}{before:,}{after:,}{sign}{abs(percent)} %")
    return shown


def test_the_bill_of_each_language_before_and_after(page, library, tmp_path):
    page.locator("#example").select_option(label="four languages")
    expect(page.locator("#text")).to_have_value(re.compile("^English\nAll human beings"))
    page.locator("#train [name=tie_break]").select_option("first_seen")
    train_fairly(page, 400, special="<s>")
    expect(page.locator(SAID)).to_have_text("“mine, plain” (400 ids) and “mine” (400 ids) are ready.")
    texts = {
        name: "".join(f"{one}\n" for one in DECLARATION[name][:most]) for name, most in build_pages.ARTICLES.items()
    }
    plain, fair, bill = of_library(texts, 400, special_tokens=["<s>"], tie_break="first_seen")
    expect(page.locator("#learnt tbody tr")).to_have_text(rows(bill))
    with page.expect_download() as saved:
        page.locator("#train [name=save]").click()
    saved.value.save_as(tmp_path / "fair.json")
    opened = minitok.load(tmp_path / "fair.json")
    assert opened == fair
    assert without_phases(opened) == without_phases(fair)
    # Both have joined the encodings, by the names of their files.
    text = "The law, das Gesetz, क़ानून"
    page.locator("#view").select_option("ids")
    write(page, text)
    expect(page.locator(".panel")).to_have_count(4)
    for at, tok in ((2, plain), (3, fair)):
        expect(page.locator(".panel").nth(at).locator("h3")).to_have_text(tok.definition.name)
        expect(page.locator(".panel").nth(at).locator(".token")).to_have_text(list(map(str, tok.encode(text))))
    assert library.put(opened)["name"] == page.locator(".panel").nth(3).get_attribute("data-encoding")


def without_phases(tok):
    return {key: value for key, value in tok.definition.trained.items() if key != "phases"}


def test_a_file_for_each_language(page, tmp_path):
    texts = {"Greek": DECLARATION["Greek"][0].encode() + b"\xff", "Thai": "".join(DECLARATION["Thai"][:9]).encode()}
    choose_files(page, tmp_path, **texts)
    expect(page.locator("#train [name=from]")).to_have_value("file")
    train_fairly(page, 400)
    expect(page.locator("#learnt tbody tr")).to_have_text(rows(of_library(texts, 400)[2]))
    # Where no pair is left, training stops.
    choose_files(page, tmp_path, Greek=b"a b a b", Thai="กข กข".encode())
    train_fairly(page, 65_536)
    few = of_library({"Greek": b"a b a b", "Thai": "กข กข".encode()}, 65_536)
    expect(page.locator("#learnt tbody tr")).to_have_text(rows(few[2]))
    expect(page.locator(SAID)).to_contain_text(f"“mine” ({few[1].vocab_size} ids) are ready.")


def test_what_parity_cannot_be_trained_on(page, tmp_path):
    heading = "Before the text of each language must be a line with its name only"
    for text, word in (
        ("first some text\nEnglish\nthe dog", heading),
        ("", heading),
        ("English\nthe dog", "there must be texts in two or more"),
        ("English\nthe dog\nHindi\n \n", "there is no text in Hindi"),
        ("English\nthe dog\nHindi\nनमस्ते\nEnglish\nthe cat", "English is named twice"),
    ):
        write(page, text)
        train_fairly(page, 300)
        expect(page.locator(SAID)).to_contain_text(word)
    for files, word in (
        ({"English": b"the dog", "constructor": b"x"}, "'constructor' is not a language of the declaration"),
        ({"English": b"the dog", "Hindi": b""}, "there is no text in Hindi"),
        ({"English": b"a" * 9_000_000, "German": b"b" * 9_000_000}, "At most 16,777,216 bytes can be trained on."),
    ):
        choose_files(page, tmp_path, **files)
        train_fairly(page, 300)
        expect(page.locator(SAID)).to_contain_text(word)
    choose_files(page, tmp_path, English=b"the dog", German=b"der Hund")
    train(page, 300)
    expect(page.locator(SAID)).to_have_text("Choose one file, or train with parity.")
    # Nothing was learnt, and the page can still learn.
    expect(page.locator(".panel")).to_have_count(2)
    page.locator("#train [name=special]").fill("Hund")
    train_fairly(page, 259)
    expect(page.locator(SAID)).to_contain_text("“mine” (259 ids) are ready.")


def test_it_can_be_stopped(page, tmp_path):
    chance = random.Random(0)
    texts = {
        name: " ".join("".join(chance.choices(letters, k=8)) for _ in range(100_000)).encode()
        for name, letters in (("English", "abcdefghijklmnop"), ("Greek", "αβγδεζηθικλμνξοπ"))
    }
    choose_files(page, tmp_path, **texts)
    train_fairly(page, 60_000)
    expect(page.locator(SAID)).to_contain_text(re.compile(r"[1-9][\d,]* of 59,744"), timeout=60_000)
    page.locator("#train [name=stop]").click()
    expect(page.locator(SAID)).to_have_text("Stopped.")
    expect(page.locator("#learnt table")).to_have_count(0)
    choose_files(page, tmp_path, English=b"the dog", German=b"der Hund")
    train_fairly(page, 257)
    expect(page.locator(SAID)).to_contain_text("are ready")


def test_it_fits_a_telephone_and_is_for_every_reader(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#example").select_option(label="four languages")
    expect(page.locator("#text")).to_have_value(re.compile("^English"))
    train_fairly(page, 300)
    expect(page.locator("#learnt tbody tr")).to_have_count(5)
    wide = "() => [document.documentElement, document.querySelector('#learnt .scroll')].map((one) => one.scrollWidth - one.clientWidth)"
    assert page.evaluate(wide) == [0, 0]
    assert found_by_axe(page, "#train, #learnt") == []
