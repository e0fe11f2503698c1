"""The core by itself: its ids are those of what files of models use, where these ask for nothing more."""

import regex
from hypothesis import given
from hypothesis import strategies as st
from minitok.reference import codec, decode, pretokenize, special, vocab
from minitok.reference.published import codecs, found_tokens, patterns, streams, vocabs

BYTES = bytes(range(256))
NAMES = {"<s>": 900, "<s>x": 901}
texts = st.text(st.sampled_from("abx <s>é1\n'"), max_size=40).map(str.encode) | st.binary(max_size=20)
merges = st.lists(st.tuples(st.sampled_from(b"ab <s"), st.sampled_from(b"abs>")), max_size=12, unique=True)


@given(merges, st.sampled_from([*pretokenize.NAMED, "none", r"\w+"]), texts, st.sets(st.sampled_from(list(NAMES))))
def test_the_ids_of_the_core_are_those_of_published_files(pairs, pattern, text, allowed):
    core = codec.Codec(
        vocab.Vocab.from_merges(BYTES, pairs),
        pretokenize.Pattern(pattern, patterns.compile_pattern),
        special.SpecialTokens(NAMES),
    )
    whole = codecs.Codec(
        vocabs.Vocab.from_merges(BYTES, pairs), patterns.Pattern(pattern), found_tokens.SpecialTokens(NAMES)
    )
    ids = core.encode(text, allowed)
    assert ids == whole.encode(text, whole.finder(allowed))
    assert core.decode_bytes(ids) == whole.decode_bytes(ids) == text
    for stream in (decode.StreamDecoder(core.token_bytes), streams.StreamDecoder(whole.token_bytes)):
        assert "".join([*map(stream.push, ids), stream.finish()]) == text.decode("utf-8", "replace")


@given(texts)
def test_an_engine_of_any_module_cuts(text):
    pattern = pretokenize.Pattern("gpt2", regex.compile)
    assert b"".join(pattern.split(text)) == text
    assert pattern.split(text) == patterns.Pattern("gpt2").split(text)
