"""The crate by itself: its encodings are those of the package, and its ``load`` reads what the package reads."""

import subprocess

import minitok
import pytest
from helpers import cargo_example
from minitok.encodings.published import PUBLISHED
from minitok.formats import FORMATS, native


class Crate:
    """The program that reads files with the crate."""

    def __init__(self):
        self.process = subprocess.Popen([cargo_example("native_text")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, path, pattern=""):
        self.process.stdin.write(f"{path}\t{pattern}\n".encode())
        self.process.stdin.flush()
        word, size = self.process.stdout.readline().split()
        return word.decode(), self.process.stdout.read(int(size)).decode()


@pytest.fixture(scope="session")
def crate():
    made = Crate()
    yield made
    made.process.stdin.close()
    made.process.stdout.close()
    assert made.process.wait(60) == 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_encodings(crate, name):
    assert crate.read(f"encoding:{name}") == ("ok", native.dump(minitok.get_encoding(name).definition))


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written(tmp_path, crate, format):  # noqa: A002 - its name
    tok = minitok.train(["low lower lowest, été 词語"] * 3, 300, pattern="llama3", special_tokens=["<s>"])
    tok.save(tmp_path / "file", format=format)
    pattern = "llama3" if format == "tiktoken" else ""
    definition = minitok.load(tmp_path / "file", pattern=pattern or None).definition
    assert crate.read(tmp_path / "file", pattern) == ("ok", native.dump(definition))


def test_a_file_that_is_refused_is_named(tmp_path, crate):
    (tmp_path / "file").write_text("hello", encoding="utf-8")
    word, said = crate.read(tmp_path / "file")
    assert (word, said.split(": ")[0]) == ("no", str(tmp_path / "file"))


def test_the_command_counts_as_the_package_does(tmp_path):
    text = "A naïve café, another naïve café 🦀. " * 20
    (tmp_path / "own.txt").write_text(text, encoding="utf-8")
    made = [cargo_example("count"), "cl100k_base", tmp_path / "own.txt"]
    ran = subprocess.run(made, capture_output=True, check=True, encoding="utf-8", timeout=120)
    assert ran.stdout == f"{minitok.get_encoding('cl100k_base').count(text)}\t{tmp_path / 'own.txt'}\n"
