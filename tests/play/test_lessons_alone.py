"""Lessons as single files: from a disk, without a network, they do all that those from a server do."""

import pytest
from minitok.play.alone import alone
from playwright.sync_api import expect
from web import found_by_axe, watched

NUMBERS = [*range(1, 7), *range(16, 19)]


@pytest.fixture
def lesson(browser, pages, tmp_path):
    """lesson(number): its page from a disk, beside no other file."""

    def opened(page, number):
        file = tmp_path / "mailed.html"
        file.write_bytes((pages / f"alone/lesson-{number}.html").read_bytes())
        page.goto(file.as_uri())
        expect(page.locator("#not-started")).to_have_count(0)

    with watched(browser, offline=True, reduced_motion="reduce") as page:
        yield lambda number: (opened(page, number), page)[1]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_question_is_answered(lesson, number):
    page = lesson(number)
    questions = page.locator("#questions section")
    assert questions.count() >= 4
    for question in questions.all():
        question.get_by_role("button", name="I do not know").click()
        expect(question.locator(".verdict")).to_contain_text("The answer is:")
    expect(page.locator("#lessons [aria-current]")).to_have_class("done")
    assert page.locator("#status").inner_text() == ""
    assert found_by_axe(page) == []


def test_a_prompt_is_completed(lesson):
    page = lesson(1)
    page.locator("#prompt [type=submit]").click()
    expect(page.locator("#way output")).to_have_text("1 of 20 tokens")


def test_links_lead_to_the_folder_in_which_the_file_was(lesson, pages):
    page = lesson(1)
    folder = pages / "alone"
    assert page.locator("#questions a").count() == 0
    links = [link.get_attribute("href").partition("#")[0] for link in page.locator("a").all()]
    assert "../index.html" in links
    assert [link for link in links if not link.startswith("../../course/") and not (folder / link).exists()] == []


@pytest.mark.parametrize("number", NUMBERS)
def test_nothing_is_loaded_and_nothing_else_may_run(pages, number):
    page = alone(f"lesson-{number}.html", lambda path: (pages / path).read_bytes())
    assert page == (pages / f"alone/lesson-{number}.html").read_text("utf-8")
    assert "import.meta" not in page
    assert page.count("Content-Security-Policy") == 1
    assert page.count("<script") == 2
    for loading in ("<link", " src=", "unsafe-inline"):
        assert loading not in page
    assert len(page) < 2_600_000
