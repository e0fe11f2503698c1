"""GGUF, as its own library writes it: the ids of the tokenizers that are put into the files."""

from pathlib import Path

import minitok
import pytest
import sentencepiece
from gguf_files import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED, write
from helpers import BACKENDS
from hypothesis import given
from minitok.backend import load_backend
from minitok.formats.byte_level import to_chars
from test_sentencepiece import TEXTS, trained

PATTERNS = Path(__file__).parents[2] / "rust" / "formats" / "gguf_patterns.txt"
FALLBACK = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a"]
FALLBACK_KINDS = [UNKNOWN, *[BYTE] * 256, NORMAL, NORMAL]
CORPUS = ["low lower lowest, it's 1234567!\n", "naïve café 漢字漢字 😀😀 "] * 5


def byte_level(path, tok, pre, **options):
    """A trained tokenizer as such a file, with a padding token and one that nothing makes behind it."""
    ids, merges, _ = tok.definition.vocabulary()
    by_id = {token_id: to_chars(token) for token_id, token in ids.items()}
    special = {token_id: name for name, token_id in tok.special_tokens.items()}
    tokens = [by_id.get(token_id, special.get(token_id)) for token_id in range(tok.vocab_size)]
    kinds = [NORMAL if token_id in by_id else CONTROL for token_id in range(tok.vocab_size)]
    rows = [f"{by_id[left]} {by_id[right]}" for left, right, _, _ in merges]
    tokens, kinds = [*tokens, "[PAD]", "a b"], [*kinds, UNUSED, NORMAL]
    return write(path, pre=pre, tokens=tokens, kinds=kinds, merges=rows, **options)


@pytest.mark.parametrize(("pre", "pattern"), [("gpt-2", "gpt2"), ("qwen2", "qwen2"), ("llama4", "o200k")])
@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes(tmp_path, pre, pattern, backend):
    tok = minitok.train(CORPUS, 300, pattern=pattern, special_tokens=["<s>", "</s>"])
    loaded = minitok.load(byte_level(tmp_path / "x.gguf", tok, pre), backend=backend)
    assert (loaded.pattern, loaded.special_tokens, loaded.definition.lossless) == (pattern, tok.special_tokens, True)
    assert loaded.definition.vocabulary() == tok.replace(backend=backend).definition.vocabulary()
    for text in [*CORPUS, "<s>low</s>", "", "[PAD]a b"]:
        assert loaded.encode(text, allowed_special="all") == tok.encode(text, allowed_special="all")


@pytest.mark.parametrize("backend", BACKENDS)
def test_markers_of_user_defined_tokens_are_spaces(tmp_path, backend):
    tokens = [*FALLBACK, "▁▁"]
    kinds = [*FALLBACK_KINDS, USER_DEFINED]
    scores = [0.0] * len(tokens)
    tok = minitok.load(
        write(tmp_path / "x.gguf", model="llama", pre=None, tokens=tokens, kinds=kinds, scores=scores), backend=backend
    )
    ids = tok.encode("a▁▁a")
    assert ids == [257, 258, 259, 257, 258]
    assert tok.decode(ids) == "a   a"
    assert tok.token_bytes(259) == b"  "


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("name", "takes"), [("Phi-3 mini", True), ("my PHI3", True), ("Phi 3", False), (None, False)])
def test_special_tokens_of_phi_3_take_white_space_behind_them(tmp_path, name, takes, backend):
    special = ["<|user|>", "</s>", "<s>", "<|endoftext|>"]
    tokens = [*FALLBACK, *special]
    kinds = [*FALLBACK_KINDS, *[CONTROL] * 3, USER_DEFINED]
    more = [lambda writer: writer.add_name(name)] if name else []
    fields = {"tokens": tokens, "kinds": kinds, "scores": [0.0] * len(tokens), "more": more}
    path = write(tmp_path / "x.gguf", model="llama", pre=None, **fields)
    tok = minitok.load(path, backend=backend)
    assert tok.definition.token_flags == ({name: {"rstrip"} for name in special[:2]} if takes else {})
    for token in special:
        found = [tokens[token_id] for token_id in tok.encode(f"{token}\na", allowed_special="all")]
        rest = ["▁", "a"] if takes and token in special[:2] else ["▁", "<0x0A>", "a"]
        assert found == [token, *rest]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("pre", "name", "mask"),
    [
        ("jina-v2-de", None, "<mask>"),
        ("jina-v2-code", "phi3", "<mask>"),
        ("gpt-2", "ModernBERT", None),
        ("modern-bert", "a Modern-BERT", "[MASK]"),
        ("jina-de", None, None),
    ],
)
def test_masks_take_white_space_before_them(tmp_path, pre, name, mask, backend):
    tok = minitok.train(CORPUS, 262, special_tokens=["<mask>", "[MASK]"], pattern="gpt2")
    more = [lambda writer: writer.add_name(name)] if name else []
    loaded = minitok.load(byte_level(tmp_path / "x.gguf", tok, pre, more=more), backend=backend)
    assert loaded.definition.token_flags == ({mask: {"lstrip"}} if mask else {})
    for token in tok.special_tokens:
        text = f"a \n{token}"
        wanted = "a" + token if token == mask else text
        assert loaded.encode(text, allowed_special="all") == tok.encode(wanted, allowed_special="all")


@pytest.mark.parametrize("prefix", [True, False])
def test_characters(tmp_path, prefix):
    data = trained(prefix=prefix, symbols=())
    theirs = sentencepiece.SentencePieceProcessor(model_proto=data)
    ids = range(theirs.get_piece_size())
    kinds = ((UNKNOWN, theirs.is_unknown), (CONTROL, theirs.is_control), (BYTE, theirs.is_byte))
    path = write(
        tmp_path / "x.gguf",
        model="llama",
        tokens=list(map(theirs.id_to_piece, ids)),
        kinds=[next((kind for kind, is_such in kinds if is_such(token_id)), NORMAL) for token_id in ids],
        scores=list(map(theirs.get_score, ids)),
        more=[lambda writer: writer.add_add_space_prefix(prefix)],
    )
    toks = [minitok.load(path, backend=backend) for backend in BACKENDS]
    assert toks[0] == toks[1]
    assert toks[0].special_tokens.keys() == {"<unk>", "<s>", "</s>"}

    @given(TEXTS)
    def check(text):
        for tok in toks:
            assert tok.encode(text) == theirs.encode(text)

    check()


@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes_without_a_token_are_dropped(tmp_path, backend):
    path = write(tmp_path / "x.gguf", tokens=["a", "b", "c", "ab"], kinds=[NORMAL] * 4, merges=["a b"])
    loaded = minitok.load(path, backend=backend)
    assert not loaded.definition.lossless
    assert loaded.encode("ab!a!bc") == [3, 0, 1, 2]


def test_user_defined_tokens_are_found_in_every_text(tmp_path):
    tokens = [*(to_chars(bytes([byte])) for byte in range(256)), "ab", "   "]
    loaded = minitok.load(
        write(tmp_path / "x.gguf", tokens=tokens, kinds=[NORMAL] * 257 + [USER_DEFINED], merges=["a b"])
    )
    assert loaded.definition.added_tokens == {"   ": 257}
    assert loaded.encode("a   b") == loaded.encode("a   b", allowed_special="all") == [97, 257, 98]
    assert loaded.encode("a   b", allowed_special="no_tokens") == list(b"a   b")


def test_a_model_behind_the_tokenizer_is_not_read(tmp_path):
    path = byte_level(tmp_path / "x.gguf", minitok.train(CORPUS, 280, pattern="gpt2"), "gpt-2")
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no room
    assert minitok.load(path).vocab_size == 280


def test_every_name_stands_for_a_pattern():
    text = "it's 1,234 漢字,\nnaïve  ".encode()
    lines = PATTERNS.read_text("ascii").splitlines()
    for pattern in {line.partition(" = ")[2] for line in lines if not line.startswith("#")}:
        rust, python = (load_backend(backend).pattern(pattern).split(text) for backend in BACKENDS)
        assert rust == python
        assert len(rust) > 4
