"""Stage 9 notices a stream that is cut wrongly, wherever: each program is the solution with one more place at which it cuts."""

import pytest
from minitok.course.grading import grade
from minitok.course.mutants import solution
from minitok.course.search import smallest

pytestmark = pytest.mark.usefixtures("near")

SOURCE = solution()
START, END = SOURCE.index("def encode_iterable"), SOURCE.index("def save(")
STREAM = """def encode_iterable(chunks, merges, pattern=GPT2):
    held = ""
    for chunk in chunks:
        held += {chunk}
        pieces = split(held, {pattern})
        kept = len(pieces) if {cut} else -2
        for piece in pieces[:kept]:
            yield from encode_piece(piece, merges)
        held = "".join(pieces[kept:]) if kept < 0 else ""
    for piece in {rest}:
        yield from encode_piece(piece, merges)


"""
# What is held when the stream is cut, as a regular expression.
CUTS = {
    "two spaces": r"[^ ]  $",
    "three spaces": r"   $",
    "a space and a line break": r" \n$",
    "a line break and a space": r"\n $",
    "a tab": r"\t$",
    "two tabs": r"\t\t$",
    "a return": r"\r$",
    "a return and a line break": r"\r\n$",
    "a form feed": r"[\x0b\x0c]$",
    "a no-break space": r"\u00a0$",
    "an ideographic space": r"\u3000$",
    "a line separator": r"[\u2028\u0085]$",
    "three letters": r"[a-z]{3}$",
    "a capital": r"[A-Z]$",
    "a letter with an accent": r"[à-ÿ]$",
    "a Chinese character": r"\p{Han}$",
    "a Cyrillic letter": r"\p{Cyrillic}$",
    "a mark": r"\p{M}$",
    "a joiner": r"\u200d$",
    "an emoji": r"\p{So}$",
    "two digits": r"\p{N}\p{N}$",
    "one digit": r"\P{N}\p{N}$",
    "a digit that is not 0 to 9": r"[٠-٩]$",
    "a number that is not a digit": r"[\p{Nl}\p{No}]$",
    "a full stop": r"[.!?]$",
    "a bracket": r"[\"(]$",
    "an underscore": r"_$",
    "an apostrophe": r"'$",
    "half of 'll": r"'l$",
    "half of 've": r"'v$",
    "a letter and a space": r"[a-z] $",
    "a stop and a space": r"[.!] $",
    "a digit and a space": r"\p{N} $",
}


def program(cut="False", chunk="chunk", pattern="pattern", rest="split(held, pattern)"):
    made = STREAM.format(cut=cut, chunk=chunk, pattern=pattern, rest=rest)
    return SOURCE[:START] + made + SOURCE[END:]


def at(expression):
    return program(cut=f"regex.search({expression!r}, held)")


WRONG = {
    **{f"cut behind {name}": at(expression) for name, expression in CUTS.items()},
    **{f"cut where more than {size} are held": program(cut=f"len(held) > {size}") for size in (16, 64, 256, 1024)},
    "another pattern": program(pattern="GPT2"),
    "line ends changed": program(chunk=r"chunk.replace('\r\n', '\n')"),
    "returns changed": program(chunk=r"chunk.replace('\r', '\n')"),
    "zero bytes lost": program(chunk=r"chunk.replace('\0', '')"),
    "byte order marks lost": program(chunk=r"chunk.lstrip('\ufeff')"),
    "normalized": program(chunk="__import__('unicodedata').normalize('NFC', chunk)"),
    "last line break lost": program(rest=r"split(held.rstrip('\n'), pattern)"),
    "an end in one piece": program(rest="[held]"),
}


def test_held_back_as_it_should_be_it_passes(written):
    report = grade(written(program()), stages=["files"])
    assert report.passed, report.to_text()


@pytest.mark.parametrize("name", WRONG)
def test_a_stream_that_is_cut_elsewhere_is_noticed(name, written):
    (stage,) = grade(written(WRONG[name]), stages=["files"]).stages
    assert not stage.passed
    assert stage.message.startswith("stage 9 files: encode_iterable(")
    assert "expected" in stage.message
    # What is shown can be read: it is the smallest stream found.
    assert name.startswith("cut where") or len(stage.message.splitlines()[0]) < 200


def test_a_block_is_noticed_in_a_long_text(written):
    """A program that collects some hundred characters and encodes them alone."""
    source = program(cut="len(held) > 700").replace("else -2", "else 0").replace("if kept < 0 else", "if not kept else")
    assert not grade(written(source), stages=["files"]).passed


def test_the_smallest_has_nothing_that_could_be_left_out():
    needed = ["c", "f", "x"]
    parts = list("abcdefghijklmnopqrstuvwxyz")
    assert smallest(parts, lambda some: all(one in some for one in needed)) == needed
    assert smallest(parts, lambda _: True) == []
