"""How much memory a tokenizer says that it holds, and what ``free_memory`` gives back."""

import ctypes
from concurrent.futures import ThreadPoolExecutor

import minitok

TEXT = "The quick brown fox jumps over the lazy dog. " * 200
KINDS = ["vocabulary", "tables", "workspaces", "buffers"]
MiB = 1 << 20


def test_memory_is_counted_by_what_it_is_for(backend):
    tok = minitok.train([TEXT], 290, backend=backend)
    tok.encode(TEXT * 50)
    usage = tok.memory_usage()
    assert list(usage) == KINDS
    assert usage["vocabulary"] > sum(len(tok.token_bytes(token_id)) for token_id in range(tok.vocab_size))
    assert all(isinstance(size, int) for size in usage.values())
    assert [kind for kind in KINDS if usage[kind] > 0] == (KINDS if backend == "rust" else ["vocabulary"])
    assert backend != "rust" or usage["buffers"] > 4 * len(tok.encode(TEXT * 50)) // 2
    tok.free_memory()
    assert tok.memory_usage()["workspaces"] == tok.memory_usage()["buffers"] == 0
    assert tok.decode(tok.encode(TEXT)) == TEXT


def test_what_says_which_ids_may_come_next_counts_and_is_given_back():
    tok = minitok.get_encoding("gpt2", backend="rust")
    tok.free_memory()
    session = tok.session("fox")
    vocabulary, tables = (tok.memory_usage()[kind] for kind in ("vocabulary", "tables"))
    found = session.next_ids().tolist()
    assert tok.memory_usage()["tables"] > tables + 50_000 * (16 + 12)
    assert tok.memory_usage()["vocabulary"] == vocabulary
    tok.free_memory()
    assert tok.memory_usage()["tables"] == tables
    assert session.next_ids().tolist() == found


def test_calls_leave_workspaces_and_trim_frees_them():
    tok = minitok.train([TEXT], 290, backend="rust")
    tok.free_memory()
    new = tok.memory_usage()
    ids = tok.encode("fox")
    short = tok.memory_usage()
    assert new["workspaces"] == 0 < short["workspaces"] < MiB
    long = tok.encode_to_numpy(TEXT * 200)
    assert tok.memory_usage()["workspaces"] > short["workspaces"]
    tok.decode(ids)
    assert tok.memory_usage()["tables"] > new["tables"] > 0
    before = resident()
    tok.free_memory()
    assert resident() < before
    assert tok.memory_usage()["workspaces"] == 0
    assert (tok.encode("fox"), tok.encode_to_numpy(TEXT * 200).tolist()) == (ids, long.tolist())


def test_threads_encode_while_memory_is_freed():
    tok = minitok.train([TEXT], 290)
    expected = tok.encode(TEXT)

    def work(number):
        if number % 5 == 0:
            tok.free_memory()
            return sum(tok.memory_usage().values()) > 0
        return tok.encode(TEXT) == expected

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(200)))


def resident():
    """The pages of the process in memory, without those that the allocator keeps for later."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])


def test_the_texts_that_streams_keep_are_counted():
    tok = minitok.Tokenizer([], backend="rust")
    before = tok.memory_usage()["tables"]
    seen = []
    for _ in range(2):
        stream = tok.stream_decoder()
        assert "".join(map(stream.push, b"abc\n")) == "abc\n"
        seen.append(tok.memory_usage()["tables"] - before)
    assert seen[0] == seen[1]
    assert 300 < seen[0] < 10_000
