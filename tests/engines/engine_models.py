"""Small models' folders for the tests of engines, and texts: no file from outside is needed."""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "compat"))
from grammar_oracle import STOP, byte_level, pieces
from minitok.compat.transformers import Backend, install

CHAT = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>\n{% endfor %}{% if add_generation_prompt %}<s>assistant\n{% endif %}"
CONFIG = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": STOP, "pad_token": STOP}
NAMES = ("byte_level", "pieces", "unigram")
WORDS = [
    "low", "lower", "lowest", "true", '{"a":', "1}", "<tool>", "été", "naïve", "😀", "日本語", "<s>", "</s>", "\n\n",
    "12345", "á", "▁", "\t",
]  # fmt: skip


def write_model(folder, name):
    """Writes the folder of a model; that of ``unigram`` is one that minitok does not read."""
    folder.mkdir()
    if name == "byte_level":
        byte_level().save(folder / "tokenizer.json", format="huggingface")
    elif name == "pieces":
        pieces(folder)
    else:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers

        vocab = [("<unk>", 0.0), *((char, -1.0) for char in "▁abelnorstuw"), ("▁low", -2.0), ("<s>", 0.0), (STOP, 0.0)]
        tok = Tokenizer(models.Unigram(vocab, unk_id=0))
        tok.pre_tokenizer, tok.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        tok.add_special_tokens(["<unk>", "<s>", STOP])
        tok.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({**CONFIG, "chat_template": CHAT}), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "vocab_size": 512}), encoding="utf-8")
    return str(folder)


def with_and_without(get_tokenizer, folder, kind):
    """Yields the tokenizer that an engine makes on minitok, and the one that it makes without."""
    model = write_model(folder / kind, kind)
    theirs = get_tokenizer(model)
    assert not isinstance(theirs._tokenizer, Backend)
    with install():
        ours = get_tokenizer(model)
        assert isinstance(ours._tokenizer, Backend) is (kind != "unigram")
        yield ours, theirs


def texts(count, seed=3):
    """Texts of words, some of them cut within."""
    source = random.Random(seed)
    made = [" ".join(source.choices(WORDS, k=source.randrange(12))) for _ in range(count)]
    return [text[: source.randrange(len(text) + 1)] if source.random() < 0.2 else text for text in made]


def conversations(count, seed=5):
    """Conversations of one to five messages."""
    source, said = random.Random(seed), iter(texts(5 * count, seed))
    roles = ("system", "user", "assistant")
    return [
        [{"role": roles[place % 3], "content": next(said)} for place in range(source.randrange(1, 6))]
        for _ in range(count)
    ]


def outputs(tokenizer, count, seed=9):
    """Ids as models write them: those of texts, and any others."""
    source, size = random.Random(seed), len(tokenizer)
    made = [tokenizer.encode(text, add_special_tokens=False) for text in texts(count, seed)]
    return [[source.randrange(size) if source.random() < 0.1 else token_id for token_id in ids] for ids in made]
