"""`threadhost threads logs`, on a home that no host runs on."""

import pytest

from tests.adapters.cli.conftest import Command, Grown
from threadhost.adapters import thread_lines


def test_the_newest_lines_of_a_thread_are_printed(grown: Grown, command: Command) -> None:
    done = command("threads", "logs", grown.root[:30], "--home", str(grown.home))
    assert done.code == 0
    words = [line.split("  ")[2].strip() for line in done.out.splitlines()]
    assert words[:3] == ["turnStarted", "modelResponded", "turnEnded"]
    assert "outcome=completed" in done.out
    assert "words" not in done.out


def test_threads_logs_prints_json_for_programs(grown: Grown, command: Command) -> None:
    args = ("threads", "logs", grown.root, "--home", str(grown.home), "--limit", "2", "--json")
    lines = command(*args).document["data"]
    assert [line["event"] for line in lines] == ["turnEnded", "threadStopped"]
    assert lines[0]["details"]["outcome"] == "completed"


def test_threads_logs_finds_the_newest_lines_of_a_thread_however_many_there_are(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ("threads", "logs", grown.root, "--home", str(grown.home), "--json")
    whole = command(*args).document
    monkeypatch.setattr(thread_lines, "LOOKED_BACK", 1)
    assert command(*args).document == whole
