"""How agents stand, in the words that models know, by what is in their logs."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from tests.actors.test_agent_rules import RUNS, SPAWNED, TASK, completed
from tests.given import recorded
from threadhost.actors.agent_status import GIVEN_UP, AgentStatus, status_of
from threadhost.actors.runtime.sessions import Sessions
from threadhost.events.agent import AgentMessageReceived
from threadhost.events.base import Event
from threadhost.events.fold import fold_thread
from threadhost.events.goal import GoalObjectiveSet, GoalSet
from threadhost.events.queue import SubmissionAdded
from threadhost.events.thread import ThreadArchived
from threadhost.events.turn import ItemRecorded

ENDED = (*RUNS, completed())
AGAIN = AgentMessageReceived(**{**TASK.model_dump(), "sender_version": 8})
LINED_UP = SubmissionAdded(
    submission_id="s", turn_id="t2", item_id="i", client_id="c", content=[{}], rank=0
)
AIM = GoalObjectiveSet(goal_id="g", objective="look on")
GOAL = GoalSet(
    goal_id="g",
    objective_version=len(ENDED) + 1,
    status="active",
    tokens_used=0,
    time_used_ms=0,
    created_at_ms=1,
    at_ms=1,
)
ARCHIVED = ThreadArchived(root_id="a")
SAID = ItemRecorded(turn_id="t1", item_id="i", type="agentMessage", item={"text": "so far"})


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (SPAWNED, "pending_init"),
        ((*SPAWNED, TASK), "pending_init"),
        (RUNS, "running"),
        (ENDED, "completed"),
        ((*RUNS, completed("interrupted")), "interrupted"),
        ((*RUNS, SAID, completed("interrupted")), "interrupted"),
        ((*ENDED, AGAIN), "running"),
        ((*ENDED, LINED_UP), "running"),
        ((*ENDED, AIM, GOAL), "running"),
        ((*ENDED, AGAIN, ARCHIVED), "completed"),
        ((*SPAWNED, ARCHIVED), "shutdown"),
    ],
)
async def test_the_status_of_an_agent_follows_from_its_log(
    events: Sequence[Event], status: str
) -> None:
    state = fold_thread(recorded(events, "thread-a"))
    assert await status_of(sessions(), state) == AgentStatus(status)
    assert await status_of(sessions("a"), state) == GIVEN_UP


def sessions(*given_up: str) -> Sessions:
    """Threads of which some were given up, and whose logs nobody reads."""
    live = SimpleNamespace(supervisor=SimpleNamespace(given_up={*given_up}))
    return cast("Sessions", SimpleNamespace(live=live))
