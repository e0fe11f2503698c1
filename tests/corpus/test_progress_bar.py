"""The bar of a long task: share, rate, and what a cluster spends."""

from minitok.corpus.progress import start_progress


def test_the_bar_shows_share_rate_and_cpu_seconds(capsys):
    with start_progress(True) as show:
        show("encoding", 0, None)
        show("encoding", 5_000_000, 8_000_000, 2.5)
        show("encoding", 9_000_000, 12_000_000, 4.2)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(part in shown.err for part in ("encoding", "75%", "MB/s, 4 CPU s"))
