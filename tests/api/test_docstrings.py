"""What ``help`` shows: every public function and method has an example that runs, and its types can be seen."""

import doctest
import inspect
import re

import minitok
import pytest
from minitok.corpus.counts import PieceCounts

PUBLIC = {
    f"Tokenizer.{name}": value for name, value in inspect.getmembers(minitok.Tokenizer, callable) if name[0] != "_"
}
PUBLIC |= {f"PieceCounts.{name}": value for name, value in inspect.getmembers(PieceCounts, callable) if name[0] != "_"}
PUBLIC |= {name: getattr(minitok, name) for name in minitok.__all__ if inspect.isroutine(getattr(minitok, name))}
# The methods that the extension answers, whose examples pytest does not find.
SHORTCUTS = {name: method for name, method in PUBLIC.items() if type(method).__name__ == "Shortcut"}
# A look into a table.
CHEAP = {"encoding_for_model", "encoding_name_for_model", "list_encoding_names"}


def test_each_has_an_example_its_costs_and_all_types():
    assert len(PUBLIC) > 40
    for name, value in PUBLIC.items():
        shown, signature = inspect.getdoc(value), inspect.signature(value)
        assert ">>> " in shown, name
        assert name in CHEAP or re.search(r"\b[Cc]osts?\b", shown), name
        parameters = [each for each in signature.parameters.values() if each.name not in {"self", "cls"}]
        assert [each.name for each in parameters if each.annotation is each.empty] == [], name
        assert signature.return_annotation is not signature.empty, name


@pytest.mark.parametrize("name", SHORTCUTS)
def test_the_examples_of_shortcuts_run(name):
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(SHORTCUTS[name]), vars(minitok).copy(), name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
