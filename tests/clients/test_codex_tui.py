"""The screen of the codex program against a real host."""

from pathlib import Path

import pytest

from tests.clients.codex import Codex, ended, needs_codex
from tests.clients.served import ASKS, Other, script, served
from tests.clients.terminal import ENTER, ESCAPE

pytest.importorskip("pyte", reason="`make test-clients` installs it")
pytestmark = [pytest.mark.clients, needs_codex]

READY = r"/status - show"
HANGS = script({"text": "so far", "hang": True})
SLOW = script({"text": "slowly now", "delay_ms": 3000})


def test_the_answer_to_a_prompt_is_on_the_screen(codex: Codex, other: Other) -> None:
    with codex.screen() as screen:
        screen.until(READY)
        screen.enter("tell of owls")
        assert "echo-1" in screen.until(ended("tell of owls"))
        screen.enter("and of wrens")
        screen.until(ended("and of wrens"))
        screen.enter("/rename answered")
        screen.until("· answered")
    [thread] = [which for which, name in other.listed().items() if name == "answered"]
    assert other.answers(thread) == ["tell of owls", "and of wrens"]


def test_escape_interrupts_a_turn_that_hangs_and_the_next_is_answered(codex: Codex) -> None:
    with codex.screen() as screen:
        screen.until(READY)
        screen.enter(HANGS)
        screen.until("• so far")
        screen.press(ESCAPE)
        screen.until("Conversation interrupted")
        screen.enter("go on then")
        screen.until("• go on then")


def test_quitting_ends_with_code_zero_and_shows_how_to_resume(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="left")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/quit")
        assert screen.ended() == 0
        assert f"resume {thread}" in screen.text()


def test_a_thread_resumed_after_a_restart_shows_its_old_answers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served(home) as (_, other):
        thread = other.thread("tell of owls", "and of wrens", name="birds")
    with served(home) as (address, other):
        with Codex(tmp_path, address).screen("resume", "--last") as screen:
            shown = screen.until("• and of wrens")
            assert shown.index("• tell of owls") < shown.index("• and of wrens")
            screen.enter("and of jays")
            screen.until(ended("and of jays"))
        assert other.answers(thread) == ["tell of owls", "and of wrens", "and of jays"]


def test_a_thread_is_resumed_by_its_name(codex: Codex, other: Other) -> None:
    other.thread("tell of rooks", name="by name")
    with codex.screen("resume", "by name") as screen:
        screen.until("• tell of rooks")


def test_a_thread_chosen_from_the_list_is_resumed(codex: Codex, other: Other) -> None:
    other.thread("tell of larks", name="singers")
    other.thread("tell of trees", name="woods")
    with codex.screen("resume") as screen:
        assert "singers" in screen.until("woods")
        screen.press("singers")
        screen.until_gone("woods")
        screen.press(ENTER)
        screen.until("• tell of larks")


def test_a_thread_chosen_in_the_command_center_is_opened(tmp_path: Path) -> None:
    with served(tmp_path / "home") as (address, other):
        other.thread("tell of swifts", name="gliders")
        with Codex(tmp_path, address).screen("agents") as screen:
            screen.until("\u203a . gliders")
            screen.press(ENTER)
            screen.until("• tell of swifts")


def test_a_fork_shows_the_history_and_leaves_its_source_alone(codex: Codex, other: Other) -> None:
    source = other.thread("tell of owls", name="source")
    with codex.screen("fork", "source") as screen:
        screen.until("forked from source")
        screen.until("• tell of owls")
        screen.enter("and of wrens")
        screen.until("• and of wrens")
    assert other.answers(source) == ["tell of owls"]


def test_a_turn_of_another_client_is_drawn_as_it_runs(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="shared")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        other.say(thread, "and of wrens")
        screen.until("• and of wrens")


def test_a_thread_deleted_by_another_client_is_reported_as_not_found(
    codex: Codex, other: Other
) -> None:
    thread = other.thread("tell of owls", name="doomed")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        other.ask("thread/delete", threadId=thread)
        screen.enter("are you there")
        screen.until(f"thread not found: {thread[:8]}")


def test_a_model_asks_the_person_before_the_screen(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="asked")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter(ASKS)
        screen.until("Question 1/1")
        screen.press("2")
        screen.until("you chose .*wren")


def test_a_thread_is_compacted_on_request(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="compacted")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/compact")
        screen.until("Context compacted")
    assert "contextCompaction" in [i["type"] for t in other.turns(thread) for i in t["items"]]


def test_a_prompt_during_a_turn_joins_it(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="steered")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter(SLOW)
        screen.until("esc to interrupt")
        screen.enter("hurry up now")
        screen.until("• hurry up now")
    assert len(other.turns(thread)) == 2


def test_a_screen_over_a_unix_socket_works_likewise(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = tmp_path_factory.mktemp("u") / "s"
    person = Codex(tmp_path, f"unix://{where}")
    with served(tmp_path / "home", "--listen", person.address), person.screen() as screen:
        screen.until(READY)
        screen.enter("tell of owls")
        screen.until("• tell of owls")


def test_a_screen_gets_in_with_the_token_and_not_without(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("an owl's secret\n")
    words = ("--ws-auth", "capability-token", "--ws-token-file", str(token))
    with served(tmp_path / "home", *words) as (address, _):
        knows = Codex(tmp_path / "a", address, {"OWL": "an owl's secret"})
        with knows.screen("--remote-auth-token-env", "OWL") as screen:
            screen.until(READY)
            screen.enter("tell of owls")
            screen.until("• tell of owls")
        stranger = Codex(tmp_path / "b", address, {"OWL": "a wren's secret"})
        with stranger.screen("--remote-auth-token-env", "OWL") as screen:
            assert screen.ended() != 0
            assert "failed to connect" in screen.text()
