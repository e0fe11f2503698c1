"""Under any limit on memory, work ends in its result or in MemoryError: never in an abort, nor in a panic, nor does it hang.

The limit is lowered step by step through each operation, in children of one process that has the tokenizers, the texts and the
files. Where it lets a call pass, there was memory enough; where it does not, the call was in need of memory at some place, and
every place comes under some limit. What is free in the process is used up before, so that every large block needs more. The texts
are large enough to use up the reserve for small blocks (``rust/python/memory.rs``), too.

The stack of the main thread is grown before: where a limit keeps it from growing, Linux ends the process, whatever it runs. What
is imported late is imported before, too: a library that cannot be mapped is an ImportError.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(600)  # more than its child is waited for

SETUP = """
import itertools, json, os, resource, signal, string, struct, sys
from pathlib import Path
import jinja2, numpy, pyarrow, regex
import minitok, minitok.arrow, minitok.encodings, minitok.spans.cutting, minitok.spans.chunks, minitok.explain.build
import minitok.packing, minitok.corpus.pruning, minitok.corpus.records
from hostile_files import BYTES, gguf_file, message, sentencepiece_file, tekken_file, tiktoken_file
SAMPLE = "The quick brown fox's 1234567 jumps,  over\\n\\nthe lazy dog. naïve café 漢字漢字 😀😀 "
MERGES = minitok.train([SAMPLE * 3], 340, pattern="cl100k").merges
def tokenizer(pattern="cl100k", **options):
    return minitok.Tokenizer(MERGES, pattern=pattern, special_tokens={"<s>": 400}, **options)
M = 1 << 20
ASCII, WIDE, LATIN, FOUR = SAMPLE[:40] * (2 * M // 40), "中文字" * (M // 3), "é" * M, "😀é" * (M // 2)
tok, whole, engine, back = tokenizer(), tokenizer("none"), tokenizer(r"(?=ab)a|\\w+|\\W"), tokenizer("a*b|a")
words_alone = tokenizer("gpt2")
normal, chars = tok.replace(normalizer="NFC"), minitok.train(["the quick brown fox"], 300, alphabet="characters")
MARKS = "e" + "\\u0301\\u0323" * (M // 8)
names = {f"<|{number}|>": 10_000 + number for number in range(20_000)}
named = tok.replace(special_tokens=names)
session, stretch = tok.session(ASCII), tok.session("ab" * (M // 4))
chat = tok.replace(chat="{% for message in messages %}<s>{{ message.content }}{% endfor %}")
ids = tok.encode_to_numpy(ASCII)
rows = [ids[:1000].tolist()] * 200
texts = [ASCII[:10_000]] * 100
column = pyarrow.array(texts)
words = " ".join(map(str, range(1_000_000, 1_200_000)))
counts = minitok.count_pieces([words])
folder = Path(sys.argv[1])
letters = string.ascii_letters
pairs = ["".join(pair) for pair in itertools.product(letters, repeat=2)]
tokens = [*BYTES, *map(str.encode, pairs), *(f"{pair}{letter}".encode() for pair in pairs[:900] for letter in letters)]
large = minitok.Tokenizer.from_ranks({token: rank for rank, token in enumerate(tokens)}, pattern="gpt2")
(folder / "corpus.jsonl").write_text('{"text": "the quick brown fox"}\\n' * 20_000)
(folder / "corpus.txt").write_text(ASCII)
(folder / "letters.txt").write_text("ab" * M)
large.save(folder / "large.json")
large.save(folder / "large.hf.json", format="huggingface")
(folder / "gpt2").mkdir()
large.save(folder / "gpt2", format="gpt2")
tok.save(folder / "minbpe.model", format="minbpe")
tiktoken_file(folder / "large.tiktoken", tokens)
tekken_file(folder / "tekken.json", tokens)
sentencepiece_file(folder / "large.model", [*(letter.encode() for letter in letters), *tokens[256:]])
gguf_file(folder / "large.gguf", tokens)
# What is read as values, or by the mirror: a table elsewhere, merges before tokens, a second space, two pieces of one score.
content = json.loads((folder / "large.json").read_text())
(folder / "slow.json").write_text(json.dumps(content | {"trained": {"tokens": content["tokens"]}}))
content = json.loads((folder / "large.hf.json").read_text())
content["model"] = {"type": "BPE", "merges": content["model"]["merges"]} | content["model"]
(folder / "slow.hf.json").write_text(json.dumps(content))
(folder / "slow.tiktoken").write_text((folder / "large.tiktoken").read_text().replace(" 300\\n", "  300\\n"))
same = message(1, message(1, b"ABCD") + b"\\x15" + struct.pack("<f", -5000.0))
sentencepiece_file(folder / "slow.model", [*(letter.encode() for letter in letters), *tokens[256:]], same)
def stream():
    decoder = tok.stream_decoder()
    return [decoder.push(id) for id in rows[0] * 10]
def load(name, **options):
    return minitok.load(folder / name, **options)
for work in json.loads(sys.argv[2]).values():
    if work.startswith("load("):
        eval(work)
chat.encode_chat([{"role": "user", "content": "ab"}]), tok.explain("ab"), normal.encode("é"), tok.session("ab").covers(), tok.encode("ab"), tok.encode_batch_to_numpy(["ab"])
"""

WORK = {
    "count ASCII": "tok.count(ASCII)",
    "count wide": "tok.count(WIDE)",
    "count wide, one piece": "whole.count(WIDE)",
    "count by the engine": "engine.count(WIDE[:M // 8])",
    "count, going back": "back.count(ASCII)",
    "encode": "tok.encode(ASCII)",
    "encode wide": "tok.encode(WIDE)",
    "encode four bytes a character": "tok.encode(FOUR)",
    "encode to numpy": "tok.encode_to_numpy(LATIN)",
    "encode one piece": "whole.encode_to_numpy(LATIN[:M // 4])",
    "encode on threads": "tok.encode_to_numpy(ASCII, threads=3)",
    "encode characters": "chars.encode(ASCII[:M // 2])",
    "encode marks in a row": "normal.encode_to_numpy(MARKS)",
    "many special tokens": "tok.replace(special_tokens=names)",
    "a search for many special tokens": "named.encode('<|1|> a', allowed_special='all')",
    "special tokens": "tok.encode(ASCII + '<s>', allowed_special='all')",
    "a batch": "tok.encode_batch(texts, threads=1)",
    "a batch on threads": "tok.encode_batch(texts, threads=2)",
    "a batch of many": "tok.encode_batch(['ab'] * (M // 4), threads=1)",
    "count a batch of many": "tok.count_batch(['ab'] * (M // 4), threads=1)",
    "a column": "minitok.arrow.encode_arrow(tok, column, threads=1)",
    "an iterable": "list(tok.encode_iterable([ASCII[:100_000]] * 5))",
    "segments": "tok.encode_segments([(ASCII[:M // 4], False), ('<s>', True)])",
    "a conversation": "chat.encode_chat([{'role': 'user', 'content': ASCII[:M // 4]}])",
    "decode a list": "tok.decode(rows[0] * 500)",
    "decode an array": "tok.decode(ids)",
    "decode a batch": "tok.decode_batch(rows, threads=1)",
    "decode a batch on threads": "tok.decode_batch(rows * 5, threads=2)",
    "decode one by one": "stream()",
    "tokenize": "tok.tokenize(ASCII[:M // 4])",
    "offsets of many segments": "tok.encode_with_offsets('a<s>' * 20_000, allowed_special='all')",
    "tokens of a vocabulary": "large.definition.vocabulary()",
    "offsets": "tok.encode_with_offsets(ASCII[:M // 4])",
    "offsets as arrays": "tok.encode_with_offsets(WIDE[:M // 8], to_numpy=True)",
    "chunk": "tok.chunk(ASCII[:M // 8], 100)",
    "chunk a text that is changed": "tok.replace(normalizer='NFC').chunk(WIDE[:M // 16], 100)",
    "edit": "session.edit(9, M, WIDE[:M // 4])",
    "edit a long piece": "stretch.edit(9, 9, 'c')",
    "what may follow a long piece": "stretch.covers()",
    "explain": "tok.explain(ASCII[:1000])",
    "train": "minitok.train([words], 300, threads=1)",
    "train on one piece": "minitok.train([WIDE], 270, pattern='none', threads=1)",
    "train by first places": "minitok.train([words], 270, threads=1, tie_break='first_seen')",
    "train on threads": "minitok.train([words] * 2, 270, threads=2)",
    "train on a file": "minitok.train_files([folder / 'corpus.txt'], 300, threads=1)",
    "train on a file of one piece": "minitok.train_files([folder / 'letters.txt'], 270, threads=1)",
    "train on lines": "minitok.train_files([folder / 'corpus.jsonl'], 270, threads=1)",
    "train on counts": "minitok.train(counts, 270)",
    "extend": "words_alone.extend([words], 420, threads=1)",
    "prune": "tok.prune([ASCII[:10_000]], threads=1)",
    "shrink": "tok.shrink(300)",
    "save": "large.save(folder / f'{os.getpid()}.json')",
    "pack": "tok.encode_files([folder / 'corpus.jsonl'], folder / f'{os.getpid()}.bin', threads=1)",
    "load the native format": "load('large.json')",
    "load tokenizer.json": "load('large.hf.json')",
    "load GPT-2's files": "load('gpt2')",
    "load minbpe's": "load('minbpe.model')",
    "load tiktoken's": "load('large.tiktoken', pattern='gpt2', special_tokens={})",
    "load tekken.json": "load('tekken.json')",
    "load GGUF": "load('large.gguf')",
    "load SentencePiece": "load('large.model')",
    "load the native format slowly": "load('slow.json')",
    "load tokenizer.json slowly": "load('slow.hf.json')",
    "load tiktoken's slowly": "load('slow.tiktoken', pattern='gpt2', special_tokens={})",
    "load SentencePiece slowly": "load('slow.model')",
    "a published encoding": "minitok.get_encoding('cl100k_base')",
}

RUN = """
nested = []
for _ in range(5_000):
    nested = [nested]
sys.setrecursionlimit(10_000)
repr(nested)

def ending(work, limit):
    child = os.fork()
    if not child:
        signal.alarm(60)
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

def taken():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

# What is free already is used up, so that whatever comes needs more.
resource.setrlimit(resource.RLIMIT_AS, (taken(), resource.RLIM_INFINITY))
used = []
for size in (1 << 20, 1 << 17, 1 << 14):
    try:
        while True:
            used.append(bytearray(size))
    except MemoryError:
        pass
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

for name, code in json.loads(sys.argv[2]).items():
    work = eval(f"lambda: {code}")
    now = taken()
    more, endings = 0, []
    while "done" not in endings[1:] and more < 1 << 31:
        endings.append(ending(work, now + more))
        more = max(more + (1 << 18), more * 4 // 3)
    print(json.dumps([name, endings]), flush=True)
"""
# There is one heap, and no room that was reserved for those of other threads; large blocks are mapped.
ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}


@pytest.fixture(scope="module")
def endings(tmp_path_factory):
    """How each operation ended under each limit, and what was written to standard error."""
    arguments = [sys.executable, "-c", SETUP + RUN, str(tmp_path_factory.mktemp("limits")), json.dumps(WORK)]
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | ALLOCATOR | {"PYTHONPATH": path}
    ran = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=550, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return dict(map(json.loads, ran.stdout.splitlines())), ran.stderr[-2000:]


@pytest.mark.parametrize("work", WORK)
def test_it_ends_in_a_result_or_in_memory_error(work, endings):
    ended, errors = endings
    assert set(ended[work]) <= {"done", "MemoryError"}, f"{ended[work]}: {errors}"
    assert ended[work][-1] == "done"
