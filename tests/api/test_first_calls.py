"""Calls as people make them who come from another library, or guess: refused, and the message says what to write."""

import inspect
import traceback

import minitok
import pytest
from helpers import run_python
from minitok.foreign import INSTEAD, OPTIONS, OTHER_METHODS


def test_no_option_of_minitok_is_called_foreign():
    functions = [minitok.train, minitok.train_files, minitok.load, minitok.count_pieces, minitok.Tokenizer.__init__]
    methods = [value for name, value in inspect.getmembers(minitok.Tokenizer) if not name.startswith("_")]
    own = {name for each in [*functions, *filter(callable, methods)] for name in inspect.signature(each).parameters}
    assert set(OPTIONS.values()) <= own
    assert not own & (OPTIONS.keys() | INSTEAD.keys()) - {"skip_special_tokens"}  # the stream decoder's


@pytest.mark.parametrize(("own", "others"), OTHER_METHODS.items())
def test_methods_of_other_libraries_say_what_to_write(own, others, backend):
    tok = minitok.Tokenizer([], backend=backend)
    assert {own, *others.split()} & set(dir(tok)) == {own}
    for name in others.split():
        with pytest.raises(AttributeError, match=rf"^Tokenizer has no '{name}'; write {own}$") as caught:
            getattr(tok, name)
        assert "Did you mean" not in "".join(traceback.format_exception(caught.value))
        assert not hasattr(minitok.Tokenizer, name)
    with pytest.raises(AttributeError, match="write encode"):
        tok("hi")


def test_the_error_shows_the_call_alone():
    code = "import minitok; minitok.train([], 256, n_vocab=3)"
    ran = run_python(code)
    assert "During handling" not in ran.stderr
    assert ran.stderr.rstrip().endswith("TypeError: train() has no option 'n_vocab'; write vocab_size=")
