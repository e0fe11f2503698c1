"""Several interpreters in one process: one with its own lock is refused by the extension, one that shares the lock is right."""

import sys

from helpers import run_python

CODE = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import minitok
run = getattr(interpreters, "exec", None) or interpreters.run_string
INSIDE = '''
try:
    import minitok._rust
except ImportError as error:
    print("refused:", error)
else:
    tok = minitok.get_encoding("gpt2")
    try:
        tok.decode([10**6])
    except minitok.errors.UnknownTokenError:
        print("right:", tok.encode("hello"), tok.decode([31373]))
'''
for own_lock in (True, False):
    if sys.version_info >= (3, 13):
        made = interpreters.create("isolated" if own_lock else "legacy")
    elif sys.version_info >= (3, 12):
        made = interpreters.create(isolated=own_lock)
    elif own_lock:
        continue  # there were none before
    else:
        made = interpreters.create()
    sys.stdout.flush()
    run(made, INSIDE)
    interpreters.destroy(made)
print("right:", minitok.get_encoding("gpt2").encode("hello"), "hello")
"""


def test_an_interpreter_is_refused_or_right():
    ran = run_python(CODE, "-W", "ignore")
    right = "right: [31373] hello"
    own_lock = ["refused: module minitok._rust does not support loading in subinterpreters"] * (
        sys.version_info >= (3, 12)
    )
    assert ran.stdout.splitlines() == [*own_lock, right, right], ran.stderr
