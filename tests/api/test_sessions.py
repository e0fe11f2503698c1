"""Texts that change: after every edit the ids are those of the whole text, the splice makes the new ids of the old, and it is the
smallest; on both backends, with the fast paths and without."""

import copy
import pickle

import minitok
import pytest
from helpers import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from minitok import Tokenizer
from minitok.backend import load_backend
from minitok.definition import Definition
from minitok.errors import DisallowedSpecialTokenError
from minitok.reference.more.session import splice
from vector_cases import Case, cases, special_of, steps_of, vocab_of

PARTS = [
    "ab", "a", "b", " ", "  ", "\n", "1", "23", "'s", "é", "e\u0301", "中文", "हि", "😀", "<s>", "<", "s>", "▁", "\u200d", ".", "aa" * 20,
]  # fmt: skip
texts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
MERGES = [(97, 98), (32, 97), (97, 97), (259 - 1, 258), (195, 169), (49, 50)]


def tokenizers():
    """One for each reason why text can or cannot be cut."""
    special = {"special_tokens": {"<s>": 400}, "added_tokens": {"aab": 401}}
    of_bytes = [
        Tokenizer(MERGES, pattern=pattern, **special)
        for pattern in ("gpt2", "o200k", "none", r"\s+(?!\S)|\s|[a-z]+|[^a-z\s]+", "(?<=ab)a|.")
    ]
    ids = {bytes([byte]): byte for byte in range(256)}
    ids |= {name.encode(): 300 + number for number, name in enumerate(["a", "b", " ", "é", "ab", " a", "  "])}
    merges = [(300, 301), (302, 300), (302, 302)]
    chars = Definition.from_tokens(ids, merges, fallback=range(256), pattern="none", special_tokens={"<s>": 400})
    of_chars = [Tokenizer(chars.replace(prefix=rule)) for rule in ("never", "text", "segment", "first", "always")]
    return [
        *of_bytes,
        Tokenizer(MERGES, pattern="none"),
        of_bytes[0].replace(normalizer="NFC"),
        of_bytes[0].replace(token_flags={"<s>": ["rstrip"]}),
        minitok.get_encoding("o200k_base"),
        *of_chars,
    ]


TOKENIZERS = tokenizers()


class Machine(RuleBasedStateMachine):
    """A session beside the text itself."""

    @initialize(
        number=st.sampled_from(range(len(TOKENIZERS))), text=texts, allowed=st.sampled_from([(), "all", "no_tokens"])
    )
    def begin(self, number, text, allowed):
        self.tok, self.allowed = TOKENIZERS[number], allowed
        self.session, self.text = self.tok.session(text, allowed_special=allowed), text
        self.old = self.tok.encode(text, allowed_special=allowed)
        self.forks = []

    def changed(self, found, text):
        self.text = text
        ids = self.tok.encode(text, allowed_special=self.allowed)
        assert (found.start, found.removed, found.ids.tolist()) == tuple(splice(self.old, ids))
        assert self.session.ids().tolist() == ids
        assert (self.session.text(), len(self.session), self.session.count()) == (text, len(text), len(ids))
        self.old = ids

    @rule(data=st.data(), new=texts)
    def edit(self, data, new):
        start = data.draw(st.integers(0, len(self.text)))
        end = data.draw(st.integers(start, min(len(self.text), start + 9)))
        self.changed(self.session.edit(start, end, new), self.text[:start] + new + self.text[end:])

    @rule(new=texts)
    def append(self, new):
        self.changed(self.session.append(new), self.text + new)

    @rule(data=st.data(), new=texts)
    def set(self, data, new):
        at = data.draw(st.integers(0, len(self.text)))
        text = self.text[:at] + new + self.text[data.draw(st.integers(at, len(self.text))) :]
        self.changed(self.session.set(text), text)

    @rule(data=st.data())
    def ranges(self, data):
        start = data.draw(st.integers(0, len(self.text)))
        end = data.draw(st.integers(start, len(self.text)))
        alone = self.tok.encode(self.text[start:end], allowed_special=self.allowed)
        assert self.session.encode(start, end).tolist() == alone
        assert self.session.count(start, end) == len(alone)
        assert self.session.text(start, end) == self.text[start:end]

    @rule()
    def fork(self):
        self.forks.append((self.session, self.text))
        self.session = self.session.fork()

    @precondition(lambda self: self.forks)
    @rule()
    def nothing_that_was_copied_has_changed(self):
        for session, text in self.forks:
            assert session.text() == text
            assert session.ids().tolist() == self.tok.encode(text, allowed_special=self.allowed)


TestMachine = Machine.TestCase
TestMachine.settings = settings(stateful_step_count=12)


@given(
    st.sampled_from(TOKENIZERS[:8] + TOKENIZERS[9:]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), texts), max_size=6),
)
def test_both_backends_are_one(tok, edits):
    sessions = [tok.replace(backend=backend).session(allowed_special="all") for backend in BACKENDS]
    for place, length, new in edits:
        held = len(sessions[0])
        start = int(place * held)
        end = min(held, start + length)
        made, other = [session.edit(start, end, new) for session in sessions]
        assert (made.start, made.removed, made.ids.tolist()) == (other.start, other.removed, other.ids.tolist())
    knows = tok.definition.normalizer is None and not tok.definition.token_flags
    assert {session._core.knows_tails for session in sessions} == {knows}
    for at in range(len(sessions[0])):
        assert len({session.token_at(at) for session in sessions}) == 1
    if not knows:
        return
    assert len({session.stable for session in sessions}) == 1
    rust, python = ([(one.kept, one.extra.tolist(), one.ids.tolist()) for one in each.covers()] for each in sessions)
    assert rust == python


def codec_of(case: Case, backend: str):
    made = load_backend(backend)
    usual = made.vocab.from_merges(bytes(range(256)), [(97, 98), (256, 99), (32, 97), (97, 97)])
    vocab = vocab_of(case["vocabulary"], backend) if "vocabulary" in case else usual
    pattern = made.pattern(case.get("pattern", "gpt2"))
    normalizer = made.normalizer(steps_of(case)) if "steps" in case else None
    return made.codec(vocab, pattern, special_of(case, backend), normalizer, case.get("prefix"))


@cases("sessions", having="edits")
def test_vectors(case: Case, backend: str) -> None:
    codec = codec_of(case, backend)
    session = codec.session(case.get("allowed", []), case.get("disallowed", []), False)
    for start, end, text, expected in case["edits"]:
        if expected is None:
            with pytest.raises(DisallowedSpecialTokenError):
                session.edit(start, end, text)
        else:
            place, removed, ids = session.edit(start, end, text)
            assert [place, removed, ids.tolist()] == expected
    assert session.ids(0, session.n_ids).tolist() == case["ids"]


@cases("sessions", having="stable")
def test_vectors_of_tails(case: Case, backend: str) -> None:
    codec = codec_of(case, backend)
    session = codec.session(case.get("allowed", []), [], False)
    session.edit(0, 0, case["text"])
    assert session.knows_tails
    assert session.stable() == case["stable"]
    assert [[kept, extra.tolist(), ids.tolist()] for kept, extra, ids in session.covers()] == case["covers"]


@cases("sessions", having="next")
def test_vectors_of_next_ids(case: Case, backend: str) -> None:
    session = codec_of(case, backend).session(case.get("allowed", []), [], False)
    assert session.append_ids(case["given"]) is None
    assert session.ids(0, session.n_ids).tolist() == case["given"]
    bits = session.next_ids()
    assert [i for i in case["asked"] if i // 64 < len(bits) and int(bits[i // 64]) >> i % 64 & 1] == case["next"]


@cases("sessions", having="token_at")
def test_vectors_of_tokens_at_characters(case: Case, backend: str) -> None:
    codec = codec_of(case, backend)
    session = codec.session(case.get("allowed", []), [], True)
    session.edit(0, 0, case["text"])
    assert [session.token_at(at) for at in range(len(case["text"]))] == case["token_at"]


def test_a_text_without_a_pattern_is_edited_anywhere():
    """Runs, whose tokens shift far behind an edit, too."""
    tok = Tokenizer([(97, 97), (256, 256), (257, 98), (98, 257)], pattern="none")
    text = "a" * 5000 + "ab" * 2000 + "xyz" * 2000
    session = tok.session(text)
    assert session.local
    for at, new in [(0, "a"), (2500, "b"), (2501, ""), (6000, "aab"), (9000, "x"), (14000, "aaa" * 900), (1, "x")]:
        old = session.ids()
        found = session.edit(at, at + 1, new)
        text = text[:at] + new + text[at + 1 :]
        ids = tok.encode(text)
        assert session.ids().tolist() == ids
        assert (found.start, found.removed, found.ids.tolist()) == tuple(splice(old.tolist(), ids))
        for start, end in [(0, 7000), (1, 4001), (2499, len(text)), (7001, 7002)]:
            assert session.encode(start, end).tolist() == tok.encode(text[start:end])
    assert session.stable == len(ids)


def test_two_names_of_one_id():
    tok = minitok.get_encoding("o200k_harmony")
    text = "some words <|endofprompt|> and <|reserved_200018|> " * 200
    session = tok.session(text, allowed_special="all")
    for at in range(0, len(text), 399):
        text = text[:at] + "a " + text[at:]
        session.edit(at, at, "a ")
    assert session.ids().tolist() == tok.encode(text, allowed_special="all")


def test_the_token_at_a_place(backend):
    tok = Tokenizer(MERGES, normalizer=["replace", "x+", "ab"], special_tokens={"<s>": 400}, backend=backend)
    session = tok.session("axxx<s>é", allowed_special="all")
    assert session.ids().tolist() == [97, 256, 400, 260]
    assert [session.token_at(at) for at in range(len(session))] == [0, 1, 1, 1, 2, 2, 2, 3]
    in_bytes = Tokenizer([], backend=backend).session("aé中", unit="byte")
    assert [len(in_bytes), *map(in_bytes.token_at, (0, 1))] == [6, 0, 1]
    assert (in_bytes.edit(1, 3, "b").removed, in_bytes.text()) == (2, "ab中")


def test_a_long_text_is_edited_anywhere_and_cut_where_it_can_be(backend):
    tok = Tokenizer(MERGES, pattern="gpt2", backend=backend)
    text = "ab a1 naïve 中文, " * (4000 if backend == "rust" else 40)
    session = tok.session(text)
    assert session.local == (backend == "rust")
    for at in (0, 1, len(text) // 2, len(text)):
        text = text[:at] + "xab" + text[at:]
        session.edit(at, at, "xab")
    assert session.ids().tolist() == tok.encode(text)
    assert session.ids(5, 9).tolist() == tok.encode(text)[5:9]


def test_what_is_wrong_is_refused_and_changes_nothing(backend):
    session = Tokenizer([(97, 98)], special_tokens={"<s>": 300}, backend=backend).session(
        "ab", disallowed_special="all"
    )
    for text in ("<s>", "\ud83d"):
        with pytest.raises((DisallowedSpecialTokenError, ValueError)):
            session.append(text)
        assert (session.text(), session.ids().tolist()) == ("ab", [256])
    session.append("<s")
    with pytest.raises(DisallowedSpecialTokenError):
        session.append(">")
    assert session.text() == "ab<s"


@pytest.mark.parametrize("chars", [True, False])
def test_the_extension_checks_places_itself(chars):
    session = TOKENIZERS[0].definition.codec().session([], [], chars)
    session.edit(0, 0, "aé")
    for start, end in [(0, 9), (9, 9), (2, 1)]:
        for call in (session.text, session.encode, session.count, lambda start, end: session.edit(start, end, "")):
            with pytest.raises(ValueError, match="is not a range of a text"):
                call(start, end)
    assert session.text(0, len(session)) == "aé"


def test_what_a_page_asks_is_answered_or_not_at_once(backend):
    tok = Tokenizer(MERGES, pattern="gpt2", backend=backend)
    core = tok.definition.codec().session([], [], False)
    core.edit(0, 0, "x ab")
    assert (core.encoded_bytes, core.stable_within(4)) == (4, tok.session("x ab").stable)
    # More than that has to be looked at, or it is not known.
    assert core.stable_within(2) is None
    changing = tok.replace(normalizer="NFC").definition.codec().session([], [], False)
    changing.edit(0, 0, "x ab")
    assert changing.stable_within(4) is None
    # An edit far away leaves the rest of a long text as it is; the reference encodes all.
    core.edit(4, 4, " ab" * 2000)
    core.edit(0, 1, "y")
    assert core.encoded_bytes < 3000 if backend == "rust" else core.encoded_bytes == 6004


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_changes_by_itself(copied, backend):
    session = minitok.get_encoding("gpt2", backend=backend).session("To be")
    other = copied(session)
    other.append(", or not")
    session.append("!")
    assert (session.text(), other.text()) == ("To be!", "To be, or not")
    assert other.ids().tolist() == minitok.get_encoding("gpt2").encode("To be, or not")
    for held in (session, minitok.get_encoding("gpt2", backend="rust").stream_decoder()):
        with pytest.raises(TypeError, match="pickled: keep"):
            pickle.dumps(held)
