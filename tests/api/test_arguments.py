"""Input of a wrong kind gets an error that names it, the same on both backends, at every entry point."""

from pathlib import Path

import minitok
import minitok.parity
import numpy as np
import pytest
from helpers import BACKENDS, Failure, failure_on_both, on_both, outcome
from minitok.definition import Definition
from minitok.errors import VocabularyError

SINGLES = {bytes([byte]): byte for byte in range(256)}
ENTRY_POINTS = ["encode", "encode_to_numpy", "count", "tokenize", "encode_with_offsets"]
BATCH_POINTS = ["encode_batch", "encode_batch_to_numpy", "count_batch"]


def tokenizer(backend, **options):
    return minitok.Tokenizer([(97, 98)], backend=backend, **{"special_tokens": {"<s>": 257}, **options})


@pytest.mark.parametrize("entry", ENTRY_POINTS)
@pytest.mark.parametrize(
    "wrong", [None, 3, ["a"], 1.5, bytearray(b"a"), memoryview(b"a")], ids=lambda wrong: type(wrong).__name__
)
def test_text_must_be_str_or_bytes(entry, wrong):
    failed = failure_on_both(lambda backend: getattr(tokenizer(backend), entry)(wrong))
    several = "; methods whose names end in _batch take several texts, such as encode_batch" * isinstance(wrong, list)
    assert failed == Failure(TypeError, f"text must be str or bytes, not {type(wrong).__name__}{several}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda backend: minitok.load(True, backend=backend), "path must be str or os.PathLike, not bool"),
        (
            lambda backend: tokenizer(backend, special_tokens=["<s>"]),
            "special_tokens must be a mapping of names to ids, not list",
        ),
        (
            lambda backend: tokenizer(backend, added_tokens="<s>"),
            "added_tokens must be a mapping of names to ids, not str",
        ),
        (lambda backend: tokenizer(backend).encode_batch(5), "texts must be an iterable of str or bytes, not int"),
        (
            lambda backend: minitok.train(5, 257, backend=backend),
            "texts must be an iterable of str or bytes, not int",
        ),
        (lambda backend: tokenizer(backend).encode("a", threads="2"), "threads must be int, not str"),
        (lambda backend: tokenizer(backend).shrink("257"), "vocab_size must be int, not str"),
    ],
)
def test_an_argument_of_another_kind_is_named(call, message):
    failed = failure_on_both(call)
    assert (failed.kind, failed.message.partition(":")[0]) == (TypeError, message)


def test_a_definition_is_all_that_its_tokenizer_needs(backend):
    tok = tokenizer(backend, name="mine", pattern="gpt2")
    again = minitok.Tokenizer(tok.definition)
    assert again == tok
    assert again.definition is tok.definition
    for option, value in {"pattern": "o200k", "special_tokens": {}, "name": "", "backend": backend}.items():
        with pytest.raises(TypeError, match=f"{option} is part of the definition: write definition.replace"):
            minitok.Tokenizer(tok.definition, **{option: value})


@pytest.mark.parametrize("texts", [Path("a.txt"), [Path("a.txt")]])
def test_who_trains_on_a_path_is_told_what_reads_files(texts):
    for call in (lambda: minitok.train(texts, 300), lambda: minitok.count_pieces(texts)):
        with pytest.raises(TypeError, match="; train_files reads files"):
            call()


@pytest.mark.parametrize("entry", BATCH_POINTS)
def test_a_batch_must_be_an_iterable_of_texts(entry):
    def call(wrong):
        return failure_on_both(lambda backend: getattr(tokenizer(backend), entry)(wrong))

    assert call("text") == Failure(TypeError, "texts must be an iterable of str or bytes, not one str")
    assert call(b"text").kind is call(3).kind is call(None).kind is TypeError
    assert call(["a", None]) == Failure(TypeError, "text must be str or bytes, not NoneType")


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_a_lone_surrogate_is_a_replacement_character_everywhere(entry):
    for text, meant in (
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
    ):
        for backend in BACKENDS:
            tok = tokenizer(backend)
            assert str(getattr(tok, entry)(text)) == str(getattr(tok, entry)(meant))
            assert str(tok.encode_batch([text, "x"])) == str(tok.encode_batch([meant, "x"]))
            assert list(tok.encode_iterable(list(text))) == tok.encode(meant)


def test_a_lone_surrogate_in_training_is_a_replacement_character(backend):
    surrogates = minitok.train(["a\ud800b \ud83d\ude00"] * 2, 270, backend=backend)
    assert surrogates.merges == minitok.train(["a\ufffdb 😀"] * 2, 270, backend=backend).merges


def test_a_lone_surrogate_in_a_name_is_refused():
    name = "<\ud800>"
    failed = failure_on_both(lambda backend: tokenizer(backend, special_tokens={name: 300}))
    assert failed == Failure(minitok.errors.VocabularyError, f"the special token {name!r} contains a lone surrogate")
    failed = failure_on_both(lambda backend: minitok.train([], 300, special_tokens=[name], backend=backend))
    assert failed == Failure(minitok.errors.TrainingError, f"the special token {name!r} contains a lone surrogate")
    assert failure_on_both(lambda backend: tokenizer(backend).token_id(name)).kind is minitok.errors.UnknownTokenError
    assert failure_on_both(lambda backend: tokenizer(backend).encode("", allowed_special={name})).kind is ValueError


@pytest.mark.parametrize(
    ("special", "kind"),
    [
        ({"": 300}, minitok.errors.VocabularyError), ({"<s>": -1}, minitok.errors.VocabularyError), ({"<s>": 1 << 31}, minitok.errors.VocabularyError),
        ({"<s>": 1 << 70}, minitok.errors.VocabularyError), ({"<s>": 97}, minitok.errors.VocabularyError), ({"<s>": True}, TypeError),
        ({"<s>": 1.0}, TypeError), ({"<s>": "3"}, TypeError), ({b"<s>": 300}, TypeError), ({3: 300}, TypeError),
    ],
)  # fmt: skip
def test_special_tokens_that_cannot_be_are_refused(special, kind):
    assert failure_on_both(lambda backend: tokenizer(backend, special_tokens=special)).kind is kind


@pytest.mark.parametrize(
    ("merges", "kind"),
    [
        ([(97, 256)], minitok.errors.VocabularyError), ([(97, 98), (97, 98)], minitok.errors.VocabularyError), ([(-1, 97)], minitok.errors.VocabularyError),
        ([(97, 1 << 40)], minitok.errors.VocabularyError), ([(97,)], minitok.errors.VocabularyError), ([(97, 98, 99)], minitok.errors.VocabularyError),
        ([("a", "b")], TypeError), ([(97.0, 98)], TypeError), ([97], TypeError), (["ab"], TypeError), (None, TypeError), (3, TypeError),
    ],
    ids=repr,
)  # fmt: skip
def test_merges_that_cannot_be_are_refused(merges, kind):
    assert failure_on_both(lambda backend: minitok.Tokenizer(merges, backend=backend)).kind is kind


def test_merges_may_be_an_array(backend):
    assert minitok.Tokenizer(np.array([[97, 98], [256, 99]]), backend=backend).merges == [(97, 98), (256, 99)]


@pytest.mark.parametrize("order", [b"", b"a" * 256, bytes(255), bytes(range(255)) + b"a"], ids=len)
def test_a_byte_order_must_be_a_permutation(order):
    failed = failure_on_both(lambda backend: minitok.Tokenizer([], byte_order=order, backend=backend))
    assert failed == Failure(minitok.errors.VocabularyError, "the byte order is not a permutation of the 256 bytes")


@pytest.mark.parametrize(
    ("ranks", "kind"),
    [
        ({}, minitok.errors.VocabularyError), ({**SINGLES, b"ab": 97}, minitok.errors.VocabularyError), ({**SINGLES, b"ab": -1}, minitok.errors.VocabularyError),
        ({**SINGLES, b"ab": 1 << 31}, minitok.errors.VocabularyError), ({**SINGLES, "ab": 256}, TypeError), ({**SINGLES, b"ab": 256.0}, TypeError),
        ({**SINGLES, b"ab": True}, TypeError), ({**SINGLES, b"ab": None}, TypeError),
    ],
    ids=lambda value: repr(value)[-40:],
)  # fmt: skip
def test_ranks_that_cannot_be_are_refused(ranks, kind):
    failed = failure_on_both(lambda backend: minitok.Tokenizer.from_ranks(ranks, pattern="gpt2", backend=backend))
    assert failed.kind is kind


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"vocab_size": 255}, minitok.errors.TrainingError), ({"vocab_size": 256, "special_tokens": ["<s>"]}, minitok.errors.TrainingError),
        ({"vocab_size": 1 << 31}, minitok.errors.TrainingError), ({"vocab_size": True}, TypeError), ({"vocab_size": 300.0}, TypeError),
        ({"vocab_size": "300"}, TypeError), ({"vocab_size": -5}, minitok.errors.TrainingError), ({"tie_break": "random"}, minitok.errors.TrainingError),
        ({"byte_order": "huggingface"}, minitok.errors.TrainingError), ({"min_frequency": 0}, minitok.errors.TrainingError),
        ({"min_frequency": 1.5}, TypeError), ({"min_frequency": True}, TypeError), ({"min_frequency": 1 << 70}, minitok.errors.TrainingError),
        ({"max_token_length": 0}, minitok.errors.TrainingError), ({"max_token_length": "1"}, TypeError), ({"max_token_length": 1 << 70}, minitok.errors.TrainingError),
        ({"special_tokens": "<s>"}, TypeError), ({"special_tokens": [b"<s>"]}, TypeError), ({"special_tokens": ["<s>", "<s>"]}, minitok.errors.TrainingError),
        ({"special_tokens": [""]}, minitok.errors.VocabularyError), ({"threads": 0}, ValueError), ({"pattern": ""}, minitok.errors.PatternError),
        ({"backend": "java"}, minitok.errors.BackendError),
    ],
    ids=repr,
)  # fmt: skip
def test_training_options_that_cannot_be_are_refused(options, kind):
    def run(backend):
        return minitok.train(["text"], **{"vocab_size": 300, "backend": backend, **options})

    assert failure_on_both(run).kind is kind


@pytest.mark.parametrize("texts", ["one text", b"one text", ["a", None], ["a", 3], [["a"]], 3, None], ids=repr)
def test_a_corpus_must_be_an_iterable_of_texts(texts):
    failed = failure_on_both(lambda backend: minitok.train(texts, 300, backend=backend))
    assert failed.kind is TypeError


@pytest.mark.parametrize("size", [255, 256, 257, 260, -1])
def test_a_truncation_must_fit(size):
    failed = failure_on_both(
        lambda backend: minitok.Tokenizer([(97, 98)], special_tokens={"<a>": 257, "<b>": 258}, backend=backend).shrink(
            size
        )
    )
    assert failed == Failure(minitok.errors.VocabularyError, f"vocab_size {size} is not between 258 and 259")


def test_a_vocabulary_whose_merges_come_out_of_order_cannot_be_truncated():
    ids = {**SINGLES, b"abc": 256, b"ab": 257}
    failed = failure_on_both(
        lambda backend: minitok.Tokenizer(
            Definition.from_tokens(ids, [(97, 98), (257, 99)], pattern="gpt2", backend=backend)
        ).shrink(257)
    )
    assert failed.kind is minitok.errors.VocabularyError


def test_a_vocabulary_with_a_token_that_no_merge_makes_cannot_be_truncated_behind_it(backend):
    ids = {**SINGLES, b"ab": 256, b"wxyz": 257, b"abc": 258}
    tok = minitok.Tokenizer.from_ranks(ids, pattern="none", backend=backend)
    assert tok.encode("wxyz") == [257]
    for size in (258, 259):
        failed = outcome(tok.shrink, size)
        assert failed == Failure(
            minitok.errors.VocabularyError, "no merge makes the token 257, which shrinking would drop"
        )
    assert tok.shrink(257).encode("abwxyz") == [256, *b"wxyz"]
    behind = minitok.Tokenizer.from_ranks({**SINGLES, b"ab": 256, b"wxyz": 300}, pattern="none", backend=backend)
    assert behind.shrink(257).encode("abwxyz") == [256, *b"wxyz"]


def test_characters_stay_when_their_merges_are_truncated(backend):
    tok = minitok.train(["ab ab"], 300, special_tokens=["<s>"], alphabet="characters", backend=backend)
    assert tok.vocab_size == 262
    assert tok.shrink(262) == tok
    assert tok.shrink(260).special_tokens == {"<s>": 259}


def test_the_other_options_name_their_choices(backend):
    tok = tokenizer(backend)
    assert outcome(tok.stream_decoder, errors="ignore").message == "errors must be 'replace' or 'strict', not 'ignore'"
    assert outcome(tok.encode_with_offsets, "a", unit="word").message == "unit must be 'char' or 'byte', not 'word'"
    assert (
        outcome(lambda: list(tok.encode_iterable("text"))).message
        == "chunks must be an iterable of str or bytes, not one str"
    )


@pytest.mark.parametrize(
    ("merge", "kind", "reason"),
    [
        (
            (97, 98, 256, -1),
            minitok.errors.VocabularyError,
            "merge 0 holds a number that is not between 0 and 2147483647",
        ),
        (
            (97, 98, 256, 1 << 40),
            minitok.errors.VocabularyError,
            "merge 0 holds a number that is not between 0 and 2147483647",
        ),
        (
            (-1, 98, 256, 0),
            minitok.errors.VocabularyError,
            "merge 0 holds a number that is not between 0 and 2147483647",
        ),
        ((97, 98, 256), minitok.errors.VocabularyError, "merge 0 must be 4 integers, not 3"),
        ((97, 98, 256, 0.5), TypeError, "merge 0 must be 4 integers, not (97, 98, 256, 0.5)"),
        (7, TypeError, "merge 0 must be 4 integers, not 7"),
    ],
)
def test_the_merges_of_a_vocabulary_are_checked(merge, kind, reason):
    tokens = {token_id: token for token, token_id in SINGLES.items()} | {256: b"ab"}
    failed = failure_on_both(
        lambda backend: minitok.Tokenizer(
            minitok.definition.Definition.from_vocabulary(tokens, [merge], False, backend=backend)
        )
    )
    assert failed.kind is kind
    assert failed.message.startswith(reason)


@pytest.mark.parametrize(
    ("more", "kind", "reason"),
    [
        ({-1: b"ab"}, minitok.errors.VocabularyError, "the id -1 of the token b'ab' is not between 0 and 2147483647"),
        (
            {1 << 40: b"ab"},
            minitok.errors.VocabularyError,
            f"the id {1 << 40} of the token b'ab' is not between 0 and 2147483647",
        ),
        ({256: "ab"}, TypeError, "the token with the id 256 must be bytes, not str"),
        ({"256": b"ab"}, TypeError, "the id of the token b'ab' must be int, not str"),
        ({True: b"\x01"}, TypeError, "the id of the token b'\\x01' must be int, not bool"),
    ],
)
def test_the_tokens_of_a_vocabulary_are_checked(more, kind, reason):
    tokens = {**more, **{token_id: token for token, token_id in SINGLES.items()}}
    failed = failure_on_both(
        lambda backend: minitok.Tokenizer(
            minitok.definition.Definition.from_vocabulary(tokens, [], False, backend=backend)
        )
    )
    assert failed == Failure(kind, reason)


def test_many_special_tokens_of_a_count_take_no_longer_each():
    """Each name is compared with few others, however many there are."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str(self) == str(other)

    from minitok.corpus.counts import check_special

    names = [Name(f"<{number}>") for number in range(2000)]
    assert check_special(names) == names
    compared = 0
    check_special(names)
    assert compared < 2000
    with pytest.raises(minitok.errors.TrainingError, match="'<7>' is given twice"):
        check_special([*names, "<7>"])


def test_threads_are_a_whole_number():
    def encode(threads):
        return lambda backend: minitok.Tokenizer([], backend=backend).encode("ab", threads=threads)

    assert failure_on_both(encode(2.0)).kind is TypeError
    assert on_both(encode(2**64)) == [97, 98]


# -- fields of a tokenizer ---------------------------------------------------------------------------------------------


def untouched():
    """Texts that must not be read."""
    raise AssertionError("the texts were read before the options were checked")
    yield  # pragma: no cover - it is a generator


@pytest.mark.parametrize("wrong", [5, 1.5, True, [], {}, b"a"], ids=repr)
def test_a_name_must_be_a_string_before_anything_is_read(wrong, tmp_path):
    (tmp_path / "a.txt").write_text("ab")
    calls = [
        lambda backend: minitok.train(untouched(), 258, name=wrong, backend=backend),
        lambda backend: minitok.train_files(tmp_path / "a.txt", 258, name=wrong, backend=backend),
        lambda backend: minitok.parity.train_parity({"a": untouched()}, 258, name=wrong, backend=backend),
        lambda backend: tokenizer(backend).extend(untouched(), 300, name=wrong),
        lambda backend: tokenizer(backend).replace(name=wrong),
        lambda backend: tokenizer(backend, name=wrong),
    ]
    for call in calls:
        assert failure_on_both(call) == Failure(TypeError, f"name must be str, not {type(wrong).__name__}")


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"name": "\ud800"}, VocabularyError, r"name '\ud800' contains a lone surrogate"),
        ({"prefix": 5}, TypeError, "prefix must be str, not int"),
        ({"words": b"a"}, TypeError, "words must be str, not bytes"),
        ({"late_tokens": "<s>"}, TypeError, "late_tokens must be a collection of names, not one str"),
        ({"late_tokens": [5]}, TypeError, "each of late_tokens must be str, not int"),
        ({"late_tokens": [None]}, TypeError, "each of late_tokens must be str, not NoneType"),
        ({"late_tokens": ["\ud800"]}, VocabularyError, r"each of late_tokens '\ud800' contains a lone surrogate"),
        ({"token_flags": ["<s>"]}, TypeError, "token_flags must be a mapping from names to flags, not list"),
        ({"token_flags": {"<s>": "lstrip"}}, TypeError, "token_flags must be a collection of names, not one str"),
        ({"token_flags": {5: ["lstrip"]}}, TypeError, "each of token_flags must be str, not int"),
        ({"trained": []}, TypeError, "trained must be a mapping, not list"),
        ({"trained": {5: 1}}, TypeError, "each of trained must be str, not int"),
        ({"trained": {"a": "\ud800"}}, VocabularyError, "trained contains a lone surrogate"),
        (
            {"trained": {"a": b"a"}},
            TypeError,
            "trained must be values that JSON can hold: Object of type bytes is not JSON serializable",
        ),
        ({"chat": b"a"}, TypeError, "chat must be ChatTemplates, or a template as str, not bytes"),
        ({"chat": "\ud800"}, VocabularyError, r"'default' in templates '\ud800' contains a lone surrogate"),
        ({"chat": {"\ud800": "a"}}, VocabularyError, r"a name in templates '\ud800' contains a lone surrogate"),
        ({"chat": {"default": 5}}, TypeError, "templates must be names and strings, not 'default' and int"),
    ],
    ids=str,
)
def test_a_field_is_checked_when_a_tokenizer_is_built(fields, kind, message):
    assert failure_on_both(lambda backend: tokenizer(backend).replace(**fields)) == Failure(kind, message)
