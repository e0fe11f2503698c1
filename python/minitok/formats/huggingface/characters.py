"""BPE of characters with byte fallback: how a file says that spaces are markers, and back.

Files say it in two ways. Older ones normalize: ``Prepend`` puts a marker before each segment, and ``Replace`` writes one for
every space. Newer ones have a pre-tokenizer ``Metaspace``, whose ``prepend_scheme`` says where a marker is put (SPEC S4), and
which may cut before every marker (``split``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...backend.normal_forms import FORMS
from ...errors import VocabularyError
from ...reference.metaspace import MARKER
from ..files import shown
from .reasons import Unsupported, step_type, steps_of

if TYPE_CHECKING:
    from ...definition import Definition

MARK = MARKER.decode()
# Metaspace with ``split``: a piece is a space and what follows it.
SPLIT = "\\x20[^\\x20]*|[^\\x20]+"
DECODERS = ("Replace", "ByteFallback", "Fuse", "Strip", "Metaspace")
TO_MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
TO_SPACES = {"type": "Replace", "pattern": {"String": MARK}, "content": " "}
PREPEND = {"type": "Prepend", "prepend": MARK}


def read_spaces(content: dict[str, Any]) -> dict[str, Any]:
    """The pattern, the normal form, and where a space is put before the text."""
    normalizers = steps_of(content.get("normalizer"), "normalizer", "normalizers")
    cutters = steps_of(content.get("pre_tokenizer"), "pre_tokenizer", "pretokenizers")
    form = None
    if normalizers and step_type(normalizers[0], "normalizer") in FORMS:
        form, *normalizers = normalizers
    pattern = "none"
    if normalizers == [PREPEND, TO_MARKS] and not cutters:
        prefix = "segment"
    elif normalizers == [TO_MARKS] and all(cuts_at_spaces(step) for step in cutters):
        # All spaces are markers by then, so that there is nowhere to cut.
        prefix = "never"
    elif not normalizers and len(cutters) == 1 and step_type(cutters[0], "pre_tokenizer") == "Metaspace":
        prefix, pattern = read_metaspace(cutters[0])
    else:
        kinds = [step.get("type") for step in [*normalizers, *cutters]]
        raise Unsupported(
            f"it is BPE of characters with the steps {kinds}; minitok has Prepend and Replace, and Metaspace"
        )
    check_decoder(content.get("decoder"), prefix)
    return {"pattern": pattern, "prefix": prefix, "normalizer": form and form["type"]}


def cuts_at_spaces(step: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer cuts at spaces and nowhere else."""
    return step_type(step, "pre_tokenizer") == "Split" and step.get("pattern") == {"String": " "}


def read_metaspace(step: dict[str, Any]) -> tuple[str, str]:
    """Where a space is put before the text, and the pattern."""
    if step.get("replacement") != MARK:
        raise Unsupported(f"the pre_tokenizer Metaspace has the replacement {shown(step.get('replacement'))}")
    scheme = step.get("prepend_scheme", "always" if step.get("add_prefix_space", True) else "never")
    if scheme not in ("always", "first", "never"):
        raise Unsupported(f"the pre_tokenizer Metaspace has the prepend_scheme {shown(scheme)}")
    return str(scheme), SPLIT if step.get("split", True) else "none"


def check_decoder(step: Any, prefix: str) -> None:
    """Refuse a decoder that does something else, or drops a space where none was put."""
    steps = steps_of(step, "decoder", "decoders")
    for part in steps:
        kind = step_type(part, "decoder")
        if kind not in DECODERS or (kind == "Replace" and part != TO_SPACES):
            raise Unsupported(f"the decoder has a step {kind} that minitok does not have")
        if kind == "Strip" and (part.get("content"), part.get("start"), part.get("stop")) != (" ", 1, 0):
            raise Unsupported("the decoder Strip drops something else than one space at the start")
    drops = any(part["type"] in ("Strip", "Metaspace") for part in steps)
    if steps and drops != (prefix != "never") and steps[-1]["type"] != "Metaspace":
        raise Unsupported("the decoder drops a space at the start, and none is put there, or the other way round")


def check_fallback(model: dict[str, Any]) -> None:
    """Refuse a model that has no tokens of bytes for what its characters lack, or takes pieces whole."""
    if not model.get("byte_fallback"):
        raise Unsupported("it is BPE of characters without byte_fallback: unknown characters would be lost")
    if model.get("ignore_merges"):
        raise Unsupported("it is BPE of characters with ignore_merges")


def read_tokens(vocab: dict[str, int]) -> tuple[dict[str, int], list[int]]:
    """The tokens that are not bytes, and the ids of the 256 bytes."""
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    for name in names:
        if name not in vocab:
            raise Unsupported(f"it has byte_fallback, but no token {name!r}")
    fallback = [vocab[name] for name in names]
    bytes_of_their_own = frozenset(names)
    return {token: token_id for token, token_id in vocab.items() if token not in bytes_of_their_own}, fallback


def bytes_of(ids: dict[str, int]) -> dict[bytes, int]:
    """Tokens with their markers as spaces."""
    tokens: dict[bytes, int] = {}
    for token, token_id in ids.items():
        data = token.replace(MARK, " ").encode()
        if data in tokens:
            raise Unsupported(f"the tokens {tokens[data]} and {token_id} are the same, if markers are spaces")
        tokens[data] = token_id
    return tokens


def dump_characters(definition: Definition) -> dict[str, Any]:
    """The fields of the file that are not those of every file."""
    vocab, prefix = definition.vocab, definition.prefix
    patterns = ("none",) if prefix == "segment" else ("none", SPLIT)
    if prefix is None or prefix == "text" or definition.pattern not in patterns:
        what = f"a space before the text by the rule {prefix!r}" if definition.pattern in patterns else "a pattern"
        raise VocabularyError(f"a tokenizer.json of BPE of characters cannot say {what}")
    bytes_ids = frozenset(vocab.fallback or ())
    names = {token_id: name for name, token_id in definition.special_tokens.items()}
    shown = {
        token_id: f"<0x{token[0]:02X}>"
        if token_id in bytes_ids
        else token.decode("utf-8", "surrogateescape").replace(" ", MARK)
        for token_id, token in sorted(vocab.tokens.items())
    }
    ranks = [rank for _, _, _, rank in vocab.merges]
    if any(later <= earlier for earlier, later in zip(ranks, ranks[1:], strict=False)):
        raise VocabularyError("two merges share a rank, which a list of merges cannot say")
    forms = [{"type": definition.normalizer}] if definition.normalizer else []
    cuts = prefix in ("first", "always") or definition.pattern == SPLIT
    marks = [] if cuts else [PREPEND, TO_MARKS] if prefix == "segment" else [TO_MARKS]
    cutter = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": prefix, "split": definition.pattern == SPLIT}
    strip = [] if prefix == "never" else [{"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    steps = [*forms, *marks]
    return {
        "normalizer": {"type": "Sequence", "normalizers": steps} if steps else None,
        "pre_tokenizer": cutter if cuts else None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [TO_SPACES, {"type": "ByteFallback"}, {"type": "Fuse"}, *strip]},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {token: token_id for token_id, token in sorted((names | shown).items())},
            "merges": [f"{shown[left]} {shown[right]}" for left, right, _, _ in vocab.merges],
        },
    }
