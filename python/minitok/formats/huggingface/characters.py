"""BPE of characters, above all with byte fallback: how a file says that spaces are markers, and back.

Files say it in two ways. Older ones normalize: ``Prepend`` puts a marker before each segment, and ``Replace`` writes one for
every space. Newer ones have a pre-tokenizer ``Metaspace``, whose ``prepend_scheme`` says where a marker is put (SPEC S4), and
which may cut before every marker (``split``). Steps before these are those of any normalizer; pre-tokenizers behind them cut
text in which spaces are markers, so that a pattern must not tell the two apart. A file that does neither has its tokens as they
stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.pretokenize import NAMED, THEN
from ...reference.published.families import FAMILIES
from ...reference.published.metaspace import MARKER
from ...reference.published.regex_tree import width
from ...reference.published.regexes import parse
from ...reference.published.unicode import contains, difference
from ..files import NO_MARKER, Reason, shown
from ..pattern_names import steps_of_pattern
from .added import read_added
from .fields import in_file, step_type, steps_of
from .normalizers import dump_steps, read_steps
from .patterns import OWN_STEPS, dump_split, flat_steps, read_cutter, read_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator

    from ...definition import Definition
    from ...reference.published.normalize import Step
    from ...reference.published.regex_tree import Node
    from ...reference.published.unicode import CharSet

MARK = MARKER.decode()
# Metaspace with ``split``: a piece is a space and what follows it.
SPLIT = "\\x20[^\\x20]*|[^\\x20]+"
BYTE_NAMES = tuple(f"<0x{byte:02X}>" for byte in range(256))
DECODERS = ("Replace", "ByteFallback", "Fuse", "Strip", "Metaspace")
TO_MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
TO_SPACES = {"type": "Replace", "pattern": {"String": MARK}, "content": " "}
PREPEND = {"type": "Prepend", "prepend": MARK}
EITHER: CharSet = ((ord(" "), ord(" ")), (ord(MARK), ord(MARK)))
TO_MARKS_STEP, PREPEND_STEP = ("replace", " ", MARK), ("prepend", MARK)


def read_spaces(content: dict[str, Any]) -> dict[str, Any]:
    """The pattern, the normalizer, and where a space is put before the text."""
    steps = read_steps(content.get("normalizer"))
    cutters = flat_steps(content.get("pre_tokenizer"))
    patterns: list[str] = []
    if TO_MARKS_STEP in steps:
        prefix = "segment" if PREPEND_STEP in steps else "never"
        steps = before_marks(steps)
    elif cutters and step_type(cutters[0], "pre_tokenizer") == "Metaspace":
        scheme, patterns = read_metaspace(cutters.pop(0))
        prefix = scheme
        if prefix == "first" and any(shortens(step) for step in steps):
            raise Reason("a normalizer may remove the first text, and Metaspace has the prepend_scheme first")
        added = read_added(content.get("added_tokens") or [])
        late = ((name, added.flags.get(name, ())) for name in added.ids if name in added.late)
        if prefix == "never" and (reason := found_otherwise(late)):
            raise Reason(reason)
    else:
        decoders = [step["type"] for step in steps_of(content.get("decoder"), "decoder", "decoders")]
        if "ByteFallback" not in decoders or set(decoders) > {"ByteFallback", "Fuse"}:
            shown = ", ".join(decoders) or "none"
            raise Reason(f"the decoder is {shown}; minitok has ByteFallback and Fuse, where spaces are no markers")
        return {**read_pattern(content.get("pre_tokenizer"), by_bytes=False)._asdict(), "normalizer": steps or None}
    # Where a space is, there is a marker by then, so that there is nowhere to cut at spaces.
    patterns += [read_alike(step) for step in cutters if not cuts_at_spaces(step)]
    check_decoder(content.get("decoder"))
    return {"pattern": THEN.join(patterns) or "none", "prefix": prefix, "normalizer": steps or None}


def has_markers(content: dict[str, Any]) -> bool:
    """Whether steps write spaces as markers."""
    cutters = flat_steps(content.get("pre_tokenizer"))
    is_metaspace = bool(cutters) and step_type(cutters[0], "pre_tokenizer") == "Metaspace"
    return is_metaspace or TO_MARKS_STEP in read_steps(content.get("normalizer"))


def found_otherwise(late: Iterable[tuple[str, Collection[str]]]) -> str | None:
    """Why added tokens that are normalized, with their flags, are not those that a Metaspace that never puts a space leaves.

    It writes markers after they are found, and the rule ``never`` before that (SPEC E10).
    """
    for name, flags in late:
        if " " in name or MARK in name:
            return f"the added token {name!r} is normalized and has a space or a marker, and Metaspace comes after it"
        if "lstrip" in flags or "rstrip" in flags:
            return f"the added token {name!r} is normalized and takes spaces, and Metaspace never puts one"
    return None


def before_marks(steps: list[Step]) -> list[Step]:
    """The steps before those that write markers, which must come last."""
    kept = [step for step in steps if step not in (TO_MARKS_STEP, PREPEND_STEP)]
    marks = steps[len(kept) :]
    orders = [TO_MARKS_STEP], [PREPEND_STEP, TO_MARKS_STEP], [TO_MARKS_STEP, PREPEND_STEP]
    if steps[: len(kept)] != kept or marks not in orders:
        raise Reason(f"it is BPE of characters with the normalizing steps {shown(steps)}: markers must come last")
    return kept


def read_alike(step: dict[str, Any]) -> str:
    """The pattern of a pre-tokenizer that does not tell a space from a marker."""
    kind = step_type(step, "pre_tokenizer")
    if kind == "Split" and step.get("behavior") == "Removed":
        raise Reason("the pre_tokenizer Split drops text behind markers")
    pattern = read_cutter(kind, step).replace("\\" + MARK, MARK)
    # Spaces are markers when it cuts in the file, and markers spaces here.
    here = pattern.replace(MARK, r"\x20")
    if not cuts_alike(pattern, here):
        raise Reason(f"the pre_tokenizer {kind} distinguishes a space from a marker, which minitok treats as one")
    return here


def cuts_alike(pattern: str, here: str) -> bool:
    """Whether a pattern cuts text with markers where the other cuts it with spaces in their place."""
    if pattern in NAMED | FAMILIES:
        return False
    pairs = zip(sets_of(parse(pattern)), sets_of(parse(here)), strict=True)
    return all(
        contains(theirs, ord(MARK)) == contains(ours, ord(" "))
        and difference(theirs, EITHER) == difference(ours, EITHER)
        for theirs, ours in pairs
    )


def sets_of(node: Node) -> Iterator[CharSet]:
    """The sets of a pattern, in their order."""
    if node.kind == "set":
        yield node.chars
    for part in node.parts:
        yield from sets_of(part)


def shortens(step: Step) -> bool:
    """Whether a step may make less of text than there was."""
    if step[0] != "replace":
        return False
    _, most = width(parse(step[1]))
    return most is None or most > len(step[2])


def cuts_at_spaces(step: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer cuts at spaces and nowhere else; one that drops all other text is none."""
    at_spaces = step_type(step, "pre_tokenizer") == "Split" and step.get("pattern") == {"String": " "}
    return at_spaces and not (step.get("behavior") == "Removed" and step.get("invert"))


def read_metaspace(step: dict[str, Any]) -> tuple[str, list[str]]:
    """Where a space is put before the text, and the patterns."""
    if step.get("replacement") != MARK:
        raise Reason(f"the pre_tokenizer Metaspace has the replacement {shown(step.get('replacement'))}")
    scheme = step.get("prepend_scheme", "always" if step.get("add_prefix_space", True) else "never")
    if scheme not in ("always", "first", "never"):
        raise Reason(f"the pre_tokenizer Metaspace has the prepend_scheme {shown(scheme)}")
    return str(scheme), [SPLIT] if step.get("split", True) else []


def check_decoder(step: Any) -> None:
    """Refuse a decoder that makes something else of tokens than bytes and spaces.

    Whether one drops a space at the start does not decide: decoding drops the space that was put there (SPEC S5).
    """
    for part in steps_of(step, "decoder", "decoders"):
        kind = step_type(part, "decoder")
        if kind not in DECODERS or (kind == "Replace" and part != TO_SPACES):
            raise Reason(f"the decoder has a step {kind} that minitok does not support")
        if kind == "Strip" and (part.get("content"), part.get("start"), part.get("stop")) != (" ", 1, 0):
            raise Reason("the decoder Strip drops something other than one space at the start")


def check_fallback(model: dict[str, Any]) -> None:
    """Refuse a model with byte fallback that takes pieces whole, or writes characters by their place."""
    for name in ("ignore_merges", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(name):
            raise Reason(f"it is BPE of characters with byte_fallback and {name}")


def check_marker(vocab: Container[str]) -> None:
    """Refuse a vocabulary with byte fallback that has no token for the marker that a space becomes."""
    if MARK not in vocab:
        raise Reason(NO_MARKER)


def falls_back(model: dict[str, Any], vocab: Container[str]) -> bool:
    """Whether a character without a token may become its bytes: ``byte_fallback`` does nothing without their tokens."""
    return bool(model.get("byte_fallback")) and any(name in vocab for name in BYTE_NAMES)


def read_tokens(vocab: dict[str, int]) -> tuple[dict[str, int], list[int]]:
    """The tokens that are not bytes, and the ids of the 256 bytes."""
    for name in BYTE_NAMES:
        if name not in vocab:
            raise Reason(f"it has byte_fallback, but no token {name!r}")
    fallback = [vocab[name] for name in BYTE_NAMES]
    bytes_of_their_own = frozenset(BYTE_NAMES)
    return {token: token_id for token, token_id in vocab.items() if token not in bytes_of_their_own}, fallback


def bytes_of(ids: dict[str, int]) -> dict[bytes, int]:
    """Tokens with their markers as spaces."""
    tokens: dict[bytes, int] = {}
    for token, token_id in ids.items():
        data = token.replace(MARK, " ").encode()
        if data in tokens:
            raise Reason(f"the tokens {tokens[data]} and {token_id} are the same, if markers are spaces")
        tokens[data] = token_id
    return tokens


def in_utf8(ids: dict[str, int]) -> dict[bytes, int]:
    """Tokens as they stand."""
    return {token.encode("utf-8", "surrogatepass"): token_id for token, token_id in ids.items()}


def dump_characters(definition: Definition) -> dict[str, Any]:
    """The fields of the file that are not those of every file."""
    prefix = definition.prefix
    if prefix not in ("never", "segment", "first", "always"):
        raise VocabularyError(f"a tokenizer.json of BPE of characters cannot express a space by the rule {prefix!r}")
    if definition.words or definition.word_end:
        raise VocabularyError("a tokenizer.json of BPE of characters cannot express that text is cut into words")
    cuts = [step for step in steps_of_pattern(definition.pattern) if step not in ("none", SPLIT)]
    splits = SPLIT in steps_of_pattern(definition.pattern)
    if (splits and (prefix == "segment" or not definition.pattern.startswith(SPLIT))) or any(
        step not in OWN_STEPS and (MARK in step or not cuts_alike(step.replace(r"\x20", MARK), step)) for step in cuts
    ):
        raise VocabularyError("a tokenizer.json of BPE of characters cannot express a pattern")
    has_metaspace = splits or prefix in ("first", "always")
    late = ((name, definition.token_flags.get(name, ())) for name in sorted(definition.late_tokens))
    if splits and prefix == "never" and (reason := found_otherwise(late)):
        raise VocabularyError(f"a tokenizer.json cannot express it: {reason}")
    marks = [] if has_metaspace else [PREPEND, TO_MARKS] if prefix == "segment" else [TO_MARKS]
    cutter = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": prefix, "split": splits}
    cutters = [cutter] if has_metaspace else []
    cutters += [dump_split(step.replace(r"\x20", MARK), "Isolated") for step in cuts]
    strip = [] if prefix == "never" else [{"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    return {
        "normalizer": in_file([*dump_steps(definition.normalizer), *marks]),
        "pre_tokenizer": in_file(cutters, "pretokenizers"),
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [TO_SPACES, {"type": "ByteFallback"}, {"type": "Fuse"}, *strip]},
    }
