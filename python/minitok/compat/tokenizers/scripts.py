"""Where the script of a text changes, to ``pre_tokenizers.UnicodeScripts``.

Its table is that of Unicode 10: newer characters are in any script, and so is the space. Chinese, the Japanese scripts and the
mark of long vowels (U+30FC) are one script.

By hand: ``どこで生れ。Yes`` is cut into ``どこで生れ``, ``。`` and ``Yes``.
"""

from __future__ import annotations

from functools import cache

from minitok.reference.published.unicode import CharSet, contains, table

__all__ = ["script_cuts"]

# Characters without a script in Unicode 10, which have one now; unassigned ones between them are not told apart.
NEWER = (
    "560 588 5EF 61D 7FD-7FF 860-89F 8B5 8BE-8D3 9FC-9FE A76 AFA-AFF B55 C04 C3C C5D C77 C84 CDD CF3-D00 D04 D3B-D3C "
    "D81 E86 E89 E8C E8E-E93 E98 EA0 EA8-EA9 EAC EBA ECE 170D 1715-171F 180F 1878 1ABF-1ACE 1B4C-1B4F 1B7D-1B7F "
    "1C89-1CBF 1CF7 1CFA 1DF6-1DFA 20BF-20C0 23FF 2427-2429 2B97 2BBA-2BBC 2BC9 2BD2-2BEB 2BF0-2BFF 2C2F 2C5F "
    "2E45-2E5D 2FFC-2FFF 312E-312F 31BB-31BF 31E4-31EF 32FF 4DB6-4DBF 9FD6-9FFF A7AF A7B8-A7F6 A82C A8FE-A8FF "
    "AB66-AB6B FBC2 FD40-FD4F FDCF FDFE-FDFF 1019C 1032D-1032F 10570-105F3 10780-107BA 10A34-10A35 10A48 10D00-10D8F "
    "10E80-10FF6 11070-11075 110C2-110CD 11144-11147 111CE-111CF 1123F-11241 1133B 11380-113E2 1145A 1145E-11461 "
    "116B8-116B9 116D0-116E3 1171A 11740-1183B 11900-11ABF 11B00-11BF9 11D00-11FFF 12F90-12FF2 1342F-143FA "
    "16100-16139 16A70-16AC9 16D40-16E9A 16F45-16F4F 16F7F-16F87 16FE1-16FF1 187ED-187F7 18AF3-1AFFE 1B002-1B2FB "
    "1CC00-1CFC3 1D1E9-1D1EA 1D2C0-1D2F3 1D372-1D378 1DF00-1DF2A 1E030-1E7FE 1E94B 1EC71-1ED3D 1F10D-1F10F 1F12F "
    "1F16C-1F16F 1F1AD 1F260-1F265 1F6D3-1F6DF 1F6F7-1F6FC 1F774-1F77F 1F7D5-1F7F0 1F8B0-1F90F 1F91F 1F928-1F92F "
    "1F931-1F932 1F93F 1F94C-1F94F 1F95F-1F97F 1F992-1F9BF 1F9C1-1FBF9 2A6D7-2A6DF 2B735-2B739 2CEB0-2EE5D "
    "30000-323AF"
)
# Scripts in Unicode 10 of the characters that have another one now, and of those that are counted to another.
MOVED = {0x589: "common", 0x61C: "common", 0x953: "devanagari", 0x954: "devanagari", 0x30FC: "han", 0x20: None}
SAME = {"hiragana": "han", "katakana": "han"}
# The properties of the table that are not scripts, beside the general categories, whose names are short. So is one script's.
NO_SCRIPTS = ("white_space", "alphabetic", "join_control")


@cache
def newer() -> CharSet:
    """The ranges of ``NEWER``."""
    spans = [span.partition("-") for span in NEWER.split()]
    return tuple((int(first, 16), int(last or first, 16)) for first, _, last in spans)


@cache
def script(char: str) -> str | None:
    """The script of a character; None for any."""
    number = ord(char)
    if number in MOVED or contains(newer(), number):
        return MOVED.get(number)
    named = ((name, chars) for name, chars in table()[0].items() if len(name) > 2 or name == "yi")
    scripts = ((name, chars) for name, chars in named if name not in NO_SCRIPTS)
    found = next((name for name, chars in scripts if contains(chars, number)), None)
    return None if found is None else SAME.get(found, found)


def script_cuts(text: str) -> list[int]:
    """The characters at which pieces begin, and the end. What comes before the first script is left out.

    >>> script_cuts("abc где")
    [0, 4, 7]
    """
    places: list[int] = []
    last: str | None = None
    for at, char in enumerate(text):
        found = script(char)
        if found is not None and found != last:
            places.append(at)
            last = found
    return [*places, len(text)]
