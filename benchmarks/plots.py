"""Pictures of results, as PNG and SVG, for light and for dark pages; ``report.py`` puts them beside the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator

from .tables import Results, beside_the_best, peers, pick, speed

mpl.use("Agg")
OURS, OTHERS = "#c2410c", "#64748b"
MARKS = {
    "cold": ("o", "first pass of a process"),
    "unseen": ("D", "another text"),
    "warm": ("s", "the same text again"),
}
RUNGS = {
    "naive": "#b91c1c",
    "unique words": "#d97706",
    "incremental counts": "#65a30d",
    "rescan": "#7c3aed",
    "heap (reference)": "#0891b2",
    "Rust mirror": "#4f46e5",
    "Rust fast": "#111827",
    "Rust fast, all cores": OURS,
}
STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e2e8f0",
    "grid.linewidth": 0.8,
    "svg.hashsalt": "minitok",
    "svg.fonttype": "none",
}


# What a dark page changes; the names of files end in it.
DARK = {
    "figure.facecolor": "#0d1117",
    "axes.facecolor": "#0d1117",
    "savefig.facecolor": "#0d1117",
    "grid.color": "#30363d",
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), "#c9d1d9"),
}
THEMES: dict[str, dict[str, Any]] = {"": {}, "-dark": DARK}
# Lines that are dark themselves are light there.
ON_DARK = {"#111827": "#f3f4f6", "#b91c1c": "#f87171", "#4f46e5": "#818cf8", "#7c3aed": "#a78bfa"}


@contextmanager
def style(theme: str) -> Iterator[None]:
    with plt.rc_context({**STYLE, **THEMES[theme]}):
        yield


def shade(color: str, theme: str) -> str:
    return ON_DARK.get(color, color) if theme else color


def save(figure: Any, folder: Path, name: str) -> None:
    """Both forms, without a date in them, so that the same results give the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=90, metadata={"Software": None})
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def encode_plot(results: Results, encoding: str, folder: Path, theme: str) -> None:
    """Dots for the passes: a panel for each text and form of the ids, libraries below each other."""
    rows = [row for row in results["rows"] if row["encoding"] == encoding]
    names = peers(rows)
    texts = list(dict.fromkeys(row["text"] for row in rows))
    with style(theme):
        others = shade(OTHERS, theme)
        figure, panels = plt.subplots(2, len(texts), figsize=(9, 6.2), sharex=True, squeeze=False, layout="constrained")
        for line, form in zip(panels, ("numpy", "list"), strict=True):
            first = {name: pick(rows, peer=name, text=texts[0], op=f"encode_{form}") for name in names}
            ranked = {name: speed(row, "unseen") or 0 for name, row in first.items() if row}
            shown = sorted(ranked, key=ranked.__getitem__)
            for panel, text in zip(line, texts, strict=True):
                for at, name in enumerate(shown):
                    row = pick(rows, peer=name, text=text, op=f"encode_{form}")
                    found = {key: value for key in MARKS if row and (value := speed(row, key))}
                    color = OURS if name == "minitok" else others
                    panel.plot(list(found.values()), [at] * len(found), color=color, linewidth=1, zorder=2)
                    for key, value in found.items():
                        filled = color if key != "cold" else panel.get_facecolor()
                        panel.plot(
                            value, at, MARKS[key][0], color=color, markerfacecolor=filled, markersize=5, zorder=3
                        )
                panel.set(xscale="log", title=f"{text}, to {form}", yticks=range(len(shown)))
                panel.set_yticklabels(shown if panel is line[0] else [])
                panel.set_ylim(-0.6, len(shown) - 0.4)
                panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                panel.xaxis.set_major_formatter("{x:g}")
                panel.minorticks_off()
        for panel in panels[-1]:
            panel.set_xlabel("MB/s")
        marks = [
            plt.Line2D([], [], marker=mark, color=others, linestyle="", label=label, markerfacecolor=face)
            for (mark, label), face in zip(MARKS.values(), (panels[0][0].get_facecolor(), others, others), strict=True)
        ]
        figure.legend(handles=marks, loc="outside lower center", ncols=3, frameon=False)
        figure.suptitle(f"Encoding with {encoding}, one thread (further right is faster)")
        save(figure, folder, f"bench-{encoding.removesuffix('_base')}{theme}")


def figures_plot(results: Results, folder: Path, theme: str) -> None:
    """For each encoding and text how many times as fast as the fastest other library minitok is: a line, two dots."""
    rows = results["rows"]
    names = list(dict.fromkeys(row["encoding"] for row in rows))
    texts = list(dict.fromkeys(row["text"] for row in rows))
    with style(theme):
        # As narrow as a telephone, so that the letters stay legible there.
        figure, panel = plt.subplots(figsize=(4.6, 0.9 + 0.21 * len(names) * (len(texts) + 0.6)), layout="constrained")
        places: list[float] = []
        labels: list[str] = []
        for encoding in names:
            for text in texts:
                found = {}
                for key in ("cold", "warm"):
                    ours, _, best = beside_the_best(rows, key, encoding=encoding, text=text)
                    if ours and best:
                        found[key] = ours / best
                if not found:
                    continue
                at = (places[-1] if places else 0) + (1.6 if text == texts[0] else 1)
                panel.plot(list(found.values()), [at] * len(found), color=OURS, linewidth=1, zorder=2)
                for key, value in found.items():
                    face = OURS if key == "warm" else panel.get_facecolor()
                    panel.plot(value, at, MARKS[key][0], color=OURS, markerfacecolor=face, markersize=5, zorder=3)
                places.append(at)
                labels.append(f"{encoding.removesuffix('_base')}  {text}")
        panel.set(yticks=places, xlabel="times as fast as the fastest other library")
        panel.set_yticklabels(labels)
        panel.set_xlim(left=0)
        panel.axvline(1, color=shade(OTHERS, theme), linewidth=1.5, zorder=1)
        panel.invert_yaxis()
        panel.grid(axis="y", visible=False)
        faces = {"cold": panel.get_facecolor(), "warm": OURS}
        marks = [
            plt.Line2D(
                [], [], marker=MARKS[key][0], color=OURS, linestyle="", label=MARKS[key][1], markerfacecolor=face
            )
            for key, face in faces.items()
        ]
        figure.legend(handles=marks, loc="outside upper center", ncols=2, frameon=False)
        save(figure, folder, f"bench-figures{theme}")


def shown_size(results: Results) -> int:
    """The vocabulary that a picture of trainings shows: 32,000 ids, or what is nearest to that."""
    sizes: set[int] = {row["vocab_size"] for row in results["rows"]}
    return min(sizes, key=lambda size: abs(size - 32_000))


def train_plot(results: Results, folder: Path, theme: str) -> None:
    """Time against memory would hide the factor; so two columns of bars, a line of panels for each corpus."""
    vocab_size = shown_size(results)
    rows = [row for row in results["rows"] if row["threads"] == 1 and row["vocab_size"] == vocab_size]
    sizes = {text: max(row["bytes"] for row in rows if row["text"] == text) for text in {row["text"] for row in rows}}
    texts = [text for text in dict.fromkeys(row["text"] for row in rows) if text in sizes]
    with style(theme):
        figure, panels = plt.subplots(
            len(texts), 2, figsize=(9, 0.6 + 2.1 * len(texts)), squeeze=False, layout="constrained"
        )
        for line, text in zip(panels, texts, strict=True):
            mine = [row for row in rows if row["text"] == text and row["bytes"] == sizes[text]]
            names = peers(mine)[::-1]
            for panel, key in zip(line, ("cpu", "peak"), strict=True):
                values = []
                for name in names:
                    median = (pick(mine, peer=name) or {"median": {}})["median"]
                    values.append(median["cpu"] if key == "cpu" else (median["peak"] - results["idle"]) / 1e6)
                bars = panel.barh(names, values, color=[OURS if name == "minitok" else OTHERS for name in names])
                panel.bar_label(bars, fmt="%.3g", padding=3)
                panel.margins(x=0.14)
                panel.grid(axis="y", visible=False)
                what = "seconds of processor time" if key == "cpu" else "MB of peak memory"
                panel.set_title(f"{text}, {sizes[text] / 1e6:.0f} MB: {what}", fontsize=9)
                if panel is line[1]:
                    panel.set_yticklabels([])
        figure.suptitle(f"Training {rows[0]['vocab_size']:,} ids, one thread (shorter is better)")
        save(figure, folder, f"bench-train{theme}")


def growth_plot(results: Results, folder: Path, theme: str) -> None:
    """Time and memory of training against the corpus, both axes logarithmic; one panel a number of threads."""
    vocab_size = shown_size(results)
    with style(theme):
        figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
        for panel, key, what in zip(
            panels, ("cpu", "peak"), ("seconds of processor time", "MB of peak memory"), strict=True
        ):
            for name in peers(results["rows"]):
                wanted = name, 1, vocab_size
                mine = [row for row in results["rows"] if (row["peer"], row["threads"], row["vocab_size"]) == wanted]
                points = sorted(
                    (
                        row["bytes"] / 1e6,
                        row["median"]["cpu"] if key == "cpu" else (row["median"]["peak"] - results["idle"]) / 1e6,
                    )
                    for row in mine
                )
                if points:
                    color = OURS if name == "minitok" else OTHERS
                    panel.plot(*zip(*points, strict=True), "o-", color=color, markersize=4, linewidth=1.4)
                    panel.annotate(name, points[-1], xytext=(4, 4), textcoords="offset points", color=color, ha="right")
            panel.set(xscale="log", yscale="log", title=what, xlabel="MB of text")
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_formatter("{x:g}")
            panel.minorticks_off()
        figure.suptitle(f"Training {vocab_size:,} ids on more and more text, one thread")
        save(figure, folder, f"bench-growth{theme}")


def ladder_plot(results: Results, folder: Path, theme: str) -> None:
    """Time and operations against bytes, both axes logarithmic: a straight line's slope is the power of n."""
    letters = results["input"] == "letters"
    panels_of = (("train", "seconds"), ("train", "operations"), ("encode", "seconds"), ("encode", "operations"))
    with style(theme):
        figure, panels = plt.subplots(2, 2, figsize=(9, 6.6), layout="constrained")
        for panel, (kind, key) in zip(panels.flat, panels_of, strict=True):
            for rung, color in RUNGS.items():
                points = [
                    (row["bytes"], row[key])
                    for row in results["rows"]
                    if row["kind"] == kind and row["rung"] == rung and row[key]
                ]
                if points:
                    line = "o--" if "cores" in rung else "o-"
                    panel.plot(
                        *zip(*points, strict=True),
                        line,
                        color=shade(color, theme),
                        markersize=3,
                        linewidth=1.2,
                        label=rung,
                    )
            panel.set(xscale="log", yscale="log", title=f"{kind}: {key}", xlabel="bytes of text")
            panel.minorticks_off()
        found: dict[str, Any] = {}
        for panel in panels.flat:
            handles, labels = panel.get_legend_handles_labels()
            found |= dict(zip(labels, handles, strict=True))
        figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=4, frameon=False)
        figure.suptitle('"a" times n, one piece' if letters else f"English, {results['merges']} merges")
        save(figure, folder, f"bench-ladder{'-letters' * letters}{theme}")
