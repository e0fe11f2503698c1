"""The character of each byte is that of GPT-2's files."""

from minitok.reference.published.byte_chars import CHARS, to_chars


def test_every_byte_has_the_character_that_gpt2_gives_it():
    # Visible characters of Latin-1 stand for themselves; the others are U+0100 and what follows, in order.
    itself = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("\u00a1"), ord("\u00ac") + 1),
        *range(ord("\u00ae"), ord("\u00ff") + 1),
    ]
    assert len(itself) == 188
    assert all(CHARS[byte] == chr(byte) for byte in itself)
    assert [CHARS[byte] for byte in range(256) if byte not in itself] == [chr(0x100 + at) for at in range(68)]
    assert to_chars(bytes(range(256))) == "".join(CHARS)
