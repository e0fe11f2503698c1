"""BPE of characters, above all with byte fallback: how a file says that spaces are markers, and back.

Files say it in two ways. Older ones normalize: ``Prepend`` puts a marker before each segment, and ``Replace`` writes one for
every space. Newer ones have a pre-tokenizer ``Metaspace``, whose ``prepend_scheme`` says where a marker is put (SPEC S4), and
which may cut before every marker (``split``). Steps before these are those of any normalizer; pre-tokenizers after them cut
text in which spaces are markers, so that a pattern must not tell the two apart. A file that does neither has its tokens as they
stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ...errors import VocabularyError
from ...reference.pretokenize import NAMED
from ...reference.published.families import FAMILIES
from ...reference.published.metaspace import MARKER
from ...reference.published.regexes import parse
from ...reference.published.unicode import contains, difference
from ..pattern_names import steps_of_pattern
from .fields import in_file
from .normalizers import dump_steps
from .patterns import OWN_STEPS, dump_split

if TYPE_CHECKING:
    from ...definition import Definition
    from ...reference.published.regex_tree import Node
    from ...reference.published.unicode import CharSet

MARK = MARKER.decode()
# Metaspace with ``split``: a piece is a space and what follows it.
SPLIT = "\\x20[^\\x20]*|[^\\x20]+"
BYTE_NAMES = tuple(f"<0x{byte:02X}>" for byte in range(256))
TO_MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
TO_SPACES = {"type": "Replace", "pattern": {"String": MARK}, "content": " "}
PREPEND = {"type": "Prepend", "prepend": MARK}
EITHER: CharSet = ((ord(" "), ord(" ")), (ord(MARK), ord(MARK)))


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
