"""Calls with only a text go straight to the extension, and only a clock shows the difference."""

import gc
import inspect
import pickle
import pydoc
import weakref

import pytest
from helpers import outcome
from minitok import Tokenizer

TEXT = "low lower <s> lowest"
METHODS = ("encode", "encode_to_numpy", "count")
IN_PYTHON = {name: getattr(Tokenizer, name).__wrapped__ for name in METHODS}
MERGES = [(108, 111), (256, 119)]
ALL = {"allowed_special": "all"}


@pytest.fixture(params=[None, "NFC"], ids=["plain", "normalizing"])
def tok(request, backend):
    return Tokenizer(MERGES, special_tokens={"<s>": 400, "</s>": 401}, normalizer=request.param, backend=backend)


def value(given):
    """What a method gave, in a form that compares."""
    return given.tolist() if hasattr(given, "tolist") else given


@pytest.mark.parametrize("name", METHODS)
def test_a_shortcut_looks_like_the_method_that_it_is_for(tok, name):
    short, method = getattr(Tokenizer, name), IN_PYTHON[name]
    assert type(short).__name__ == "Shortcut" != type(method).__name__
    for look in (
        inspect.signature,
        inspect.getdoc,
        lambda each: (each.__annotations__, each.__name__, each.__qualname__),
    ):
        assert look(short) == look(method)
    bound = getattr(tok, name)
    assert inspect.ismethod(bound)
    assert f"{name}(text: 'str | bytes'" in pydoc.plain(pydoc.render_doc(bound))


# The arguments of calls; the second half of each are mistakes.
CALLS = [
    ((TEXT,), {}), ((), {"text": TEXT}), ((TEXT.encode(),), {}), ((), {"text": TEXT, **ALL}),
    *(((TEXT,), {"allowed_special": names}) for names in ((), [], set(), "all", {"<s>"}, ["</s>"], range(0))),

    ((), {}), ((TEXT, "all"), {}), ((5,), {}), ((5,), ALL), ((None,), {}), ((TEXT,), {"other": ()}), ((TEXT,), {"text": TEXT}),
    *(((TEXT,), {"allowed_special": names}) for names in (None, "<s>", ["<p>"], "none")),
]  # fmt: skip
CALLS_WITH_MORE_OPTIONS = [
    *(((TEXT,), {"disallowed_special": names}) for names in ("all", (), {"</s>"}, ["<s>"])),
    *(((TEXT,), {"threads": threads}) for threads in (1, 2, None, True)),
    ((TEXT,), {**ALL, "disallowed_special": "all"}), ((TEXT,), {"disallowed_special": "all", "threads": 2}),

    *(((TEXT,), {"disallowed_special": names}) for names in (None, "<s>", ["<p>"])),
    *(((TEXT,), {"threads": threads}) for threads in (0, (), "2")),
]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_call_is_the_method_s(tok, name):
    calls = CALLS if name == "count" else CALLS + CALLS_WITH_MORE_OPTIONS
    for args, named in calls:
        expected = value(outcome(IN_PYTHON[name], tok, *args, **named))
        assert value(outcome(getattr(tok, name), *args, **named)) == expected, (args, named)
        assert value(outcome(getattr(Tokenizer, name), tok, *args, **named)) == expected, (args, named)
    assert outcome(getattr(Tokenizer.__new__(Tokenizer), name), "a").kind is AttributeError


def test_a_trace_may_be_none(tok):
    events = []
    assert tok.encode(TEXT, trace=None) == tok.encode(TEXT, trace=events.append)
    assert events
    assert outcome(tok.encode, TEXT, trace=()) == outcome(IN_PYTHON["encode"], tok, TEXT, trace=()) != tok.encode(TEXT)


class Shouting(Tokenizer):
    """Takes its own arguments, overrides one method, and is asked by those that it inherits."""

    def __init__(self, merges, /, mark, **options):
        super().__init__(merges, **options)
        self.mark = mark

    def encode(self, text, **options):
        return super().encode(text.upper() + self.mark, **options)


def test_a_subclass_overrides_what_it_wants(backend):
    tok = Shouting([(65, 66)], mark="!", special_tokens={"<S>": 300}, backend=backend)
    assert tok.encode("ab") == [256, 33]
    assert tok.encode("ab<s>", **ALL) == [256, 300, 33]
    assert Tokenizer.encode(tok, "ab") == [97, 98]
    assert tok.tokenize("ab") == [b"AB", b"!"]
    assert tok.count("ab") == 2
    assert tok.encode_to_numpy("AB").tolist() == [256]


@pytest.mark.parametrize("name", METHODS)
def test_methods_cross_processes(tok, name):
    assert value(pickle.loads(pickle.dumps(getattr(tok, name)))(TEXT, **ALL)) == value(getattr(tok, name)(TEXT, **ALL))
    assert pickle.loads(pickle.dumps(getattr(Tokenizer, name))) is getattr(Tokenizer, name)


def test_a_tokenizer_is_made_once_and_goes_with_its_last_reference(backend):
    with pytest.raises(RuntimeError, match="cannot be called twice"):
        Tokenizer(MERGES, backend="rust").__init__([])
    tok = Tokenizer(MERGES, backend=backend)
    assert tok.encode("low", allowed_special="all") == [257]
    alive = weakref.ref(tok)
    gc.disable()
    try:
        del tok
        assert alive() is None
    finally:
        gc.enable()
