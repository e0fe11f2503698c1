"""What `minitok grade` prints: links that lead somewhere, colours, the stage that runs, libraries from anywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from socket import socket

import pytest
import regex
from click.testing import CliRunner
from minitok.cli import grade as command
from minitok.cli.app import app
from minitok.course.grading import grade
from minitok.course.mutants import find, solution


@pytest.fixture
def wrong(tmp_path):
    (tmp_path / "my_bpe.py").write_text(find("leftmost-first").source)
    return tmp_path / "my_bpe.py"


def test_a_link_is_given_only_where_it_leads_somewhere(wrong, monkeypatch):
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setattr(command, "PLAYGROUND", place)
    assert not command.is_served()
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setattr(command, "PLAYGROUND", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert command.is_served()
    text = grade(wrong, stages=[5]).to_text()
    assert command.LINK in text
    served, alone = (command.coloured(text, served=served).plain for served in (True, False))
    assert served.rstrip("\n") == text
    assert "http" not in alone
    assert "minitok play" in alone


def test_a_folder_stands_for_the_file_that_the_course_began_with(wrong):
    assert grade(wrong.parent, stages=[2]).to_text() == grade(wrong, stages=[2]).to_text()


def test_what_passed_and_what_failed_are_told_apart(wrong):
    text = command.coloured(grade(wrong, stages=[2, 5]).to_text(), served=False)
    styles = {str(span.style): text.plain[span.start : span.end] for span in text.spans}
    assert styles["green"].startswith("stage 2 ")
    assert styles["bold red"].startswith("stage 5 encode: ")
    assert "points" in styles["bold"]


def test_each_stage_is_told_before_it_runs(wrong):
    told = []
    grade(wrong, stages=[2, 5], progress=told.append)
    assert [stage.partition(",")[2] for stage in told] == [" 1 of 2", " 2 of 2"]
    ran = CliRunner().invoke(app, ["grade", str(wrong), "--stage", "2"])
    assert ran.stderr == ""


def test_libraries_from_another_folder_of_the_path_are_installed_ones(tmp_path):
    elsewhere = tmp_path / "elsewhere" / "regexes"
    shutil.copytree(Path(regex.__file__).parent, elsewhere)
    for source in [*elsewhere.glob("*.py")]:
        source.write_text(source.read_text("utf-8").replace("regex._", "regexes._"), "utf-8")
    (tmp_path / "my_bpe.py").write_text(solution() + "\nfrom regexes import _regex\n")
    path = os.pathsep.join([str(elsewhere.parent), *sys.path])
    code = "from minitok.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "grade", str(tmp_path / "my_bpe.py"), "--stage", "2"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # What a submission brings itself is not.
    shutil.copytree(elsewhere, tmp_path / "brought" / "regexes")
    brings = f"\nimport sys\nsys.path.insert(0, {str(tmp_path / 'brought')!r})\nfrom regexes import _regex\n"
    (tmp_path / "my_bpe.py").write_text(solution() + brings)
    with pytest.raises(Exception, match=r"is not an installed module|No module named"):
        grade(tmp_path / "my_bpe.py", stages=[2])
