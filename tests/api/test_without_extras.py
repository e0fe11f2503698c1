"""What works where nothing but minitok is installed, and what says which extra it needs."""

import json
import re
from pathlib import Path

import minitok
import pytest
from helpers import imported, run_python

ROOT = Path(__file__).resolve().parent.parent.parent

# The packages that an extra brings.
EXTRAS = {
    "numpy": ["numpy"],
    "reference": ["regex"],
    "cli": ["click", "rich"],
    "chat": ["jinja2", "markupsafe"],
    "clip": ["ftfy"],
    "arrow": ["pyarrow"],
    "plots": ["matplotlib"],
}

# Calls by what they need, as expressions of Python; results are compared with those of a process that has everything.
NOTHING = """
tok.encode(TEXT) | tok.encode(TEXT, allowed_special="all", disallowed_special=["<s>"]) | tok.encode(TEXT, dropout=0.5, seed=1)
tok.encode_batch([TEXT, "b"]) | tok.count(TEXT) | tok.count_batch([TEXT, "b"]) | list(tok.encode_iterable([TEXT, "b"]))
tok.tokenize(TEXT) | tok.tokenize(SPECIAL, allowed_special="all") | tok.encode_with_offsets(TEXT) | tok.decode([97, 98])
tok.encode_with_offsets(TEXT, unit="byte") | tok.encode_with_offsets(SPECIAL, allowed_special="all") | tok.decode_batch([[97], [98]])
taking.encode_with_offsets(SPECIAL, allowed_special="all") | taking.encode_with_offsets(SPECIAL, allowed_special="all", unit="byte")
spaced.encode_with_offsets(TEXT) | spaced.decode_with_offsets(spaced.encode(TEXT)) | spaced.truncate_text(TEXT, 9)
tok.decode_bytes(iter(tok.encode(TEXT))) | tok.decode_with_offsets(tok.encode(TEXT)) | tok.stream_decoder().push([97, 98])
tok.truncate_text(TEXT, 7) | tok.truncate_text(LONG, 9000) | tok.truncate_text(SPECIAL, 5, allowed_special="all")
[list(chunk) for chunk in tok.chunk(TEXT, 9)] | tok.encode_segments([(SPECIAL, True), (SPECIAL, False)])
tok.encode_segments([(SPECIAL, True), (SPECIAL, False)], merge_across=True) | composed.encode_segments(PARTS, merge_across=True)
tok.session(TEXT).ids().tolist() | tok.session(TEXT).edit(0, 2, "x")[2].tolist() | tok.session("th").covers()[0].ids.tolist()
memoryview(tok.session(TEXT).ids()).nbytes | memoryview(tok.session(TEXT).ids()).format | tok.session(TEXT).encode(3, 9).tolist() | tok.session(TEXT).stable
[(piece.start, [token.id for token in piece.tokens]) for piece in tok.explain(TEXT).pieces] | tok.explain(TEXT).to_json() > ""
tok.shrink(270).merges | tok.extend(["zzz zzz"], 420).encode("zzz") | tok.replace(normalizer="NFC").encode(TEXT)
tok.add_tokens(["<t>"]).encode("<t>") | pickle.loads(pickle.dumps(tok)) == tok | minitok.count_pieces([TEXT]).to_dict()
minitok.train([TEXT], vocab_size=270, pattern="gpt2").merges | minitok.parity.train_parity({"a": [TEXT], "b": [SPECIAL]}, 270).merges
minitok.train_files(__import__("glob").glob(ROOT + "/README.md"), vocab_size=300).encode(TEXT) | saved("minitok") == saved("huggingface")
minitok.load(saved("gpt2")).encode(TEXT) | minitok.get_encoding("o200k_base").encode(TEXT) | minitok.patterns.describe("gpt2").tier
minitok.encoding_for_model("gpt-4").count(TEXT) | repr(tok) | tok.report.to_dict()["merges"] | sorted(tok.memory_usage())
module("minitok.compat.tiktoken").get_encoding("gpt2").encode(TEXT)
"""
NEEDS = {
    "numpy": """
tok.encode_to_numpy(TEXT) | tok.encode_to_numpy(TEXT, allowed_special="all") | tok.encode_batch_to_numpy([TEXT])
tok.encode_with_offsets(TEXT, to_numpy=True) | tok.decode_with_offsets([97], to_numpy=True) | tok.prune([TEXT])
minitok.packing | minitok.padding | minitok.evaluation | tok.encode_files(ROOT + "/README.md", folder + "/a.bin").tokens
""",
    "reference": """
minitok.train([TEXT], vocab_size=270, backend="python").encode(TEXT) | tok.replace(backend="python").tokenize(TEXT)
""",
    "chat": """
minitok.chat.render(None, [{"role": "user", "content": "a"}], template="{{ messages[0].content }}") | talked()
chatting.encode_chat([TURN, TURN]) | chatting.encode_chat([TURN]).mask("user")
""",
    "clip": 'minitok.encodings.clean_for_clip("a")',
    "arrow": "minitok.arrow",
    "plots": 'module("minitok.explain.plots")',
    "cli": "minitok.train([TEXT], vocab_size=270, progress=True)",
}

PROGRAM = r"""
import json, sys
class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
BLOCKED, calls, ROOT, folder = json.loads(sys.argv[1])
sys.meta_path.insert(0, Refuses())
import os, pickle
from importlib import import_module as module
import minitok
TEXT, SPECIAL = "The naïve 東京: they'll go, \U0001f980 e\u0301!", "The <s> the  <s>naïve"
LONG, PARTS = TEXT * 2000, [("cafe", True), ("\u0301 the", False), ("\u00e9", True)]
tok = minitok.train([TEXT * 3, "the theme then"], vocab_size=400, special_tokens=["<s>"])
taking = minitok.Tokenizer([(84, 104)], special_tokens={"<s>": 300}).replace(token_flags={"<s>": ["lstrip", "rstrip"]})
spaced = minitok.Tokenizer([(84, 104)]).replace(prefix="always")
composed = tok.replace(normalizer="NFC")
def saved(format):
    path = os.path.join(folder, format)
    tok.save(path, format=format)
    return path if format == "gpt2" else minitok.load(path)
chatting = tok.replace(chat="{% for m in messages %}{{ m.content | trim }}<s>\n{% endfor %}")
TURN = {"role": "user", "content": TEXT}
def talked():
    # A conversation step by step, with a copy, a sample that was cut off and one that the template writes otherwise.
    talk, shown = chatting.conversation([TURN]), []
    for ids in (tok.encode("ok"), [*tok.encode("the "), tok.special_tokens["<s>"]], None):
        shown += [talk.prompt().tolist(), talk.kept]
        branch = talk.fork()
        talk.add({"role": "assistant", "content": "the"}, ids=ids)
        branch.add(TURN)
        shown += [branch.close().tolist(), talk.close().tolist(), talk.roles, talk.rewritten]
        shown += [[bool(one) for one in mask] for mask in (talk.sampled, talk.generated, talk.mask())]
    return shown
found = {}
for call in calls:
    try:
        found[call] = repr(eval(call))
    except Exception as error:
        found[call] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


def split(calls):
    return [call.strip() for line in calls.strip().splitlines() for call in line.split(" | ")]


def outcomes(blocked, calls, folder):
    """What the calls give in a process in which these packages cannot be imported."""
    names = [package for extra in blocked for package in EXTRAS[extra]]
    folder.mkdir()
    ran = run_python(PROGRAM, arguments=[json.dumps([names, calls, str(ROOT), str(folder)])])
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def with_all(tmp_path_factory):
    calls = [*split(NOTHING), *(call for needing in NEEDS.values() for call in split(needing))]
    found = outcomes([], calls, tmp_path_factory.mktemp("all") / "folder")
    assert [each for each in found.items() if "Error" in each[1]] == []
    return found


@pytest.mark.parametrize("blocked", [*([extra] for extra in EXTRAS), list(EXTRAS)], ids="+".join)
def test_with_extras_blocked(blocked, with_all, tmp_path):
    found = outcomes(blocked, list(with_all), tmp_path / "folder")
    for call in split(NOTHING):
        assert found[call] == with_all[call], call
        assert "Error" not in found[call], call
    for extra, needing in NEEDS.items():
        for call in split(needing):
            told = re.search(r"Error: [^\n]*pip install 'minitok\[\w+\]'$", found[call])
            assert told or (extra not in blocked and found[call] == with_all[call]), call


@pytest.mark.parametrize(("package", "command"), [("click", "count"), ("rich", "inspect")])
def test_the_command_says_what_to_install(package, command):
    code = f"import sys; sys.modules[{package!r}] = None; sys.argv = ['minitok', {command!r}]; from minitok.cli import main; main()"
    ran = run_python(code)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"minitok: this needs {package.capitalize()}: pip install 'minitok[cli]'\n"


@pytest.mark.parametrize(
    "command",
    [
        "train README.md -n 300 -o made.json", "encode -e gpt2 README.md", "count README.md", "chunk README.md --tokens 256 --json",
        "evaluate --text naïve -e gpt2", "explain I'LL --html made.html", "inspect -e gpt2 --longest",
    ],
)  # fmt: skip
def test_the_command_needs_no_more_than_its_extra_brings(command, tmp_path):
    (tmp_path / "README.md").write_bytes((ROOT / "README.md").read_bytes())
    others = [name for extra, names in EXTRAS.items() if extra not in ("cli", "reference") for name in names]
    code = f"import sys; sys.modules |= dict.fromkeys({others}); sys.argv[1:] = {command.split()}; from minitok.cli import main; main()"
    ran = run_python(code, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_import_is_lazy():
    _, modules = imported("import minitok")
    assert [name for name in modules if name.startswith("minitok")] == ["minitok"]
    assert len(modules) <= 3


def test_no_package_is_imported_before_it_is_needed():
    packages = {package for names in EXTRAS.values() for package in names}
    code = "import minitok; tok = minitok.get_encoding('o200k_base'); tok.encode('a'); tok.count('a'); tok.decode([97])"
    _, modules = imported(code)
    assert packages.isdisjoint(name.partition(".")[0] for name in modules)
    # Nor what takes milliseconds and is needed for other things only.
    assert {"pathlib", "pkgutil", "minitok.encodings.clip", "importlib.metadata"}.isdisjoint(modules)
    assert len([name for name in modules if name.startswith("minitok")]) <= 62


def test_the_version_is_said_without_other_packages():
    code = "import sys; sys.argv = ['minitok', '--version']; from minitok.cli import main; main()"
    said, modules = imported(code)
    assert said.startswith(f"minitok {minitok.__version__} ")
    assert {"click", "rich", "dataclasses", "importlib.metadata"}.isdisjoint(modules)
