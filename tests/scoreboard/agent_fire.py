"""A tree of agents at work under fire: what their models and clients do while it is deleted."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.scoreboard.fire import EXPECTED, TOOLS, YIELDS_MAX, announced
from tests.scoreboard.host import Message, Refused, Talker
from tests.scoreboard.row import Context
from tests.scoreboard.truth import traces
from tests.support.agent_crash import is_busy
from tests.support.agent_scripts import call, calls, spawn, task
from tests.support.ancestry import line_of
from tests.support.mcp import calls as mcp_calls
from tests.support.quiet import quiet
from threadhost.events.base import Recorded
from threadhost.events.host_tool import HostToolCalled
from threadhost.events.tree import ThreadSpawned

REQUESTS = 12
COMMITS = 60
"""Before so many the deletion begins: about as many as the first turn and its agents take."""
DUE_WITHIN_S, PAUSE_MAX_S = 0.3, 0.1
STEPS_MAX, DEPTH_MAX = 4, 2
Step = Mapping[str, object]
HANGS: Step = {"text": "on", "hang": True}
STEPS: Mapping[str, Step] = {
    "message": calls(call("send_input", target="$A1", message=task({"text": "more"}))),
    "interrupting": calls(call("send_input", target="$A1", message="stop", interrupt=True)),
    "wait": calls(call("wait_agent", targets=["$A1"])),
    "close": calls(call("close_agent", target="$A1")),
    "resume": calls(call("resume_agent", id="$A1")),
    "tool result": calls({"name": "look", "args": {}}),
    "MCP call": mcp_calls("echo", text="owl"),
    "MCP call that never ends": mcp_calls("slow"),
    "goal": calls({"name": "get_goal", "args": {}}),
}


@dataclass(slots=True)
class AgentRace:
    """One tree whose models start agents, and what clients ask of it while it goes."""

    context: Context
    random: Random
    client: Talker
    watcher: Talker
    parents: dict[str, str | None] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    tried: list[str] = field(default_factory=list)
    """The kinds of steps that models were given."""
    outcomes: dict[str, int] = field(default_factory=lambda: {"ok": 0, "refused": 0})
    _answers: list["asyncio.Task[None]"] = field(default_factory=list)
    _deafen: list[Callable[[], None]] = field(default_factory=list)

    async def run(self) -> None:
        """Let a model begin, clients ask, and the tree, or first an agent of it, be deleted."""
        self._listen(self._published)
        self.client.asked = self._asked
        root = await self.client.start(dynamicTools=TOOLS)
        self.parents[root] = None
        if self.random.random() < 1 / 2:
            goal = {"objective": "hello", "tokenBudget": 400}
            await self.client.ask("host/goal/setTree", threadId=root, **goal)
        begun = self._begun()
        due = self._after_commits(self.random.randrange(COMMITS), begun)
        first = calls(*(spawn(*self._steps(1)) for _ in range(self.random.randint(1, 3))))
        await self.client.turn(root, task(first, *self._steps(0)))
        await begun.wait()
        asked = [self._later(self._request) for _ in range(REQUESTS)]
        await asyncio.gather(*asked, self._deletion(root, due))

    @property
    def gone(self) -> set[str]:
        """The threads that have to be gone: what was deleted, and all that joined below it."""
        return {
            t for t in self.parents if not set(line_of(self.parents, t)).isdisjoint(self.deleted)
        }

    async def judge(self) -> None:
        """Say what is wrong after the race."""
        app = self.client.app
        await asyncio.gather(*self._answers)
        await quiet(app.logs.durable, lambda: is_busy(app))
        for deafen in self._deafen:
            deafen()
        await self.watcher.level()
        await app.program_log.flush()
        announced(self.context, self.watcher.notices, self.parents, self.gone)
        for trace in traces(app.logs.durable, self.gone):
            self.context.violates("D1", trace)
        if live := self.gone.intersection(app.host.live.ids()):
            self.context.violates("L1", f"threads were revived: {live}")

    # -- what happens --

    def _steps(self, depth: int) -> Sequence[Step]:
        """What a model does: a script of some length, which may start agents with such scripts."""
        steps = [self._step(depth) for _ in range(self.random.randint(1, STEPS_MAX))]
        return [*steps, HANGS if self.random.random() < 1 / 4 else {"text": "done"}]

    def _step(self, depth: int) -> Step:
        if depth < DEPTH_MAX and self.random.random() < (1, 0.4)[depth > 0] / 2:
            self.tried.append("spawn")
            return calls(
                *(spawn(*self._steps(depth + 1)) for _ in range(self.random.randint(1, 2)))
            )
        kind = self.random.choice(list(STEPS))
        self.tried.append(kind)
        return STEPS[kind]

    def _request(self) -> Coroutine[Any, Any, Any]:
        thread_id = self.random.choice(list(self.parents))
        words = task(*self._steps(1))
        content = [{"type": "text", "text": words}]
        method, more = self.random.choice(
            (
                ("thread/resume", {}),
                ("thread/resume", {}),
                ("turn/start", {"input": content}),
                ("turn/interrupt", {"turnId": ""}),
                ("thread/goal/set", {"objective": "hello", "tokenBudget": 40}),
                ("thread/queue/add", {"input": content, "clientUserMessageId": "m"}),
            )
        )
        return self.client.ask(method, threadId=thread_id, **more)

    async def _later(self, request: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        await self._pause()
        try:
            await request()
            self.outcomes["ok"] += 1
        except Refused as refused:
            self.outcomes["refused"] += 1
            if not EXPECTED.search(str(refused)):
                self.context.violates("V1", f"refused for no reason of the race: {refused}")

    async def _deletion(self, root: str, due: asyncio.Event) -> None:
        """Once so many commits were made; they may not come, as models wait for each other."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DUE_WITHIN_S):
                await due.wait()
        agents = [t for t in self.parents if t != root]
        first = self.random.sample(agents, 1) if agents and self.random.random() < 0.3 else []
        for thread_id in [*first, root]:
            self.context.note(op="delete", thread=thread_id)
            self.deleted.add(thread_id)
            await self.client.ask("thread/delete", threadId=thread_id)

    def _listen(self, published: Callable[[Sequence[Recorded]], None]) -> None:
        self._deafen.append(self.client.app.logs.durable.feed.listen(published))

    def _begun(self) -> asyncio.Event:
        """Whether a model has called anything: until then it waits for the servers of its tools."""
        begun = asyncio.Event()

        def published(facts: Sequence[Recorded]) -> None:
            if any(isinstance(fact.event, HostToolCalled) for fact in facts):
                begun.set()

        self._listen(published)
        return begun

    def _after_commits(self, left: int, begun: asyncio.Event) -> asyncio.Event:
        due = asyncio.Event()

        def published(facts: Sequence[Recorded]) -> None:
            nonlocal left
            left -= begun.is_set() and bool(facts)
            if left < 0:
                due.set()

        self._listen(published)
        return due

    def _published(self, facts: Sequence[Recorded]) -> None:
        for fact in facts:
            event = fact.event
            if isinstance(event, ThreadSpawned) and event.parent_id in self.parents:
                self.parents[event.child_id] = event.parent_id

    def _asked(self, client: Talker, message: Message) -> None:
        """Answer a call of a tool, sooner or later, and whether or not anybody still waits."""

        async def answer() -> None:
            await self._pause()
            client.answer(message, {"contentItems": [], "success": True})

        self._answers.append(asyncio.create_task(answer()))

    async def _pause(self) -> None:
        for _ in range(self.random.randrange(YIELDS_MAX)):
            await asyncio.sleep(0)
        if self.random.random() < 1 / 2:
            await asyncio.sleep(self.random.random() * PAUSE_MAX_S)
