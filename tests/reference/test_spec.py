"""The specification, its vectors, and the code that cites it name one another rightly."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "tests/vectors").glob("*.json"))}


def spec_rules() -> dict[str, str]:
    """Each rule of docs/spec.md and what it says."""
    parts = re.split(r"^### ([PTESDFXNLCAK]\d+)\b", (ROOT / "docs/spec.md").read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_has_a_vector_and_every_vector_a_rule() -> None:
    tested = {rule for content in FILES.values() for case in content["cases"] for rule in case["rules"]}
    assert tested == set(spec_rules())


def test_names_are_unique_and_every_file_says_where_its_values_come_from() -> None:
    for stem, content in FILES.items():
        names = [case["name"] for case in content["cases"]]
        assert len(names) == len(set(names)), stem
        assert any("by hand" in line for line in content["about"]), stem


def test_rules_cited_in_code_exist() -> None:
    rules = set(spec_rules())
    sources = [*(ROOT / "python").rglob("*.py"), *(ROOT / "rust").rglob("*.rs")]
    for path in sources:
        for sentence in re.findall(r"SPEC ((?:[PTESDFXNLCAK]\d+(?:, | and | to )?)+)", path.read_text("utf-8")):
            for rule in re.findall(r"[PTESDFXNLCAK]\d+", sentence):
                assert rule in rules, f"{path}: SPEC {rule}"


def test_files_cited_in_code_exist() -> None:
    sources = [*(ROOT / "python").rglob("*.py"), *(ROOT / "rust").rglob("*.rs")]
    path = re.compile(
        r"(?<![\w/.])(?:rust|python|docs|notes|tests|tools|benchmarks|pages|js)/[\w/.-]+\.(?:rs|py|md|js|json)\b"
    )
    cited = {(source, name) for source in sources for name in path.findall(source.read_text("utf-8"))}
    assert len(cited) > 80
    assert [(source, name) for source, name in cited if not (ROOT / name).exists()] == []
