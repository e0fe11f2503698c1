"""The vectors of SPEC K1 to K8."""

import json
from pathlib import Path

import minitok
import pytest
from minitok import errors

CONTENT = json.loads((Path(__file__).parent.parent / "vectors/conversations.json").read_text("utf-8"))
SPECIAL = {"<u>": 300, "<a>": 301, "<e>": 302}


def ids_of(parts):
    """Ids in short: strings for special tokens, or for bytes."""
    found = []
    for part in parts:
        found += [part] if isinstance(part, int) else [SPECIAL[part]] if part in SPECIAL else part.encode()
    return found


def take(talk, steps):
    for step in steps:
        kind, *rest = step
        if kind == "add":
            role, content, ids = rest
            talk.add({"role": role, "content": content}, ids=None if ids is None else ids_of(ids))
        elif kind == "think":
            role, content, thought, ids = rest
            talk.add({"role": role, "content": content, "thought": thought}, ids=ids_of(ids))
        elif kind == "fork":
            take(talk.fork(), rest[0])
        elif kind == "fails":
            what, error = rest
            before = (talk.ids.tolist(), talk.roles, talk.rewritten)
            with pytest.raises(getattr(errors, error, ValueError)):
                talk.add({"role": "assistant", "content": ""}, ids=[1]) if what == "sample" else getattr(talk, what)()
            assert (talk.ids.tolist(), talk.roles, talk.rewritten) == before
        else:
            assert getattr(talk, kind)().tolist() == ids_of(rest[0]), step


@pytest.mark.parametrize("case", CONTENT["cases"], ids=lambda case: case["name"])
def test_case(case, backend):
    tok = minitok.Tokenizer([(111, 107)], special_tokens=SPECIAL, backend=backend)
    talk = tok.replace(chat=CONTENT["templates"][case["template"]]).conversation(rewrite=case["rewrite"])
    take(talk, case["steps"])
    assert "".join((role or "-")[0] for role in talk.roles) == case["roles"]
    assert "".join(map(str, talk.sampled.astype(int))) == case["sampled"]
    assert talk.rewritten == case["rewritten"]
    assert "learned" not in case or "".join(map(str, talk.mask("assistant").astype(int))) == case["learned"]
    if "part" in case:
        assert "".join(map(str, talk.mask(prompt="part").astype(int))) == case["part"]
        with pytest.raises(errors.TemplateError, match='prompt="part"'):
            talk.mask()
