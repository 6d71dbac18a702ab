"""The progress of a job as it is printed to a terminal and to a pipe."""

import io
from typing import Any

import pytest
from rich.console import Console

from tests.support.each import each
from threadhost.adapters.cli import job_board
from threadhost.adapters.cli.job_board import JobBoard, duration, outcome


def job(done: int, total: int = 40, failed: int = 0, **others: Any) -> dict[str, Any]:
    return {
        "totalItems": total,
        "completedItems": done - failed,
        "failedItems": failed,
        "runningItems": 1,
        "pendingItems": total - done - 1,
        "error": None,
    } | others


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool = False) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=300, markup=False, highlight=False)
    monkeypatch.setattr(job_board, "console", lambda: console)
    with JobBoard(quiet=quiet) as board:
        for done in range(41):
            board.update(job(done), eta_s=100)
            if done == 9:
                board.failed(8, "it\x1b[2J [bold]broke[/bold]\n" + "x" * 1000)
    return text.getvalue()


def test_a_pipe_gets_a_line_for_each_tenth_of_a_job_and_for_each_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = shown(monkeypatch, terminal=False).splitlines()
    assert len(lines) == 12
    assert lines[0] == "0 of 40: 1 running, 0 failed, 1 min 40 s left"
    assert lines[3].startswith("row 9 failed: it [2J [bold]broke[/bold] xxx")
    assert len(lines[3]) < 250
    assert lines[-1].startswith("40 of 40: 1 running, 0 failed, ")
    assert lines[-1].endswith(" a second")


def test_a_terminal_shows_a_bar_with_failures_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True)
    assert "row 9 failed: it" in text
    assert "40/40" in text
    assert "━" in text


def test_with_json_no_progress_of_a_job_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=True, quiet=True) == ""


@each(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (7_260, "2 h 1 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_a_duration_is_printed_in_two_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_the_end_of_a_job_is_printed_with_its_reason() -> None:
    ended = job(1, 5, status="cancelled", error="cancelled by a client")
    assert outcome(ended) == "cancelled: 1 row completed, 0 failed; cancelled by a client"
