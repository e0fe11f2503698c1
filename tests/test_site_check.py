"""What `make docs` checks of the site that it has built is noticed, if it is wrong."""

import json

import check_site
import pytest

REPOSITORY = "https://github.com/minitok/minitok/blob/main/"
TAB = '<a href="{up}playground/index.html" class="md-tabs__link">\n Playground</a>'
EXAMPLE = '<pre><span class="gp">&gt;&gt;&gt; </span>x</pre>'


@pytest.fixture
def site(tmp_path):
    """A small site in which nothing is wrong."""

    def page(name, body):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{TAB.format(up='../' * name.count('/'))}<article>{body}</article>", encoding="utf-8")

    page(
        "index.html",
        '<a class="md-button" href="playground/index.html">Open</a><img src="a#only-light"><img src="b#only-dark">',
    )
    for name, first in check_site.FIRST.items():
        page(
            name,
            "".join(f'<a id="{one}" href="#{one}">' for one in first) + f'<div class="doc doc-object">{EXAMPLE}</div>',
        )
    page(
        "course/lesson-01.html",
        '<a class="md-footer__link--prev" href="../index.html"><a class="md-footer__link--next">',
    )
    for name in ("playground/index.html", "a", "b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "search").mkdir()
    found = [{"location": "guides/a.html#x", "boost": 8}, {"location": "api/minitok.html", "boost": 2}]
    (tmp_path / "search" / "search_index.json").write_text(json.dumps({"docs": found}), encoding="utf-8")
    return tmp_path


def test_a_site_as_it_should_be_passes(site):
    assert list(check_site.wrong(site)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("index.html", 'class="md-button" href="playground/index.html"', "", "no link to the playground"),
        ("api/minitok.html", "../playground/index.html", "../index.html", "does not lead to the playground"),
        ("index.html", "<article>", "<article><picture>", "follows the system"),
        ("index.html", '<img src="b#only-dark">', "", "for light pages alone"),
        ("index.html", "<article>", '<article><th class="a"></th>', "the head of a column"),
        ("api/tokenizer.html", 'class="gp"', "", "prompts would be copied"),
        ("api/tokenizer.html", 'href="#minitok.Tokenizer.count"', "", "does not begin with minitok.Tokenizer.count"),
        ("course/lesson-01.html", "md-footer__link--next", "", "no link to the next page"),
        ("course/lesson-01.html", "../index.html", "../home.html", "../home.html leads nowhere"),
        ("course/lesson-01.html", "../index.html", "../api/minitok.html#x", "minitok.html#x leads nowhere"),
        ("course/lesson-01.html", "../index.html", f"{REPOSITORY}no.md", "no.md is not in the repository"),
        ("search/search_index.json", '"boost": 8', '"boost": 1', "finds the reference before the guides"),
    ],
)
def test_what_is_wrong_is_named(site, name, old, new, said):
    path = site / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    (found,) = check_site.wrong(site)
    assert said in found
