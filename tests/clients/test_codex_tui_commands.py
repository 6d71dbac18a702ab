"""What a person does to threads from inside the screen of the codex program."""

import pytest

from tests.clients.codex import Codex, ended, needs_codex
from tests.clients.served import Other, script
from tests.clients.terminal import ENTER, ESCAPE
from tests.support.agent_scripts import call, calls, spawn

pytest.importorskip("pyte", reason="`make test-clients` installs it")
pytestmark = [pytest.mark.clients, needs_codex]

SENDS_SOMEBODY = script(
    calls(spawn({"text": "three owls"}, say="count the owls")),
    calls(call("wait_agent", targets=["$A1"])),
    {"text": "it says {output}"},
)


def test_an_earlier_prompt_is_reverted_and_edited(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", "and of wrens", name="taken back")
    with codex.screen("resume", thread) as screen:
        screen.until("• and of wrens")
        screen.press(ESCAPE)
        screen.until("esc again to edit")
        screen.press(ESCAPE)
        screen.until("rewind")
        screen.press(ENTER)
        screen.until("reverted to this point")
        screen.enter(" and of jays")
        screen.until(ended("and of wrens and of jays"))
    assert other.answers(thread) == ["tell of owls", "and of wrens and of jays"]


def test_a_fork_and_a_new_thread_are_begun_from_the_screen(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="left behind")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/fork")
        screen.until("Fork created")
        screen.enter("and of wrens")
        screen.until(ended("and of wrens"))
        screen.enter("/new")
        screen.until_gone("wrens")
        screen.enter_until("and of jays", "• and of jays")
    assert other.answers(thread) == ["tell of owls"]


def test_a_question_on_the_side_leaves_the_thread_alone(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="main")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/side what are they")
        screen.until("• what are they")
        assert "• tell of owls" in screen.until("Ask a follow-up")
    assert other.answers(thread) == ["tell of owls"]


@pytest.mark.parametrize(
    ("command", "question", "kept"),
    [("/archive", "Archive this session", True), ("/delete", "Delete this session", False)],
)
def test_a_thread_is_archived_once_the_person_agrees(
    codex: Codex, other: Other, command: str, question: str, *, kept: bool
) -> None:
    thread = other.thread("tell of owls", name=command)
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter(command)
        screen.until(question)
        screen.press("2")
        while thread in other.listed():
            pass  # it goes when it goes; the time limit of the test is the end
    assert (thread in other.listed(archived=True)) is kept


def test_another_effort_is_chosen_for_a_thread(codex: Codex, other: Other) -> None:
    thread = other.thread("tell of owls", name="with effort")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/model")
        screen.until("Select Model")
        screen.press(ENTER)
        screen.until("Select Reasoning Level")
        screen.press("\x1b[A")
        screen.until("\u203a 1. Low")
        screen.press("s")
        screen.until("echo-1 low")
        screen.enter("and of wrens")
        screen.until(ended("and of wrens"))
    assert other.ask("thread/resume", threadId=thread)["reasoningEffort"] == "low"


def test_a_goal_is_set_paused_resumed_and_cleared_from_the_screen(
    codex: Codex, other: Other
) -> None:
    thread = other.thread("tell of owls", name="with a goal")

    def status() -> object:
        goal = other.ask("thread/goal/get", threadId=thread)["goal"]
        return goal and goal["status"]

    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter("/goal find the owls")
        screen.until("Pursuing goal")
        screen.until(r"Worked for .*\n(.*\n)*.*Pursuing goal")
        screen.enter("/goal pause")
        screen.until("Goal paused Objective: find the owls")
        assert status() == "paused"
        screen.enter("/goal resume")
        screen.until("Pursuing goal")
        assert status() == "active"
        screen.enter("/goal clear")
        screen.until("Goal cleared")
        assert status() is None


def test_an_agent_that_a_model_starts_is_on_the_screen_and_in_the_log(
    codex: Codex, other: Other
) -> None:
    thread = other.thread("tell of owls", name="lead")
    with codex.screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter(SENDS_SOMEBODY)
        screen.until(r"Spawned [0-9a-f-]{36}\s+└ count the owls")
        screen.until("Waiting for")
        screen.until(r"• it says .*three owls")
        screen.enter("/agent")
        screen.until("Agent command center")
        screen.until(r"\u203a . lead +Ready")
        screen.press(ENTER)
        screen.until(r"• it says .*three owls")
    found = other.ask("thread/list", ancestorThreadId=thread, sourceKinds=[])["data"]
    assert [(one["parentThreadId"], one["threadSource"]) for one in found] == [(thread, "subagent")]
