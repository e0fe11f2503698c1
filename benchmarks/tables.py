"""Tables in Markdown, made of results; ``report.py`` puts them into the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Results = dict[str, Any]
Row = dict[str, Any]
# How a figure is read from a row, and how a column finds a library's.
Read = Callable[[Row], float | None]
Column = Callable[[str], float | None]
PASSES = ("cold", "unseen", "warm")
FORMS = ("numpy", "list")


def markdown(head: list[str], body: Iterable[list[str]]) -> str:
    """A table; all but the first column stand to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float | None, *, bold: bool = False) -> str:
    """Three digits, without an exponent; a dash for none."""
    if value is None:
        return "-"
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"**{shown}**" if bold else shown


def peers(rows: list[Row]) -> list[str]:
    """Each library once, in the order of the results."""
    return list(dict.fromkeys(row["peer"] for row in rows))


def pick(rows: list[Row], **wanted: Any) -> Row | None:
    """The row with these values, if there is one."""
    return next((row for row in rows if all(row.get(key) == value for key, value in wanted.items())), None)


def speed(row: Row, key: str) -> float | None:
    """Megabytes of text a second."""
    return row["bytes"] / row["median"][key] / 1e6 if key in row["median"] else None


def column(rows: list[Row], read: Read, **wanted: Any) -> Column:
    """For each library the figure of its row with these values."""

    def of(peer: str) -> float | None:
        row = pick(rows, peer=peer, **wanted)
        return read(row) if row else None

    return of


def operations_table(results: Results) -> str:
    """The speed of each operation, and how many times the work of the first it is."""
    rows = results["rows"]
    first = rows[0]["median"]["warm"]
    body = [
        [f"`{row['operation']}`", figure(speed(row, "warm")), figure(row["median"]["warm"] / first)] for row in rows
    ]
    return markdown([f"`{results['encoding']}`", "MB/s", "times the first"], body)


def calls_tables(results: Results) -> str:
    """Of each model the time of each call in microseconds, and how many times as fast as the stock tokenizer that is."""
    rows = [row for row in results["rows"] if "median" in row]
    found = []
    for model in dict.fromkeys(row["model"] for row in rows):
        mine = [row for row in rows if row["model"] == model]
        shapes = list(dict.fromkeys((row["texts"], row["characters"]) for row in mine))
        times = {(row["peer"], row["texts"], row["characters"]): row["median"] * 1e6 for row in mine}
        head = [f"`{model}`", *(f"{texts:,} of {length:,}, us" for texts, length in shapes)]
        body = []
        for peer in dict.fromkeys(row["peer"] for row in mine):
            cells = []
            for shape in shapes:
                value = times.get((peer, *shape))
                top = value == min(times[key] for key in times if key[1:] == shape)
                cells.append(figure(value, bold=top))
            body.append([peer, *cells])
        ratios = [figure(times[("transformers", *shape)] / times[("minitok", *shape)]) for shape in shapes]
        body.append(["times as fast as stock", *ratios])
        found.append(markdown(head, body))
    return "\n\n".join(found)


def engine_tables(results: Results) -> str:
    """The time of each call in microseconds: of a prompt, and of an answer token by token; a column for each model."""
    found = []
    models = list(dict.fromkeys(row["model"] for row in results["rows"]))
    for what in ("prompt", "stream"):
        rows = [row for row in results["rows"] if row.get("what") == what]
        times = {(row["call"], row["model"]): row["median"] * 1e6 for row in rows if "median" in row}
        best = {
            model: min(time for (call, of), time in times.items() if of == model and call != "loop") for model in models
        }
        tokens = max(row["tokens"] for row in rows)
        body = []
        for call in dict.fromkeys(row["call"] for row in rows):
            row = [call.replace("loop", "a loop over calls of a list's method")]
            for model in models:
                time = times.get((call, model))
                row.append("other text or ids" if time is None else figure(time, bold=time == best[model]))
            body.append(row)
        found.append(markdown([f"{what} of {tokens:,} tokens, us", *(f"`{model}`" for model in models)], body))
    return "\n\n".join(found)


def speeds(rows: list[Row], key: str, **wanted: Any) -> Column:
    return column(rows, lambda row: speed(row, key), **wanted)


def times(rows: list[Row], key: str, unit: float, **wanted: Any) -> Column:
    """Returns times in a unit, given in seconds."""
    return column(rows, lambda row: row["median"][key] / unit, **wanted)


def grid(rows: list[Row], columns: Mapping[str, Column], *, least: bool = False) -> str:
    """A line for each library that has a figure; the best of each column, the most or the least, in bold."""
    names = peers(rows)
    values = {name: [of(name) for of in columns.values()] for name in names}
    best: list[float | None] = []
    for index in range(len(columns)):
        found = [value for name in names if (value := values[name][index]) is not None]
        best.append((min if least else max)(found) if found else None)
    body = [
        [name, *(figure(value, bold=value == top) for value, top in zip(values[name], best, strict=True))]
        for name in names
        if any(value is not None for value in values[name])
    ]
    return markdown(["", *columns], body)


def encode_tables(results: Results) -> str:
    """For each encoding and text: speeds into an array and into a list."""
    rows, parts = results["rows"], []
    for encoding, text in dict.fromkeys((row["encoding"], row["text"]) for row in rows):
        mine = [row for row in rows if row["encoding"] == encoding and row["text"] == text]
        columns = {f"{form} {key}": speeds(mine, key, op=f"encode_{form}") for form in FORMS for key in PASSES}
        parts.append(f"`{encoding}`, {text}, MB/s:\n\n{grid(mine, columns)}")
    return "\n\n".join(parts)


def figures_table(results: Results) -> str:
    """For each encoding and text: minitok's speeds, and how many times those of the fastest other library they are."""
    rows, body = results["rows"], []
    for encoding, text in dict.fromkeys((row["encoding"], row["text"]) for row in rows):
        line = [encoding, text]
        for key in ("cold", "warm"):
            ours, other, best = beside_the_best(rows, key, encoding=encoding, text=text)
            line += [figure(ours), f"{figure(best)} {other}".strip(), figure(ours / best if ours and best else None)]
        body.append(line)
    head = ["", "text", "MB/s, first pass", "fastest other", "times", "MB/s, again", "fastest other", "times"]
    return markdown(head, body)


def beside_the_best(rows: list[Row], key: str, **wanted: Any) -> tuple[float | None, str, float | None]:
    """The speed of minitok in a row, and the fastest other library with its speed."""
    found = {peer: value for peer in peers(rows) if (value := speeds(rows, key, **wanted)(peer))}
    ours = found.pop("minitok", None)
    best = max(found, key=found.__getitem__, default="")
    return ours, best, found.get(best)


def threads_table(results: Results) -> str:
    """How many times as fast each work is with more threads; in italics, what it would be at the most."""
    rows = results["rows"]
    counts = sorted({row["threads"] for row in rows})
    body = []
    for work in dict.fromkeys(row["work"] for row in rows):
        cells = []
        for threads in counts:
            row = pick(rows, work=work, threads=threads)
            shown = figure(row["times"] if row else None)
            cells.append(shown if not row or row["measured"] else f"*{shown}*")
        body.append([work, *cells])
    return markdown(["threads", *map(str, counts)], body)


def crates_tables(results: Results) -> str:
    """For each encoding: the speeds of every crate on each text, at once, as documents, and as a stream of ids."""
    parts = []
    for encoding in dict.fromkeys(row["encoding"] for row in results["rows"]):
        mine = [row for row in results["rows"] if row["encoding"] == encoding]
        whole: dict[str, Column] = {}
        batches: dict[str, Column] = {}
        streams: dict[str, Column] = {}
        for text in dict.fromkeys(row["text"] for row in mine):
            whole |= {f"{text} {key}": speeds(mine, key, text=text, op="encode") for key in PASSES}
            for threads, on in ((1, "one"), (2, "two")):
                wanted = {"text": text, "op": "batch", "threads": threads}
                batches |= {f"{text} on {on} {key}": speeds(mine, key, **wanted) for key in ("cold", "warm")}
            streams[text] = column(mine, nanoseconds_a_token, text=text, op="stream")
        parts += [
            f"`{encoding}`, MB/s:\n\n{grid(mine, whole)}",
            f"1,000 documents on one and two threads, MB/s:\n\n{grid(mine, batches)}",
            f"Ids one by one to text, ns a token:\n\n{grid(mine, streams, least=True)}",
        ]
    return "\n\n".join(parts)


def nanoseconds_a_token(row: Row) -> float:
    found: float = row["median"]["warm"] / row["tokens"] * 1e9
    return found


def load_table(results: Results) -> str:
    """For each encoding: how long loading takes, and how much memory it and a first pass take."""
    rows = [row for row in results["rows"] if row["op"] == "encode_list"]
    columns: dict[str, Column] = {}
    for encoding in dict.fromkeys(row["encoding"] for row in rows):
        columns[f"{encoding}, ms"] = times(rows, "load", 1e-3, encoding=encoding)
        columns[f"{encoding}, MB"] = column(rows, added_memory, encoding=encoding)
    return grid(rows, columns, least=True)


def added_memory(row: Row) -> float:
    """Megabytes of the high-water mark that loading and a first pass added."""
    added: float = row["median"]["peak"] - row["median"]["before"]
    return added / 1e6


def for_each_encoding(table: Callable[[list[Row]], str]) -> Callable[[Results], str]:
    """Of a function that makes a table, one that makes a table for each encoding: no two of them are the same work."""

    def tables(results: Results) -> str:
        rows = results["rows"]
        names = dict.fromkeys(row["encoding"] for row in rows)
        return "\n\n".join(f"`{name}`:\n\n{table([row for row in rows if row['encoding'] == name])}" for name in names)

    return tables


@for_each_encoding
def short_tables(rows: list[Row]) -> str:
    """Microseconds a call, for strings of three lengths."""
    lengths = sorted({row["length"] for row in rows})
    columns = {
        f"{form} {length:,}": times(rows, "warm", 1e-6, op=f"short_{form}", length=length)
        for form in FORMS
        for length in lengths
    }
    return grid(rows, columns, least=True)


@for_each_encoding
def decode_tables(rows: list[Row]) -> str:
    """Megabytes of text a second, from an array and from a list."""
    columns = {f"{form} {key}": speeds(rows, key, op=f"decode_{form}") for form in FORMS for key in ("cold", "warm")}
    return grid(rows, columns)


@for_each_encoding
def batch_tables(rows: list[Row]) -> str:
    """Megabytes of text a second, by threads, on documents that were not seen before."""
    columns = {
        f"{form}, {count_threads(threads)}": speeds(rows, "unseen", op=f"batch_{form}", threads=threads)
        for form in FORMS
        for threads in (1, 2)
    }
    return grid(rows, columns)


def count_threads(threads: int) -> str:
    return f"{threads} thread{'s' * (threads > 1)}"


@for_each_encoding
def hard_tables(rows: list[Row]) -> str:
    """Milliseconds of the first pass over a million characters: a second would find one huge piece in a cache."""
    columns = {text: times(rows, "cold", 1e-3, text=text) for text in dict.fromkeys(row["text"] for row in rows)}
    return grid(rows, columns, least=True)


def packing_table(results: Results) -> str:
    """For each size of a corpus and each packer: the rate, the processor time a gigabyte, memory, and times of minitok's."""
    head = ["corpus", "", "MB/s", "CPU s/GB", "MB in memory", "wall, to the first", "CPU, to the first"]
    body = []
    for row in results["rows"]:
        size, median, ratio = row["bytes"], row["median"], row["ratio"]
        using = f"{row['processes']} processes" if row["processes"] > 1 else count_threads(row["threads"])
        cells = [figure(size / median["wall"] / 1e6), figure(median["cpu"] / size * 1e9), figure(median["peak"] / 1e6)]
        times = [figure(ratio.get(key)) for key in ("wall", "cpu")]
        body.append([f"{size / 1e6:,.0f} MB", f"{row['peer'].partition(',')[0]}, {using}", *cells, *times])
    # The names stand to the left, too.
    return markdown(head, body).replace("| --- | ---: |", "| --- | --- |", 1)


def beyond_table(results: Results) -> str:
    """For each task beyond plain BPE: the time of each library."""
    body = []
    for row in results["rows"]:
        median = row["median"]
        body.append(
            [
                f"{row['task']}, {row['file_bytes'] / 1e6:.3g} MB",
                row["peer"],
                figure(median["cpu"]),
                figure(row["file_bytes"] / median["cpu"] / 1e6),
                figure(row["ratio"].get("cpu")),
            ]
        )
    return markdown(["", "library", "s", "MB/s", "times minitok's"], body)


def train_tables(results: Results) -> str:
    """For each corpus, vocabulary and number of threads: time, processor time, memory."""
    rows, parts = results["rows"], []
    for text, size, vocab in dict.fromkeys((row["text"], row["bytes"], row["vocab_size"]) for row in rows):
        mine = [row for row in rows if (row["text"], row["bytes"], row["vocab_size"]) == (text, size, vocab)]
        columns: dict[str, Column] = {}
        for threads in sorted({row["threads"] for row in mine}):
            using = count_threads(threads)
            columns[f"s, {using}"] = times(mine, "wall", 1, threads=threads)
            columns[f"CPU s, {using}"] = times(mine, "cpu", 1, threads=threads)
            columns[f"MB, {using}"] = column(mine, lambda row: peak_above(row, results["idle"]), threads=threads)
        times_in = mine[0].get("times", 1)
        repeated = f" (the text {times_in} times)" if times_in > 1 else ""
        parts.append(f"{text}, {size / 1e6:.3g} MB{repeated}, {vocab:,} ids:\n\n{grid(mine, columns, least=True)}")
    said = [f"- {name}: {what}" for name, what in results.get("inputs", {}).items()]
    return "\n\n".join([*parts, "What is not the same:\n\n" + "\n".join(said)] if said else parts)


def equal_table(results: Results) -> str:
    """Who has learnt what minitok learns with the options that mean the same."""
    body = [
        [
            row["peer"],
            f"{row['text']}, {row['bytes'] / 1e6:.3g} MB",
            f"{row['vocab_size']:,}",
            f"{row['merges']:,}",
            "merge by merge" if row["equal"] == "pairs" else "token by token",
            ", ".join(f"`{name}={value}`" for name, value in results["same_as"][row["peer"]].items()) or "defaults",
        ]
        for row in results["rows"]
    ]
    return markdown(["", "corpus", "ids", "merges", "equal", "minitok with"], body)


def peak_above(row: Row, idle: float) -> float:
    """Megabytes above an idle interpreter."""
    above: float = row["median"]["peak"] - idle
    return above / 1e6


def ladder_tables(results: Results) -> str:
    """For training and encoding: milliseconds of each rung by size, and the power of its growth at the end."""
    parts = []
    for kind in ("train", "encode"):
        rows = [row for row in results["rows"] if row["kind"] == kind]
        sizes = sorted({row["bytes"] for row in rows})
        body = []
        for rung in dict.fromkeys(row["rung"] for row in rows):
            found = [pick(rows, rung=rung, bytes=size) for size in sizes]
            power = results["slopes"][kind].get(rung)
            cells = [figure(row["seconds"] * 1e3 if row else None) for row in found]
            body.append([rung, *cells, "-" if power is None else f"{power:.2f}"])
        parts.append(
            f"{kind}, ms, by bytes of text:\n\n{markdown(['', *(f'{size:,}' for size in sizes), 'power of n'], body)}"
        )
    return "\n\n".join(parts)


def refusals(results: Results) -> str:
    """Who is not in a table, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for refused in results.get("refused", []):
        keys = ("encoding", "op", "length", "vocab_size")
        details = [str(refused[key]) for key in ("text", *keys) if key in refused]
        if refused["why"] == "no such call":
            details = [refused["op"]]
        elif refused["why"] == "no such encoding":
            details = [refused["encoding"]]
        where = reasons.setdefault((refused["peer"], refused["why"]), [])
        if (shown := " ".join(details)) not in where:
            where.append(shown)
    lines: dict[str, list[str]] = {}
    for (peer, why), where in reasons.items():
        lines.setdefault(f"{why.replace('|', '/')} ({', '.join(where)})", []).append(peer)
    return "\n".join(f"- {', '.join(names)}: {line}" for line, names in lines.items())
