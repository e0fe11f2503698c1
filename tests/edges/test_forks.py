"""A process that is forked at the first use of something, by another thread, leaves a child in which it works."""

import pytest
from helpers import run_python

PREAMBLE = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
import numpy
import minitok
sys.setswitchinterval(1e-5)
def tokenizer(**options):
    # Large enough that making a table takes a while.
    made = {(left, right): None for left in range(256) for right in range(40)}
    options = {"pattern": "gpt2", "special_tokens": {f"<{k}>": 100_000 + k for k in range(3000)}} | options
    return minitok.Tokenizer(list(made), **options, backend="rust")
def whole_pieces():
    tokens, merges, _ = tokenizer().definition.vocabulary()
    return minitok.Tokenizer(minitok.definition.Definition.from_vocabulary(tokens, merges, True, pattern="gpt2", backend="rust"))
TEXT = "hello world, <7> it's 12 \u4e2d\u6587\u6f22\u5b57 " * 20_000
"""

# The first use of each table, and how many tokenizers are made for it.
FIRST = {
    "decoder": "tok.decode([97, 98])",
    "encoder": "tok.encode(TEXT[:100])",
    "warm cache and cuts": "tok.encode_to_numpy(TEXT)",
    "merges by pair": "tok.definition.vocab.merge_of(97, 98)",
    "ids by bytes": "tok.token_id(b'a')",
    "finder of special tokens": "tok.encode('<7>', allowed_special='all')",
    "finder of forbidden tokens": "tok.encode('7', disallowed_special='all')",
    "a stream": "tok.stream_decoder().push(97)",
    "a pattern": "minitok.Tokenizer([], pattern=r'\\\\w+|\\\\W', backend='rust').encode('ab c')",
    "a training": "minitok.train(['ab ab'], 257, threads=2, backend='rust')",
    "threads": "tok.encode_batch([TEXT[:300_000]] * 2, threads=2)",
}


@pytest.mark.parametrize("make", ["tokenizer()", "whole_pieces()"])
@pytest.mark.parametrize("first", FIRST)
def test_the_child_of_a_fork_at_the_first_use_goes_on(first, make):
    code = f"""{PREAMBLE}
use = lambda tok: {FIRST[first]}
for delay in (0, 1e-4, 3e-4, 1e-3):
    tok = {make}
    started = threading.Event()
    def work():
        started.set()
        use(tok)
    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    time.sleep(delay)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        use(tok)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, delay
    thread.join()
print("done")
"""
    ran = run_python(code, timeout=280)
    assert ran.stdout == "done\n", ran.stderr[-800:]


WINDOW = """
import os, signal, sys, threading, time, types
about_to_fork = threading.Event()
def before_the_fork():
    about_to_fork.set()
    time.sleep(0.1)
os.register_at_fork(before=before_the_fork)  # runs after what is registered later
"""

WAITED_FOR = """
child = os.fork()
if child == 0:
    signal.alarm(20)
    use()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("done")
"""


# What is slow to look up, and the first call that looks it up.
SLOW = {
    "what is Python's": """
class Slow(types.ModuleType):
    def __getattr__(self, name):
        if name == "main_thread":
            time.sleep(0.3)
        return getattr(threading, name)
sys.modules["threading"] = Slow("threading")
use = lambda: minitok.Tokenizer([(97, 98)], backend="rust")
""",
    "what is NumPy's": """
import numpy.lib
version = numpy.lib.NumpyVersion
numpy.lib.NumpyVersion = lambda of: (time.sleep(0.3), version(of))[1]
tok = minitok.Tokenizer([(97, 98)], backend="rust")
use = lambda: tok.encode_to_numpy("ab")
""",
}


@pytest.mark.parametrize("slow", SLOW)
def test_what_is_looked_up_between_the_hooks_of_a_fork_is_there_in_the_child(slow):
    code = f"""{WINDOW}
import minitok
{SLOW[slow]}
def work():
    about_to_fork.wait()
    use()
threading.Thread(target=work, daemon=True).start()
{WAITED_FOR}"""
    ran = run_python(code, timeout=60)
    assert ran.stdout == "done\n", ran.stderr[-800:]


def test_a_property_that_another_thread_computes_is_not_locked_in_the_child():
    code = f"""{WINDOW}
from minitok.lazy import cached_property
computing = threading.Event()
class Text:
    @cached_property
    def words(self):
        computing.set()
        time.sleep(0.5)
        return []
use = lambda: Text().words
threading.Thread(target=use, daemon=True).start()
computing.wait()
{WAITED_FOR}"""
    ran = run_python(code, timeout=60)
    assert ran.stdout == "done\n", ran.stderr[-800:]
