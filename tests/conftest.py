"""One suite over two backends. If a backend cannot be loaded, the tests that need it fail; nothing is skipped."""

import contextlib
import ctypes
import functools
import gc
import os
import re
import resource
import signal
from pathlib import Path

import minitok
import pytest
from hypothesis import HealthCheck, settings
from minitok.backend import load_backend
from minitok.chat import ChatTemplates
from minitok.encodings import registry

BACKENDS = ("rust", "python")
# It has no examples to run, and only one conftest at a time can be looked at for some.
collect_ignore = ["conftest.py"]

# tiktoken caches files by their path, local ones too: a second run would read what the first one wrote.
os.environ["TIKTOKEN_CACHE_DIR"] = ""

# A shell starts what runs in its background with SIGINT ignored, and so would be the interrupts that tests send to their children.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property; slow ones are investigated by hand.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
# A change is refused for what it does, not for what was drawn today: other texts are drawn each night (`make nightly`).
settings.register_profile("quick", max_examples=30, derandomize=True, **COMMON)
settings.register_profile("nightly", max_examples=200, **COMMON)
settings.register_profile("thorough", max_examples=1000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What ten thousand tests and the libraries beside them consist of stays to the end: the collector need not go through it again and again.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


# Folders of files that take longest: first, so that at the end no process waits for another one's long file (`make test` keeps this
# order).
LONG = ("hunt", "play", "course", "edges", "cli")
TESTS = Path(__file__).parent
# The beginnings of the names of tests that `make nightly` runs, each with its reason.
REASONS = dict(
    (*line.split(maxsplit=1), "")[:2]
    for line in (TESTS / "nightly.txt").read_text(encoding="utf-8").splitlines()
    if line[:1] != "#"
)
NIGHTLY = tuple(REASONS)


def pytest_configure(config):
    config.addinivalue_line("markers", "nightly: slow, or measured by the clock (tests/nightly.txt)")


# Before pytest's own, which takes away what `-m` does not want.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session, config, items):
    items += [Fault.from_parent(session, name=fault) for fault in without_command(config, items)]
    for item in items:
        if item.nodeid.startswith(NIGHTLY):
            item.add_marker(pytest.mark.nightly)
    folders = {name: place - len(LONG) for place, name in enumerate(LONG)}
    items.sort(key=lambda item: folders.get(item.path.parent.name, 0))


class Fault(pytest.Item):
    """A test that fails, for what its name says."""

    def runtest(self):
        pytest.fail(self.name, pytrace=False)


def without_command(config, items):
    """Yields what is wrong in the files and folders that this run is asked for: tests that no command of the Makefile runs, and lines
    of nightly.txt without a reason or a test."""
    root, makefile = TESTS.parent, (TESTS.parent / "Makefile").read_text(encoding="utf-8")
    asked = [config.invocation_params.dir / arg for arg in config.args if "::" not in arg]
    left_out = [config.invocation_params.dir / path for path in config.getoption("ignore") or ()]

    def is_asked_for(path):
        return any(map(path.is_relative_to, asked)) and not any(map(path.is_relative_to, left_out))

    for name, reason in REASONS.items():
        if not reason:
            yield f"tests/nightly.txt: {name} has no reason"
        if is_asked_for(root / name.split("::")[0]) and not any(item.nodeid.startswith(name) for item in items):
            yield f"tests/nightly.txt: {name} names no test"
    for path in {*filter(is_asked_for, TESTS.rglob("*.py"))} - {item.path for item in items}:
        if re.search(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield f"{path}: pytest does not collect it"
    # What a run of everything leaves out is run by `make test-pages`, or by a command for this folder.
    for path in left_out if is_asked_for(TESTS) else ():
        name = re.escape(os.path.relpath(path, root))
        if not re.search(rf"^PAGES := .*(?<!\S){name}(?!\S)|^\t.*\$\(as_they_are\) {name}$", makefile, re.MULTILINE):
            yield f"{path}: no command of the Makefile runs it"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """As many processes as there are processors, and a gigabyte of memory for each."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # a container may have less
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return max(1, min(os.cpu_count() or 1, memory >> 30))


# Pages in memory when it was last cleared.
kept = [0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """What the tests of a file have kept ends with them, where it is much: each process has hundreds of files before it."""
    if nextitem is not None and nextitem.path == item.path:
        return
    if pages() > kept[0] + (32 << 20) // resource.getpagesize():
        for name, value in vars(getattr(item, "module", None) or item).items():
            if not name.startswith("__") and hasattr(value, "cache_clear"):
                value.cache_clear()
        registry._loaded.clear()  # the vocabularies of published encodings, each with a cache of pieces
        gc.collect()
        getattr(ctypes.CDLL(None), "malloc_trim", int)(0)  # glibc keeps what was given back
        kept[0] = pages()


def pages():
    """How many pages of memory this process has; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0


@pytest.fixture(params=BACKENDS)
def backend(request):
    """The name of each backend in turn."""
    return load_backend(request.param).name


@pytest.fixture(scope="session")
def plain():
    """A tokenizer that merges across the borders of messages, with the special tokens of all families of chat templates."""
    from chat_families import CORPUS, SPECIAL

    return minitok.train([CORPUS] * 4, vocab_size=480 + len(SPECIAL), pattern="cl100k", special_tokens=SPECIAL)


@pytest.fixture(scope="session")
def families(plain):
    """By name, the tokenizer with the chat template of each family."""
    from chat_families import FAMILIES, TOKENS

    return {name: plain.replace(chat=ChatTemplates({"default": source}, TOKENS)) for name, source in FAMILIES.items()}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each file of ``tests/compat/hf_files.py``."""
    import hf_files
    from hf_calls import TEMPLATE

    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "model_max_length": 64,
        "chat_template": TEMPLATE,
        "clean_up_tokenization_spaces": False,
    }
    base = tmp_path_factory.mktemp("models")
    return {name: str(hf_files.folder(base / name, name, **config)) for name in hf_files.NAMES}


@pytest.fixture(scope="module")
def both(folders):
    """A file's tokenizer in transformers without and with minitok; each made once."""
    import tokenizers
    from hf_calls import AutoTokenizer, Backend, install

    @functools.cache
    def load(name):
        stock = AutoTokenizer.from_pretrained(folders[name])
        with install():
            ours = AutoTokenizer.from_pretrained(folders[name])
        assert type(ours._tokenizer) is Backend
        assert type(stock._tokenizer) is tokenizers.Tokenizer
        return stock, ours

    return load


@pytest.fixture(scope="module")
def browser():
    """A real browser (``web.py``)."""
    from web import launched

    with launched() as browser:
        yield browser
