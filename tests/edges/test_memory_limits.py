"""Under any limit on memory, work ends in its result or in MemoryError: never in an abort, nor in a panic.

The limit is lowered step by step through each operation, in children of a process that has the tokenizers and the texts. Where
it lets a call pass, there was memory enough; where it does not, the call was in need of memory at some place, and every place
comes under some limit.

The stack of the main thread is grown before: where a limit keeps it from growing, Linux ends the process, whatever it runs.
"""

import subprocess
import sys

import pytest

SETUP = """
import os, resource, sys
import minitok
SAMPLE = "The quick brown fox's 1234567 jumps,  over\\n\\nthe lazy dog. naïve café 漢字漢字 😀😀 "
MERGES = minitok.train([SAMPLE * 3], 340, pattern="cl100k").merges
def tokenizer(pattern="cl100k", **options):
    return minitok.Tokenizer(MERGES, pattern=pattern, special_tokens={"<s>": 400}, **options)
M = 1 << 20
ASCII, WIDE, LATIN, FOUR = SAMPLE[:40] * (2 * M // 40), "中文字" * (M // 3), "é" * M, "😀é" * (M // 2)
tok, whole, engine, back = tokenizer(), tokenizer("none"), tokenizer(r"(?=ab)a|\\w+|\\W"), tokenizer("a*b|a")
ids = tok.encode_to_numpy(ASCII)
rows = [ids[:1000].tolist()] * 200
texts = [ASCII[:10_000]] * 100
tok.encode("ab"), tok.encode_batch_to_numpy(["ab"])
"""

WORK = {
    "count ASCII": "tok.count(ASCII)",
    "count wide": "tok.count(WIDE)",
    "count wide, one piece": "whole.count(WIDE)",
    "count by the engine": "engine.count(WIDE)",
    "count, going back": "back.count(ASCII)",
    "encode": "tok.encode(ASCII)",
    "encode wide": "tok.encode(WIDE)",
    "encode four bytes a character": "tok.encode(FOUR)",
    "encode to numpy": "tok.encode_to_numpy(LATIN)",
    "encode one piece": "whole.encode_to_numpy(LATIN)",
    "special tokens": "tok.encode(ASCII + '<s>', allowed_special='all')",
    "a batch": "tok.encode_batch(texts, threads=1)",
    "decode a list": "tok.decode(rows[0] * 500)",
    "decode an array": "tok.decode(ids)",
    "decode a batch": "tok.decode_batch(rows, threads=1)",
    "tokenize": "tok.tokenize(ASCII[: M // 4])",
    "offsets": "tok.encode_with_offsets(ASCII[: M // 4])",
}

RUN = """
nested = []
for _ in range(5_000):
    nested = [nested]
sys.setrecursionlimit(10_000)
repr(nested)

def ending(limit):
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            work()
            os._exit(0)
        except MemoryError:
            os._exit(1)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\\n".encode())
            os._exit(2)
    status = os.waitpid(child, 0)[1]
    return {0: "done", 256: "MemoryError"}.get(status, f"status {status}")

now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
more, endings = 0, []
while "done" not in endings[1:] and more < 1 << 31:
    endings.append(ending(now + more))
    more = max(more + (1 << 18), more * 5 // 4)
print(*endings, sep=",")
"""


@pytest.mark.parametrize("work", WORK)
def test_it_ends_in_a_result_or_in_memory_error(work):
    code = f"{SETUP}\nwork = lambda: {WORK[work]}\n{RUN}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr[-800:]
    endings = ran.stdout.strip().split(",")
    assert set(endings) <= {"done", "MemoryError"}, f"{endings}: {ran.stderr[-2000:]}"
    assert endings[-1] == "done"
