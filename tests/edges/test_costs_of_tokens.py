"""Costs grow as they should with what stands beside the text: special tokens, segments, conversations, components, long tokens."""

import warnings

import minitok
import minitok.chat.environment
import minitok.compat.tokenizers as hf
import pytest
from costs import check, cost
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


def called(method, make):
    def prepare(size):
        tok, given, options = make(size)
        return lambda: getattr(tok, method)(given, **options)

    return prepare


for name, (size, method, make) in CALLS.items():
    CASES[name] = called(method, make), size


def case(size):
    """Marks a function that makes an input of about this size, and returns the work on it."""

    def mark(make):
        CASES[make.__name__] = make, size
        return make

    return mark


@case(200_000)
def edits_of_a_text_that_changes(size):
    session = tokenizer().session("the cat's 12 " * (size // 13))
    return lambda: [session.edit(at, at + 1, "xy") for at in range(0, len(session) - 2, max(1, size // 4000))]


@case(4000)
def a_text_that_grows_by_characters(size):
    def grow():
        session = tokenizer().session()
        for char in "the cat's 12 " * (size // 13):
            session.append(char)

    return grow


@case(15_000)
def special_tokens_in_a_stream(size):
    tok, text = numbered(size), "ab cd " * size
    return lambda: sum(1 for _ in tok.encode_iterable(iter(text), allowed_special="all"))


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
    def make(size):
        tok = tokenizer(**changes).replace(chat=template)
        messages = [{"role": "user", "content": "hi| <e> é"}] * size
        return lambda: tok.encode_chat(messages)

    return make


for name, template in TEMPLATES.items():
    CASES[f"messages_{name}"] = conversation(template), 1000
    CASES[f"messages_{name}_normalized"] = conversation(template, normalizer="NFD"), 1000


@case(10_000)
def a_template_and_a_long_added_token(size):
    template, added = EACH + f"<{'a' * size}>", {f"<{'a' * size}{number}>": 2000 + number for number in range(5)}

    def work():
        tok = tokenizer(added_tokens=added).replace(chat=template)
        return tok.encode_chat([{"role": "user", "content": "hi"}])

    return work


# -- vocabularies ---------------------------------------------------------------------------------------------------------


@case(8192)
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


# -- faces of other libraries ---------------------------------------------------------------------------------------------


def components(**changes):
    return hf.Tokenizer.from_minitok(tokenizer(**changes))


def lookups(look_up):
    def make(size):
        encoding = components().encode("aa aa " * size)
        return lambda: [look_up(encoding, number) for number in range(2 * size)]

    return make


for method in ("token_to_chars", "token_to_word", "char_to_token", "char_to_word", "word_to_tokens", "word_to_chars"):
    CASES[method] = lookups(lambda encoding, number, method=method: getattr(encoding, method)(number)), 2000


@case(2000)
def encodings_merged(size):
    parts = [components().encode("aa a")] * size
    return lambda: hf.Encoding.merge(parts, growing_offsets=True).offsets


@case(2000)
def columns_of_an_encoding(size):
    tok = components(normalizer="NFD")

    def work():
        made = tok.encode("é <s> a" * size)
        return made.tokens, made.offsets, made.word_ids, made.special_tokens_mask

    return work


@case(4000)
def white_space_that_added_tokens_take(size):
    tok = components()
    tok.add_tokens([hf.AddedToken("\n", lstrip=True), hf.AddedToken("<t>", rstrip=True)])
    return lambda: tok.encode("\n" * size + "<t>" + " " * size).offsets


@case(3000)
def white_space_that_tokens_of_it_take(size):
    tok = components()
    tok.add_tokens([hf.AddedToken("\n", lstrip=True, rstrip=True)])
    return lambda: tok.encode("\n" * size).offsets


@case(1500)
def added_tokens_one_by_one(size):
    def add():
        tok = components()
        return [tok.add_tokens([name]) for name in names(size)]

    return add


def stream_of(token_id, tok):
    def make(size):
        stream = hf.decoders.DecodeStream()
        return lambda: [stream.step(tok, token_id) for _ in range(size)]

    return make


FALLBACK = hf.Tokenizer(hf.models.BPE({f"<0x{byte:02X}>": byte for byte in range(256)}, [], byte_fallback=True))
FALLBACK.decoder = hf.decoders.Sequence([hf.decoders.ByteFallback(), hf.decoders.Fuse()])
CASES["bytes_that_never_become_text"] = stream_of(255, components()), 1500
CASES["bytes_that_stand_for_themselves_and_are_no_text"] = stream_of(255, FALLBACK), 1500


@case(10_000)
def white_space_that_is_stripped(size):
    text = " " * size + "a" + " " * size + "b" + " " * size
    return lambda: hf.NormalizedString(text).strip()


@case(20_000)
def faces_of_tiktoken(size):
    ranks = {token: token_id for token_id, token in tokenizer().definition.vocab.tokens.items()}
    enc = tiktoken.Encoding("x", pat_str=r"\w+|\W", mergeable_ranks=ranks, special_tokens={})
    text = "aa é " * size

    def work():
        ids = enc.encode(text)
        return enc.decode_with_offsets(ids), enc.decode_tokens_bytes(ids), enc.encode_with_unstable(text)

    return work


@case(200_000)
def a_piece_that_may_go_on(size):
    ranks = {token: token_id for token_id, token in tokenizer().definition.vocab.tokens.items()}
    enc = tiktoken.Encoding("x", pat_str=r"\w+|\W", mergeable_ranks=ranks, special_tokens={})
    return lambda: enc.encode_with_unstable("ab" * (size // 2))


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
