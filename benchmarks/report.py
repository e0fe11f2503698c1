"""Results to tables and pictures: ``python -m benchmarks.report``.

Each table of benchmarks/README.md stands between ``<!-- NAME -->`` and ``<!-- end -->`` and is made anew from
``benchmarks/results``, with the day, the processor and the commit. ``--print`` shows the tables instead, and some more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from . import harness, tables
from .tables import Results

PAGE = harness.ROOT / "benchmarks" / "README.md"
IMAGES = harness.ROOT / "docs" / "images"
# The name of each table: the results it is made of, and by what.
Tables = dict[str, tuple[str, Callable[[Results], str]]]
TABLES: Tables = {
    "encode": ("encode", tables.encode_tables),
    "rust": ("rust", tables.crates_tables),
    "load": ("encode", tables.load_table),
    "figures": ("figures", tables.figures_table),
    "threads": ("threads", tables.threads_table),
    "short": ("short", tables.short_tables),
    "decode": ("decode", tables.decode_tables),
    "batch": ("batch", tables.batch_tables),
    "hard": ("hard", tables.hard_tables),
    "operations": ("operations", tables.operations_table),
    "packing": ("packing", tables.packing_table),
    "hf_calls": ("hf_calls", tables.calls_tables),
    "engine_calls": ("engine_calls", tables.engine_tables),
    "beyond_words": ("beyond_words", tables.beyond_table),
    "train": ("train", tables.train_tables),
    "train_large": ("train_large", tables.train_tables),
    "train_equal": ("train_equal", tables.equal_table),
    "ladder": ("ladder", tables.ladder_tables),
    "ladder_letters": ("ladder_letters", tables.ladder_tables),
}
# Those that are only printed.
PRINTED: Tables = {
    "models": ("models", tables.encode_tables),
    "models_load": ("models", tables.load_table),
    "growth": ("growth", tables.train_tables),
}
# The names of all files of results.
SOURCES = {source for source, _ in (TABLES | PRINTED).values()}


def read(folder: Path, name: str) -> Results | None:
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    found: Results = json.loads(path.read_text(encoding="utf-8"))
    return found


def conditions(results: Results) -> str:
    """What the figures depend on, in a line."""
    machine = results["machine"]
    absent = {"minitok": "from its source tree"}
    versions = ", ".join(
        f"{name} {version or absent.get(name, 'not installed')}" for name, version in machine["versions"].items()
    )
    clocks = {row.get("clock") for row in results["rows"]}
    return (
        f"{machine['date']}, {machine['processor']} ({machine['processors']} processors), {machine['system']}, "
        f"Python {machine['python']}, commit {machine['commit']}. {versions}."
        + (" Clock: processor time for one thread." if "cpu" in clocks else "")
        + (f" {machine['notes']}" if machine["notes"] else "")
    )


def table(folder: Path, name: str) -> str | None:
    """A table with its conditions and with who is missing from it; None without results."""
    source, make = (TABLES | PRINTED)[name]
    results = read(folder, source)
    if results is None:
        return None
    left_out = (
        tables.refusals(results)
        if name not in ("load", "models_load", "operations", "hf_calls", "engine_calls", "threads")
        else ""
    )
    missing = f"\n\nNot in the tables, or not everywhere:\n\n{left_out}" if left_out else ""
    return f"{make(results)}{missing}\n\n<sub>{conditions(results)}</sub>"


def fill(page: str, folder: Path, names: Tables = TABLES) -> str:
    """The page with every one of its tables that there are results for."""
    for name in names:
        made = table(folder, name)
        if made is None:
            continue
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise ValueError(f"the page has no place for the table {name!r}")
        page = f"{before}{mark}\n{made}\n\n{end}{after}"
    return page


def pictures(folder: Path, names: set[str]) -> None:
    """Draws the pictures of these results."""
    from . import plots

    encode = read(folder, "encode")
    if encode and "encode" in names:
        for encoding in dict.fromkeys(row["encoding"] for row in encode["rows"]):
            for theme in plots.THEMES:
                plots.encode_plot(encode, encoding, IMAGES, theme)
    themed = {
        "figures": plots.figures_plot,
        "train": plots.train_plot,
        "growth": plots.growth_plot,
        "ladder": plots.ladder_plot,
        "ladder_letters": plots.ladder_plot,
    }
    for name, plot in themed.items():
        results = read(folder, name) if name in names else None
        for theme in plots.THEMES if results else ():
            plot(results or {}, IMAGES, theme)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--results", type=Path, default=harness.RESULTS, help="a folder of results")
    parser.add_argument("--only", nargs="+", default=sorted(SOURCES), choices=sorted(SOURCES), help="of these results")
    parser.add_argument("--print", action="store_true", help="show the tables; change no file")
    options = parser.parse_args()
    shown = TABLES | PRINTED if options.print else TABLES
    names = {name: made_of for name, made_of in shown.items() if made_of[0] in options.only}
    if options.print:
        print(*filter(None, (table(options.results, name) for name in names)), sep="\n\n")
        return
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), options.results, names), encoding="utf-8")
    pictures(options.results, set(options.only))


if __name__ == "__main__":
    main()
