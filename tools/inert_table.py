"""Which characters NFC leaves as they are: ``rust/fast/normal/inert_nfc.txt``.

``python tools/inert_table.py > rust/fast/normal/inert_nfc.txt``. A character is listed if it is assigned, is NFC itself and
composes with none before it; with its combining class, unless that is 0. Unicode never changes these for a character once it
is assigned, so a table of any version holds for all later ones; an earlier one leaves characters that it does not know as they
are, too.
"""

from __future__ import annotations

import unicodedata

# Hangul vowels and final consonants, which compose by arithmetic.
JAMO = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}


def composing() -> set[int]:
    """The characters that may compose with the one before."""
    found = set(JAMO)
    for code_point in range(0x110000):
        parts = unicodedata.decomposition(chr(code_point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(int(parts[1], 16))
    return found


def main() -> None:
    """Print the table."""
    print(
        f"# Made by tools/inert_table.py from Unicode {unicodedata.unidata_version}: characters that NFC never changes."
    )
    second = composing()
    start, last = 0x300, None
    for code_point in range(0x300, 0x110001):
        char = chr(code_point) if code_point < 0x110000 else "\ud800"
        inert = (
            unicodedata.category(char) not in ("Cn", "Cs")
            and unicodedata.is_normalized("NFC", char)
            and code_point not in second
        )
        found = unicodedata.combining(char) if inert else None
        if found != last:
            if last is not None:
                print(f"{start:X}-{code_point - 1:X}{f' {last}' if last else ''}")
            start, last = code_point, found


if __name__ == "__main__":
    main()
