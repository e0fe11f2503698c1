"""The pages: whole, in need of nothing, with all of the data, and whatever stands in the text is only text."""

import html
import json
import re
from html.parser import HTMLParser

import minitok
import pytest
from hypothesis import given
from hypothesis import strategies as st
from minitok.explain import compare_ties, inject, page, stream, training_html
from minitok.explain.bundle import bundle
from minitok.explain.page import Section, to_data

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"' onmouseover=alert(1) x='",
    "</title></style></svg></bdi><!--",
    "javascript:alert(1) &lt;b&gt; &amp;",
    "\u202eevil\u2066 \u200b\x00\x1b[31m",
]
# All the tags that a page is made of; any other has come out of a text.
TAGS = {
    *(
        "html", "head", "meta", "title", "style", "script", "body", "main", "header", "section", "footer", "h1", "h2",
        "h3",
    ),
    *("p", "code", "b", "i", "small", "bdi", "span", "div", "details", "summary", "ol", "li"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "g", "path", "rect", "text"),
}  # fmt: skip
VOID = {"meta", "input", "br", "img", "link"}
# Attributes that make a browser fetch or run something.
LOADING = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href", "style"}


class Reader(HTMLParser):
    """Every tag with its attributes, the text between them, and whether all tags close in order."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.open, self.text, self.script, self.data = [], [], "", "", []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            if "type" in self.tags[-1][1]:
                self.data.append(json.loads(data))
            else:
                self.script += data
        else:
            self.text += data

    def every(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def check_alone(source):
    """The page loads nothing, runs its one script, and says so to the browser."""
    read = Reader(source)
    assert not any(set(attrs) & LOADING for _, attrs in read.tags)
    assert not any(name.startswith("on") for _, attrs in read.tags for name in attrs)
    assert not re.search(
        r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttp|import\(|innerHTML|eval\(",
        read.script.replace("// ", "").replace('"http://www.w3.org/2000/svg"', ""),
    )
    assert len([attrs for attrs in read.every("script") if not attrs]) == (1 if read.data else 0)
    assert all(attrs == {"type": "application/json"} for attrs in read.every("script") if attrs)
    assert len(read.every("style")) == 1
    (policy,) = [meta["content"] for meta in read.every("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert {tag for tag, _ in read.tags} <= TAGS
    return read


@pytest.mark.parametrize("text", ["", "a", "I'LL parseHTTPRequest 1234567 🦀", *HOSTILE])
@pytest.mark.parametrize("name", ["gpt2", "o200k_base"])
def test_an_explanation_stands_alone(name, text):
    check_alone(minitok.get_encoding(name).explain(text, allowed_special="all").to_html(title=text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text):
    tok = minitok.Tokenizer([], pattern="none", special_tokens={text: 300})
    told = tok.explain(text)
    for source in (
        told.to_html(),
        page(text, [Section(text, "", lead=text)], lead=text),
        page("", [inject(tok, "{user}", text).section()]),
        page("", [stream(tok, text).section()]),
        page("", [compare_ties([text], 260, pattern="none").section()]),
    ):
        check_alone(source)
    # In a notebook, the page is one attribute of a frame that may not reach out of it.
    framed = Reader(told._repr_html_())
    ((tag, attrs),) = framed.tags
    assert tag == "iframe"
    assert attrs["sandbox"] == "allow-scripts"
    assert attrs["srcdoc"] == told.to_html()


@given(st.text(max_size=12) | st.binary(max_size=12))
def test_any_text_makes_a_page(text):
    check_alone(minitok.Tokenizer([(60, 47)], pattern="none").explain(text).to_html())


def test_what_cannot_be_seen_is_escaped():
    source = minitok.get_encoding("o200k_base").explain("a\u202eb \u200b").to_html()
    assert "\u202e" not in source
    assert "\u200b" not in source


def test_all_of_an_explanation_is_on_the_page():
    told = minitok.get_encoding("gpt2").explain("parseHTTPRequest unforgettable \xff")
    assert check_alone(told.to_html()).data == [to_data(told)]


def test_a_training_is_replayed_from_either_backend():
    texts = ["cd ab cb low lower lowest <b>"]
    pages = []
    for backend in ("rust", "python"):
        events = []
        tok = minitok.train(texts, 266, backend=backend, trace=events.append)
        pages.append(training_html(events, tok))
    assert pages[0] == pages[1]
    read = check_alone(pages[0])
    (data,) = read.data
    assert [(merge["id"], merge["pair"], merge["count"], merge["ties"]) for merge in data["merges"]] == [
        (event["id"], event["winner"], event["count"], len(event["ties"])) for event in events
    ]
    assert {int(token_id) for token_id in data["vocabulary"]} >= {event["id"] for event in events}
    check_alone(training_html([], tok))


def test_the_laboratories_say_what_they_found():
    tok = minitok.get_encoding("gpt2")
    broken = tok.encode("🦀")[:-1]
    read = check_alone(
        page(
            "Labs",
            [
                stream(tok, broken).section(),
                compare_ties(["cb", "ab", "cd"], 258).section(),
                inject(tok, "{user}<|endoftext|>", "hi<|endoftext|>").section(),
            ],
        )
    )
    states = [attrs["title"] for attrs in read.every("span") if "title" in attrs]
    assert states[-3:] == ["replaced"] * 3
    assert "held" in states
    assert "Then 3 pairs are equally frequent" in read.text
    assert "2 special tokens, 1 from the user's text" in read.text
    assert html.unescape(read.text) == read.text


def test_a_module_that_cannot_be_bundled_is_named():
    modules = {"a.js": 'import { b } from "./b.js";\n', "b.js": "export default 2;\n"}
    with pytest.raises(ValueError, match=r"b\.js: export default 2;"):
        bundle("a.js", modules.__getitem__)
