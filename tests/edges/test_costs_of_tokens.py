"""Costs grow as they should with what stands beside the text: special tokens, segments, conversations, components, long tokens."""

import warnings

import minitok
import minitok.chat.environment
import minitok.compat.tokenizers as hf
import pytest
from costs import check, cost, on_each
from minitok.compat import tiktoken
from minitok.definition import Definition

MERGES = [(97, 97), (256, 256), (257, 257), (258, 258)]
# Texts as `a…ab` are one piece, and letters where their end is missing.
AHEAD = r"a+b|[\s\S]"


def tokenizer(pattern="cl100k", special=("<s>", "<e>"), **changes):
    special = {name: 1000 + at for at, name in enumerate(special)}
    return minitok.Tokenizer(MERGES, pattern=pattern, special_tokens=special).replace(**changes)


def names(count):
    return [f"<|{number}|>" for number in range(count)]


def numbered(count):
    """A tokenizer with this many special tokens."""
    return tokenizer(special=names(count))


# By name: a size, and what makes an input of about this size and returns the work on it.
CASES = {}
# The same, where the work is a call of a method with a text: the tokenizer, the text, and options of the call.
CALLS = {
    "chunks of one piece": (4000, "chunk", lambda n: (tokenizer(AHEAD), "a" * n + "b", {"max_tokens": n // 20})),
    "chunks that overlap": (4000, "chunk", lambda n: (tokenizer(AHEAD), "a" * n + "b", {"max_tokens": 60, "overlap": 30})),
    "chunks of a text that is changed": (
        20_000, "chunk", lambda n: (tokenizer(normalizer="NFKC", prefix="always"), "ﷺ é. " * n, {"max_tokens": 60, "overlap_sentences": 2}),
    ),
    "chunks of special tokens": (20_000, "chunk", lambda n: (tokenizer(), "<s>a" * n, {"max_tokens": 60, "allowed_special": "all"})),
    "a prefix of one piece": (20_000, "truncate_text", lambda n: (tokenizer(AHEAD), "a" * n + "b", {"max_tokens": n // 20})),
    "segments": (20_000, "encode_segments", lambda n: (tokenizer(), [("a<s>", True), ("b<s>", False)] * (n // 2), {})),
    "segments that are normalized": (
        4000, "encode_segments", lambda n: (tokenizer(normalizer="NFD"), [("é<s>", True), ("é<s>", False)] * (n // 2), {"merge_across": True}),
    ),
    "segments and special tokens": (500, "encode_segments", lambda n: (numbered(n), [("a<|1|>", True)] * n, {})),
    "special tokens": (5000, "encode", lambda n: (numbered(n), "".join(f"ab {name}" for name in names(n)), {"allowed_special": "all"})),
    "special tokens one after the other": (50_000, "encode", lambda n: (tokenizer(), "<s>" * n, {"allowed_special": "all"})),
    "tokens that take white space": (
        20_000, "encode", lambda n: (
            tokenizer(special=["\n", "<s>"], token_flags={"\n": {"lstrip"}, "<s>": {"lstrip", "rstrip"}}),
            "\n" * n + "<s>" + " " * n, {"allowed_special": "all"},
        ),
    ),
    "runs of marks": (20_000, "encode_with_offsets", lambda n: (tokenizer(normalizer="NFC"), "e" + "\u0301\u0323" * n, {})),
    "runs of marks, by the reference": (
        5000, "encode", lambda n: (tokenizer(normalizer="NFC", backend="python"), "e" + "\u0301\u0323" * n, {}),
    ),
    "tokens that take white space in a long text": (
        20_000, "encode", lambda n: (
            tokenizer(normalizer="NFC", token_flags={"<s>": {"lstrip", "rstrip", "single_word"}}), " <s> ééééé" * n, {"allowed_special": "all"},
        ),
    ),
    "late tokens": (
        20_000, "encode_with_offsets", lambda n: (
            tokenizer(special=["<é>", "<s>"], normalizer="NFC", late_tokens=["<é>"]), "<e\u0301><s>" * n, {"allowed_special": "all"},
        ),
    ),
}  # fmt: skip
RUNS = {
    "line feeds": "\n", "spaces": " ", "lines of spaces": "  \n", "letters": "a", "flags": "🇩🇪", "accents": "\u0301", "full stops": ".",
    "full stops and spaces": ". ", "quotation marks": '"', "brackets": "(", "fences": "```\n", "headings": "# a\n", "commas": ",",
    "ideographs": "中", "wide full stops": "。」", "carriage returns": "\r\n", "wrapped lines": "a line that is long enough to be wrapped\n",
}  # fmt: skip
for name, unit in RUNS.items():
    CALLS[f"chunks of {name}"] = 40_000, "chunk", lambda n, unit=unit: (tokenizer(), unit * n, {"max_tokens": 60})
    overlapping = {"max_tokens": 60, "overlap": 20, "at": "code", "fill": 0}
    CALLS[f"chunks of {name} that overlap"] = 20_000, "chunk", lambda n, unit=unit: (tokenizer(), unit * n, overlapping)


for name, (size, method, make) in CALLS.items():
    CASES[name] = on_each(make, lambda made, method=method: getattr(made[0], method)(made[1], **made[2])), size


def edited(session):
    return [session.edit(at, at + 1, "xy") for at in range(0, len(session) - 2, max(1, len(session) // 4000))]


def grown(text):
    session = tokenizer().session()
    for char in text:
        session.append(char)


WORDS = "the cat's 12 "
CASES |= {
    "edits of a text that changes": (on_each(lambda n: tokenizer().session(WORDS * (n // 13)), edited), 200_000),
    "a text that grows by characters": (on_each(lambda n: WORDS * (n // 13), grown), 4000),
    "special tokens in a stream": (
        on_each(lambda n: (numbered(n), "ab cd " * n), lambda made: sum(1 for _ in made[0].encode_iterable(iter(made[1]), allowed_special="all"))),
        15_000,
    ),
}  # fmt: skip


# -- conversations --------------------------------------------------------------------------------------------------------

EACH = "{% for m in messages %}<s>{{ m.role }}|{{ m.content | trim }}<e>{% endfor %}"
GROWS = (
    "{% set ns = namespace(text='') %}{% for m in messages %}{% set ns.text = ns.text HOW %}{% endfor %}{{ ns.text }}"
)
TEMPLATES = {
    "each": EACH,
    "joined": GROWS.replace("HOW", "~ '<s>' ~ m.role ~ m.content ~ '<e>'"),
    "added": GROWS.replace("HOW", "+ '<s>' + m.role + m.content + '<e>'"),
    "looked_at": "{% for m in messages %}{{ m.content.split('|')[-1].strip() }}<e>{% endfor %}",
}


def conversation(template, **changes):
    tok = tokenizer(**changes).replace(chat=template)
    return on_each(lambda size: [{"role": "user", "content": "hi| <e> é"}] * size, tok.encode_chat)


for name, template in TEMPLATES.items():
    CASES[f"messages_{name}"] = conversation(template), 1000
    CASES[f"messages_{name}_normalized"] = conversation(template, normalizer="NFD"), 1000


def with_a_long_token(size):
    long = f"<{'a' * size}"
    return EACH + long + ">", {f"{long}{number}>": 2000 + number for number in range(5)}


def encoded_with(template_and_tokens):
    template, added = template_and_tokens
    return tokenizer(added_tokens=added).replace(chat=template).encode_chat([{"role": "user", "content": "hi"}])


CASES["a template and a long added token"] = on_each(with_a_long_token, encoded_with), 10_000


# -- vocabularies ---------------------------------------------------------------------------------------------------------


def pruning_a_long_token_of_several_merges(size):
    """A token of a power of two, which its halves make, and a longer part and a shorter one, too."""
    runs = {b"a" * (1 << power): 255 + power for power in range(1, size.bit_length() - 2)}
    half = max(map(len, runs))
    ids = {bytes([byte]): byte for byte in range(256)} | runs
    halves = [(97, 97), *((made, made) for made in list(runs.values())[:-1])]
    ids[b"a" * (2 * half)] = whole = 1000
    ids[b"a" * (2 * half - 1)] = 1001
    tok = minitok.Tokenizer(Definition.from_tokens(ids, [*halves, (ids[b"a" * half],) * 2, (1001, 97)], pattern="none"))
    assert tok.encode("a" * (2 * half)) == [whole]
    return lambda: tok.prune(["a" * (2 * half)])


CASES["pruning"] = pruning_a_long_token_of_several_merges, 8192


# -- faces of other libraries ---------------------------------------------------------------------------------------------


def components(**changes):
    return hf.Tokenizer.from_minitok(tokenizer(**changes))


for method in ("token_to_chars", "token_to_word", "char_to_token", "char_to_word", "word_to_tokens", "word_to_chars"):
    CASES[method] = (
        on_each(
            lambda size: (components().encode("aa aa " * size), range(2 * size)),
            lambda made, method=method: [getattr(made[0], method)(number) for number in made[1]],
        ),
        2000,
    )


def columns(made):
    return made.tokens, made.offsets, made.word_ids, made.special_tokens_mask


def with_added(*added):
    tok = components()
    tok.add_tokens([hf.AddedToken(name, **dict.fromkeys(sides, True)) for name, *sides in added])
    return lambda text: tok.encode(text).offsets


def added_one_by_one(each):
    tok = components()
    return [tok.add_tokens([name]) for name in each]


RANKS = {token: token_id for token_id, token in tokenizer().definition.vocab.tokens.items()}
TIKTOKEN = tiktoken.Encoding("x", pat_str=r"\w+|\W", mergeable_ranks=RANKS, special_tokens={})


def by_tiktoken(text):
    ids = TIKTOKEN.encode(text)
    return TIKTOKEN.decode_with_offsets(ids), TIKTOKEN.decode_tokens_bytes(ids), TIKTOKEN.encode_with_unstable(text)


def stream_of(token_id, tok):
    return on_each(
        lambda size: (hf.decoders.DecodeStream(), size),
        lambda made: [made[0].step(tok, token_id) for _ in range(made[1])],
    )


FALLBACK = hf.Tokenizer(hf.models.BPE({f"<0x{byte:02X}>": byte for byte in range(256)}, [], byte_fallback=True))
FALLBACK.decoder = hf.decoders.Sequence([hf.decoders.ByteFallback(), hf.decoders.Fuse()])
CASES |= {
    "encodings merged": (
        on_each(lambda n: [components().encode("aa a")] * n, lambda parts: hf.Encoding.merge(parts, growing_offsets=True).offsets), 2000
    ),
    "columns of an encoding": (on_each("é <s> a".__mul__, lambda text: columns(components(normalizer="NFD").encode(text))), 2000),
    "white space that added tokens take": (
        on_each(lambda n: "\n" * n + "<t>" + " " * n, with_added(("\n", "lstrip"), ("<t>", "rstrip"))), 4000
    ),
    "white space that tokens of it take": (on_each("\n".__mul__, with_added(("\n", "lstrip", "rstrip"))), 3000),
    "white space that is stripped": (
        on_each(lambda n: "a".join([" " * n] * 3), lambda text: hf.NormalizedString(text).strip()), 10_000
    ),
    "added tokens one by one": (on_each(names, added_one_by_one), 1500),
    "bytes that never become text": (stream_of(255, components()), 1500),
    "bytes that stand for themselves and are no text": (stream_of(255, FALLBACK), 1500),
    "faces of tiktoken": (on_each("aa é ".__mul__, by_tiktoken), 20_000),
    "a piece that may go on": (on_each(lambda n: "ab" * (n // 2), TIKTOKEN.encode_with_unstable), 200_000),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_costs(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fork, where another test has left a thread
        check(*CASES[name])


def test_a_copy_before_each_edit_takes_what_the_edit_does():
    def edits(count):
        session, text = tokenizer().session("the cat's 12 " * 40_000), range(0, 500_000, 500_000 // count)

        def work():
            copies = []
            for at in text:
                copies.append(session.fork())
                session.edit(at, at + 1, "xy")
            return copies

        return work

    assert cost(edits, 2000, runs=1)[1] < 40 << 20
