"""No network, ever: Python reports every socket that is made, and here each is an error."""

import re

from helpers import run_python

DENY = """
import sys
def deny(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        raise AssertionError(f"the network was asked for: {event} {arguments}")
sys.addaudithook(deny)
"""


def offline(code):
    """Run code where the network is denied."""
    ran = run_python(DENY + code)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_denial_works():
    ran = run_python(DENY + "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert ran.returncode == 1
    assert "the network was asked for: socket" in ran.stderr


def test_encodings_training_and_files(tmp_path):
    assert offline(f"""
import minitok, os
for name in [*minitok.list_encoding_names(), "gpt-4o"]:
    tok = minitok.get_encoding(name)
    assert tok.decode(tok.encode("offline")).rstrip() == "offline"
os.chdir({str(tmp_path)!r})
with open("corpus.txt", "w") as file:
    file.write("low lower lowest " * 9)
for backend in ("rust", "python"):
    tok = minitok.train_files("corpus.txt", 270, pattern="gpt2", special_tokens=["<s>"], backend=backend)
    tok.save("a.json"); tok.save("tokenizer.json", format="huggingface"); tok.save("a.tiktoken", format="tiktoken"); tok.save("gpt2", format="gpt2"); tok.save("a.model", format="minbpe")
    for path in ("a.json", "tokenizer.json", "gpt2", "a.model"):
        assert minitok.load(path, backend=backend).encode("lowest") == tok.encode("lowest")
    print(tok.encode_files("corpus.txt", f"{{backend}}.bin").documents)
""").split() == ["1", "1"]


COMMANDS = [
    "encode -t o200k_base --text offline", "decode -t gpt2 ids.txt", "count -e cl100k_base corpus.txt",
    "evaluate --text offline", "inspect -e gpt2 --longest", "convert gpt2 tokenizer.json",
    "pack corpus.txt -e gpt2 -o a.bin", "train corpus.txt -n 260 -o a.json",
    "explain offline -e gpt2 --html why.html", "bench corpus.txt --repeat 1",
]  # fmt: skip


def test_every_command(tmp_path):
    (tmp_path / "corpus.txt").write_text("low lower lowest " * 9)
    (tmp_path / "ids.txt").write_text("31373 995")
    shown = offline(f"""
import os
os.chdir({str(tmp_path)!r})
from minitok.cli import main
for command in {COMMANDS!r}:
    print("\\n<" + command + ">", flush=True)
    sys.argv = ["minitok", *command.split()]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
    sys.stdout.flush()
""")
    parts = re.split(r"\n<(.*)>\n", shown)
    assert parts[1::2] == COMMANDS
    assert all(part.strip() for part in parts[2::2])
