"""The chat templates of a folder."""

import json
import warnings

import gguf
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
CASES = {
    "nothing": ({"tokenizer_config.json": {}}, None),
    "no template": (
        {"tokenizer_config.json": {"bos_token": "<s>"}},
        ChatTemplates({}, {"bos_token": "<s>"}, ["<s>"]),
    ),
    "an empty one": ({"tokenizer_config.json": {"chat_template": ""}}, None),
    "what it calls special": (
        {
            "tokenizer_config.json": {
                "added_tokens_decoder": {
                    "1": {"content": "USER:", "special": True},
                    "2": {"content": "the", "special": False},
                    "3": "odd",
                }
            }
        },
        ChatTemplates({}, {}, ["USER:"]),
    ),
    "one": ({"tokenizer_config.json": {"chat_template": "a"}}, ChatTemplates({"default": "a"})),
    "several": (
        {
            "tokenizer_config.json": {
                "chat_template": [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]
            }
        },
        ChatTemplates({"default": "a", "rag": "b"}),
    ),
    "several in an object": (
        {"tokenizer_config.json": {"chat_template": {"default": "a", "rag": "b"}}},
        ChatTemplates({"default": "a", "rag": "b"}),
    ),
    "files": (
        {
            "tokenizer_config.json": {"chat_template": "a"},
            "chat_template.jinja": "c\u00e9",
            "additional_chat_templates/rag.jinja": "d",
        },
        ChatTemplates({"default": "c\u00e9", "rag": "d"}),
    ),
    "of a processor": ({"chat_template.json": {"chat_template": "a"}}, ChatTemplates({"default": "a"})),
    "tokens": (
        {
            "chat_template.jinja": "a",
            "special_tokens_map.json": {"bos_token": "<x>", "eos_token": {"content": "<e>"}},
            "tokenizer_config.json": {
                "bos_token": {"__type": "AddedToken", "content": "<s>"},
                "pad_token": None,
                "add_bos_token": True,
                "extra_special_tokens": {"image_token": "<i>"},
            },
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


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"tokenizer_config.json": "{"}, "tokenizer_config.json.*not JSON"),
        ({"tokenizer_config.json": [1]}, "tokenizer_config.json.*not an object"),
        ({"tokenizer_config.json": {"chat_template": [{"name": "a"}]}}, "not a name and a template"),
        ({"tokenizer_config.json": {"chat_template": 7}}, "not a name and a template"),
        ({"chat_template.json": {"chat_template": ["a"]}}, "chat_template.json.*not a name and a template"),
        ({"chat_template.jinja": "a", "special_tokens_map.json": "[]"}, "special_tokens_map.json.*not an object"),
    ],
)
def test_damaged_files(files, message, folder):
    for path, content in files.items():
        write(folder, path, content)
    with pytest.raises(FileFormatError, match=message):
        minitok.load(folder)


def test_a_template_that_is_not_text(folder):
    (folder / "chat_template.jinja").write_bytes(b"a\xff")
    with pytest.raises(FileFormatError, match="not UTF-8: invalid start byte at byte 1"):
        minitok.load(folder)


def test_wrong_templates_in_the_native_format(tmp_path):
    tok = Tokenizer([]).replace(chat="a")
    tok.save(tmp_path / "tok.json")
    text = (tmp_path / "tok.json").read_text("utf-8")
    for damage, message in [
        ('{"default": 1}', "chat: templates must be"),
        ("[]", "'templates' is a list, not an object"),
    ]:
        (tmp_path / "tok.json").write_text(text.replace('{"default": "a"}', damage), "utf-8")
        with pytest.raises(FileFormatError, match=message):
            minitok.load(tmp_path / "tok.json")


def test_a_template_in_gguf(tmp_path):
    """With its special tokens by their ids; one that is not UTF-8 is refused."""

    def write(template):
        writer = gguf.GGUFWriter(str(tmp_path / "m.gguf"), "llama")
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list([*(to_chars(bytes([byte])) for byte in range(256)), "<s>", "ab"])
        writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL, gguf.TokenType.NORMAL])
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(256)
        writer.add_eos_token_id(999)
        writer.add_chat_template(template)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()

    write("{{ bos_token }}{{ messages[0].content }}")
    tok = minitok.load(tmp_path / "m.gguf")
    assert tok.definition.chat == ChatTemplates(
        {"default": "{{ bos_token }}{{ messages[0].content }}"}, {"bos_token": "<s>"}
    )
    ids = tok.encode_chat([{"role": "user", "content": "<s>"}]).ids
    assert (ids[0], tok.decode(ids), ids.count(256)) == (256, "<s><s>", 1)
    data = (tmp_path / "m.gguf").read_bytes()
    (tmp_path / "m.gguf").write_bytes(data.replace(b"{{ bos", b"{{ b\xffs"))
    with pytest.raises(FileFormatError, match="chat_template is not UTF-8"):
        minitok.load(tmp_path / "m.gguf")


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
