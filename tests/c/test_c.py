"""The library for C: its header says what the code says; programs in C and C++ run, under AddressSanitizer, with all kinds of arguments."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import minitok
import pytest
from helpers import cargo_built

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent
CODE, STATUS, HEADER = (ROOT / "rust" / "c" / name for name in ("calls.rs", "status.rs", "minitok.h"))
# A type of Rust as C writes it.
TYPES = {"usize": "size_t", "u32": "uint32_t", "i32": "int32_t", "u8": "uint8_t", "c_char": "char"} | {
    "Status": "minitok_status",
    "Handle<Tokenizer>": "minitok_tokenizer",
    "Handle<Stream>": "minitok_stream",
}


def in_c(kind):
    """A type of Rust as C writes it, without spaces.

    >>> in_c("*mut *const c_char"), in_c("*const Handle<Tokenizer>")
    ('constchar**', 'constminitok_tokenizer*')
    """
    inner = kind.removeprefix("*const ").removeprefix("*mut ")
    if inner == kind:
        return TYPES[kind]
    return ("const" if kind.startswith("*const ") else "") + in_c(inner) + "*"


def functions_of_rust():
    found = re.findall(r'pub extern "C" fn (\w+)\((.*?)\) -> (.*?) \{', CODE.read_text("utf-8"), re.DOTALL)
    assert len(found) == CODE.read_text("utf-8").count("no_mangle)]")
    return {
        name: (in_c(result), [(arg, in_c(kind)) for arg, kind in re.findall(r"(\w+): ([^,]+?)(?=,|$)", args.strip())])
        for name, args, result in found
    }


def functions_of_header():
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text("utf-8"), flags=re.DOTALL)
    found = re.findall(r"^([\w ]+?[ *]+)(minitok_\w+)\(([^)]*)\);", text, re.MULTILINE)

    def argument(written):
        kind, name = re.fullmatch(r"(.*?)(\w+)", written.strip()).groups()
        return name, kind.replace(" ", "")

    return {
        name: (result.replace(" ", ""), [argument(arg) for arg in args.split(",") if arg.strip() != "void"])
        for result, name, args in found
    }


def test_the_header_says_what_the_code_says():
    functions = functions_of_rust()
    assert len(functions) >= 10
    assert functions_of_header() == functions


def test_the_header_has_the_numbers_of_the_code():
    block = re.search(r"pub enum Status \{(.*?)\n\}", STATUS.read_text("utf-8"), re.DOTALL)[1]
    of_rust = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper(): number
        for name, number in re.findall(r"(\w+) = (\d+)", block)
    }
    assert of_rust == dict(re.findall(r"MINITOK_(\w+) = (\d+)", HEADER.read_text("utf-8")))
    assert len(of_rust) == 10


@pytest.fixture(scope="module")
def library():
    """The folder of the library that `make test-pages` has built, or another one (`make sanitize-c`)."""
    if given := os.environ.get("MINITOK_LIBRARY"):
        return Path(given).absolute()
    return cargo_built()


@pytest.fixture
def run(library, tmp_path):
    """Compiles a program, and runs it."""

    def run(source, *args, given=b"", sanitizer="address,undefined"):
        compiler = ["g++", "-std=c++17", "-pthread"] if source.suffix == ".cpp" else ["gcc", "-std=c11"]
        program = tmp_path / source.stem
        warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-fsanitize={sanitizer}", "-g"]
        linked = ["-I", HEADER.parent, "-L", library, "-lminitok", f"-Wl,-rpath,{library}"]
        subprocess.run([*compiler, *warnings, source, *linked, "-o", program], check=True, timeout=120)
        environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0"}
        return subprocess.run(
            [program, *args], input=given, capture_output=True, check=False, env=environment, timeout=120
        )

    return run


def test_hostile_arguments_are_refused(run, tmp_path):
    file = tmp_path / "own.json"
    minitok.train(["low lower lowest"], 300).save(file)
    version = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text("utf-8"), re.MULTILINE)[1]
    ran = run(HERE / "hostile.c", version, file)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert int(ran.stdout.split()[0]) > 100


def test_threads_share_a_tokenizer(run):
    ran = run(HERE / "threads.cpp")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_example_counts_and_streams(run):
    text = "A naïve café. " * 9
    ran = run(ROOT / "examples" / "count.c", "cl100k_base", given=text.encode())
    tok = minitok.get_encoding("cl100k_base")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == f"{tok.count(text)} tokens\n{tok.decode(tok.encode(text)[:16])}\n"
    ran = run(ROOT / "examples" / "count.c", "cl100k_bas")
    assert (ran.returncode, ran.stderr) == (1, b"unknown encoding 'cl100k_bas'; did you mean 'cl100k_base'?\n")


def test_the_example_in_go_does_the_same(library, tmp_path):
    go = os.environ.get("GO") or next(filter(None, map(shutil.which, ("go", "go-14", "go-13", "go-12"))))
    # A library that the sanitizer sees wants its functions in the program, before all others.
    sanitizer = "-Wl,--no-as-needed -lasan " if "MINITOK_LIBRARY" in os.environ else ""
    linked = f"{sanitizer}-L{library} -lminitok -Wl,-rpath,{library}"
    environment = {**os.environ, "CGO_CFLAGS": f"-I{HEADER.parent}", "CGO_LDFLAGS": linked}
    environment |= {"GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"}
    program = tmp_path / "count"
    subprocess.run(
        [go, "build", "-o", program, ROOT / "examples" / "count.go"], env=environment, check=True, timeout=170
    )
    text = "A naïve café. " * 9 + "\n\nMore."
    tok = minitok.get_encoding("cl100k_base")
    command = [program, "cl100k_base"]
    ran = subprocess.run(command, input=text.encode(), capture_output=True, check=False, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == f"{tok.count(text)} tokens\n{'A naïve café. ' * 9}\n"
