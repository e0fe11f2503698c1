"""The chat templates of a folder."""

import json
import warnings
from operator import methodcaller

import gguf_files
import minitok
import pytest
from minitok import Tokenizer
from minitok.definition.chat_templates import ChatTemplates
from minitok.errors import FileFormatError
from minitok.formats.byte_level import to_chars


@pytest.fixture
def folder(tmp_path):
    Tokenizer([(97, 98)], special_tokens={"<s>": 257}).save(tmp_path / "tokenizer.json", format="huggingface")
    return tmp_path


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


# Whatever strings the configuration has may be names of tokens: users write none of them in conversations.
NAMED = ["<e>", "<x>", "<i>", "<s>", "AddedToken"]
RAG = [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]
DECODER = {"1": {"content": "USER:", "special": True}, "2": {"content": "the", "special": False}, "3": "odd"}


def config(**fields):
    return {"tokenizer_config.json": fields}


CASES = {
    "nothing": (config(), None),
    "no template": (config(bos_token="<s>"), ChatTemplates({}, {"bos_token": "<s>"}, ["<s>"])),
    "an empty one": (config(chat_template=""), None),
    "what it calls special": (config(added_tokens_decoder=DECODER), ChatTemplates({}, {}, ["USER:"])),
    "one": (config(chat_template="a"), ChatTemplates({"default": "a"})),
    "several": (config(chat_template=RAG), ChatTemplates({"default": "a", "rag": "b"})),
    "several in an object": (
        config(chat_template={"default": "a", "rag": "b"}),
        ChatTemplates({"default": "a", "rag": "b"}),
    ),
    "files": (
        {**config(chat_template="a"), "chat_template.jinja": "c\u00e9", "additional_chat_templates/rag.jinja": "d"},
        ChatTemplates({"default": "c\u00e9", "rag": "d"}),
    ),
    "of a processor": ({"chat_template.json": {"chat_template": "a"}}, ChatTemplates({"default": "a"})),
    "tokens": (
        {
            "chat_template.jinja": "a",
            "special_tokens_map.json": {"bos_token": "<x>", "eos_token": {"content": "<e>"}},
            **config(
                bos_token={"__type": "AddedToken", "content": "<s>"},
                pad_token=None,
                add_bos_token=True,
                extra_special_tokens={"image_token": "<i>"},
            ),
        },
        ChatTemplates({"default": "a"}, {"bos_token": "<s>", "eos_token": "<e>", "image_token": "<i>"}, NAMED),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_folder_has(name, folder):
    files, expected = CASES[name]
    for path, content in files.items():
        write(folder, path, content)
    tok = minitok.load(folder)
    assert tok.definition.chat == expected
    assert tok.encode("ab") == [256]
    assert minitok.load(folder / "tokenizer.json").definition.chat is None


def test_wrong_templates_in_the_native_format(tmp_path, backend):
    path = tmp_path / "tok.json"
    Tokenizer([]).replace(chat="a").save(path)
    path.write_text(path.read_text("utf-8").replace('{"default": "a"}', '{"default": 1}'), "utf-8")
    with pytest.raises(FileFormatError, match="chat: templates must be"):
        minitok.load(path, backend=backend)


def test_a_template_in_gguf(tmp_path):
    """With its special tokens by their ids."""
    template = "{{ bos_token }}{{ messages[0].content }}"
    adds = [("bos_token_id", 256), ("eos_token_id", 999), ("chat_template", template)]
    tok = minitok.load(
        gguf_files.write(
            tmp_path / "m.gguf",
            tokens=[*(to_chars(bytes([byte])) for byte in range(256)), "<s>", "ab"],
            kinds=[gguf_files.NORMAL] * 256 + [gguf_files.CONTROL, gguf_files.NORMAL],
            merges=["a b"],
            more=[methodcaller(f"add_{name}", value) for name, value in adds],
        )
    )
    assert tok.definition.chat == ChatTemplates({"default": template}, {"bos_token": "<s>"})
    ids = tok.encode_chat([{"role": "user", "content": "<s>"}]).ids
    assert (ids[0], tok.decode(ids), ids.count(256)) == (256, "<s><s>", 1)


def test_what_a_folder_calls_special_is_a_control_token(folder):
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    content["added_tokens"] = [{"id": 300 + at, "content": name} for at, name in enumerate(["USER:", "the"])]
    write(folder, "tokenizer.json", content)
    decoder = {"300": {"content": "USER:", "special": True}, "301": {"content": "the", "special": False}}
    write(folder, "tokenizer_config.json", {"added_tokens_decoder": decoder})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the ids are the next free ones
        assert minitok.load(folder).definition.control_tokens == ("USER:",)
        assert minitok.load(folder / "tokenizer.json").definition.control_tokens == ()
