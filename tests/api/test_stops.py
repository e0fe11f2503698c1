"""Streams as servers need them: several ids at once, special tokens left out, stop strings wherever tokens begin and end."""

import signal

import minitok
import numpy as np
import pytest
from helpers import both, outcome
from hypothesis import example, given
from hypothesis import strategies as st

STRINGS = st.text(alphabet="ab<é", min_size=1, max_size=5)
TEXTS = st.lists(st.text(alphabet="ab<é", max_size=4), max_size=8)


def plain(backend=None):
    names = {"<s>": 300, "</s>": 301}
    return minitok.Tokenizer([], special_tokens=names, backend=backend).add_tokens({"<tool>": 302})


def ends_at(text, stops):
    """Where the text ends, and which string is there: the one that ends first, and of those the longest."""
    found = [(text.find(stop) + len(stop), -len(stop), stop) for stop in stops if stop in text]
    end, size, stop = min(found, default=(len(text), 0, None))
    return text[: end + size], stop


def certain(text, stops):
    """How much of a text is certain: what may be the beginning of a stop string is not."""
    shown, stop = ends_at(text, stops)
    if stop is not None:
        return shown, stop
    sizes = [size for each in stops for size in range(1, len(each)) if text.endswith(each[:size])]
    return text[: len(text) - max(sizes, default=0)], None


@given(TEXTS, st.lists(STRINGS, max_size=4))
@example(["aab", "a", "b"], ["abab", "ba"])
def test_a_stream_stops_at_the_first_of_its_strings(parts, stops):
    for tok in both(plain()):
        stream = tok.stream_decoder(stop=stops)
        for _ in range(2):
            text, said = "", ""
            for part in parts:
                text += part
                said += stream.push(part.encode())
                assert (said, stream.stopped) == certain(text, stops)
            assert (said + stream.finish(), stream.stopped) == ends_at(text, stops)


@given(TEXTS, st.lists(STRINGS, max_size=3))
def test_stop_strings_are_found_whatever_the_tokens(parts, stops):
    text = "".join(parts)
    for tok in both(plain()):
        one, all_ = (tok.stream_decoder(stop=stops) for _ in range(2))
        said = "".join(map(one.push, text.encode())) + one.finish()
        assert said == all_.push(np.frombuffer(text.encode(), np.uint8)) + all_.finish() == ends_at(text, stops)[0]
        assert one.stopped == all_.stopped


IDS = st.lists(st.integers(0, 255) | st.integers(300, 302), max_size=20)


@given(st.lists(IDS, max_size=4), st.booleans(), st.sampled_from(["replace", "strict"]))
def test_several_ids_at_once_are_as_one_by_one(rows, skip, errors):
    said = []
    for tok in both(plain()):
        one, some = (tok.stream_decoder(errors=errors, skip_special_tokens=skip) for _ in range(2))
        for ids in rows:
            for kind in (list, tuple, iter, np.array):
                if kind is np.array and not ids:
                    continue
                several = outcome(some.push, kind(ids))
                singly = outcome(lambda ids=ids, one=one: "".join(map(one.push, ids)))
                said.append(several if isinstance(several, str) else several.kind)
                if not isinstance(several, str):
                    return
                assert several == singly
        assert outcome(one.finish) == outcome(some.finish)
    assert said[: len(said) // 2] == said[len(said) // 2 :]


@given(IDS)
def test_special_tokens_are_left_out_and_added_ones_are_not(ids):
    for tok in both(plain()):
        kept = [token_id for token_id in ids if token_id not in (300, 301)]
        stream = tok.stream_decoder(skip_special_tokens=True)
        assert stream.push(ids) + stream.finish() == tok.decode(kept)
    stream = plain().stream_decoder(skip_special_tokens=True)
    assert [stream.push(token_id) for token_id in (195, 300, 169, 302)] == ["", "", "é", "<tool>"]


# `ab`, `é`, the first bytes of U+FFFD and that, those of `€` and that, `</`, `</s`, `abé`, and `é` with half a character.
MERGES = [
    (97, 98), (195, 169), (239, 191), (258, 189), (226, 130), (260, 172), (60, 47), (262, 115), (256, 257), (257, 195),
]  # fmt: skip


@given(
    st.lists(st.lists(st.integers(0, 265) | st.sampled_from([300, 301]), max_size=12), min_size=2, max_size=5),
    st.lists(STRINGS, max_size=2),
    st.booleans(),
    st.sampled_from(["replace", "strict"]),
)
def test_texts_of_tokens_that_other_streams_have_given_are_the_same(rows, stops, skip, errors):
    """A codec keeps the texts of tokens: what one stream has given, others give again. (The reference keeps nothing.)"""
    said = []
    for tok in both(minitok.Tokenizer(MERGES, special_tokens={"<s>": 300, "</s>": 301})):
        options = {"stop": stops, "skip_special_tokens": skip}
        streams = [tok.stream_decoder(errors=errors, **options) for _ in rows]
        said.append([[str(outcome(stream.push, token_id)) for token_id in ids] for stream, ids in zip(streams, rows)])
        said[-1] += [[str(outcome(stream.finish)) for stream in streams], [stream.stopped for stream in streams]]
        said[-1] += [str(outcome(stream.push, token_id)) for stream, ids in zip(streams, rows) for token_id in ids]
    assert said[0] == said[1]


def test_a_stop_string_may_be_a_special_token(backend):
    stream = plain(backend).stream_decoder(stop=["</s>"])
    assert [stream.push([97, 300]), stream.push([98, 301, 99]), stream.stopped] == ["a<s>", "b", "</s>"]
    assert (stream.push(97), stream.finish(), stream.stopped) == ("", "", "</s>")
    assert (stream.push(97), stream.stopped) == ("a", None)
    skipping = plain(backend).stream_decoder(stop="</s>", skip_special_tokens=True)
    assert [skipping.push([97, 301, 98]), skipping.stopped] == ["ab", None]
    surrogate = plain(backend).stream_decoder(stop="\ud800")
    assert [surrogate.push("a\ufffd".encode()), surrogate.stopped] == ["a", "\ufffd"]


def test_a_strict_stream_goes_on_after_an_error(backend):
    stream = plain(backend).stream_decoder(errors="strict", stop="ab")
    assert stream.push(97) == ""
    with pytest.raises(UnicodeDecodeError):
        stream.push(0xFF)
    assert stream.push(98) == ""
    assert stream.stopped == "ab"
    assert stream.finish() == ""
    assert stream.push([97, 0xC3]) == ""
    with pytest.raises(UnicodeDecodeError):
        stream.finish()
    assert [stream.push([98, 97, 98]), stream.stopped] == ["b", "ab"]


def in_one_push(backend, ids, errors="replace", **options):
    """What a stream gives and is after it, of many ids at once."""
    stream = plain(backend).stream_decoder(errors=errors, **options)
    try:
        given = stream.push(ids)
    except UnicodeDecodeError as error:
        given = error.object, error.start, error.end
    return given, stream.stopped, stream.push([98]), stream.finish()


@pytest.mark.parametrize(
    ("errors", "stop"), [("strict", []), *(("replace", stop) for stop in ([], ["cab", "bd"], ["\u20ac"]))]
)
@pytest.mark.parametrize("last", ["", "c", "bd", "\xff", "\xff\u20acc"])
def test_many_ids_at_once_are_all_of_them(last, errors, stop):
    # The first part of 65,536 ids ends inside a character; of the longer text, the third one does.
    for text in ("bb" + "ab\u20ac" * 14_000, *(["ab\u20ac" * 40_000] if last == "bd" else [])):
        ids = np.frombuffer(text.encode() + last.encode("latin-1", "ignore") + b"ab", np.uint8)
        assert len(ids) > 1 << 16
        assert any(0x80 <= byte < 0xC0 for byte in ids[1 << 16 :: 1 << 16])
        of_python, of_rust = [in_one_push(backend, ids, errors, stop=stop) for backend in ("python", "rust")]
        assert of_rust == of_python


def test_a_stream_that_is_interrupted_has_taken_nothing():
    class EnoughError(Exception):
        pass

    def handler(*_):
        raise EnoughError

    stream = plain("rust").stream_decoder(stop="ab")
    assert stream.push([97]) == ""
    old = signal.signal(signal.SIGALRM, handler)

    def interrupted():
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        stream.push(np.full(1 << 26, 97, np.uint32))

    try:
        with pytest.raises(EnoughError):
            interrupted()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert [stream.push([98]), stream.stopped] == ["", "ab"]


def test_a_long_text_of_near_misses_is_linear(backend):
    stream = plain(backend).stream_decoder(stop=["a" * 5_000 + "b", "ab" * 2_000 + "c"])
    size = 40_000 if backend == "rust" else 8_000
    assert len(stream.push(b"a" * size)) == size - 5_000
    assert stream.push(b"ab" * 100) != ""
    assert stream.stopped is None or stream.stopped.endswith("b")
