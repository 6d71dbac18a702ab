"""The command line, its help and its page in the documents agree."""

from pathlib import Path

import pytest

from threadhost.adapters.cli.main import run
from threadhost.adapters.cli.options import SERVE
from threadhost.adapters.cli.reference import replaced

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_page_of_the_command_line_matches_the_help_of_the_commands() -> None:
    page = PAGE.read_text()
    assert replaced(page) == page, "run: python -m threadhost.adapters.cli.reference docs/cli.md"


@pytest.mark.parametrize("verb", ["serve", "app-server"])
def test_the_help_of_serving_shows_every_option_of_the_table(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert run([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in SERVE:
        assert option.flag in shown
        assert (option.variable or "") in shown


def test_every_command_that_prints_facts_can_print_json() -> None:
    sections = PAGE.read_text().split("\n### threadhost ")[1:]
    without = [s.split("\n")[0] for s in sections if "`--json`" not in s]
    assert without == [
        "serve",
        "app-server",
        "proxy",
        "daemon start",
        "daemon run",
        "schema",
        "generate-ts",
        "generate-json-schema",
        "completion",
    ]


def test_an_unknown_command_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["swerve"]) == 2
    assert "swerve" in capsys.readouterr().err
