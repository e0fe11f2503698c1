"""In a process of limited memory, whatever is asked for ends in a result or an exception of Python's, never in an abort."""

import textwrap

import pytest
from helpers import BACKENDS, run_python

PREAMBLE = """
import faulthandler, resource, sys
faulthandler.enable()
import itertools
import numpy as np
import minitok
B = sys.argv[1]
tok = minitok.Tokenizer([(97, 98)], special_tokens={"<s>": 300}, backend=B)
tok.encode_to_numpy("ab"), tok.encode_batch_to_numpy(["ab"])
# The reference, which fills it slowly, has less to fill, and no threads.
limit = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + (1 << (28 if B == "rust" else 26))
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
class Liar(list):
    def __len__(self):
        return 1 << 62
def kind(call):
    try:
        call()
        return "done"
    except Exception as error:
        return type(error).__name__
"""

# What is asked for, and what comes of it. Python's own `list` takes a length at its word, and then has no memory for it.
ASKED = {
    "a range without end": ("tok.decode(range(1 << 40))", "UnknownTokenError"),
    "an iterator without end": ("tok.decode(itertools.repeat(300))", "MemoryError"),
    "a broadcast array": ("tok.decode(np.broadcast_to(np.uint32(299), (1 << 40,)))", "UnknownTokenError"),
    "a broadcast array of known ids": ("tok.decode_bytes(np.broadcast_to(np.uint32(300), (1 << 40,)))", "MemoryError"),
    "a length that lies": ("tok.decode(Liar([97]))", "done"),
    "texts whose number lies": ("tok.encode_batch(Liar(['ab']))", "MemoryError"),
    "merges whose number lies": ("minitok.Tokenizer(Liar([(97, 98)]), backend=B)", "done"),
    "special tokens whose number lies": ("tok.encode('<s>', allowed_special=Liar(['<s>']))", "MemoryError"),
    "documents whose number lies": ("minitok.train(Liar(['ab']), 257, backend=B)", "done"),
    "thousands of threads to train": ("minitok.train(['ab ' * 9] * 9, 257, threads=30_000, backend=B)", "done"),
    "thousands of threads to encode": ("tok.encode_batch(['ab ' * 99] * 9, threads=30_000)", "done"),
    "a long text": ("tok.encode_to_numpy('ab' * (1 << 28))", "MemoryError"),
    "a long text as a list": ("tok.encode('ab ' * (1 << 27))", "MemoryError"),
    "a long text that is not ASCII": ("tok.encode_to_numpy('é' * (1 << 27), threads=2)", "MemoryError"),
    "doubling merges": ("minitok.Tokenizer([(97, 97), *((256 + k, 256 + k) for k in range(60))], backend=B)", "VocabularyError"),
    "a high id": ("minitok.Tokenizer(minitok.definition.Definition.from_vocabulary({**dict(enumerate(map(lambda b: bytes([b]), range(256)))), (1 << 31) - 1: b'ab'}, [], False, pattern='gpt2', backend=B))", "VocabularyError"),
    "a high special id": ("minitok.Tokenizer([], special_tokens={'<s>': (1 << 31) - 1}, backend=B).decode([(1 << 31) - 1])", "done"),
    "many special tokens": ("minitok.Tokenizer([], special_tokens={f'<{k}>': 300 + k for k in range(50_000)}, backend='rust').encode('<7>', allowed_special='all')", "done"),
    "a vocabulary of a thousand million": ("minitok.train(['ab ab'], 1_000_000_000, backend=B)", "done"),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("asked", ASKED)
def test_it_ends_in_a_result_or_an_exception(asked, backend):
    call, wanted = ASKED[asked]
    code = textwrap.dedent(PREAMBLE) + f"\nprint(kind(lambda: {call}), tok.decode(tok.encode('abc')))"
    ran = run_python(code, "-W", "default", arguments=[backend], timeout=270)
    assert ran.returncode == 0, ran.stderr[-800:]
    assert ran.stdout.split() == [wanted, "abc"]
