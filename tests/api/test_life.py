"""The life of a tokenizer, in any order of what can happen to it: whatever is done, it stays what a simple model says it is.

The model is a list of merges with their ids, and the names of special tokens. It encodes as the textbook does: each merge in the
order of its rank, wherever it applies (`naive.py`).
"""

import os
import pickle
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import minitok
import regex
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from naive import replace

PATTERN = r"'s|\w+| \w+|[^\w\s]+|\s+"
NAMES = ["<s>", "<e>", "<a b>", "b<"]
texts = st.lists(
    st.sampled_from(["ab", "abab", " ab", " aab", "b", "é", " é'", "<s>", "<", "ba ", "\n", "🦀a"]), max_size=8
).map("".join)
corpora = st.lists(texts, max_size=3)


def pieces_of(text, special):
    """The pieces of a text with special tokens: bytes, or a name."""
    names = "|".join(map(regex.escape, sorted(special, key=len, reverse=True)))
    for part in regex.split(f"({names})", text) if special else [text]:
        if part in special:
            yield part
        else:
            yield from (piece.encode() for piece in regex.findall(PATTERN, part))


class Model:
    """What a tokenizer is, in the plainest way."""

    def __init__(self, merges=(), special=()):
        self.merges = list(merges)  # (left, right, id), in rank order
        self.special = dict(special)

    def vocab_size(self):
        return 1 + max([255, *(made for _, _, made in self.merges), *self.special.values()])

    def merged(self, piece):
        ids = list(piece)
        for left, right, made in self.merges:
            ids = replace(ids, (left, right), made)
        return ids

    def encode(self, text, special):
        parts = pieces_of(text, self.special if special else {})
        return [
            token for part in parts for token in ([self.special[part]] if isinstance(part, str) else self.merged(part))
        ]

    def extended(self, corpus, vocab_size):
        """The merges that are learnt after these: the most frequent pair first, then by ids."""
        words = [
            self.merged(piece)
            for text in corpus
            for piece in pieces_of(text, self.special)
            if not isinstance(piece, str)
        ]
        merges, made = list(self.merges), self.vocab_size()
        while made < vocab_size:
            counts = Counter(pair for word in words for pair in zip(word, word[1:], strict=False))
            if not counts:
                break
            pair = min(counts, key=lambda pair: (-counts[pair], pair))
            words = [replace(word, pair, made) for word in words]
            merges.append((*pair, made))
            made += 1
        return Model(merges, self.special)

    def in_order(self):
        """Whether ids are those of a training: bytes, merges, special tokens, without gaps."""
        ids = [made for _, _, made in self.merges] + sorted(self.special.values())
        return ids == list(range(256, 256 + len(ids)))


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())

    def teardown(self):
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self.folder.rmdir()

    @initialize(
        corpus=corpora,
        room=st.integers(0, 12),
        names=st.sets(st.sampled_from(NAMES[:2])),
        backend=st.sampled_from(["rust", "python"]),
    )
    def train(self, corpus, room, names, backend):
        names = sorted(names)
        size = 256 + room + len(names)
        self.tok = minitok.train(corpus, size, pattern=PATTERN, special_tokens=names, backend=backend)
        # The special tokens come after the last merge, and no merge crosses one.
        learnt = Model(special=dict.fromkeys(names, 0)).extended(corpus, 256 + room).merges
        self.model = Model(learnt, {name: 256 + len(learnt) + at for at, name in enumerate(names)})
        self.kept = (self.tok, self.model)

    @rule(corpus=corpora, more=st.integers(0, 6))
    def extend(self, corpus, more):
        size = self.tok.vocab_size + more
        self.tok, self.model = self.tok.extend(corpus, size), self.model.extended(corpus, size)

    @precondition(lambda self: self.model.in_order())
    @rule(left_out=st.integers(0, 4))
    def truncate(self, left_out):
        kept = self.model.merges[: max(len(self.model.merges) - left_out, 0)]
        names = sorted(self.model.special, key=self.model.special.get)
        self.model = Model(kept, {name: 256 + len(kept) + at for at, name in enumerate(names)})
        self.tok = self.tok.shrink(self.model.vocab_size())

    @rule(name=st.sampled_from(NAMES), gap=st.sampled_from([None, 0, 3]))
    def add_special_token(self, name, gap):
        if name not in self.model.special:
            at = self.model.vocab_size() + (gap or 0)
            self.tok = self.tok.add_tokens([name] if gap is None else {name: at}, special=True)
            self.model = Model(self.model.merges, {**self.model.special, name: at})

    @rule(backend=st.sampled_from(["rust", "python"]))
    def change_backend(self, backend):
        same = self.tok.replace(backend=backend)
        assert (same, same.definition.backend) == (self.tok, backend)
        self.tok = same

    @rule()
    def pickle_it(self):
        same = pickle.loads(pickle.dumps(self.tok))
        assert (same, same.definition.backend, hash(same)) == (self.tok, self.tok.definition.backend, hash(self.tok))
        self.tok = same

    @rule(back=st.sampled_from(["rust", "python"]))
    def save_and_load(self, back):
        self.tok.save(self.folder / "tok.json")
        same = minitok.load(self.folder / "tok.json", backend=back)
        assert (same, same.definition.backend) == (self.tok, back)
        self.tok = same

    @rule(form=st.sampled_from(["huggingface", "gpt2", "tiktoken", "minbpe"]), text=texts)
    def take_along(self, form, text):
        """What another program's file says is the same tokenizer, or it says why it cannot."""
        path, backend = self.folder / "other", self.tok.definition.backend
        special = self.model.special
        try:
            if form == "huggingface":
                self.tok.save(path, format="huggingface")
                other = minitok.load(path, backend=backend)
            elif form == "gpt2":
                self.tok.save(self.folder / "two", format="gpt2")
                other = minitok.load(self.folder / "two", pattern=PATTERN, special_tokens=special, backend=backend)
            elif form == "tiktoken":
                self.tok.save(path, format="tiktoken")
                other = minitok.load(path, pattern=PATTERN, special_tokens=special, backend=backend)
            else:
                self.tok.save(path, format="minbpe")
                other = minitok.load(path, backend=backend)
        except minitok.errors.VocabularyError:
            return
        assert other.encode(text, allowed_special="all") == self.model.encode(text, special=True)
        assert other.special_tokens == special

    @rule(text=texts, corpus=corpora)
    def share_it_between_threads(self, text, corpus):
        def encode():
            return [self.tok.encode(text) for _ in range(3)]

        def train():
            return [self.tok.extend(corpus, self.tok.vocab_size + 2)]

        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(work) for work in (encode, train, encode)]
            results = [future.result() for future in running]
        assert results[0] == results[2] == [self.model.encode(text, special=False)] * 3
        assert len(results[1][0].merges) == len(self.model.extended(corpus, self.tok.vocab_size + 2).merges)

    @rule(text=texts)
    def use_it_in_a_fork(self, text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # about threads, which the child does not need
            child = os.fork()
        if child == 0:
            right = False
            try:
                right = self.tok.encode(text) == self.model.encode(text, special=False)
            finally:
                os._exit(0 if right else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    @rule(text=texts, special=st.booleans())
    def encode(self, text, special):
        ids = self.tok.encode(text, allowed_special="all" if special else ())
        assert ids == self.model.encode(text, special)
        assert self.tok.decode(ids) == text
        assert self.tok.count(text, allowed_special="all" if special else ()) == len(ids)

    @invariant()
    def it_is_what_the_model_says(self):
        assert (self.tok.vocab_size, self.tok.special_tokens) == (self.model.vocab_size(), self.model.special)
        assert self.tok.merges == [(left, right) for left, right, _ in self.model.merges]

    @invariant()
    def what_it_was_made_from_is_as_it_was(self):
        tok, model = self.kept
        assert (tok.vocab_size, tok.special_tokens) == (model.vocab_size(), model.special)
        assert tok.encode("abab é<s>") == model.encode("abab é<s>", special=False)


TestLife = Life.TestCase
TestLife.settings = settings(
    settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick")), stateful_step_count=15
)
