"""The bar of a long task: share, rate, and what a cluster spends."""

from helpers import run_python

CODE = """
from minitok.corpus.progress import start_progress
with start_progress(True) as show:
    show("encoding", 0, None)
    show("encoding", 5_000_000, 8_000_000, 2.5)
    show("encoding", 9_000_000, 12_000_000, 4.2)
"""


def test_the_bar_shows_share_rate_and_cpu_seconds():
    ran = run_python(CODE)
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "encoding" in ran.stderr
    assert "75%" in ran.stderr
    assert "MB/s, 4 CPU s" in ran.stderr
