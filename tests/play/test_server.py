"""The playground's server: what it answers is what the library says; it answers nobody else, and nothing without limit."""

import asyncio
import json
import time
from types import MappingProxyType

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.data import tiny_shakespeare
from minitok.formats import native
from minitok.play.app import create_app
from minitok.play.guard import Limits, host_name
from minitok.play.requests import TooSlow, body
from minitok.text import utf8
from starlette.testclient import TestClient

SITE = "http://127.0.0.1:8765"
SMALL = Limits(text=1000, explained=100, lanes=50, corpus=2000, encodings=2, vocab_size=1000, kept=2)


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(), base_url=SITE) as opened:
        yield opened


@pytest.fixture
def small():
    with TestClient(create_app(SMALL), base_url=SITE) as opened:
        yield opened


def ask(client, name, **asked):
    return client.post(f"/api/{name}", content=json.dumps(asked).encode(), headers={"content-type": "application/json"})


def answer(client, name, **asked):
    response = ask(client, name, **asked)
    assert response.status_code == 200, response.text
    return response.json()


def refused(response, code, *words):
    assert response.status_code == code, response.text
    for word in words:
        assert word in response.json()["error"]


def train(client, text=b"low lower lowest", vocab_size=260, pattern="gpt2", **options):
    query = {"vocab_size": vocab_size, "pattern": pattern, **options}
    response = client.post(
        "/api/train", params=query, content=text, headers={"content-type": "application/octet-stream"}
    )
    return response, [json.loads(line) for line in response.text.splitlines()] if response.status_code == 200 else []


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
    assert [one["name"] for one in client.get("/api/start").json()["encodings"]] == minitok.list_encodings()


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
    wanted = minitok.train([text], 1000)
    merges = [tuple(merge["pair"]) for line in news for merge in line.get("merges", ())]
    assert merges == wanted.merges[:512]
    assert native.parse(json.loads(news[-1]["tokenizer"]["file"])) == wanted.definition


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
    with TestClient(create_app(Limits(training_seconds=0.0)), base_url=SITE) as client:
        _, news = train(client, b"low lower" * 1000, 400)
        assert news == [{"error": "not done in 0 seconds"}]


def test_only_so_many_trainings_at_once():
    with TestClient(create_app(Limits(trainings=0)), base_url=SITE) as client:
        refused(train(client)[0], 503, "at once")


# -- the reader's own tokenizers -------------------------------------------------------------------------------------


def put(client, data):
    return client.post("/api/tokenizer", content=data, headers={"content-type": "application/octet-stream"})


def test_a_file_brings_a_tokenizer_back(client, tmp_path):
    tok = minitok.train(["low lower"], 260, pattern="o200k")
    tok.save(tmp_path / "own.json")
    tok.to_huggingface(tmp_path / "tokenizer.json")
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


def native_file(number):
    return native.dump(minitok.Tokenizer([(97, 98 + number)]).definition).encode()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not JSON"),
        (b"[1]", "not a minitok file"),
        (b'{"format": "minitok", "version": 9}', "version 9"),
        (b"\xff", "JSON"),
    ],
)
def test_a_file_that_is_none(client, data, word):
    refused(put(client, data), 400, word, "the tokenizer's file")


# -- limits ----------------------------------------------------------------------------------------------------------


def test_too_much_is_refused(small):
    plain = {"encoding": "gpt2", "special": False}
    refused(ask(small, "tokens", text="é" * 501, encodings=["gpt2"], special=False), 413, "1,002 bytes")
    refused(ask(small, "tokens", text="a", encodings=["gpt2"] * 3, special=False), 400, "at most 2")
    refused(ask(small, "page", text="a" * 101, **plain), 413, "100 bytes")
    refused(ask(small, "tokens", text="a" * 20_000, encodings=[], special=False), 413, "at most 16,000")
    refused(train(small, b"a" * 2001)[0], 413, "2,000")
    refused(put(small, b" " * 2001), 413, "2,000")


def test_a_body_without_a_length_is_counted_as_it_comes(small):
    def chunks():
        for _ in range(100):
            yield b" " * 1000

    refused(small.post("/api/tokens", content=chunks(), headers={"content-type": "application/json"}), 413, "more than")


def test_a_body_that_does_not_come_is_not_waited_for():
    class Slow:
        headers = MappingProxyType({})

        async def stream(self):
            yield b"{"
            await asyncio.sleep(60)

    with pytest.raises(TooSlow, match="too long to come"):
        asyncio.run(body(Slow(), 100, 0.05))


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch):
    with TestClient(create_app(Limits(seconds=0.05)), base_url=SITE) as client:
        monkeypatch.setattr(minitok.Tokenizer, "encode_to_numpy", lambda *_, **__: time.sleep(0.5))
        refused(ask(client, "tokens", text="a", encodings=["gpt2"], special=False), 503, "0.05 seconds")


# -- wrong requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({}, "'text'"),
        ({"text": 1}, "'text' must be str"),
        ({"text": "a", "special": "yes"}, "'special' must be bool"),
        ({"text": "a", "special": False, "encodings": "gpt2"}, "'encodings' must be list"),
        ({"text": "a", "special": False, "encodings": [7]}, "names"),
        ({"text": "a", "special": False, "encodings": ["gpt3"]}, "gpt2"),
    ],
)
def test_a_request_that_says_something_else(client, asked, word):
    refused(ask(client, "tokens", **asked), 400, word)
    refused(ask(client, "lanes", **asked), 400, word)


def test_numbers_out_of_bounds(client):
    plain = {"text": "abc", "encoding": "gpt2", "special": False}
    refused(ask(client, "piece", **plain, at=-1), 400, "'at' is -1")
    refused(ask(client, "piece", **plain, at=3), 413, "no byte 3")
    refused(ask(client, "piece", **plain, at=True), 400, "'at' must be int")
    refused(ask(client, "piece", **{**plain, "text": ""}, at=0), 413, "no byte 0")
    refused(ask(client, "bigram", **plain, prompt="", length=10**9, seed=0), 400, "'length'")


def test_what_is_no_json(client):
    for content in (b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"9" * 10_000):
        response = client.post("/api/tokens", content=content, headers={"content-type": "application/json"})
        refused(response, 400, "JSON")
    # The types that a form of another site may send without asking are not taken.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        refused(client.post("/api/tokens", content=b"{}", headers={"content-type": kind}), 400, "application/json")
        refused(client.post("/api/train", content=b"a", headers={"content-type": kind}), 400, "octet-stream")


def test_there_is_nothing_else(client):
    for path in ("/static/nothing.js", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/api/nothing", "/.git/config"):
        assert client.get(path).status_code == 404
    assert client.get("/api/tokens").status_code == 405


# -- strangers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8765", "", "127.0.0.1@evil.example"]
)
def test_a_foreign_name_is_refused(client, host):
    for path in ("/", "/static/index.html", "/api/start"):
        refused(client.get(path, headers={"host": host}), 403, "name")


@pytest.mark.parametrize("host", ["localhost:8765", "LOCALHOST", "[::1]:8765", "127.0.0.1"])
def test_this_machines_names_are_taken(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


def test_another_name_must_be_allowed():
    with TestClient(create_app(hosts=["lecture.local"]), base_url="http://lecture.local:80") as client:
        assert client.get("/").status_code == 200
        assert client.get("/", headers={"host": "localhost"}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765", ""]
)
def test_another_sites_page_is_refused(client, origin):
    headers = {"origin": origin, "content-type": "application/json"}
    refused(client.post("/api/tokens", content=b"{}", headers=headers), 403, "another site")


def test_a_request_from_another_site_is_refused_but_a_link_is_not(client):
    for site in ("cross-site", "same-site"):
        refused(client.get("/api/start", headers={"sec-fetch-site": site}), 403, "another site")
        assert client.get("/", headers={"sec-fetch-site": site}).status_code == 200
    for site in ("same-origin", "none"):
        assert client.get("/api/start", headers={"sec-fetch-site": site, "origin": SITE}).status_code == 200


def test_every_answer_is_strict(client):
    for response in (
        client.get("/"),
        client.get("/api/start"),
        client.get("/nothing"),
        client.get("/", headers={"host": "x"}),
    ):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in response.headers


@given(st.sampled_from(["localhost", "[::1]", "127.0.0.1"]), st.characters(codec="utf-8"), st.integers(0, 14))
def test_no_mark_makes_a_name_of_this_machine_out_of_another(name, mark, at):
    host = f"{name}:8765"
    assert host_name(host) == name.strip("[]")
    odd = host[:at] + mark + "evil.example" + host[at:]
    assert host_name(odd) not in {"localhost", "::1", "127.0.0.1"}
