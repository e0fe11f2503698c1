"""The programs of the guide for trainers, with the trainers' own readers, each in a process of its own.

They need PyTorch and much else: `make test-trainers` installs it. What else minitok writes is read back here, too.
"""

import os
import subprocess
import sys
from pathlib import Path

import minitok
import numpy as np
import pytest
from guides import TEXTS, blocks_of, run_page
from minitok import open_packed

BLOCKS = blocks_of("trainers.md")
TOK = minitok.get_encoding("gpt2")
ENCODED = [[*ids, 50256] for ids in TOK.encode_batch(TEXTS)]

# What each program is to have found: `expected` is the documents in the order of the packed file.
CHECKS = {
    "nanoGPT": "assert (x[:, 1:] == y[:, :-1]).all()",
    "Megatron-LM": "assert [ids.tolist() for ids in dataset] == expected and first.tolist() == expected[0]",
    "nanotron": (
        "stream = [token for ids in expected for token in ids]\n"
        "windows = [dataset[number]['input_ids'].tolist() for number in range(len(dataset))]\n"
        "assert len(windows) == len(stream) // 65 > 10 and len(window) == 65\n"
        "assert windows == [stream[at * 65 : at * 65 + 65] for at in range(len(windows))]"
    ),
    "torchtitan": (
        "x = [token for ids in expected for token in ids[:-1]]\n"
        "y = [token for ids in expected for token in ids[1:]]\n"
        "assert (inputs['input'].tolist(), labels.tolist()) == (x[:64], y[:64])\n"
        "windows = HuggingFaceTextDataset('packed', None, Packed(), seq_len=64)\n"
        "found = [(one['input'].tolist(), other.tolist()) for one, other in windows]\n"
        "assert found == [(x[at : at + 64], y[at : at + 64]) for at in range(0, len(x) - 63, 64)] and len(found) > 10"
    ),
    # Which process takes which shard is not said; so a window may hold the end of any document before the begin of another.
    "LitGPT": (
        "    from collections import Counter\n"
        "    documents = Counter(tuple(ids[:-1]) for ids in expected)\n"
        "    whole = Counter()\n"
        "    for number in range(len(dataset)):\n"
        "        parts = ' '.join(map(str, dataset[number].tolist())).split('50256')\n"
        "        first, *inside, last = (tuple(map(int, part.split())) for part in parts)\n"
        "        whole.update(inside)\n"
        "        assert any(ids[len(ids) - len(first):] == first for ids in documents), first\n"
        "        assert any(ids[:len(last)] == last for ids in documents), last\n"
        "    assert whole <= documents and whole.total() > len(expected) / 3\n"
        "    total = sum(map(len, expected))\n"
        "    assert total // 65 - 2 <= len(dataset) <= total // 65 and len(window) == 65\n"
    ),
    "MosaicML Streaming and LLM Foundry": (
        "assert [dataset[number]['tokens'].tolist() for number in range(len(dataset))] == expected\n"
        "assert tokens.tolist() == expected[0] and len(tokens) == 64"
    ),
    "TRL": "assert labels[labels >= 0].tolist() == expected[0][-2:] and len(labels) == len(expected[0])",
}
PACKED = {
    "nanoGPT": "data/mine/train.bin",
    "Megatron-LM": "megatron/train.bin",
    "nanotron": "nanotron/train.manifest.json",
    "torchtitan": "titan/train.parquet",
    "LitGPT": "litgpt/train.manifest.json",
    "MosaicML Streaming and LLM Foundry": "mosaic/rows.bin",
    "TRL": "trl/train.parquet",
}


def run_program(source, folder):
    (folder / "program.py").write_text(source, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(minitok.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where all commands of the page have run."""
    found = tmp_path_factory.mktemp("trainers")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(found)
        run_page(found, BLOCKS)
    return found


@pytest.mark.parametrize("trainer", CHECKS)
def test_the_program_of_the_page(folder, trainer):
    (source,) = [block for heading, language, block in BLOCKS if (heading, language) == (trainer, "python")]
    expected = [ids.tolist() for ids in open_packed(folder / PACKED[trainer])]
    run_program(f"expected = {expected}\n{source}{CHECKS[trainer]}\n", folder)


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
def test_megatron_reads_every_document(folder, dtype):
    """Empty ones, too, and ids of both sizes; mapped or not."""
    path = folder / f"{dtype}.jsonl"
    path.write_text('{"text": "a b"}\n{"text": ""}\n{"text": "🦀"}\n{"text": ""}\n', encoding="utf-8")
    TOK.encode_files(path, folder / f"{dtype}.bin", dtype=dtype, format="megatron")
    expected = TOK.encode_batch(["a b", "", "🦀", ""])
    run_program(
        "from megatron.core.datasets.indexed_dataset import IndexedDataset\n"
        "for mmap in (True, False):\n"
        f"    dataset = IndexedDataset({dtype!r}, mmap=mmap)\n"
        f"    assert [ids.tolist() for ids in dataset] == {expected}\n"
        f"    assert dataset.document_indices.tolist() == list(range({len(expected)} + 1))\n"
        f"    assert dataset.sequence_lengths.tolist() == {[len(ids) for ids in expected]}\n",
        folder,
    )


def test_what_megatron_writes_is_read(folder):
    """Documents of several sequences."""
    run_program(
        "import numpy, torch\n"
        "from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder\n"
        "builder = IndexedDatasetBuilder('theirs.bin', dtype=numpy.uint16)\n"
        "builder.add_document(torch.tensor([1, 2, 3]), [2, 1])\n"
        "builder.add_item(torch.tensor([4]))\n"
        "builder.end_document()\n"
        "builder.finalize('theirs.idx')\n",
        folder,
    )
    corpus = open_packed(folder / "theirs.bin")
    corpus.check()
    assert [ids.tolist() for ids in corpus] == [[1, 2, 3], [4]]


def test_masks_are_those_of_datatrove(folder):
    """What datatrove writes as ``.ds.loss`` is the mask of a corpus, and the other way round."""
    run_program(
        "import numpy\n"
        "from datatrove.pipeline.tokens.tokenizer import TokenizedFile\n"
        "file = TokenizedFile('loss', 'a.ds', save_loss_metadata=True)\n"
        "file.write([1, 2, 3], numpy.array([False, True, True]))\n"
        "file.write([4], numpy.array([False]))\n"
        "file.write_final_metadata()\n"
        "file.close()\n",
        folder,
    )
    corpus = open_packed(folder / "loss" / "a.ds")
    corpus.check()
    assert [ids.tolist() for ids in corpus] == [[1, 2, 3], [4]]
    assert [corpus.mask(number).tolist() for number in range(2)] == [[False, True, True], [False]]
    minitok.join_packed(folder / "loss" / "a.ds", folder / "loss" / "b.ds")
    assert (folder / "loss" / "b.ds.loss").read_bytes() == (folder / "loss" / "a.ds.loss").read_bytes()
    assert np.fromfile(folder / "loss" / "b.ds.index", "<u8").tolist() == [3, 4]
