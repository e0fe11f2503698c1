"""The package for JavaScript: built, imported by its name in Node and in browsers, and held to Python."""

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import build_js
import minitok
import pytest
from firefox import running
from gguf_files import write
from minitok.encodings.published import PUBLISHED
from playground import MIXED, OPEN
from test_open_files import FILES, TEXT
from test_open_several_files import by_bytes
from web import served_folder, watched

ROOT = Path(__file__).parents[2]
# By night the two modules that are shipped; for every change one that does what all do.
SHIPPED = os.environ.get("MINITOK_SHIPPED") == "1"
WASM = [
    ROOT / "target" / name / "minitok.wasm"
    for name in (("web/js", "web/js-files") if SHIPPED else ["web-quick/wasm"] * 2)
]
TEXTS = [
    TEXT,
    MIXED,
    "",
    "a<|endoftext|>b<|endofprompt|>",
    " \r\n\t x",
    "\ufeff\x00\u202e",
    "aaaaaaaaaaaaaaaa'LL's I'll",
    "e\u0301",
]
ALPHABETS = [
    "abc ABC'stdm\n\r\t 0123",
    "éßſİ中文かな한국어",
    "\u0301\u200d\ufe0f🦀👩🏽\U0001f1e9",
    " \u00a0\u3000.,;:!?()[]{}<>/\\|_-+=*&^%$#@",
]


def program(name, variable):
    found = os.environ.get(variable) or shutil.which(name)
    assert found, f"{name} is missing: `make test-pages` installs it, or set {variable} to its program"
    return found


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder of a program that has installed the package."""
    for wasm in WASM:
        assert wasm.exists(), f"there is no {wasm.relative_to(ROOT)}: `make test-pages` builds it"
    folder = tmp_path_factory.mktemp("program")
    build_js.build(*WASM, folder / "node_modules" / "minitok")
    for name in ("examples", "tests"):
        shutil.copytree(ROOT / "js" / name, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def random_texts(count, seed=0):
    chance = random.Random(seed)
    for _ in range(count):
        chars = "".join(chance.sample(ALPHABETS, chance.randrange(1, 5)))
        yield "".join(chance.choice(chars) for _ in range(chance.randrange(60)))


def node(folder, *arguments, **variables):
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    ran = subprocess.run(
        [program("node", "NODE"), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    return ran.stdout


def test_a_function_that_a_module_lacks_leaves_no_arguments_in_it():
    code = """
    const { Engine } = await import("./engine.js");
    const held = [], exports = { memory: { buffer: new ArrayBuffer(9) }, take: (length) => (held.push(length), 8) };
    const engine = Object.assign(new Engine(), { exports, failure: null });
    try { engine.call("chunks", ["a"]); } catch (error) { console.log(error.message, held.length); }
    """
    assert node(ROOT / "js", "--input-type=module", "-e", code) == "this module has no function chunks 0\n"


def test_in_node(project, tmp_path):
    files = project / "tests" / "files"
    files.mkdir()
    (files / "encodings.json").write_text(json.dumps(list(PUBLISHED)))
    shutil.copyfile(ROOT / "tests" / "vectors" / "names.json", files / "names.json")
    ids = []
    for name in PUBLISHED:
        tok = minitok.get_encoding(name)
        texts = [*TEXTS, *random_texts(100, name)]
        ids.append(
            {
                "name": name,
                # Among a thousand special tokens, a call takes milliseconds.
                "texts": [
                    [text, tok.encode(text), tok.encode(text, allowed_special="all") if number < 30 else None]
                    for number, text in enumerate(texts)
                ],
            }
        )
    (files / "ids.json").write_text(json.dumps(ids))
    made = {**FILES, "GGUF": (lambda: write(tmp_path / "model.gguf", **by_bytes()).read_bytes(), "")}
    opened = []
    for number, (make, pattern) in enumerate(made.values()):
        path = files / f"tokenizer-{number}"
        path.write_bytes(make())
        tok = minitok.load(path, pattern=pattern or None)
        opened.append({"path": str(path), "pattern": pattern, "texts": [[text, tok.encode(text)] for text in TEXTS]})
    (files / "files.json").write_text(json.dumps(opened))
    told = node(project, "--test", "tests/")
    assert re.search(r"^# fail 0$", told, re.MULTILINE)
    assert int(re.search(r"^# pass (\d+)$", told, re.MULTILINE)[1]) > 20


def test_the_examples_print_what_they_say(project):
    examples = sorted((project / "examples").glob("*.js"))
    assert examples
    for example in examples:
        wanted = re.findall(r"// prints (.*)", example.read_text(encoding="utf-8"))
        assert wanted
        assert node(project, str(example)).splitlines() == wanted, example.name


def test_types(project):
    """The examples against the package's types, each wrong call marked by ``@ts-expect-error``."""
    options = [
        "--noEmit",
        "--strict",
        "--target",
        "es2022",
        "--module",
        "node16",
        "--moduleResolution",
        "node16",
        "--lib",
        "es2022,dom",
    ]
    sources = [str(path) for path in sorted((project / "examples").glob("*.ts"))]
    assert sources
    ran = subprocess.run(
        [program("tsc", "TSC"), *options, *sources], cwd=project, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


# Run in a page, and by a worker of it.
ASK = """
import { getEncoding, load } from "/node_modules/minitok/js/index.js";
import { countTokens } from "/node_modules/minitok/js/only/o200k_base.js";
const tok = await getEncoding("cl100k_base");
const own = await load(new URL("/own.json", location.origin));
const session = own.session("ab");
const answer = JSON.stringify([[...tok.encode("naïve 東京 🦀")], countTokens("naïve 東京 🦀"), [...own.encode("abab")], session.append("c").start]);
"""
WORKER = ASK + "postMessage(answer);"
PAGE = f"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module">{ASK}
document.body.dataset.page = answer;
new Worker("/worker.js", {{ type: "module" }}).addEventListener("message", ({{ data }}) => {{ document.body.dataset.worker = data; }});
</script><body>"""


@pytest.fixture(scope="module")
def site(project):
    minitok.Tokenizer([(97, 98), (256, 99)], pattern="none").save(project / "own.json")
    (project / "index.html").write_text(PAGE, encoding="utf-8")
    (project / "worker.js").write_text(WORKER, encoding="utf-8")
    with served_folder(project) as address:
        yield address


def wanted():
    return [
        minitok.get_encoding("cl100k_base").encode("naïve 東京 🦀"),
        minitok.get_encoding("o200k_base").count("naïve 東京 🦀"),
        [256, 256],
        0,
    ]


def test_in_a_browser_and_its_worker(browser, site):
    with watched(browser) as page:
        page.goto(site + OPEN)
        page.locator("body[data-page][data-worker]").wait_for(state="attached")
        assert json.loads(page.locator("body").get_attribute("data-page")) == wanted()
        assert json.loads(page.locator("body").get_attribute("data-worker")) == wanted()


def test_in_firefox(tmp_path, site):
    with running(tmp_path) as window:
        window.goto(site + OPEN)
        window.until("return document.body.dataset.page && document.body.dataset.worker;")
        told = window.run("return [document.body.dataset.page, document.body.dataset.worker];")
        assert [json.loads(one) for one in told] == [wanted(), wanted()]
        assert window.errors() == []
