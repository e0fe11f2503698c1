"""Count each room of the house against `ceilings.toml`: python tools/ceilings.py [--lower]

A room is a folder, or the files that stand in one beside its folders (`rust/*`). Code is counted in lines, prose in words. It
fails where a room stands above its ceiling, where a file stands in no room, and where a commit raises ceilings by more than it
lowers others. `--lower` writes down what was reached.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).parent.parent
FILE = ROOT / "ceilings.toml"
CODE = {".c", ".cpp", ".css", ".go", ".h", ".html", ".js", ".mjs", ".py", ".pyi", ".rows", ".rs", ".sh", ".ts"}


def git(*words: str) -> str:
    """What git prints, or nothing where it cannot say."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else ""


def in_room(name: str, room: str) -> bool:
    """Whether a file stands in a room: somewhere below `folder`, or beside the folders of `folder/*`."""
    folder, only_files = room.removesuffix("/*"), room.endswith("/*")
    below = name == room or name.startswith(f"{folder}/")
    return below and not (only_files and "/" in name[len(folder) + 1 :])


def count(kind: str, room: str, names: list[str]) -> int:
    """The lines of a room's code, or the words of its prose."""
    files = [name for name in names if in_room(name, room) and (ROOT / name).exists()]
    if kind == "words":
        return sum(len((ROOT / name).read_text(encoding="utf-8").split()) for name in files if name.endswith(".md"))
    code = [name for name in files if Path(name).suffix in CODE or name == room]
    return sum((ROOT / name).read_bytes().count(b"\n") for name in code)


def moved(before: dict[str, int], now: dict[str, int]) -> tuple[int, int]:
    """How much all rooms were raised, and lowered, between two versions of the file. A room that was not there had no lines."""
    steps = [now.get(room, 0) - before.get(room, 0) for room in before.keys() | now.keys()]
    return sum(step for step in steps if step > 0), -sum(step for step in steps if step < 0)


def main() -> None:
    ceilings = tomllib.loads(FILE.read_text(encoding="utf-8"))
    names = git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    counts = {kind: {room: count(kind, room, names) for room in rooms} for kind, rooms in ceilings.items()}
    if "--lower" in sys.argv:
        text = FILE.read_text(encoding="utf-8")
        for kind, rooms in ceilings.items():
            for room, ceiling in rooms.items():
                text = text.replace(f'"{room}" = {ceiling}', f'"{room}" = {min(ceiling, counts[kind][room])}')
        FILE.write_text(text, encoding="utf-8")
        ceilings = tomllib.loads(text)

    since = (
        git("describe", "--tags", "--abbrev=0").strip()
        or git("log", "--diff-filter=A", "--format=%H", "--", FILE.name).strip()
    )
    start = tomllib.loads(git("show", f"{since.strip()}:{FILE.name}") if since else "")
    rooms = ceilings["lines"]
    wrong = [
        f"{name} stands in no room"
        for name in names
        if Path(name).suffix in CODE and (ROOT / name).exists() and not any(in_room(name, room) for room in rooms)
    ]
    for kind, rooms in ceilings.items():
        for room, ceiling in rooms.items():
            found, first = counts[kind][room], start.get(kind, {}).get(room, ceiling)
            print(f"{room:28}{found:8,} of {ceiling:7,} {kind}{found - first:+9,}")
            if found > ceiling:
                wrong.append(f"{room} has {found:,} {kind}, {found - ceiling:,} above its ceiling")
        print(f"{'':28}{sum(counts[kind].values()):8,} of {sum(rooms.values()):7,} {kind}")

    last = "HEAD" if git("diff", "--name-only", "HEAD", "--", FILE.name) else "HEAD~1"
    before = tomllib.loads(git("show", f"{last}:{FILE.name}"))
    for kind, rooms in before.items():
        raised, lowered = moved(rooms, ceilings.get(kind, {}))
        if raised > lowered:
            wrong.append(f"ceilings of {kind} were raised by {raised:,} and lowered by {lowered:,}")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
