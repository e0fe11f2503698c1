"""The way most readers go, in Firefox: open models by dropping their files, compare, step, share, reload the link."""

import gguf_files
import minitok
import pytest
from firefox import running
from minitok.formats import tiktoken
from playground import OPEN
from test_open_files import DEEPSEEK, MISTRAL
from test_open_several_files import GGUF
from web import served_folder

TEXT = "I'LL parseHTTPRequest 12345 naïve, 東京 🦀  unforgettable"
DROP = """
const [name] = arguments;
return (async () => {
  const file = new File([await (await fetch(`../files/${name}`)).arrayBuffer()], name);
  const dropped = new DataTransfer();
  dropped.items.add(file);
  const fire = (type) => document.body.dispatchEvent(new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true }));
  fire("dragover");
  return !fire("drop");
})();
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory, pages):
    """A folder with the pages, and with files of real models; and by file, the tokenizer that the library reads."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "play").symlink_to(pages)
    files = folder / "files"
    files.mkdir()
    (files / "deepseek.json").write_bytes(DEEPSEEK.read_bytes())
    (files / "tekken.json").write_bytes((MISTRAL / "tekken_240911.json").read_bytes())
    (files / "mistral.model").write_bytes((MISTRAL / "tokenizer.model.v1").read_bytes())
    (files / "ranks.tiktoken").write_bytes(tiktoken.dump(minitok.get_encoding("gpt2").definition))
    gguf_files.write(files / "small.gguf", **GGUF["bytes"])
    return folder


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    with running(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def site(models):
    with served_folder(models) as address:
        yield f"{address}play/"


@pytest.fixture
def page(firefox, site):
    firefox.size(1280, 900)
    firefox.goto("about:blank")
    firefox.errors()
    firefox.goto(site + OPEN)
    firefox.until("return document.querySelector('.panel .token')")
    yield firefox
    assert firefox.errors() == []


def write(page, text):
    page.run(
        "const field = document.getElementById('text'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input', { bubbles: true }));",
        text,
    )


def choose(page, name, value):
    page.run(
        "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
        "field.dispatchEvent(new Event('change', { bubbles: true }));",
        name,
        value,
    )


def drop(page, name, *, panels):
    assert page.run(DROP, name)
    if name.endswith(".tiktoken"):
        page.until("return !document.getElementById('pattern-needed').hidden")
        choose(page, "pattern-of-file", "gpt2")
    title = name.rpartition(".")[0]
    page.until(
        f"return document.querySelectorAll('.panel').length === {panels}"
        f" && document.querySelector('.panel:last-child h3').textContent === {title!r}"
        " && document.querySelector('.panel:last-child .token')"
    )


def shown(page, ids):
    """Wait until the last panel shows these ids."""
    wanted = ",".join(map(str, ids))
    page.until(
        "return [...document.querySelectorAll('.panel:last-child .token')].map((one) => one.textContent).join() === "
        f"{wanted!r}"
    )


MODELS = ["deepseek.json", "tekken.json", "mistral.model", "ranks.tiktoken", "small.gguf"]


def test_models_are_opened_by_dropping_their_files(page, models):
    choose(page, "view", "ids")
    write(page, TEXT)
    for number, name in enumerate(MODELS):
        drop(page, name, panels=min(6, 3 + number))
        options = {"pattern": "gpt2"} if name.endswith(".tiktoken") else {}
        shown(page, minitok.load(models / "files" / name, **options).encode(TEXT))
    page.until("return document.getElementById('status').textContent.includes('made room')")
    counts = page.run("return [...document.querySelectorAll('.panel .counts')].map((one) => one.textContent)")
    tok = minitok.load(models / "files" / "small.gguf")
    assert f"{tok.count(TEXT)} tokens" in counts[-1]


def test_a_page_fits_with_the_bills_of_parity(page):
    for width in (1280, 450):
        page.size(width, 800)
        page.until("return document.querySelector('#lanes .token')")
        assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    index = page.run(
        "return [...document.getElementById('example').options].find((one) => one.textContent === 'four languages').value"
    )
    choose(page, "example", index)
    page.until("return document.getElementById('text').value.startsWith('English')")
    page.run("document.getElementById('train').elements.parity.click()")
    page.until("return document.querySelectorAll('#learnt tbody tr').length === 5")
    wide = "return [document.documentElement, document.querySelector('#learnt .scroll')].map((one) => one.scrollWidth - one.clientWidth)"
    assert page.run(wide) == [0, 0]


@pytest.mark.parametrize("place", ["a server", "a disk"])
@pytest.mark.parametrize("number", [*range(1, 7), 18])
def test_a_lesson_computes(firefox, site, pages, number, place):
    """Also while garbage is collected, which once took workers that were at work."""
    firefox.goto("about:blank")
    firefox.errors()
    name = f"lesson-{number}.html"
    firefox.goto(site + name if place == "a server" else (pages / "alone" / name).as_uri())
    firefox.until("return document.querySelector('#questions form')")
    firefox.run(
        "for (const form of document.querySelectorAll('#questions form')) {"
        "  const field = form.querySelector('input');"
        "  if (field.type === 'radio') field.checked = true; else field.value = 1;"
        "  form.requestSubmit();"
        "}"
    )
    for _ in range(10):
        firefox.collect_garbage()
    firefox.until(
        "return document.querySelectorAll('.verdict').length === document.querySelectorAll('#questions form').length"
    )
    assert firefox.run("return document.getElementById('status').textContent") == ""
    assert firefox.errors() == []
