"""The vectors of training, encoding, decoding, vocabularies and files, on both backends. ``tests/vectors.rs`` runs the same
files without Python; ``test_vectors_of_pieces.py`` has what comes before.
"""

from pathlib import Path
from typing import Any

import minitok
import pytest
from minitok.backend import load_backend
from minitok.errors import (
    DisallowedSpecialTokenError,
    FileFormatError,
    MissingByteError,
    UnknownTokenError,
    VocabularyError,
)
from minitok.formats import native
from minitok.formats.files import parse_json
from minitok.reference.more.parity import ParityOptions
from minitok.reference.train import TrainOptions
from vector_cases import Case, as_bytes, as_text, cases, refused, special_of, steps_of, tokenizer_of, training, vocab_of

# -- training ------------------------------------------------------------------------------------------------------


@cases("train")
def test_training(case: Case, backend: str) -> None:
    for at_once in (True, False):
        learnt = load_backend(backend).train(*training(case, backend, at_once=at_once))
        assert learnt == expected_of(case)


@cases("extend")
def test_extending(case: Case, backend: str) -> None:
    base = vocab_of(case["vocabulary"], backend), case["first_id"]
    assert load_backend(backend).train(*training(case, backend), None, None, base) == expected_of(case)
    # The same with a trace, for which Rust takes the mirror.
    assert load_backend(backend).train(*training(case, backend), None, lambda _: None, base) == expected_of(case)


@cases("extend", having="first_stage")
def test_superwords(case: Case, backend: str) -> None:
    first, options = case["first_stage"], case["options"]
    tokenizer = minitok.train(
        case["documents"],
        first["vocab_size"] + options["n_merges"],
        pattern=first["pattern"],
        superwords=options["n_merges"],
        superword_pattern=options["pattern"],
        max_words=options["max_words"],
        barred=options["barred"],
        backend=backend,
    )
    assert [list(merge) for merge in tokenizer.merges] == case["vocabulary"]["merges"] + case["merges"]
    assert (tokenizer.pattern, tokenizer.report.stop) == (options["pattern"], case["stop"])


@cases("parity")
def test_parity(case: Case, backend: str) -> None:
    implementation: Any = load_backend(backend)
    options = dict(case["options"])
    limits = {name: options[name] for name in ("min_frequency", "max_token_length") if name in options}
    plain = TrainOptions(options.pop("n_merges"), **limits)
    pattern = implementation.pattern(options.pop("pattern"))
    names = ("global_merges", "ratio", "window", "alpha")
    parity = ParityOptions(**{name: options[name] for name in names if name in options})

    def counters(name: str) -> list[Any]:
        made = [implementation.piece_counter(pattern, implementation.special_tokens({})) for _ in case.get(name, [])]
        for counter, documents in zip(made, case.get(name, []), strict=True):
            counter.add([document.encode() for document in documents])
        return made

    base = implementation.vocab.from_merges(plain.byte_order, []), 256
    trained = implementation.train_parity(counters("languages"), counters("development"), plain, parity, base)
    expected = [tuple(pair) for pair in case["merges"]], case["turns"], case["counts"], case["ties"], case["stop"]
    assert trained == expected


def expected_of(case: Case) -> tuple[Any, ...]:
    return [tuple(pair) for pair in case["merges"]], case["counts"], case["ties"], case["stop"]


@cases("train", having="special_ids")
def test_ids_of_special_tokens(case: Case, backend: str) -> None:
    options = dict(case["options"])
    size = 256 + options.pop("n_merges") + len(options["special_tokens"])
    tokenizer = minitok.train(case["documents"], size, backend=backend, **options)
    assert tokenizer.special_tokens == case["special_ids"]


# -- encoding and decoding -----------------------------------------------------------------------------------------


@cases("encode", having="ids")
def test_encoding(case: Case, backend: str) -> None:
    tokenizer, text, allowed = tokenizer_of(case, backend), as_text(case["text"]), case.get("allowed", [])
    assert tokenizer.encode(text, allowed_special=allowed) == case["ids"]
    assert tokenizer.encode_to_numpy(text, allowed_special=allowed).tolist() == case["ids"]
    assert tokenizer.encode_batch([text], allowed_special=allowed) == [case["ids"]]
    assert tokenizer.count(text, allowed_special=allowed) == len(case["ids"])
    assert list(tokenizer.encode_iterable([text[:2], text[2:]], allowed_special=allowed)) == case["ids"]
    if isinstance(text, str):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    assert tokenizer.decode_bytes(case["ids"]) == text


@cases("encode", having="drawn")
def test_dropout(case: Case, backend: str) -> None:
    codec, text, allowed = codec_of(case, backend), as_text(case["text"]), case.get("allowed", [])
    if case["dropout"]:
        codec = codec.dropping(case["dropout"], case["seed"])
    assert codec.encode(text, allowed) == case["drawn"]
    assert codec.encode_to_array(text, allowed).tolist() == case["drawn"]
    assert codec.encode_batch(["a", text], allowed)[1] == case["drawn"]


@cases("encode", having="error")
def test_disallowed_special_tokens(case: Case, backend: str) -> None:
    tokenizer = tokenizer_of(case, backend)
    with pytest.raises(DisallowedSpecialTokenError) as caught:
        tokenizer.encode(as_text(case["text"]), disallowed_special=case["disallowed"])
    assert {"token": caught.value.token, "position": caught.value.position} == case["error"]


@cases("decode", having="bytes")
def test_decoding(case: Case, backend: str) -> None:
    tokenizer = tokenizer_of(case, backend)
    assert tokenizer.decode_bytes(case["ids"]) == as_bytes(case["bytes"])
    assert tokenizer.decode(case["ids"]) == case["text"] == as_bytes(case["bytes"]).decode(errors="replace")
    strict = tokenizer.stream_decoder(errors="strict")
    if "strict" in case:
        with pytest.raises(UnicodeDecodeError) as caught:
            tokenizer.decode(case["ids"], errors="strict")
        assert [caught.value.start, caught.value.end] == case["strict"]
        with pytest.raises(UnicodeDecodeError):
            _ = [strict.push(token_id) for token_id in case["ids"]], strict.finish()
    else:
        assert tokenizer.decode(case["ids"], errors="strict") == case["text"]
        assert "".join([strict.push(token_id) for token_id in case["ids"]]) + strict.finish() == case["text"]


@cases("decode", having="unknown")
def test_unknown_ids(case: Case, backend: str) -> None:
    with pytest.raises(UnknownTokenError) as caught:
        tokenizer_of(case, backend).decode_bytes(case["ids"])
    assert {"id": caught.value.token_id, "position": caught.value.position} == case["unknown"]


@cases("decode", having="stream")
def test_streaming(case: Case, backend: str) -> None:
    tokenizer = tokenizer_of(case, backend)
    stream = tokenizer.stream_decoder(stop=case.get("stop", ()))
    for _ in range(2):  # a finished stream can be used again
        answers = [stream.push(token_id) for token_id in case["ids"][: len(case["stream"])]]
        assert answers == case["stream"]
        assert stream.stopped == case.get("stopped")
        if "unknown" in case:
            with pytest.raises(UnknownTokenError) as caught:
                stream.push(case["unknown"]["id"])
            assert caught.value.position == case["unknown"]["position"]
            assert stream.finish() == ""
        else:
            assert stream.finish() == case["finish"]
            whole = tokenizer.decode(case["ids"])
            shown = "".join(answers) + case["finish"]
            assert whole == shown if case.get("stopped") is None else whole.startswith(shown + case["stopped"])
            assert stream.push(case["ids"]) + stream.finish() == shown  # all at once


# -- vocabularies of characters ------------------------------------------------------------------------------------


def codec_of(case: Case, backend: str) -> Any:
    implementation = load_backend(backend)
    codec = implementation.codec(
        vocab_of(case["vocabulary"], backend),
        implementation.pattern(case.get("pattern", "none")),
        special_of(case, backend),
        implementation.normalizer(steps_of(case)) if "steps" in case else None,
        case.get("prefix"),
    )
    return codec.going_on() if case.get("continues") else codec


@cases("characters", having="ids")
def test_characters(case: Case, backend: str) -> None:
    codec, text, allowed = codec_of(case, backend), as_text(case["text"]), case.get("allowed", [])
    assert codec.encode(text, allowed) == case["ids"]
    assert codec.encode_to_array(text, allowed).tolist() == case["ids"]
    assert codec.encode_batch([text, text], allowed) == [case["ids"]] * 2
    assert codec.count(text, allowed) == len(case["ids"])
    if not case.get("continues"):
        assert codec.trace(text, allowed, lambda _: None) == case["ids"]
    if "decoded" in case:
        decoded = as_bytes(case["decoded"])
        assert codec.decode_bytes(case["ids"]) == decoded
        assert codec.decode(case["ids"], "replace") == decoded.decode(errors="replace")
        stream = codec.stream_decoder(False)
        for _ in range(2):
            shown = [stream.push(token_id) for token_id in case["ids"]]
            assert "".join([*shown, stream.finish()]) == decoded.decode(errors="replace")
    if "full_merges" in case:
        merges = vocab_of(case["vocabulary"], backend).merges
        assert [list(merge) for merge in merges] == case["full_merges"]


@cases("characters", having="safe_cut")
def test_safe_cuts_of_characters(case: Case, backend: str) -> None:
    codec, text, cut = codec_of(case, backend), as_bytes(case["text"]), case["safe_cut"]
    allowed = case.get("allowed", [])
    assert codec.safe_cut(text, allowed) == cut
    assert codec.encode(text[:cut], allowed) + codec.going_on().encode(text[cut:], allowed)[:] == case["ids"] or not cut


@cases("characters", having="missing")
def test_bytes_without_a_token(case: Case, backend: str) -> None:
    codec, text = codec_of(case, backend), as_bytes(case["text"])
    for call in (codec.encode, codec.encode_to_array, codec.count, lambda text: codec.trace(text, [], lambda _: None)):
        with pytest.raises(MissingByteError) as caught:
            call(text)
        assert {"byte": caught.value.byte, "position": caught.value.position} == case["missing"]


@cases("characters", having="error")
def test_refused_vocabularies_of_characters(case: Case, backend: str) -> None:
    with refused(VocabularyError, case["error"]):
        codec_of(case, backend)


# -- vocabularies, traces, files -----------------------------------------------------------------------------------


@cases("vocab")
def test_vocabularies(case: Case, backend: str) -> None:
    if "error" in case:
        with refused(VocabularyError, case["error"]):
            tokenizer_of(case, backend)
        return
    vocab = tokenizer_of(case, backend).definition.vocab
    if "truncate" in case:
        vocab = vocab.truncate(case["truncate"])
    for token_id, token in case.get("tokens", []):
        assert vocab.token_bytes(token_id) == (None if token is None else as_bytes(token))
    for token, token_id in case.get("token_ids", []):
        assert vocab.token_id(as_bytes(token)) == token_id
    if "full_merges" in case:
        assert [list(merge) for merge in vocab.merges] == case["full_merges"]
    if "n_ids" in case:
        assert vocab.n_ids == case["n_ids"]
    if "merges_make_all" in case:
        assert vocab.merges_make_all is case["merges_make_all"]


@cases("trace", having="documents")
def test_training_traces(case: Case, backend: str) -> None:
    events: list[Case] = []
    load_backend(backend).train(*training(case, backend), None, events.append)
    assert events == case["events"]


@cases("trace", having="text")
def test_encoding_traces(case: Case, backend: str) -> None:
    events: list[Case] = []
    tokenizer, allowed = tokenizer_of(case, backend), case.get("allowed", [])
    assert tokenizer.encode(case["text"], allowed_special=allowed, trace=events.append) == case["ids"]
    assert events == case["events"]
    assert tokenizer.encode(case["text"], allowed_special=allowed) == case["ids"]


def native_file(path: Path, backend: str) -> minitok.Tokenizer:
    return minitok.Tokenizer(native.parse(parse_json(path.read_bytes(), path), path, backend))


@cases("files")
def test_files(case: Case, backend: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(case["file"].encode())
    if "error" in case:
        with pytest.raises(FileFormatError) as caught:
            native_file(path, backend)
        assert (caught.value.path, caught.value.line) == (str(path), case.get("line"))
        assert caught.value.reason.startswith(case["error"])
        return
    tokenizer = native_file(path, backend)
    assert tokenizer.encode(case["text"], allowed_special=case.get("allowed", [])) == case["ids"]
    tokenizer.save(path)
    assert minitok.load(path, backend=backend) == tokenizer
    assert case.get("rewritten") or path.read_bytes() == case["file"].encode()
    assert list(tmp_path.iterdir()) == [path]
