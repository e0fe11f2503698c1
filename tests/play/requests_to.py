"""Requests to the playground's server in the tests, and what must come back."""

import json

import minitok
from minitok.formats import native
from minitok.play.guard import RequestLimits

SITE = "http://127.0.0.1:8765"
SMALL = RequestLimits(
    text=1000, explained=100, lanes=50, corpus=2000, tokenizer=2000, encodings=2, vocab_size=1000, kept=2
)


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


def put(client, data):
    return client.post("/api/tokenizer", content=data, headers={"content-type": "application/octet-stream"})


def native_file(number):
    return native.dump(minitok.Tokenizer([(97, 98 + number)]).definition).encode()
