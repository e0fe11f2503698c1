"""Packed conversations: the mask marks what is to be learned, and stays with its ids in every format and layout."""

import json

import numpy as np
import pyarrow as pa
import pytest
from chat_families import FAMILIES, TOKENS
from helpers import unlabelled
from hypothesis import given, settings
from hypothesis import strategies as st
from minitok import Tokenizer, join_packed, open_packed
from minitok.errors import FileFormatError, TemplateError
from minitok.packing import arrange
from packed import FORMATS, named
from pyarrow import ipc, parquet

TURN, END, STOP, BEGIN = "<|turn|>", "<|end|>", "<|stop|>", "<|begin|>"
TEMPLATE = (
    "{% if messages[0].content == 'no' %}{{ raise_exception('It says no') }}{% endif %}"
    "{% if tools %}{{ tools[0].name }}{% endif %}"
    "{% for m in messages %}<|turn|>{{ m.content }}{{ '<|stop|>' if m.role == 'assistant' else '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>{% endif %}"
)
SPECIAL = {TURN: 258, END: 259, STOP: 260, BEGIN: 261}
TOK = Tokenizer([(97, 97), (98, 98)], special_tokens=SPECIAL).replace(chat=TEMPLATE)
# The assistant says nothing but "a", which nobody else says: so a mask is right if it is that of these ids, whatever moved them.
LEARNED = [97, 256, SPECIAL[STOP]]


def talk(*contents):
    return [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(contents)]


TALKS = [talk("bb", "aaa"), talk("b"), talk("", "a", "bbbb", ""), talk("x" * 50, "a" * 90)]


def write(folder, talks, name="a.jsonl", **more):
    lines = [json.dumps({"messages": messages, **more}) + "\n" for messages in talks]
    (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder / name


def masked_documents(path):
    corpus = open_packed(path)
    corpus.check(TOK.vocab_size)
    return [(ids.tolist(), corpus.mask(number).tolist()) for number, ids in enumerate(corpus)]


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1, max_size=12),
    st.sampled_from(list(FORMATS)),
    st.sampled_from([None, 3]),
    st.sampled_from(
        [{}, {"row_length": 7, "begin_row": BEGIN}, {"row_length": 16, "begin_row": BEGIN, "rest": "drop"}]
    ),
    st.sampled_from([None, 20]),
)
def test_the_mask_goes_where_its_ids_go(tmp_path_factory, lengths, kind, shuffle, rows, shards):
    folder = tmp_path_factory.mktemp("masks")
    talks = [talk(*("ba"[at % 2] * size for at, size in enumerate(sizes))) for sizes in lengths]
    options = {"format": named(kind), "shuffle": shuffle, "shard_tokens": shards, "dtype": "uint16"}
    source = write(folder, talks)
    packed = TOK.encode_files(source, folder / FORMATS[kind][0], learn="assistant", **options, **rows)
    documents = masked_documents(packed.ids)
    assert [mask for _, mask in documents] == [[token_id in LEARNED for token_id in ids] for ids, _ in documents]
    assert packed.learned == sum(sum(mask) for _, mask in documents)
    # The ids are those of the same documents without a mask.
    TOK.encode_files(source, folder / "plain.bin", learn="last")
    last = [token_id for ids, mask in masked_documents(folder / "plain.bin") for token_id, own in zip(ids, mask) if own]
    assert last.count(SPECIAL[STOP]) == sum(len(sizes) > 1 for sizes in lengths)
    (folder / "plain.bin.mask.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"plain\.bin\.mask\.npy"):
        open_packed(folder / "plain.bin")
    alone = folder / "alone"
    alone.mkdir()
    for file in folder.glob("plain.bin*"):
        file.rename(alone / file.name)
    unlabelled(alone)
    begin = {"begin_row": SPECIAL[BEGIN]} if rows else {}
    plain = join_packed(
        alone / "plain.bin", folder / "j.bin", shuffle=shuffle, shard_tokens=shards, **{**rows, **begin}
    )
    assert [ids.tolist() for ids in open_packed(plain.ids)] == [ids for ids, _ in documents]
    assert plain.learned is None


@pytest.mark.parametrize("memory", [1 << 26, 40])
def test_shuffled_parts_join_with_their_masks(tmp_path, monkeypatch, memory):
    monkeypatch.setattr(arrange, "MEMORY", memory)
    talks = [talk("b" * (number % 7), "a" * (number % 11)) for number in range(60)]
    for part in range(3):
        write(tmp_path, talks[part * 20 : part * 20 + 20], f"{part}.jsonl")
    files = sorted(tmp_path.glob("*.jsonl"))
    options = {"learn": "assistant", "dtype": "uint16"}
    for part in (1, 2):
        TOK.encode_files(files, tmp_path / "o.bin", part=(part, 2), **options)
    for layout in ({}, {"shuffle": 4}, {"shuffle": 4, "row_length": 9}):
        begin = {"begin_row": SPECIAL[BEGIN]} if "row_length" in layout else {}
        joined = join_packed(str(tmp_path / "o.part-*.bin"), tmp_path / "j.npy", **layout, **begin)
        whole = TOK.encode_files(files, tmp_path / "w.npy", **options, **layout, **begin)
        assert joined.learned == whole.learned
        for one, other in zip(joined.files, whole.files, strict=True):
            assert one.read_bytes() == other.read_bytes()


def test_what_the_template_marks_is_learned(tmp_path, families):
    """As ``transformers`` computes it: its ids and its mask."""
    from transformers import PreTrainedTokenizerFast

    tok = families["named"]
    tok.save(tmp_path / "tokenizer.json", format="huggingface")
    theirs = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"), **TOKENS)
    words = ["Hello", " there,\n", "how are", " you?", "é", "I am fine."]
    talks = [
        talk(*("".join(words[(seed + turn) % 6 : (seed * turn) % 6 + 1]) for turn in range(1 + seed % 5)))
        for seed in range(40)
    ]
    packed = tok.encode_files(write(tmp_path, talks), tmp_path / "o.bin", learn="generation", dtype="uint16")
    corpus = open_packed(packed.ids)
    found = [(ids.tolist(), corpus.mask(number).astype(int).tolist()) for number, ids in enumerate(corpus)]
    options = {"chat_template": FAMILIES["named"], "return_dict": True, "return_assistant_tokens_mask": True}
    encodings = [theirs.apply_chat_template(messages, **options) for messages in talks]
    assert found == [(encoding["input_ids"], encoding["assistant_masks"]) for encoding in encodings]
    assert packed.learned > 0


def learned_documents(tok, source, out, **options):
    tok.encode_files(source, out, **options)
    corpus = open_packed(out)
    return [(tok.decode(ids), tok.decode(ids[corpus.mask(number)])) for number, ids in enumerate(corpus)]


# Turns that the next message's marker ends; and a prompt that opens a thought, unless it is told not to.
NEXT = TOK.replace(
    chat="{% for m in messages %}<|turn|>{{ m.content }}{% endfor %}{{ '<|turn|>' if add_generation_prompt }}"
)
OPENED = TOK.replace(
    chat=TEMPLATE.replace("<|turn|>{% endif %}", "<|turn|>{{ '' if thinks is false else 'bb' }}{% endif %}")
)


def test_the_end_of_a_document_ends_the_last_turn_if_nothing_else_does(tmp_path):
    talks = [talk("b", "aa"), talk("b", "a", "b"), talk("b", "a", "b", ""), talk("b", "a")]
    source = write(tmp_path, talks)
    assert learned_documents(NEXT, source, tmp_path / "o.bin", learn="assistant", end_of_document=END) == [
        ("<|turn|>b<|turn|>aa<|end|>", "aa<|end|>"),
        ("<|turn|>b<|turn|>a<|turn|>b<|end|>", "a<|turn|>"),
        ("<|turn|>b<|turn|>a<|turn|>b<|turn|><|end|>", "a<|turn|><|end|>"),
        ("<|turn|>b<|turn|>a<|end|>", "a<|end|>"),
    ]
    with pytest.raises(TemplateError, match=r"a\.jsonl:1: .*no token that ends it.* pack it with end_of_document"):
        NEXT.encode_files(source, tmp_path / "o.bin", learn="assistant")
    # Where the template ends the turn, the end of the document is the packer's.
    (first, *_) = learned_documents(TOK, source, tmp_path / "p.bin", learn="last", end_of_document=END)
    assert first == ("<|turn|>b<|end|><|turn|>aa<|stop|><|end|>", "aa<|stop|>")


def test_each_answer_as_the_last_of_a_document(tmp_path):
    talks = [talk("b", "a", "bb", "aa", "b"), talk("b")]
    found = learned_documents(TOK, write(tmp_path, talks), tmp_path / "o.bin", learn="each", end_of_document=END)
    first = "<|turn|>b<|end|><|turn|>a<|stop|>"
    assert found == [
        (first + "<|end|>", "a<|stop|>"),
        (first + "<|turn|>bb<|end|><|turn|>aa<|stop|><|end|>", "aa<|stop|>"),
        ("<|turn|>b<|end|><|end|>", ""),
    ]


def test_turns_that_do_not_repeat_the_prompt(tmp_path):
    source = write(tmp_path, [talk("b", "a")])
    with pytest.raises(TemplateError, match=r'prompt="part".* pass the template thinks=False'):
        OPENED.encode_files(source, tmp_path / "o.bin", learn="assistant")
    ((_, part),) = learned_documents(OPENED, source, tmp_path / "o.bin", learn="last", prompt="part")
    asked = write(tmp_path, [talk("b", "a")], chat_template_kwargs={"thinks": False})
    assert learned_documents(OPENED, asked, tmp_path / "o.bin", learn="assistant")[0][1] == part == "a<|stop|>"


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_columns_of_conversations(tmp_path, kind):
    tool = {"name": "find", "description": "Finds"}
    calls = [{"role": "assistant", "content": "a", "name": "me"}, {"role": "tool", "content": "b", "n": None}]
    rows = [{"messages": [*TALKS[0], *calls], "tools": json.dumps([tool])}, {"messages": TALKS[1], "tools": None}]
    rows[1]["chat_template_kwargs"] = {"greeting": "b"}
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    table = pa.Table.from_pylist([{**row, "other": 1} for row in rows])
    if kind == "parquet":
        parquet.write_table(table, tmp_path / "a.parquet")
    else:
        new = ipc.new_stream if kind == "stream" else ipc.new_file
        with new(tmp_path / "a.arrow", table.schema) as writer:
            writer.write_table(table)
    for name in ("a.jsonl", f"a.{'arrow' if kind == 'stream' else kind}"):
        TOK.encode_files(tmp_path / name, tmp_path / "o.bin", learn="assistant", field="messages")
        assert masked_documents(tmp_path / "o.bin") == [
            (chat.ids, chat.mask())
            for chat in (TOK.encode_chat(rows[0]["messages"], tools=[tool]), TOK.encode_chat(TALKS[1]))
        ]
    assert TOK.decode(open_packed(tmp_path / "o.bin")[0]).startswith("find<|turn|>")


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (
            "numbers",
            np.zeros(3, "u1"),
            r"3 numbers \(uint8\), where a mask has a byte for each of the 120 ids of o\.bin",
        ),
        ("megatron", np.zeros(120, "i4"), r"120 numbers \(int32\), where a mask has a byte"),
        ("npy", np.full(120, 7, "u1"), "7 at 0 of the mask, which holds 0 and 1: damaged"),
        ("datatrove", np.full(120, 2, "u1"), "2 at 0 of the mask, which holds 0 and 1: damaged"),
        ("datatrove", np.zeros(119, "u1"), "119 numbers"),
    ],
)
def test_a_damaged_mask_is_named(tmp_path, kind, data, message):
    name, mask = FORMATS[kind]
    packed = TOK.encode_files(write(tmp_path, TALKS), tmp_path / name, learn="assistant", format=named(kind))
    assert packed.tokens == 120
    unlabelled(tmp_path)
    if mask.endswith(".npy"):
        np.save(tmp_path / mask, data)
    else:
        data.tofile(tmp_path / mask)
    with pytest.raises(FileFormatError, match=f"{mask}: {message}"):
        open_packed(packed.ids).check()


def test_the_manifest_knows_the_masks(tmp_path):
    packed = TOK.encode_files(write(tmp_path, TALKS), tmp_path / "o.bin", learn="assistant", shard_tokens=50)
    open_packed(packed.ids).check()
    mask = np.load(tmp_path / "o-00000.bin.mask.npy")
    np.save(tmp_path / "o-00000.bin.mask.npy", 1 - mask)
    with pytest.raises(FileFormatError, match=r"o-00000\.bin\.mask\.npy: the checksum is not that of the manifest"):
        open_packed(packed.ids).check()
