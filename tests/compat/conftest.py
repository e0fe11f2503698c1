"""The files of ``tokenizers`` as folders, and what ``transformers`` makes of them, which is imported where it is needed."""

import functools

import hf_files
import pytest
import tokenizers


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each file."""
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
    """A file's tokenizer without and with minitok; each made once."""
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
