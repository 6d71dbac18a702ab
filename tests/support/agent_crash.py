"""A host whose model starts agents and speaks with them, and which dies when it comes to a point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
waits until nothing is under way, writes how often each point was reached, and ends well. A home
without a thread is given one whose turn does all that agents can do, under one goal for all of
them; with a configuration file, all that a team can.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.agent_scripts import call, calls, member, of_team, spawn, task
from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.quiet import quiet
from tests.support.store import database_of
from threadhost.actors.goal import SetGoal
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient

POINTS = (
    "store.begin",
    "store.before_commit",
    "store.committed",
    "agent.message_sent",
    "agent.message_delivered",
    "agent.ended",
    "agent.end_heard",
    "goal.spent",
    "goal.tree_charged",
)
WAIT_S = 20
WAIT = calls(call("wait_agent", targets=["$A1"]))
STEPS = (
    calls(spawn({"text": "one"})),
    calls(spawn({"text": "two", "delay_ms": 1_500})),
    WAIT,
    calls(call("send_input", target="$A1", message="more")),
    calls(call("send_input", target="$A2", message="stop", interrupt=True)),
    WAIT,
    calls(call("close_agent", target="$A2")),
    calls(call("resume_agent", id="$A2")),
    {"text": "done"},
)
TEAM = "[features]\nmulti_agent_v2 = true\n"
TEAM_STEPS = (
    calls(member("one", {"text": "one"})),
    calls(member("two", {"text": "two", "delay_ms": 1_500})),
    calls(of_team("wait_agent")),
    calls(of_team("send_message", target="one", message="a note")),
    calls(of_team("followup_task", target="one", message="more")),
    calls(of_team("interrupt_agent", target="two")),
    calls(of_team("wait_agent")),
    calls(of_team("followup_task", target="two", message="again")),
    calls(of_team("wait_agent")),
    calls(of_team("list_agents")),
    {"text": "done"},
)
BUDGET = 1_000_000


async def work(home: Path, point: str, times: int) -> None:
    """Let the model speak with its agents, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    if not database_of(app.logs.durable).rows("SELECT id FROM threads"):
        is_team = (home / "config.toml").exists()
        await begin(app, TEAM_STEPS if is_team else STEPS)
    await quiet(app.logs.durable, lambda: is_busy(app))
    doomed.survived()
    await app.close()


async def begin(app: App, steps: Sequence[Mapping[str, object]] = STEPS) -> str:
    """A thread whose model takes these steps under a goal for its tree; its id."""
    thread_id = await start_idle(app)
    goal = SetGoal(app.ids.new(), app.clock.now_ms(), "lead", "paused", BUDGET, covers_tree=True)
    await app.host.threads.ask(thread_id, goal, ORIGIN)
    await run_steps(app, thread_id, *steps)
    return thread_id


async def start_idle(app: App, parent_id: str | None = None) -> str:
    """Start a thread without a turn; its id."""
    thread_id = app.ids.new()
    settings = SETTINGS.model_copy(update={"model": "echo-1", "model_provider": "echo"})
    await app.host.threads.start(StartThread(thread_id, settings, parent_id=parent_id), ORIGIN)
    return thread_id


async def run_steps(app: App, thread_id: str, *steps: Mapping[str, object]) -> None:
    """Start a turn whose model takes these steps."""
    ids = app.ids
    part = {"type": "text", "text": task(*steps), "text_elements": []}
    turn = StartTurn(ids.new(), ids.new(), [part], app.clock.now_ms())
    await app.host.threads.ask(thread_id, turn, ORIGIN)


async def start_with_steps(
    app: App, *steps: Mapping[str, object], parent_id: str | None = None
) -> str:
    """Start a thread whose model takes these steps; its id."""
    thread_id = await start_idle(app, parent_id)
    await run_steps(app, thread_id, *steps)
    return thread_id


def is_busy(app: App) -> bool:
    """Whether a turn runs, by the view, or something is on its way."""
    rows = database_of(app.logs.durable).rows
    running = "SELECT turn_id FROM turns WHERE status = 'inProgress'"
    waiting = "SELECT stream FROM agent_mail", "SELECT thread_id FROM goal_spendings"
    return any(rows(query) for query in (running, *waiting))


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
