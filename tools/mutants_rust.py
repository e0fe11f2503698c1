"""Changes the Rust code in small ways, one at a time, and sees whether a test notices: mutation testing of `rust/`.

    python tools/mutants_rust.py                        every mutant of the mirror and of what is fast, in an hour or two
    python tools/mutants_rust.py --changed              of the files that differ from the branch main
    python tools/mutants_rust.py --sample 500           as many of them, chosen by a fixed seed
    python tools/mutants_rust.py train.rs fast/scan     of these files and folders of rust/
    python tools/mutants_rust.py --survivors            those that survived, once more, with the tests as they are now
    python tools/mutants_rust.py --tests cuts           with only those tests of the crate that have this in their names

All mutants are in one build (`mutants_schemata.py` says how), and each run chooses one. First come the tests of the crate,
then, for what survives these, those of the package that use the extension. A mutant meets only tests that reach it; a test
that fails, crashes, hangs or needs far more processor time kills it. Results are added to `target/mutants/results.jsonl`, and
a run that is repeated goes on from there, as long as the code is the same, whatever the tests; with `--survivors` it tries
all of those again.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import mutants_pytest
import mutants_schemata
from mutants_pytest import NOT_REACHED, SURVIVES
from mutants_schemata import CRATE, ROOT, TARGET, Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RESULTS = TARGET / "results.jsonl"
STAGES = ("crate", "package")
OPTIONS = ("profile.quick.opt-level=1", "profile.quick.incremental=false", 'profile.quick.package."*".opt-level=2')
PROFILE = ("--profile", "quick", *(part for option in OPTIONS for part in ("--config", option)))
MIRROR = "the mirror"
MEMORY = 4 << 30
# Processor time of the tests of the crate that a mutant meets at most, as they take without a change; and of one of them.
SECONDS, LONGEST = 8.0, 15.0
ENVIRONMENT = {
    **os.environ,
    "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1",
    "PROPTEST_CASES": str(mutants_schemata.CASES),
    "RUST_BACKTRACE": "0",
    "RUST_TEST_THREADS": "1",
}
# Tests of the package that use the extension, and do not start it in other processes.
PYTEST = [
    *(f"tests/{folder}" for folder in ("reference", "api", "backend", "formats", "corpus", "packing")),
    *("tests/edges/test_id_arrays.py", "tests/edges/test_id_iterables.py", "tests/edges/test_damaged_files.py"),
    *("tests/encodings/test_ids.py", "tests/encodings/test_packed.py", "tests/explain/test_explanation.py"),
    *(
        "--ignore=tests/reference/test_mirror.py",
        "--ignore=tests/reference/test_spec.py",
        "--ignore=tests/api/test_offline.py",
    ),
    "-k",
    "not [python] and not python- and not -python and not endless and not arrow",  # whose threads do not live on in a fork,
]


class Test(NamedTuple):
    program: str
    name: str
    seconds: float
    reached: bytes


def build(*arguments: str, place: str = "build") -> list[str]:
    """Builds the mutated crate; gives the files that came of it."""
    command = mutants_schemata.cargo(*arguments, *PROFILE, "--message-format=json", build=place)
    environment = {**os.environ, "PYO3_BUILD_EXTENSION_MODULE": "1"}
    done = subprocess.run(command, cwd=CRATE, stdout=subprocess.PIPE, text=True, check=True, env=environment)  # noqa: S603
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    reasons = [it for it in messages if it["reason"] == "compiler-artifact"]
    return [name for it in reasons if it["manifest_path"] == str(CRATE / "Cargo.toml") for name in it["filenames"]]


def passes(program: str, names: Iterable[str], seconds: float, **variables: str) -> tuple[bool, float]:
    """Whether tests pass within some seconds of processor time, and what they took."""
    command = [program, "--exact", *names]
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=CRATE, env={**ENVIRONMENT, **variables}, **silent)  # type: ignore[call-overload] # noqa: S603
    limit = int(seconds) + 1
    for what, most in ((resource.RLIMIT_CPU, limit), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.prlimit(process.pid, what, (most, most))
    # What waits for ever takes no processor time.
    timer = threading.Timer(60 + 20 * seconds, process.kill)
    timer.start()
    _, status, used = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode == 0, used.ru_utime + used.ru_stime


def names_of(program: str) -> list[str]:
    listed = subprocess.check_output([program, "--list", "--format", "terse"], text=True, cwd=CRATE)  # noqa: S603
    return [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]


def tried(program: str, name: str) -> Test | None:
    """Runs a test once, and notes its time and what it reaches; None if it takes too long."""
    with tempfile.NamedTemporaryFile() as file:
        passed, seconds = passes(program, [name], LONGEST, MUTANTS_REACHED=file.name)
        if not passed:
            print(f"fails or takes too long, and is left out: {name}", file=sys.stderr, flush=True)
        return Test(program, name, seconds, file.read()) if passed else None


class CrateTests:
    """Runs mutants with the tests of the crate."""

    def __init__(self, programs: list[str], wanted: list[str], pool: ThreadPoolExecutor) -> None:
        each = [(program, name) for program in programs for name in names_of(program)]
        each = [it for it in each if not wanted or any(part in it[1] for part in wanted)]
        self.tests = [test for test in pool.map(lambda it: tried(*it), each) if test]
        self.killers: Counter[str] = Counter()
        print(
            f"{len(self.tests)} tests in {sum(test.seconds for test in self.tests):.0f} s", file=sys.stderr, flush=True
        )

    def fate(self, mutant: Mutant) -> str:
        """What became of a mutant: the test or one of the tests that noticed, or that none did."""
        reaching = [test for test in self.tests if test.reached[mutant.number]]
        if not reaching:
            return NOT_REACHED
        for group in self.groups(reaching):
            seconds = sum(test.seconds for test in group)
            names = [test.name for test in group]
            if not passes(group[0].program, names, 2 + 5 * seconds, MUTANT=str(mutant.number))[0]:
                for name in names:
                    self.killers[name] += 1
                return names[0] if len(names) == 1 else f"{names[0]} or {len(names) - 1} more"
        return SURVIVES

    def groups(self, tests: list[Test]) -> Iterable[list[Test]]:
        """The tests in the order of what they killed in their time, in groups that one process runs."""
        order = sorted(tests, key=lambda it: (it.seconds + 0.002) / (1 + self.killers[it.name]))
        spent, group = 0.0, order[:1]
        for test in order[1:]:
            here = sum(other.seconds for other in group)
            if spent + here + test.seconds > SECONDS:
                break
            if test.program != group[0].program or here + test.seconds > 0.02 + spent / 2:
                yield group
                spent, group = spent + here, []
            group.append(test)
        yield group


class Extension:
    """Mutants of the extension module, chosen through functions that the mutated crate exports."""

    def __init__(self, path: Path, count: int) -> None:
        self.library, self.count = ctypes.CDLL(str(path)), count
        self.library.minitok_mutants_reached.restype = ctypes.POINTER(ctypes.c_uint8)

    def start(self) -> None:
        ctypes.memset(self.library.minitok_mutants_reached(), 0, self.count)
        self.library.minitok_mutant_choose(ctypes.c_uint32(0xFFFF_FFFF))

    def reached(self) -> set[int]:
        self.library.minitok_mutant_choose(ctypes.c_uint32(0))
        bytes_ = ctypes.string_at(self.library.minitok_mutants_reached(), self.count)
        return {number for number, byte in enumerate(bytes_) if byte}

    def all_reached(self) -> None:
        pass

    def tests_of(self, mutant: Mutant | None, reached: dict[int, set[int]]) -> list[int]:
        return [number for number, these in reached.items() if (mutant.number in these if mutant else these)]

    def install(self, mutant: Mutant | None) -> None:
        self.library.minitok_mutant_choose(ctypes.c_uint32(mutant.number if mutant else 0))


def area(path: str) -> str:
    """The part of the code that a file belongs to."""
    parts = path.split("/")
    return MIRROR if len(parts) == 2 else "/".join(parts[1:3] if len(parts) > 3 else parts[1:2])


class Results:
    """What became of each mutant, on disk as it is found; those of another state of the code are left out."""

    def __init__(self) -> None:
        self.code, self.lock = mutants_schemata.digest(), threading.Lock()
        lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
        records = [record for record in map(json.loads, lines) if record["code"] == self.code]
        self.fates: dict[str, dict[int, str]] = defaultdict(dict)
        for record in records:
            self.fates[record["stage"]][record["number"]] = record["result"]

    def add(self, stage: str, mutant: Mutant, result: str) -> None:
        record = {"code": self.code, "stage": stage, "number": mutant.number, "mutant": str(mutant), "result": result}
        with self.lock, RESULTS.open("a") as file:
            file.write(json.dumps(record) + "\n")
        self.fates[stage][mutant.number] = result

    def left(self, stage: str, mutants: list[Mutant], *, again: bool) -> list[Mutant]:
        """The mutants that a stage has not tried; those that survived all stages, too, if they are to be tried again."""
        alive = (SURVIVES, NOT_REACHED)
        survived = {
            it.number for it in mutants if all(self.fates[each].get(it.number, SURVIVES) in alive for each in STAGES)
        }
        fates = self.fates[stage]
        return [it for it in mutants if it.number not in fates or (again and it.number in survived)]

    def survivors(self, stage: str, mutants: list[Mutant]) -> list[Mutant]:
        return [it for it in mutants if self.fates[stage].get(it.number) in (SURVIVES, NOT_REACHED)]


def summary(mutants: list[Mutant], results: Results) -> None:
    """Prints the survivors, and how many of each area were killed by what."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        fates = [results.fates[stage].get(mutant.number, SURVIVES) for stage in STAGES]
        killers = [stage for stage, fate in zip(STAGES, fates) if fate not in (SURVIVES, NOT_REACHED)]
        result = killers[0] if killers else NOT_REACHED if fates == [NOT_REACHED, NOT_REACHED] else SURVIVES
        for row in (area(mutant.path), "all"):
            rows[row][result] += 1
        if not killers:
            print(f"{result}: {mutant}")
    for row, counts in rows.items():
        dead, total = counts["crate"] + counts["package"], sum(counts.values())
        ways = f"{counts['crate']} by tests of the crate, {counts['package']} by those of the package"
        lives = f"{counts[SURVIVES]} survive, {counts[NOT_REACHED]} are not reached"
        print(f"{row}: {dead} of {total} killed ({dead / total:.1%}): {ways}; {lives}")


def chosen(arguments: argparse.Namespace, mutants: list[Mutant]) -> list[Mutant]:
    if arguments.files:
        wanted = tuple(f"rust/{name}" for name in arguments.files if not name.endswith(".py"))
        mutants = [mutant for mutant in mutants if mutant.path.startswith(wanted)]
    if arguments.changed:
        listed = subprocess.check_output(["git", "diff", "--name-only", "main"], cwd=ROOT, text=True).splitlines()  # noqa: S607
        mutants = [mutant for mutant in mutants if mutant.path in listed]
    if arguments.sample and arguments.sample < len(mutants):
        mutants = random.Random(0).sample(mutants, arguments.sample)  # noqa: S311
    # By chance, but the mirror first, so that what is done when a run ends early is a fair sample.
    random.Random(0).shuffle(mutants)  # noqa: S311
    return sorted(mutants, key=lambda mutant: area(mutant.path) != MIRROR)


def try_crate(mutants: list[Mutant], results: Results, wanted: list[str], jobs: int, end: float) -> None:
    files = build("test", "--no-run", "--lib", "--tests")
    programs = [name for name in files if "/deps/" in name and not name.endswith((".so", ".rlib", ".rmeta"))]
    with ThreadPoolExecutor(jobs) as pool:
        tests = CrateTests(programs, wanted, pool)

        def try_one(mutant: Mutant) -> None:
            if time.monotonic() < end:
                results.add("crate", mutant, tests.fate(mutant))

        list(pool.map(try_one, mutants))


def try_package(mutants: list[Mutant], results: Results, count: int) -> None:
    """Runs in this process, so that it must not have imported the package."""
    files = build("build", "--lib", "--features", "python", place="build-python")
    (library,) = [name for name in files if name.endswith("libminitok.so")]
    import importlib.machinery
    import importlib.util

    sys.path.insert(0, str(ROOT / "python"))
    loader = importlib.machinery.ExtensionFileLoader("minitok._rust", library)
    spec = importlib.util.spec_from_file_location("minitok._rust", library, loader=loader)
    assert spec  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules["minitok._rust"] = module
    loader.exec_module(module)
    os.chdir(ROOT)
    mutants_pytest.run(
        Extension(library, count), mutants, PYTEST, lambda mutant, result: results.add("package", mutant, result)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files and folders of rust/; all without")
    parser.add_argument("--changed", action="store_true", help="only files that differ from the branch main")
    parser.add_argument("--sample", type=int, help="at most this many mutants")
    parser.add_argument(
        "--tests", nargs="+", default=[], help="only tests of the crate with one of these in their names"
    )
    parser.add_argument("--survivors", action="store_true", help="also what survived an earlier run of the same code")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--minutes", type=float, default=1e6, help="of the first stage at most; then, of those tried")
    parser.add_argument("--stage", choices=STAGES, help="only this stage, and the summary")
    arguments = parser.parse_args()
    every, dropped = mutants_schemata.compiling()
    mutants = chosen(arguments, [mutant for mutant in every[1:] if mutant.number not in dropped])
    results, again = Results(), arguments.survivors
    if arguments.stage != "package" and (left := results.left("crate", mutants, again=again)):
        try_crate(left, results, arguments.tests, arguments.jobs, time.monotonic() + 60 * arguments.minutes)
    if arguments.stage != "crate":
        survivors = results.survivors("crate", mutants)
        if left := results.left("package", survivors, again=again):
            try_package(left, results, len(every))
    tried = [mutant for mutant in mutants if mutant.number in results.fates["crate"]]
    print(f"{len(tried)} of {len(mutants)} mutants tried")
    summary(tried, results)


if __name__ == "__main__":
    main()
