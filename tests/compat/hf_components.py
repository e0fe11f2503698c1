"""Components of ``tokenizers`` and of minitok's interface of it, each made by a function of the library; and random texts."""

import unicodedata

from hypothesis import strategies as st
from minitok.reference.published.normal_forms import decomposition

# Text in which most steps find something: marks, spaces of all kinds, digits, scripts, controls, and any other character.
PARTS = (
    " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2581", "_", "-", "a", "B", "test", "don't", "É", "e\u0301", "ﬁ", "Å", "ß",
    "İ", "Σ", "1", "23", "²", "٣", "!", "?!", "。", "中文", "どこ", "カー", "где", "\u0000", "\u0007", "\u200b", "\ufeff", "\ufffd",
    "\U0001f600", "한", "\u1100\u1161", "a\u0323\u0307", "</w>", "##", "<0x41>", "x" * 7,
)  # fmt: skip
# Normal forms are those of an older Unicode there: no character that has been put together since Unicode 3.2.
CHARACTERS = st.characters(codec="utf-8").filter(
    lambda char: unicodedata.ucd_3_2_0.category(char) != "Cn" or decomposition(char, compatible=True) == char
)
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.text(CHARACTERS, max_size=3)), max_size=8).map("".join)

NORMALIZERS = [
    lambda lib: lib.normalizers.NFC(),
    lambda lib: lib.normalizers.NFD(),
    lambda lib: lib.normalizers.NFKC(),
    lambda lib: lib.normalizers.NFKD(),
    lambda lib: lib.normalizers.Lowercase(),
    lambda lib: lib.normalizers.StripAccents(),
    lambda lib: lib.normalizers.Nmt(),
    lambda lib: lib.normalizers.ByteLevel(),
    lambda lib: lib.normalizers.Strip(),
    lambda lib: lib.normalizers.Strip(left=False),
    lambda lib: lib.normalizers.Strip(right=False),
    lambda lib: lib.normalizers.Prepend("▁▁"),
    lambda lib: lib.normalizers.Replace(" ", "▁"),
    lambda lib: lib.normalizers.Replace("a", ""),
    lambda lib: lib.normalizers.Replace(lib.Regex(r"\p{L}+"), "wörd"),
    lambda lib: lib.normalizers.Replace(lib.Regex(r"\s+$|\A\s+"), "-"),
    lambda lib: lib.normalizers.BertNormalizer(),
    lambda lib: lib.normalizers.BertNormalizer(False, True, True, False),
    lambda lib: lib.normalizers.BertNormalizer(True, False, None, False),
    lambda lib: lib.normalizers.Sequence(
        [lib.normalizers.NFD(), lib.normalizers.StripAccents(), lib.normalizers.Lowercase(), lib.normalizers.NFC()]
    ),
    lambda lib: lib.normalizers.Sequence([]),
]
PRE_TOKENIZERS = [
    lambda lib: lib.pre_tokenizers.ByteLevel(),
    lambda lib: lib.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    lambda lib: lib.pre_tokenizers.Whitespace(),
    lambda lib: lib.pre_tokenizers.WhitespaceSplit(),
    lambda lib: lib.pre_tokenizers.BertPreTokenizer(),
    lambda lib: lib.pre_tokenizers.CharDelimiterSplit("a"),
    lambda lib: lib.pre_tokenizers.UnicodeScripts(),
    lambda lib: lib.pre_tokenizers.FixedLength(2),
    lambda lib: lib.pre_tokenizers.Digits(),
    lambda lib: lib.pre_tokenizers.Digits(individual_digits=True),
    *(
        lambda lib, behavior=behavior: lib.pre_tokenizers.Punctuation(behavior)
        for behavior in ("removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next")
    ),
    *(
        lambda lib, behavior=behavior, invert=invert: lib.pre_tokenizers.Split(lib.Regex("[a-z]|1?"), behavior, invert)
        for behavior in ("removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next")
        for invert in (False, True)
    ),
    lambda lib: lib.pre_tokenizers.Split(" ", "merged_with_next"),
    lambda lib: lib.pre_tokenizers.Metaspace(),
    lambda lib: lib.pre_tokenizers.Metaspace("_", "first", split=False),
    lambda lib: lib.pre_tokenizers.Metaspace(prepend_scheme="never"),
    lambda lib: lib.pre_tokenizers.Sequence(
        [
            lib.pre_tokenizers.WhitespaceSplit(),
            lib.pre_tokenizers.Metaspace("▁", "first"),
            lib.pre_tokenizers.Punctuation(),
            lib.pre_tokenizers.ByteLevel(use_regex=False),
            lib.pre_tokenizers.Digits(),
        ]
    ),
    lambda lib: lib.pre_tokenizers.Sequence([]),
]
DECODERS = [
    lambda lib: lib.decoders.ByteLevel(),
    lambda lib: lib.decoders.ByteFallback(),
    lambda lib: lib.decoders.Fuse(),
    lambda lib: lib.decoders.Strip("a", 1, 0),
    lambda lib: lib.decoders.Replace("a", "b"),
    lambda lib: lib.decoders.Replace(lib.Regex(r"\p{P}|x*"), "<>"),
    lambda lib: lib.decoders.Metaspace(),
    lambda lib: lib.decoders.Metaspace("_", "never"),
    lambda lib: lib.decoders.BPEDecoder(),
    lambda lib: lib.decoders.BPEDecoder("a"),
    lambda lib: lib.decoders.WordPiece(),
    lambda lib: lib.decoders.WordPiece("a", cleanup=False),
    lambda lib: lib.decoders.CTC(),
    lambda lib: lib.decoders.CTC("a", " ", cleanup=False),
    lambda lib: lib.decoders.Sequence(
        [
            lib.decoders.Replace("▁", " "),
            lib.decoders.ByteFallback(),
            lib.decoders.Fuse(),
            lib.decoders.Strip(" ", 1, 0),
        ]
    ),
    lambda lib: lib.decoders.Sequence([]),
]
PROCESSORS = [
    lambda lib: lib.processors.BertProcessing(("[SEP]", 1), ("[CLS]", 2)),
    lambda lib: lib.processors.RobertaProcessing(("</s>", 1), ("<s>", 2), add_prefix_space=False),
    lambda lib: lib.processors.ByteLevel(trim_offsets=False),
    lambda lib: lib.processors.TemplateProcessing(
        "<s> $A:3", ["<s>", "$A", "$B:1", "</s>:1"], [("<s>", 1), (2, "</s>")]
    ),
    lambda lib: lib.processors.TemplateProcessing(
        single="$0 <s>:2", special_tokens=[{"id": "<s>", "ids": [0, 1], "tokens": ["a", "b"]}]
    ),
    lambda lib: lib.processors.Sequence(
        [lib.processors.ByteLevel(), lib.processors.BertProcessing(("a", 0), ("b", 1))]
    ),
]
