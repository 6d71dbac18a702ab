"""However many agents are started or set to work at once, no more work than may."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.agent_crash import start_idle, start_with_steps
from tests.support.agent_scripts import call, calls, member, of_team, spawn, task
from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.agent_slots import AgentSlots, SlotReservation
from threadhost.actors.errors import AgentsFull
from threadhost.actors.runtime.agent_outbox_relay import AgentsAtWork
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.agent import AGENT, Agent
from threadhost.events.base import Recorded
from threadhost.events.fold import Thread
from threadhost.events.host_tool import HostToolAnswered

LEADS, MOST = 6, 2
HANG: dict[str, object] = {"hang": True}
AGENTS = "[agents]\nmax_depth = 2\nmax_concurrent_threads_per_session = 50\n"
TEAM = "[agents]\nmax_depth = 2\n[features.multi_agent_v2]\n"
LIMITS = [
    (f"{AGENTS}max_working_threads_per_session = {MOST}\n", spawn(HANG), "in this session"),
    (f"{AGENTS}max_working_threads = {MOST}\n", spawn(HANG), "on this host"),
    (f"{TEAM}max_concurrent_threads_per_session = {MOST}\n", member("a", HANG), "in this team"),
    (
        f"{AGENTS}max_working_threads = {MOST}\n[features]\nmulti_agent_v2 = true\n",
        member("a", HANG),
        "on this host",
    ),
]


@asynccontextmanager
async def configured(home: Path, text: str) -> AsyncIterator[App]:
    """A host on a home with this configuration."""
    await asyncio.to_thread((home / "config.toml").write_text, text)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    try:
        yield app
    finally:
        await app.close()


class Answers:
    """What calls of the host's tools are answered, in order."""

    def __init__(self, app: App) -> None:
        self.said: list[str] = []
        self._moved = asyncio.Event()
        app.logs.durable.feed.listen(self._published)

    def _published(self, facts: Sequence[Recorded]) -> None:
        self.said += [f.event.output for f in facts if isinstance(f.event, HostToolAnswered)]
        self._moved.set()

    async def come(self, count: int) -> list[str]:
        """The first so many."""
        async with asyncio.timeout(10):
            while len(self.said) < count:
                self._moved.clear()
                await self._moved.wait()
        return self.said[:count]


@pytest.mark.few(1)
@pytest.mark.parametrize(("text", "made", "where"), LIMITS)
async def test_many_leads_at_once_set_no_more_agents_to_work_than_may(
    text: str, made: dict[str, Any], where: str, tmp_path: Path
) -> None:
    async with configured(tmp_path, text) as app:
        answers = Answers(app)
        root = await start_idle(app)
        await asyncio.gather(
            *(start_with_steps(app, calls(made), HANG, parent_id=root) for _ in range(LEADS))
        )
        said = await answers.come(LEADS)
        refused = [text for text in said if not text.startswith("{")]
        assert len(said) - len(refused) == MOST
        words = (
            f"collab spawn failed: agent thread limit reached ({MOST} agents are at work {where}"
        )
        assert all(text.startswith(words) for text in refused)


async def test_messages_to_many_idle_agents_set_no_more_to_work_than_the_limit(
    tmp_path: Path,
) -> None:
    text = f"{AGENTS}max_working_threads_per_session = {MOST}\n"
    told = calls(*(call("send_input", target=f"$A{n}", message=task(HANG)) for n in (1, 2, 3)))
    done = [
        step
        for n in (1, 2, 3)
        for step in (
            calls(spawn({"text": "done"})),
            calls(call("wait_agent", targets=[f"$A{n}"])),
        )
    ]
    busy = calls(call("send_input", target="$A1", message="more"))
    async with configured(tmp_path, text) as app:
        answers = Answers(app)
        await start_with_steps(app, *done, told, busy, HANG)
        *_, first, second, third, again = await answers.come(10)
        assert "submission_id" in first
        assert "submission_id" in second
        assert "submission_id" in again
        words = "2 agents are at work in this session, which is the limit; wait for one"
        assert third == f"agent thread limit reached ({words})"


async def test_a_further_task_for_an_idle_member_of_a_full_team_is_refused(tmp_path: Path) -> None:
    text = f"{TEAM}max_concurrent_threads_per_session = 2\n"
    steps = (
        calls(member("a", {"text": "done"})),
        calls(of_team("wait_agent")),
        calls(member("b", HANG)),
        calls(of_team("followup_task", target="a", message="more")),
        calls(of_team("send_message", target="a", message="a note")),
        HANG,
    )
    async with configured(tmp_path, text) as app:
        answers = Answers(app)
        await start_with_steps(app, *steps)
        said = await answers.come(5)
        assert said[3].startswith("agent thread limit reached (2 agents are at work in this team")
        assert said[4] == ""


def slots(at_work: AgentsAtWork, **limits: Any) -> AgentSlots:
    """The places of agents, of whom no thread is live."""
    return AgentSlots(cast("Any", {}), at_work, AgentPolicy(**limits))


def test_an_agent_with_a_reserved_slot_that_works_already_counts_once() -> None:
    at_work, begun = AgentsAtWork(), Thread(id="a", session_id="s")
    room = slots(at_work, tree_working_max=1)
    with room.reserved(SlotReservation("a", "s")), room.reserved(SlotReservation("a", "s")):
        at_work.note_state(AGENT.put(begun, Agent(is_agent=True, due=(3,))), is_live=True)
        room.keep(AgentPolicy(tree_working_max=2))
        with (
            room.reserved(SlotReservation("b", "s")),
            pytest.raises(AgentsFull, match="2 agents are at work in this session"),
            room.reserved(SlotReservation("c", "s")),
        ):
            pass


def test_places_that_are_reserved_count_on_the_whole_host() -> None:
    room = slots(AgentsAtWork(), host_working_max=1)
    with (
        room.reserved(SlotReservation("a", "s")),
        pytest.raises(AgentsFull, match="1 agent is at work on this host"),
        room.reserved(SlotReservation("b", "other")),
    ):
        pass


def test_a_lead_that_is_not_live_takes_no_slot_of_its_team() -> None:
    room = slots(AgentsAtWork(), family="v2", team_max=1)
    with (
        room.reserved(SlotReservation("a", "s")),
        pytest.raises(AgentsFull, match="1 agent is at work in this team"),
        room.reserved(SlotReservation("b", "s")),
    ):
        pass
