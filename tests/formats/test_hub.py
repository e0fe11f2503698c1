"""A model's files by its name, from the cache that Hugging Face's libraries keep on this machine."""

import os

import minitok
import pytest

TOK = minitok.Tokenizer([(97, 98)])


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "models--some--model-1.5"


def write(folder, tok=TOK):
    folder.mkdir(parents=True)
    tok.save(folder / "tokenizer.json", format="huggingface")


def test_the_revision_of_main_is_taken(cache):
    write(cache / "snapshots" / "aa", minitok.Tokenizer([(98, 99)]))
    write(cache / "snapshots" / "bb")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("bb\n")
    assert minitok.load("some/model-1.5").encode("ab") == [256]
    # A folder of that name comes first.
    write(cache.parent / "some" / "model-1.5", minitok.Tokenizer([]))
    assert minitok.load("some/model-1.5").encode("ab") == [97, 98]


def test_a_model_that_is_missing_is_an_error_that_says_where(cache):
    for _ in range(2):
        with pytest.raises(
            FileNotFoundError, match=r"models--some--model-1\.5; 'hf download some/model-1\.5 tokenizer\.json'"
        ):
            minitok.load("some/model-1.5")
        # Two revisions, none of which is said to be the one of main.
        write(cache / "snapshots" / "aa") if not cache.exists() else None
        (cache / "snapshots" / "bb").mkdir(exist_ok=True)


def test_the_cache_is_in_the_home_of_hugging_face(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    write(tmp_path / "hub" / "models--some--model" / "snapshots" / "aa")  # one revision needs no branch
    assert minitok.load("some/model").encode("ab") == [256]


@pytest.mark.usefixtures("cache")
def test_a_missing_file_is_still_a_missing_file():
    with pytest.raises(FileNotFoundError):
        minitok.load("folder/sub/missing.json")


@pytest.mark.parametrize(
    "written",
    [
        b"../../../model", b"/", b"..", b".", b"", b"\0", b"\xff\xfe", b"a" * 300, b"bb\ncc", "bb²".encode(), b"x" * (1 << 20),
    ],
)  # fmt: skip
def test_a_branch_that_names_no_revision_is_not_followed(cache, written):
    write(cache / "snapshots" / "aa")
    write(cache.parent / "model")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_bytes(written)
    assert minitok.load("some/model-1.5").encode("ab") == [256]
    (cache / "snapshots" / "bb").mkdir()
    with pytest.raises(FileNotFoundError, match="not a model in the cache"):
        minitok.load("some/model-1.5")


def test_what_is_not_a_file_is_not_read(cache):
    # A folder that holds itself, and a pipe that nobody writes to.
    folder = cache / "snapshots" / "aa"
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").symlink_to(folder)
    os.mkfifo(folder / "tekken.json")
    with pytest.raises(minitok.errors.FileFormatError, match="the folder has none of"):
        minitok.load("some/model-1.5")
