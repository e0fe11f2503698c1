"""The guide for trainers: its commands, and its programs that need no trainer. (`make test-trainers` runs the others.)"""

import minitok
import numpy as np
import pytest
from guides import TEXTS, blocks_of, run_page
from minitok import open_packed

BLOCKS = blocks_of("trainers.md")
ENCODED = [[*ids, 50256] for ids in minitok.get_encoding("gpt2").encode_batch(TEXTS)]


def documents(path):
    return [ids.tolist() for ids in open_packed(path)]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """Where all commands of the page have run."""
    found = tmp_path_factory.mktemp("trainers")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(found)
        run_page(found, BLOCKS)
        yield found


def program(trainer):
    """What a program of the page defines."""
    names = {}
    (source,) = [block for heading, language, block in BLOCKS if (heading, language) == (trainer, "python")]
    exec(compile(source, trainer, "exec"), names)  # noqa: S102
    return names


def test_every_trainer_has_a_command_and_a_program():
    headings = dict.fromkeys(heading for heading, _, _ in BLOCKS)
    assert [(heading, language) for heading, language, _ in BLOCKS] == [
        (heading, language) for heading in headings for language in ("sh", "python")
    ]
    assert len(headings) == 7


def test_nanogpt():
    names = program("nanoGPT")
    x, y = names["x"], names["y"]
    assert x.shape == y.shape == (12, 64)
    assert (x[:, 1:] == y[:, :-1]).all()
    assert sorted(documents("data/mine/train.bin")) == sorted(ENCODED[:60])
    assert documents("data/mine/val.bin") == ENCODED[60:]


def test_megatron():
    assert documents("megatron/train.bin") == ENCODED


def test_those_that_are_shuffled():
    for path in ("nanotron/train.manifest.json", "titan/train.parquet", "litgpt/train.manifest.json"):
        assert sorted(documents(path)) == sorted(ENCODED)


def test_mosaic():
    rows = np.array(documents("mosaic/rows.bin"))
    assert rows.shape[1] == 64
    assert (rows[:, 0] == 50256).all()


def test_trl():
    labels = program("TRL")["labels"]
    assert minitok.get_encoding("gpt2").decode(labels[labels >= 0]) == "42<|endoftext|>"
