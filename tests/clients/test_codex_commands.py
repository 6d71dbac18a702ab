"""Commands of the codex program that do one thing on a host and are gone."""

from pathlib import Path

import pytest

from tests.clients.codex import Codex, needs_codex
from tests.clients.served import Other, served

pytestmark = [pytest.mark.clients, needs_codex]


def test_threads_are_archived_and_brought_back_by_id(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="archived by id")
    done = codex.run("archive", thread)
    assert (done.returncode, done.stdout) == (0, f"Archived session {thread}.\n"), done.stderr
    assert thread not in other.listed()
    assert thread in other.listed(archived=True)
    done = codex.run("unarchive", thread)
    assert done.returncode == 0, done.stderr
    assert "Unarchived session archived by id" in done.stdout
    assert thread in other.listed()


def test_threads_are_archived_and_brought_back_by_name(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="archived by name")
    done = codex.run("archive", "archived by name")
    assert done.returncode == 0, done.stderr
    assert thread in done.stdout
    assert thread in other.listed(archived=True)
    done = codex.run("unarchive", "archived by name")
    assert done.returncode == 0, done.stderr
    assert thread in other.listed()


def test_a_thread_is_deleted_without_a_question(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="forced")
    done = codex.run("delete", "--force", thread)
    assert (done.returncode, done.stdout) == (0, f"Deleted session {thread}.\n"), done.stderr
    assert thread not in other.listed()
    assert codex.run("delete", "--force", thread).returncode == 1


def test_a_thread_is_deleted_by_its_name_once_the_person_agrees(codex: Codex, other: Other) -> None:
    pytest.importorskip("pyte", reason="`make test-clients` installs it")
    thread = other.thread("tell of owls", name="agreed")
    with codex.screen("delete", "agreed") as screen:
        screen.until(r"Continue\? \[y/N\]")
        screen.press("n\r")
        screen.ended()
    assert thread in other.listed()
    with codex.screen("delete", "agreed") as screen:
        screen.until(r"Continue\? \[y/N\]")
        screen.press("y\r")
        assert screen.ended() == 0
    assert thread not in other.listed()


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_queued_message_becomes_a_turn(codex: Codex, other: Other, by: str) -> None:
    thread = other.thread("tell of owls", name=f"queued by {by}")
    which = {"id": thread, "name": f"queued by {by}"}[by]
    done = codex.run("queue", "--thread", which, "--message", "and of wrens")
    assert done.returncode == 0, done.stderr
    assert f"for thread {thread}" in done.stdout
    while other.answers(thread) != ["tell of owls", "and of wrens"]:
        pass  # the turn begins when it will; the time limit of the test is the end


def test_a_command_on_an_unknown_thread_fails_with_a_clear_message(codex: Codex) -> None:
    done = codex.run("archive", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No active session found matching 'nobody'" in done.stderr


def test_commands_get_in_with_the_token_and_not_without(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("an owl's secret\n")
    words = ("--ws-auth", "capability-token", "--ws-token-file", str(token))
    with served(tmp_path / "home", *words) as (address, other):
        thread = other.thread("tell of owls", name="guarded")
        knows = Codex(tmp_path / "a", address, {"OWL": "an owl's secret"})
        assert Codex(tmp_path / "b", address).run("archive", thread).returncode == 1
        assert thread in other.listed()
        done = knows.run("archive", "--remote-auth-token-env", "OWL", thread)
        assert done.returncode == 0, done.stderr
        assert thread in other.listed(archived=True)
