"""The student as the grader: an input that refutes a mutant.

The file holds a dictionary ``breaks``: the name of a mutant, and the call that it gets wrong, as the name of the function and
its arguments::

    breaks = {
        "leftmost-first": ("encode_piece", "cba", {(98, 97): 256, (99, 98): 257}),
    }

Both the mutant and the solution are called, each in a process of its own. The mutant is refuted if they differ.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .gathering import NotGradable
from .grading import copied
from .mutants import find, solution
from .report import Report, StageResult
from .session import Raised, Session, Stopped
from .showing import show, show_merges

__all__ = ["CALLS", "refute"]

POINTS = 2
LONGEST = 100_000
# The functions that can be called, with the places of arguments that hold merges.
CALLS: dict[str, tuple[int, ...]] = {
    "text_to_bytes": (),
    "count_pairs": (),
    "merge_pair": (),
    "split": (),
    "train": (),
    "encode_piece": (1,),
    "encode": (1,),
    "decode": (1,),
    "StreamDecoder": (0,),
    "recover_merges": (),
    "encode_iterable": (1,),
    "save": (0,),
    "splice": (),
    "stable": (1,),
    "wordpiece": (),
    "train_wordpiece": (),
    "unigram": (),
    "prune": (),
    "count_ways": (1,),
    "is_canonical": (1,),
    "count_next": (),
    "patches": (),
}


def refute(file: str | os.PathLike[str], name: str, seed: int | str = 0) -> Report:
    """Try the input that a file has for a mutant. The report has one stage, which passes if the mutant is refuted.

    Raises:
        NotGradable: The file has no such input, or it is not one of the function that it names.
        ValueError: There is no such mutant.
    """
    mutant = find(name)
    if mutant.stage == "fast":
        raise NotGradable(f"{name} gives the right answers, slowly: no input refutes it")
    with copied(file) as (copy, folder):
        call = wanted(copy, folder / "input", name, Path(file))
        function, arguments = call[0], list(call[1:])
        check_call(function, arguments)
        right = outcome(folder / "right", solution(), function, arguments)
        wrong = outcome(folder / "wrong", mutant.source, function, arguments)
    if right.startswith(("raised", "no answer")):
        raise NotGradable(f"breaks[{name!r}]: the solution {right}, so this is not an input of {function}")
    shown = f"{function}({', '.join(shown_arguments(function, arguments))})"
    passed = right != wrong
    words = (
        f"refuted. On {shown}\n  it gives {wrong}\n  and right is {right}"
        if passed
        else f"not refuted. On {shown}\n  both give {right}\n  The mutant {mutant.says}: where would that be seen?"
    )
    number = 0
    result = StageResult(number, "break", passed, POINTS if passed else 0, POINTS, f"{name}: {words}")
    return Report("minitok", seed, (result,))


def wanted(copy: Path, folder: Path, name: str, shown: Path) -> Sequence[Any]:
    """The input that a file has for a mutant."""
    try:
        with Session(copy, folder) as session:
            breaks = session.ask("value", "breaks")
    except (Raised, Stopped) as error:
        why = "" if error.args and "'breaks'" in str(error) else f": {error}"
        raise NotGradable(f"{shown}: it has no dictionary `breaks` of inputs, as breaks.py has{why}") from None
    if not isinstance(breaks, dict) or name not in breaks:
        raise NotGradable(
            f"{shown}: `breaks` has no entry for {name!r}: add {name!r}: ('the function', its arguments, ...)"
        )
    call = breaks[name]
    if not isinstance(call, (tuple, list)) or not call or not isinstance(call[0], str):
        raise NotGradable(f"breaks[{name!r}] must be a tuple: the name of a function, then its arguments")
    return call


def check_call(function: str, arguments: list[Any]) -> None:
    """A call of a function of the course, with merges that fit together."""
    if function not in CALLS:
        raise NotGradable(f"{function!r} is not a function of the course; it can be {', '.join(CALLS)}")
    if len(repr(arguments)) > LONGEST:
        raise NotGradable(f"the input is longer than {LONGEST:,} characters; the smallest that refutes has a few")
    for place in CALLS[function]:
        merges = arguments[place] if place < len(arguments) else None
        if not isinstance(merges, dict):
            raise NotGradable(f"argument {place} of {function} must be merges: a dictionary, pair -> id")
        for rank, (pair, made) in enumerate(merges.items()):
            sides = isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(one, int) for one in pair)
            if not sides or made != 256 + rank or not all(0 <= one < made for one in pair):
                raise NotGradable(f"merge {rank} must make {256 + rank} of two ids below it, not {made} of {pair}")


def outcome(folder: Path, source: str, function: str, arguments: list[Any]) -> str:
    """What a program makes of a call, in words that can be compared."""
    folder.mkdir()
    file = folder / "my_bpe.py"
    file.write_text(source, encoding="utf-8")
    try:
        with Session(file, folder / "run") as session:
            if function == "StreamDecoder":
                return show(session.ask("stream", *arguments))
            if function == "encode_iterable":
                merges, chunks = arguments[1], arguments[0]
                return show(session.iterate(merges, list(chunks), 1)[0])
            if function == "save":
                path = str(folder / "run" / "saved")
                session.call("save", path, *arguments)
                with Session(file, folder / "run") as again:
                    return show(again.call("load", path))
            return repr(session.call(function, *arguments))[:2000]
    except Raised as error:
        return f"raised {error.kind}: {error.message}"
    except Stopped as error:
        return f"no answer: {error}"


def shown_arguments(function: str, arguments: list[Any]) -> list[str]:
    return [show_merges(value) if place in CALLS[function] else show(value) for place, value in enumerate(arguments)]
