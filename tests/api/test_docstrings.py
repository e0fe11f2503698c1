"""What ``help`` shows: every public function and method has an example that runs, and its types can be seen."""

import doctest
import inspect
import re

import minitok
import pytest
from minitok.backend.shortcuts import IN_PYTHON
from minitok.corpus.counts import PieceCounts

METHODS = {
    f"{owner.__name__}.{name}": value
    for owner in (minitok.Tokenizer, PieceCounts)
    for name, value in inspect.getmembers(owner, callable)
    if not name.startswith("_")
}
FUNCTIONS = {name: getattr(minitok, name) for name in minitok.__all__ if inspect.isroutine(getattr(minitok, name))}
# The methods that the extension answers have the docstrings of those in Python, which pytest's doctests do not see.
SHORTCUTS = {f"Tokenizer.{name}": method for name, method in IN_PYTHON.items()}


def test_there_are_functions_and_methods():
    assert len(METHODS) > 30
    assert len(FUNCTIONS) > 10


@pytest.mark.parametrize("name", [*METHODS, *FUNCTIONS])
def test_each_has_an_example(name):
    assert ">>> " in inspect.getdoc(SHORTCUTS.get(name) or {**METHODS, **FUNCTIONS}[name])


# A look into a table.
CHEAP = {"encoding_for_model", "encoding_name_for_model", "list_encoding_names"}


@pytest.mark.parametrize("name", [name for name in [*METHODS, *FUNCTIONS] if name not in CHEAP])
def test_each_says_what_it_costs(name):
    assert re.search(r"\b[Cc]osts?\b", inspect.getdoc(SHORTCUTS.get(name) or {**METHODS, **FUNCTIONS}[name]))


@pytest.mark.parametrize("name", SHORTCUTS)
def test_the_examples_of_shortcuts_run(name):
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(SHORTCUTS[name]), vars(minitok).copy(), name, None, 0)
    test.globs["Tokenizer"] = minitok.Tokenizer
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", [*METHODS, *FUNCTIONS])
def test_help_shows_the_type_of_each_parameter(name):
    function = {**METHODS, **FUNCTIONS}[name]
    parameters = [each for each in inspect.signature(function).parameters.values() if each.name not in {"self", "cls"}]
    shown = inspect.getdoc(SHORTCUTS.get(name, function))
    untyped = [each.name for each in parameters if each.annotation is each.empty]
    if name == "Tokenizer.encode_to_numpy":  # which says that they are those of ``encode``
        shown = inspect.getdoc(SHORTCUTS["Tokenizer.encode"])
    assert [each for each in untyped if not re.search(rf"^ +{each} \(.+\): ", shown, re.MULTILINE)] == []


def test_help_of_the_package_names_what_a_user_needs():
    named = set(re.findall(r"``([\w.]+)``", minitok.__doc__))
    assert {name for name in minitok.__all__ if name not in named} == set()
    modules = {name for name in minitok._MODULES if name not in {"errors", "patterns"}}
    assert modules <= named
