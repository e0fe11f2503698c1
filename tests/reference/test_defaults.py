"""What the reference does where nothing else is said."""

from minitok.reference.more.trace import trace
from minitok.reference.published.codecs import Codec
from minitok.reference.published.found_tokens import SpecialTokens
from minitok.reference.published.metaspace import Metaspace
from minitok.reference.published.patterns import Pattern
from minitok.reference.published.streams import StreamDecoder
from minitok.reference.published.vocabs import Vocab
from minitok.reference.train import TrainOptions, train

VOCAB = Vocab.from_merges(bytes(range(256)), [(97, 98)])


def test_a_text_is_not_the_rest_of_another():
    codec = Codec(VOCAB, Pattern("none"), SpecialTokens({}), metaspace=Metaspace("first"))
    search = codec.finder()
    assert [segment.text.data for segment in codec.preprocessor.segments(b"ab", search)] == [b" ab"]
    assert codec.encode(b"ab", search) == trace(codec, b"ab", search, lambda _: None) == [32, 256]


def test_a_stream_keeps_the_space_at_its_start():
    assert StreamDecoder(VOCAB.token_bytes).push(32) == " "


def test_a_pair_that_occurs_once_is_merged():
    assert train({b"ab": 1}, TrainOptions(n_merges=1)).merges == [(97, 98)]


def test_a_vocabulary_may_be_no_more_than_a_merge():
    vocab = Vocab.from_tokens({b"a": 0, b"b": 1, b"ab": 2}, [(0, 1)], whole_pieces=False, drops_bytes=True)
    assert [merge.id for merge in vocab.merges] == [2]
