"""Strings with origins: what they say is what a ``str`` says, and no character of a value becomes one of the template."""

# ruff: noqa: ARG005 - every method takes all the arguments, so that one test calls them all

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from minitok.chat.environment import compiled, trusted
from minitok.chat.provenance import UNKNOWN, Origin, Traced, concatenated, runs_of
from minitok.chat.render import traced_value

VALUE = Origin(trusted=False, message=0, role="user", field="content")
# The template has these characters, and values have others: so each character says where it comes from.
OWN, OTHERS = "<|>19%", "aZßİ \n\r\u2028éxyzs-"


def value(text):
    return traced_value(text, VALUE)


parts = st.lists(st.text(OWN, max_size=4).map(trusted) | st.text(OTHERS, max_size=4).map(value), max_size=5)
strings = parts.map(concatenated)
short = st.text(OWN, max_size=2).map(trusted) | st.text(OTHERS, max_size=2).map(value) | st.text(OTHERS, max_size=2)
numbers = st.integers(-4, 12)

METHODS = {
    "+": lambda s, t, n, m: s + t,
    "reversed +": lambda s, t, n, m: t + s,
    "*": lambda s, t, n, m: s * n,
    "reversed *": lambda s, t, n, m: n * s,
    "[n]": lambda s, t, n, m: s[n],
    "[n:m]": lambda s, t, n, m: s[n:m],
    "[n:]": lambda s, t, n, m: s[n:],
    "[::m]": lambda s, t, n, m: s[::m],
    "list": lambda s, t, n, m: list(s),
    "str": lambda s, t, n, m: str(s),
    "join": lambda s, t, n, m: s.join([t, s, t]),
    "joined": lambda s, t, n, m: t.join(s),
    "strip": lambda s, t, n, m: (s.strip(), s.lstrip(), s.rstrip()),
    "strip chars": lambda s, t, n, m: (s.strip(t), s.lstrip(t), s.rstrip(t)),
    "split": lambda s, t, n, m: (s.split(), s.split(None, n), s.rsplit(None, n)),
    "split at": lambda s, t, n, m: (s.split(t), s.split(t, n), s.rsplit(t, n)),
    "splitlines": lambda s, t, n, m: (s.splitlines(), s.splitlines(True)),
    "partition": lambda s, t, n, m: (s.partition(t), s.rpartition(t)),
    "remove": lambda s, t, n, m: (s.removeprefix(t), s.removesuffix(t)),
    "replace": lambda s, t, n, m: (s.replace(t, "zy"), s.replace(t, s, n), s.replace("a", t)),
    "case": lambda s, t, n, m: (s.upper(), s.lower(), s.casefold(), s.swapcase(), s.capitalize(), s.title()),
    "pad": lambda s, t, n, m: (s.center(n), s.ljust(n), s.rjust(n), s.zfill(n)),
    "expandtabs": lambda s, t, n, m: s.expandtabs(),
    "translate": lambda s, t, n, m: s.translate({97: "z"}),
    "format": lambda s, t, n, m: (s.format(t, n), s.format_map({"a": t})),
    "%": lambda s, t, n, m: s % t,
    "%s %d": lambda s, t, n, m: (s + "%s" * 2 + "%d%%") % (t, n, m),
    "%(name)s": lambda s, t, n, m: (s + "%(x)s%(y)d") % {"x": t, "y": n},
    "compare": lambda s, t, n, m: (s == t, s < t, t in s, s.startswith(t), s.find(t), s.count(t), hash(s), len(s)),
    "json": lambda s, t, n, m: json.dumps({s: [t]}),
}


def strings_in(found):
    if isinstance(found, str):
        yield found
    elif isinstance(found, (list, tuple)):
        for item in found:
            yield from strings_in(item)


def outcome(method, *args):
    try:
        return method(*args)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        return type(error)


def check_runs(text):
    """Each trusted character is one that only the template has."""
    runs, at = runs_of(text), 0
    assert sum(length for length, _ in runs) == len(text)
    for length, origin in runs:
        if origin.trusted:
            assert set(str.__str__(text)[at : at + length]) <= set(OWN)
        at += length


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    @settings(max_examples=15)
    @given(strings, short, numbers, numbers)
    def check(s, t, n, m):
        found = outcome(METHODS[name], s, t, n, m)
        assert found == outcome(METHODS[name], str.__str__(s), str.__str__(t), n, m)
        for text in strings_in(found):
            check_runs(text)

    check()


@given(strings, short, numbers, numbers)
def test_what_is_followed_is_not_lost(s, t, n, m):
    """The template's characters stay trusted where templates count on it."""
    if not isinstance(t, Traced):
        t = value(t)
    followed = (
        s + t,
        s[n:m],
        s.strip(),
        s.split("a")[0],
        s.replace("a", t),
        t.join([s, s]),
        s.partition("a")[2],
        s * 2,
    )
    for text in followed:
        for character, (_, origin) in zip(str.__str__(text), [run for at in text for run in runs_of(at)], strict=True):
            assert origin.trusted is (character in OWN)


def test_markup_escapes_as_ever():
    assert value("<") + Markup("<b>") == "&lt;<b>"
    assert Markup("<b>") + value("<") == "<b>&lt;"
    assert runs_of(trusted("<") + Markup("<b>"))[0][1] == UNKNOWN


def test_pickles():
    text = trusted("<|") + value("x")
    assert runs_of(pickle.loads(pickle.dumps(text))) == runs_of(text)


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("{{ '<' ~ v ~ '>' }}", ["<", "aZ", ">"]),
        ("{{ '<' + v + '>' }}", ["<", "aZ", ">"]),
        ("<{{ v }}>", ["<", "aZ", ">"]),
        ("{{ '<%s>' | format(v) }}", ["<", "aZ", ">"]),
        ("{{ '<{}>'.format(v) }}", ["<", "aZ", ">"]),
        ("{{ '<{v}>'.format(v=v) }}", ["<", "aZ", ">"]),
        ("{{ ['<', v, '>'] | join }}", ["<", "aZ", ">"]),
        ("{{ ['<', '>'] | join(v) }}", ["<", "aZ", ">"]),
        ("{{ ''.join(['<', v, '>']) }}", ["<", "aZ", ">"]),
        ("{% set x %}<{{ v }}>{% endset %}{{ x }}", ["<", "aZ", ">"]),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(v) }}", ["<", "aZ", ">"]),
        ("{% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}{{ v }}{% endcall %}", ["<", "aZ", ">"]),
        ("{% filter trim %} <{{ v }}> {% endfilter %}", ["<", "aZ", ">"]),
        ("{% set n = namespace(x='<') %}{% set n.x = n.x + v %}{{ n.x + '>' }}", ["<", "aZ", ">"]),
        ("{{ {'k': '<'}['k'] }}{{ v }}{{ ('>', 1)[0] }}", ["<", "aZ", ">"]),
        ("{{ '<' if v else '' }}{{ v | default('x') }}{{ undefined_one | default('>') }}", ["<", "aZ", ">"]),
        ("{{ '<x>'.replace('x', v) }}", ["<", "aZ", ">"]),
        ("{{ (' <' ~ v ~ '>') | trim | replace('q', '') | string }}", ["<", "aZ", ">"]),
        ("{{ '<' }}{{ v | tojson }}{{ '>' }}", ["<", '"aZ"', ">"]),
        ("{{ '<' ~ {'a': v} | tojson ~ '>' }}", ["<", '{"a": "aZ"}', ">"]),
        ("{% for c in ['<', v, '>'] %}{{ loop.index }}{{ c }}{% endfor %}", ["1", "<", "2", "aZ", "3", ">"]),
        ("{% autoescape true %}{{ v }}{{ '<' ~ v }}{% endautoescape %}", ["aZ&lt;aZ"]),
        ("{{ v | escape }}{{ ('<' ~ v) | safe }}", ["aZ", "<", "aZ"]),
    ],
)
def test_what_templates_do(source, runs):
    text = compiled(source).render(v=value("aZ"))
    found, at = [], 0
    for length, origin in runs_of(text):
        found.append((str.__str__(text)[at : at + length], origin.trusted))
        at += length
    assert found == [(part, part in ("<", ">")) for part in runs]
