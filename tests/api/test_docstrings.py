"""What ``help`` shows: every public function and method has an example that runs, and its types can be seen."""

import doctest
import inspect
import re

import minitok
import pytest
from minitok.corpus.counts import PieceCounts

METHODS = {
    f"{owner.__name__}.{name}": value
    for owner in (minitok.Tokenizer, PieceCounts)
    for name, value in inspect.getmembers(owner, callable)
    if not name.startswith("_")
}
FUNCTIONS = {name: getattr(minitok, name) for name in minitok.__all__ if inspect.isroutine(getattr(minitok, name))}
# The methods that the extension answers, whose examples pytest does not find.
SHORTCUTS = {name: method for name, method in METHODS.items() if type(method).__name__ == "Shortcut"}


def test_there_are_functions_and_methods():
    assert len(METHODS) > 30
    assert len(FUNCTIONS) > 10


@pytest.mark.parametrize("name", [*METHODS, *FUNCTIONS])
def test_each_has_an_example(name):
    assert ">>> " in inspect.getdoc({**METHODS, **FUNCTIONS}[name])


# A look into a table.
CHEAP = {"encoding_for_model", "encoding_name_for_model", "list_encoding_names"}


@pytest.mark.parametrize("name", [name for name in [*METHODS, *FUNCTIONS] if name not in CHEAP])
def test_each_says_what_it_costs(name):
    assert re.search(r"\b[Cc]osts?\b", inspect.getdoc({**METHODS, **FUNCTIONS}[name]))


@pytest.mark.parametrize("name", SHORTCUTS)
def test_the_examples_of_shortcuts_run(name):
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(SHORTCUTS[name]), vars(minitok).copy(), name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", [*METHODS, *FUNCTIONS])
def test_the_signature_shows_all_types(name):
    signature = inspect.signature({**METHODS, **FUNCTIONS}[name])
    parameters = [each for each in signature.parameters.values() if each.name not in {"self", "cls"}]
    assert [each.name for each in parameters if each.annotation is each.empty] == []
    assert signature.return_annotation is not signature.empty


def test_help_of_the_package_names_what_a_user_needs():
    named = set(re.findall(r"``([\w.]+)``", minitok.__doc__))
    assert {name for name in minitok.__all__ if name not in named} == set()
    modules = {name for name in minitok._MODULES if name not in {"errors", "patterns"}}
    assert modules <= named
