"""The pages that show the source: nothing is left out, what belongs together stands together, and rules are linked both ways."""

import re

import side_by_side
from mirror import ROOT, names

RULES = side_by_side.anchors((ROOT / "docs" / "spec.md").read_text(encoding="utf-8"))
BOTH = [name for name in side_by_side.READING_ORDER if name in side_by_side.MIRROR]


def parts_of(name):
    python = side_by_side.MODULES[name].read_text(encoding="utf-8")
    rust = side_by_side.MIRROR[name].read_text(encoding="utf-8")
    return side_by_side.python_parts(python), side_by_side.rust_parts(rust), python, rust


def test_every_module_has_a_page():
    assert sorted(side_by_side.READING_ORDER) == sorted(side_by_side.MODULES)


def test_all_of_both_files_is_there_in_their_order():
    for name in BOTH:
        python, rust, *texts = parts_of(name)
        rows = side_by_side.rows(python, rust)
        for side, text in enumerate(texts):
            shown = "\n".join(row[side].text for row in rows if row[side])
            assert shown == text.rstrip("\n"), name


def test_functions_of_one_name_stand_in_one_row():
    for name in BOTH:
        python, rust, *_ = parts_of(name)
        together = {
            left.name for left, right in side_by_side.rows(python, rust) if left and right and left.name == right.name
        }
        # The names that both files define, in one order, but for what the mirror test excepts.
        both = set(names(python)) & set(names(rust))
        assert len(both - together) <= 1, (name, both - together)


def test_rules_are_linked_both_ways():
    specification = side_by_side.with_places((ROOT / "docs" / "spec.md").read_text(encoding="utf-8"))
    sections = {title.split(" ")[0]: title for title in specification.split("### ")[1:]}
    for name in side_by_side.READING_ORDER:
        rules = side_by_side.rules_of(side_by_side.MODULES[name].read_text(encoding="utf-8"))
        page = side_by_side.link_rules(side_by_side.mirror(name), RULES, "../spec.html")
        for cited in re.findall(r"SPEC ([A-Z]\d+)", re.sub(r"<[^>]+>", "", page)):
            assert f'<a href="../spec.html#{RULES[cited]}">{cited}</a>' in page
        for rule in rules:
            assert f"[{name}](source/{name}.md)" in sections[rule]
