"""The next byte beside the sum over all lists of ids."""

import random
from itertools import product

import minitok
import numpy as np
import pytest
from minitok.bytewise import next_bytes
from minitok.definition import Definition
from minitok.reference.more import viable

# How long the texts are whose probability is summed up.
MOST = 4


def drawn_tokenizer(drawn):
    """A tokenizer of a few merges over some letters, and the ids of its tokens."""
    pool = list(drawn.choice([b"ab", b"abc", b"a ", b"a1 "]))
    tokens, pairs = [bytes([byte]) for byte in range(256)], []
    for _ in range(drawn.randrange(1, 5)):
        left, right = drawn.choice(pool), drawn.choice(pool)
        if (token := tokens[left] + tokens[right]) not in tokens and len(token) <= 4:
            tokens.append(token)
            pairs.append((left, right))
            pool.append(len(tokens) - 1)
    pattern = drawn.choice(["none", "gpt2", "cl100k", "o200k", r"\s+(?!\S)|\s|a+"])
    return minitok.Tokenizer(pairs, pattern=pattern, special_tokens={"<end>": 400}), pool


class Model:
    """Random probabilities of the ids of a pool, and of the end, behind any ids."""

    def __init__(self, drawn, tok, pool):
        self.drawn, self.tok, self.pool, self.known = drawn, tok, pool, {}

    def probabilities(self, ids):
        if (key := tuple(ids)) not in self.known:
            given = np.zeros(401)
            given[self.pool] = [self.drawn.randrange(5) for _ in self.pool]
            given[400] = self.drawn.randrange(1, 4)
            self.known[key] = given / given.sum()
        return self.known[key]

    def logprobs(self, ids):
        with np.errstate(divide="ignore"):
            return np.log(self.probabilities(ids))


def sums(tok, model):
    """The probability that a text begins with some bytes, and that it is them, from all lists of ids that may be written."""
    codec = tok.replace(backend="python").session()._core.core.codec
    search, begins, is_all, stack = codec.finder(), {b"": 1.0}, {}, [((), b"", 1.0)]
    while stack:
        ids, text, weight = stack.pop()
        may_come = [i for i in model.pool if viable.is_viable(codec, search, [*ids, i])]
        given, ends = model.probabilities(ids), codec.encode(text, search) == list(ids)
        total = given[may_come].sum() + (given[400] if ends else 0)
        if total == 0:
            continue
        if ends:
            is_all[text] = is_all.get(text, 0) + weight * given[400] / total
        for token_id in may_come:
            if share := weight * given[token_id] / total:
                longer = text + tok.token_bytes(token_id)
                for size in range(len(text) + 1, min(len(longer), MOST) + 1):
                    begins[longer[:size]] = begins.get(longer[:size], 0) + share
                if len(longer) < MOST:
                    stack.append(((*ids, token_id), longer, share))
    return begins, is_all


@pytest.mark.parametrize("seed", range(12))
def test_probabilities_are_sums_over_all_lists_of_ids(seed):
    drawn = random.Random(seed)
    tok, pool = drawn_tokenizer(drawn)
    model = Model(drawn, tok, pool)
    begins, is_all = sums(tok, model)
    letters = sorted({byte for token_id in pool for byte in tok.token_bytes(token_id)})
    compared = 0
    for size in range(MOST):
        for prompt in map(bytes, product(letters, repeat=size)):
            wanted = np.zeros(257)
            for byte in letters:
                wanted[byte] = begins.get(prompt + bytes([byte]), 0)
            wanted[256] = is_all.get(prompt, 0)
            if begins.get(prompt, 0) > 0 and wanted.sum() > 0:
                found = np.exp(next_bytes(tok, prompt.decode(), model.logprobs, end=400))
                np.testing.assert_allclose(found, wanted / wanted.sum(), atol=1e-12)
                compared += 1
    assert compared > 0


@pytest.mark.parametrize(("dtype", "prompt"), [(np.float32, "b "), (np.float64, "")])
def test_both_backends_give_the_same(dtype, prompt):
    tok = minitok.Tokenizer([(97, 98), (32, 97), (257, 98)], pattern="gpt2", special_tokens={"<end>": 300})
    logs = (np.random.default_rng(1).normal(size=301) * 9).astype(dtype)
    found, expected = (
        next_bytes(tok.replace(backend=backend), prompt, lambda _: logs, end=300) for backend in ("rust", "python")
    )
    np.testing.assert_allclose(np.exp(found), np.exp(expected), rtol=1e-12)


def test_tokens_with_the_same_bytes_both_count():
    """Where bytes stand for characters that are not tokens, an ASCII letter has two ids; the model may use its own only."""
    definition = Definition.from_tokens(
        {b"a": 256, b"b": 257, b"ab": 258}, [(256, 257)], fallback=range(256), pattern="none"
    )
    tok = minitok.Tokenizer(definition)
    found = np.exp(next_bytes(tok, "a", lambda _: np.zeros(259)))
    assert (found > 0).tolist() == [byte < 0x80 or 0xC2 <= byte <= 0xF4 for byte in range(257)]
    assert round(float(found.sum()), 12) == 1


def test_prompts_end_inside_words_of_published_encodings():
    tok = minitok.get_encoding("cl100k_base")
    text = "The link is https://example.org, isn't it?"
    ids = tok.encode(text)

    def model(before):
        """A model that writes this text, and hardly anything else."""
        logs = np.full(tok.vocab_size, -30.0)
        if before == ids[: len(before)] and len(before) < len(ids):
            logs[ids[len(before)]] = 0.0
        return logs

    for end in range(len(text)):
        assert chr(int(next_bytes(tok, text[:end], model).argmax())) == text[end]


def test_what_counts_is_how_probabilities_compare():
    tok = minitok.Tokenizer([(97, 98)], special_tokens={"<end>": 300})
    logs = np.linspace(-3, 0, tok.vocab_size)
    expected = next_bytes(tok, "a", lambda _: logs, end=300)
    for less in (2000, -2000):
        assert np.allclose(next_bytes(tok, "a", lambda _, less=less: logs - less, end=300), expected)
