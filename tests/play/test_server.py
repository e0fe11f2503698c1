"""The playground's server: what it answers is what the library says."""

import json

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.data import tiny_shakespeare
from minitok.evaluation import evaluate
from minitok.formats import native
from minitok.play.app import create_app
from minitok.play.guard import RequestLimits
from minitok.reference.text import utf8
from requests_to import SITE, answer, ask, native_file, put, refused, train
from starlette.testclient import TestClient

# -- what it answers -------------------------------------------------------------------------------------------------


def test_the_page_needs_only_what_is_served(client):
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "style=" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_it_names_the_published_encodings(client):
    assert [one["name"] for one in client.get("/api/start").json()["encodings"]] == minitok.list_encoding_names()


@given(text=st.text() | st.text("a \n<&😀é\ud800\u202e"), special=st.booleans())
def test_the_tokens_are_those_of_the_library(client, text, special):
    names = ["gpt2", "o200k_base"]
    text += "<|endoftext|>"
    told = answer(client, "tokens", text=text, encodings=names, special=special)
    data = utf8(text)
    assert told["bytes"] == len(data)
    for name, one in zip(names, told["encodings"], strict=True):
        tok = minitok.get_encoding(name)
        assert one["name"] == name
        assert one["ids"] == tok.encode(text, allowed_special="all" if special else ())
        assert one["lengths"] == [len(tok.token_bytes(token_id)) for token_id in one["ids"]]
        assert sum(one["lengths"]) == len(data)


@given(
    before=st.text("ab cé😀<", max_size=9),
    middle=st.text("ab cé😀"),
    after=st.text("ab c1é\ud800"),
    special=st.booleans(),
)
def test_an_edit_is_that_of_a_session(client, before, middle, after, special):
    names, text = ["gpt2", "o200k_base"], before + middle + after
    start, end = len(utf8(before)), len(utf8(before + middle))
    told = answer(client, "edit", text=text, removed="<|x", start=start, end=end, encodings=names, special=special)[
        "encodings"
    ]
    for name, one in zip(names, told, strict=True):
        tok = minitok.get_encoding(name)
        held = utf8(before) + b"<|x" + utf8(after)
        session = tok.session(held.decode(), allowed_special="all" if special else (), unit="byte")
        session.edit(start, start + 3, utf8(middle).decode())
        assert session.text() == utf8(text).decode()
        assert (one["name"], one["stable"], one["encoded"]) == (name, session.stable, session._core.encoded_bytes)


def test_an_edit_of_a_long_text_encodes_a_part_of_it(client):
    text = tiny_shakespeare()[:100_000]
    (one,) = answer(client, "edit", text=text, removed="", start=50_000, end=50_001, encodings=["gpt2"], special=False)[
        "encodings"
    ]
    assert 0 < one["encoded"] < 5000
    assert minitok.get_encoding("gpt2").count(text) - one["stable"] < 5
    # Where the end cannot be cut, what may follow is not searched for.
    (one,) = answer(client, "edit", text="a" * 5000, removed="", start=0, end=1, encodings=["gpt2"], special=False)[
        "encodings"
    ]
    assert one["stable"] is None


@pytest.mark.parametrize(("start", "end"), [(0, 9), (2, 1), (1, 2), (0, 1), (-1, 2)])
def test_an_edit_that_is_not_one(client, start, end):
    asked = {"text": "é b", "removed": "", "start": start, "end": end, "encodings": ["gpt2"], "special": False}
    assert ask(client, "edit", **asked).status_code == 400


def test_the_bill_is_that_of_evaluate(client):
    tok = minitok.get_encoding("o200k_base")
    told = answer(client, "bill", encoding="o200k_base")
    rows = {row.group: row for row in evaluate([tok]).rows}
    assert told["tokens"] == {name: row.tokens for name, row in rows.items()}
    assert rows["Hindi"].premium == told["tokens"]["Hindi"] / told["tokens"][told["base"]]


@given(text=st.text("ab c'l1\n😀é<", min_size=1), special=st.booleans(), data=st.data())
def test_a_piece_is_the_explanation_of_it(client, text, special, data):
    text += "<|endoftext|>"
    at = data.draw(st.integers(0, len(utf8(text)) - 1))
    told = answer(client, "piece", text=text, encoding="gpt2", special=special, at=at)
    whole = minitok.get_encoding("gpt2").explain(text, allowed_special="all" if special else ())
    piece = next(piece for piece in whole.pieces if piece.start <= at < piece.end)
    start = told["start"]
    assert (start + told["piece"]["start"], start + told["piece"]["end"]) == (piece.start, piece.end)
    assert [token["id"] for token in told["piece"]["tokens"]] == [token.id for token in piece.tokens]
    assert [part["id"] for part in told["piece"]["parts"]] == [part.id for part in piece.parts]
    assert [(step["rank"], step["ids"]) for step in told["piece"]["steps"]] == [
        (s["rank"], s["ids"]) for s in piece.steps
    ]
    # What a piece's end blocks depends on what follows it, which an excerpt holds, too.
    assert [(one["id"], one["rank"], one["reason"]) for one in told["piece"]["blocked"]] == [
        (one.id, one.rank, one.reason) for one in piece.blocked
    ]
    assert told["piece"]["alternative"] == (piece.alternative and vars(piece.alternative))


def test_a_piece_of_a_text_of_a_megabyte(client):
    text = "so many words, " * 60_000
    told = answer(client, "piece", text=text, encoding="cl100k_base", special=False, at=500_004)
    assert told["piece"]["alternative"]["label"] == "word"
    assert len(told["piece"]["steps"]) > 0


def test_a_piece_too_long_to_draw(client):
    refused(ask(client, "piece", text="a" * 300, encoding="gpt2", special=False, at=7), 413, "300 bytes", "256")


def test_a_special_token_is_a_piece(client):
    told = answer(client, "piece", text="a<|endoftext|>b", encoding="gpt2", special=True, at=5)
    assert told["piece"]["special"]
    assert [token["id"] for token in told["piece"]["tokens"]] == [50256]


def test_lanes_are_those_of_the_library(client):
    text = "I'LL parseHTTPRequest 1234567"
    told = answer(client, "lanes", text=text, encodings=["gpt2", "r50k_base", "o200k_base"], special=False)
    assert [(lane["pattern"], lane["encodings"]) for lane in told["lanes"]] == [
        ("gpt2", ["gpt2", "r50k_base"]),
        ("o200k", ["o200k_base"]),
    ]
    for lane, wanted in zip(told["lanes"], minitok.explain.lanes(text, ["gpt2", "o200k"]), strict=True):
        assert [(piece["start"], piece["end"]) for piece in lane["pieces"]] == [(p.start, p.end) for p in wanted.pieces]
        assert [piece["alternative"]["label"] for piece in lane["pieces"]] == [
            p.alternative.label for p in wanted.pieces
        ]


def test_lanes_of_a_long_text_stop_at_a_piece_that_is_certain(small):
    text = "é word" * 100
    told = answer(small, "lanes", text=text, encodings=["gpt2"], special=False)
    assert not told["whole"]
    (whole,) = minitok.explain.lanes(text, ["gpt2"])
    spans = [(piece["start"], piece["end"]) for piece in told["lanes"][0]["pieces"]]
    assert spans == [(piece.start, piece.end) for piece in whole.pieces][: len(spans)]
    assert 30 < spans[-1][1] <= 50


def test_a_page_to_keep_is_that_of_explain(client):
    told = ask(client, "page", text="<b>low</b>", encoding="gpt2", special=False)
    assert told.headers["content-type"] == "text/html; charset=utf-8"
    assert told.text == minitok.get_encoding("gpt2").explain("<b>low</b>").to_html()


@pytest.mark.parametrize("text", ["a" * 3000, "tokenization" * 341])
def test_a_page_of_one_long_piece(client, text):
    told = ask(client, "page", text=text, encoding="gpt2", special=False)
    assert told.status_code == 200
    assert told.text == minitok.get_encoding("gpt2").explain(text).to_html()


def test_the_loop_is_closed(client):
    text = "the cat sat. the cat ran. " * 20
    told = answer(client, "bigram", text=text, encoding="gpt2", special=False, prompt="the", length=4, seed=-1)
    tok = minitok.get_encoding("gpt2")
    assert told["prompt"] == tok.encode("the")
    assert told["n_ids"] == tok.count(text)
    ids = [step["chosen"] for step in told["steps"]]
    assert len(ids) == 4
    assert tok.decode(ids).startswith(" cat")
    # Each step looks at the id that the step before it chose.
    assert [step["last"] for step in told["steps"]] == [told["prompt"][-1], *ids[:-1]]
    (bits,) = told["bits_per_byte"]
    assert bits["n_vocab"] == tok.n_vocab
    assert 0 < bits["bits"] < 8


def test_no_text_no_completion(client):
    told = answer(client, "bigram", text="", encoding="gpt2", special=False, prompt="x", length=4, seed=1)
    assert (told["steps"], told["bits_per_byte"]) == ([], [])


def test_a_normal_form_is_a_text_of_its_own(client):
    told = put(client, native.dump(minitok.Tokenizer([(195, 169)], normalizer="NFC").definition).encode()).json()
    text = "e\u0301 caf\u00e9"
    asked = {"text": text, "special": False}
    own, plain = answer(client, "tokens", **asked, encodings=[told["name"], "gpt2"])["encodings"]
    assert own["text"] == "\u00e9 caf\u00e9"
    assert sum(own["lengths"]) == len(own["text"].encode())
    assert "text" not in plain
    piece = answer(client, "piece", **asked, encoding=told["name"], at=4)["piece"]
    assert (piece["start"], piece["end"]) == (0, 6)
    assert [token["token"] for token in piece["tokens"]] == [" ", "c", "a", "f", "\u00e9"]


# -- training --------------------------------------------------------------------------------------------------------


def test_training_tells_every_merge_and_gives_what_the_library_learns(client):
    text = ("low lower lowest <b>\u202e" * 30).encode() + b"\xff"
    response, news = train(client, text, 280, "cl100k", special="<|end|>", name="mine")
    assert response.headers["content-type"] == "application/x-ndjson"
    wanted = minitok.train([text], 280, pattern="cl100k", special_tokens=["<|end|>"], name="mine")
    merges = [merge for line in news for merge in line.get("merges", ())]
    assert [tuple(merge["pair"]) for merge in merges] == wanted.merges
    events = []
    minitok.train([text], 280, pattern="cl100k", special_tokens=["<|end|>"], trace=events.append)
    assert [(m["id"], m["count"], m["ties"]) for m in merges] == [(e["id"], e["count"], len(e["ties"])) for e in events]
    told = news[-1]["tokenizer"]
    assert (told["title"], told["n_vocab"], told["special_tokens"]) == (
        "mine",
        wanted.n_vocab,
        {"<|end|>": wanted.n_vocab - 1},
    )
    # What was trained can be used at once.
    (one,) = answer(client, "tokens", text="lowest<|end|>", encodings=[told["name"]], special=True)["encodings"]
    assert one["ids"] == wanted.encode("lowest<|end|>", allowed_special="all")


def test_a_long_training_goes_on_without_a_trace(client):
    text = tiny_shakespeare()[:100_000]
    _, news = train(client, text.encode(), 1000)
    wanted = minitok.train([text], 1000, pattern="gpt2")
    merges = [tuple(merge["pair"]) for line in news for merge in line.get("merges", ())]
    assert merges == wanted.merges[:512]
    assert native.parse(json.loads(news[-1]["tokenizer"]["file"]), "it") == wanted.definition


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"vocab_size": "many"}, "vocab_size"),
        ({"vocab_size": 255}, "not between 256"),
        ({"vocab_size": 1 << 17}, "65,536"),
        ({"vocab_size": 256, "special": "<s>"}, "not between 257"),
        ({"pattern": "(a+)+$"}, "pattern"),
    ],
)
def test_a_training_that_cannot_be(client, options, word):
    refused(train(client, **options)[0], 400, word)


def test_a_training_that_fails_says_why_in_its_last_line(client):
    _, news = train(client, tie_break="by mood")
    assert news[-1] == {"error": "unknown tie_break 'by mood'; it can be smallest_ids, first_seen, greatest_bytes"}
    _, news = train(client, special="<s>\n<s>")
    assert "given twice" in news[-1]["error"]


def test_a_training_ends_when_its_time_is_over():
    with TestClient(create_app(RequestLimits(training_seconds=0.0)), base_url=SITE) as client:
        _, news = train(client, b"low lower" * 1000, 400)
        assert news == [{"error": "not done in 0 seconds"}]


def test_only_so_many_trainings_at_once():
    with TestClient(create_app(RequestLimits(trainings=0)), base_url=SITE) as client:
        refused(train(client)[0], 503, "too many trainings")


# -- the reader's own tokenizers -------------------------------------------------------------------------------------


def test_a_file_brings_a_tokenizer_back(client, tmp_path):
    tok = minitok.train(["low lower"], 260, pattern="o200k")
    tok.save(tmp_path / "own.json")
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    for name in ("own.json", "tokenizer.json"):
        told = put(client, (tmp_path / name).read_bytes()).json()
        (one,) = answer(client, "tokens", text="lower", encodings=[told["name"]], special=False)["encodings"]
        assert one["ids"] == tok.encode("lower")
        again = put(client, told["file"].encode()).json()
        assert again == told


def test_what_was_forgotten_can_be_sent_again(small):
    files = [put(small, native_file(k)).json() for k in range(3)]
    asked = {"text": "ab", "encodings": [files[0]["name"]], "special": False}
    forgotten = ask(small, "tokens", **asked)
    refused(forgotten, 404, files[0]["name"])
    assert forgotten.json()["kind"] == "Forgotten"
    assert put(small, files[0]["file"].encode()).json()["name"] == files[0]["name"]
    assert answer(small, "tokens", **asked)["encodings"][0]["ids"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a tokenizer of minitok, Hugging Face"),
        (b"{", "not JSON"),
        (b"[1]", "not a tokenizer of minitok"),
        (b'{"format": "minitok", "version": 9}', "version 9"),
        (b"\xff", "not a tokenizer of minitok, Hugging Face"),
    ],
)
def test_a_file_that_is_none(client, data, word):
    refused(put(client, data), 400, word, "the tokenizer's file")
