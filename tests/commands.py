"""The command in this process: what it prints, and how it ends."""

from click.testing import CliRunner
from minitok.cli.app import app


def run(*args, stdin=None):
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


def output_of(*args, stdin=None):
    result = run(*args, stdin=stdin)
    assert result.exit_code == 0, (result.stdout, result.stderr)
    return result.stdout
