"""What holds of the chunks of every text with every tokenizer (SPEC C1 to C6)."""

from __future__ import annotations

import regex
from strategies import old


def found_tokens(tok, text, allowed):
    """Where tokens that are found in a text begin and end, in characters."""
    codec = tok.definition.codec()
    data = text.encode()
    names = None if allowed == "no_tokens" else list(tok.special_tokens) if allowed == "all" else list(allowed)
    spans = [(start, end) for _, start, end, _, _, token_id in codec.segments(data, names) if token_id is not None]
    return [(len(data[:start].decode()), len(data[:end].decode())) for start, end in spans]


def whole_places(text):
    """The places where no grapheme of Unicode is cut. All, where its rules and those of chunks differ."""
    # Of newer characters, `regex` knows more; and what belongs to the character behind it (Prepend), chunks do not look at.
    if not all(map(old, text)) or regex.search(r"\p{gcb=Prepend}", text):
        return range(len(text))
    # A mark stays with what is before it, even where that is a control character.
    marks = {match.start() for match in regex.finditer(r"[\p{gcb=Extend}\p{gcb=ZWJ}\p{gcb=SpacingMark}]", text)}
    return {match.end() for match in regex.finditer(r"\X", text)} - marks


def check_laws(tok, text, most, *, allowed_special=(), **options):
    """Checks the chunks of a text, or what was raised; returns how many chunks there were."""

    def count(part):
        return tok.count(part, allowed_special=allowed_special)

    kept = found_tokens(tok, text, allowed_special)
    wholes = {len(text), *whole_places(text)}

    def is_whole(place):
        return place in wholes

    def may_end(place):
        return not any(start < place < end for start, end in kept)

    try:
        chunks = tok.chunk(text, most, allowed_special=allowed_special, **options)
    except ValueError as error:
        at = len(text.encode()[: int(str(error).partition("at byte ")[2].split()[0])].decode())
        end = next((end for start, end in kept if start == at < end), at + 1)
        assert f"for '{text[at:end]}' at byte" in str(error)
        assert count(text[at:end]) > most, error
        return 0
    before = 0, 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end] != ""
        assert chunk.text.encode() == text.encode()[chunk.byte_start : chunk.byte_end]
        assert count(chunk.text) == chunk.tokens <= most
        start, end = before
        assert start <= chunk.start <= end < chunk.end
        assert chunk.start > start or not start < end
        assert may_end(chunk.start)
        assert may_end(chunk.end)
        if chunk.start < end:
            assert options.get("overlap", 0) or options.get("overlap_sentences", 0)
            assert is_whole(chunk.end)
            if "overlap" in options:
                assert count(text[chunk.start : end]) <= options["overlap"]
        if not is_whole(chunk.end):
            shorter = [place for place in range(end + 1, chunk.end) if is_whole(place) and may_end(place)]
            assert all(count(text[chunk.start : place]) > most for place in shorter[-8:])
        assert (chunk.border == "end") == (chunk.end == len(text))
        before = chunk.start, chunk.end
    assert before[1] == len(text)
    return len(chunks)
