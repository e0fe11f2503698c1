"""The playground's server: nothing without limit, and nobody but the reader's own page is answered."""

import asyncio
import time
from types import MappingProxyType

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.play.app import create_app
from minitok.play.guard import RequestLimits, host_name
from minitok.play.requests import TooSlow, body
from requests_to import SITE, ask, put, refused, train
from starlette.testclient import TestClient

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
    with TestClient(create_app(RequestLimits(seconds=0.05)), base_url=SITE) as client:
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
