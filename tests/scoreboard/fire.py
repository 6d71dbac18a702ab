"""A tree under fire: requests of several clients while it is deleted, and the verdict."""

import asyncio
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.scoreboard.host import Message, Refused, Talker
from tests.scoreboard.row import Context
from tests.scoreboard.truth import traces
from tests.support.ancestry import line_of

THREADS = 50
REQUESTS = 30
YIELDS_MAX = 60
AT_WORK = 4
"""How many threads have a turn that goes on when the race begins."""
FLEETING_SHARE = 0.1
"""How many of the threads live only in memory."""
HANGING = '@echo {"steps":[{"text":"on","hang":true}]}'
SLOW = '@echo {"steps":[{"text":"one two three","deltas":3,"gap_ms":1}]}'
CALLING = '@echo {"steps":[{"calls":[{"name":"look","args":{}}]},{"text":"looked"}]}'
TOOLS = [{"type": "function", "name": "look", "description": "", "inputSchema": {}}]
GONE = re.compile(
    r"thread not found|thread not loaded|no rollout found for thread id|no archived rollout found"
)
EXPECTED = re.compile(
    rf"{GONE.pattern}|is being deleted|is closing|no active turn|expected active turn"
    r"|thread is not persisted|is ephemeral: its children|is archived|is not archived"
    r"|ephemeral thread does not support|cannot be steered"
)
"""What may be refused in a race with a deletion, and nothing else."""
PLAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "name": ("thread/name/set", {"name": "in the line of fire"}),
    "interrupt": ("turn/interrupt", {"turnId": ""}),
    "read": ("thread/read", {"includeTurns": True}),
    "list": ("thread/list", {}),
    "preview": ("host/thread/previewDelete", {}),
    "steer": (
        "turn/steer",
        {"expectedTurnId": "another", "input": [{"type": "text", "text": "on"}]},
    ),
    "queue": (
        "thread/queue/add",
        {"input": [{"type": "text", "text": "later"}], "clientUserMessageId": "m"},
    ),
    "goal": ("thread/goal/set", {"objective": "hello", "tokenBudget": 40}),
    "resume": ("thread/resume", {}),
    "archive": ("thread/archive", {}),
    "unarchive": ("thread/unarchive", {}),
    "logs": ("host/thread/logs", {}),
}
OTHERS = (None, None, "turn", "turn", "fork", *PLAIN)


@dataclass(slots=True)
class Race:
    """One tree, the requests that race, and what was acknowledged."""

    context: Context
    random: Random
    clients: list[Talker]
    parents: dict[str, str | None] = field(default_factory=dict)
    ephemeral: set[str] = field(default_factory=set)
    outcomes: dict[str, int] = field(default_factory=lambda: {"ok": 0, "refused": 0})
    doomed: list[str] = field(default_factory=list)
    talked: list[str] = field(default_factory=list)
    """Threads that had a turn before the race, and so can be forked."""
    forks: dict[str, str] = field(default_factory=dict)
    """What was forked, each with its source, into trees of their own."""

    _answers: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        for client in self.clients:
            client.asked = self._asked

    async def plant(self) -> str:
        """A tree of threads of a random shape, some in memory, some at work; its root."""
        root = await self.clients[0].start(dynamicTools=TOOLS)
        self.parents[root] = None
        while len(self.parents) < THREADS:
            room = THREADS - len(self.parents)
            few = [self._join(self._any()) for _ in range(min(room, 12))]
            await asyncio.gather(*few)
        self.talked = self.random.sample(list(self.parents), 10)
        for number, thread_id in enumerate(self.talked):
            said = self.random.choice((HANGING, SLOW)) if number < AT_WORK else "hello"
            await self.clients[0].turn(thread_id, said)
        return root

    async def run(self, root: str) -> None:
        """Let everything happen at once."""
        within = [t for t in self.parents if t not in self.ephemeral]
        self.doomed = [root if self.random.random() < 0.7 else self.random.choice(within)]
        if self.random.random() < 0.2:
            self.doomed.append(self.random.choice(within))
        requests = [self._request() for _ in range(REQUESTS)]
        for doomed in self.doomed:
            requests.insert(self.random.randrange(REQUESTS), self._delete(doomed))
        await asyncio.gather(*(self._later(request) for request in requests))

    @property
    def gone(self) -> set[str]:
        """The threads that have to be gone: what was deleted, and all that joined below it."""
        return {
            t for t in self.parents if not set(line_of(self.parents, t)).isdisjoint(self.doomed)
        }

    # -- what happens --

    async def _later(self, request: Any) -> None:
        for _ in range(self.random.randrange(YIELDS_MAX)):
            await asyncio.sleep(0)
        if self.random.random() < 0.2:
            await asyncio.sleep(self.random.random() * 0.004)
        try:
            await request
            self.outcomes["ok"] += 1
        except Refused as refused:
            self.outcomes["refused"] += 1
            if not EXPECTED.search(str(refused)):
                self.context.violates("V1", f"refused for no reason of the race: {refused}")

    def _asked(self, client: Talker, message: Message) -> None:
        """Answer a call of a tool, sooner or later, and whether or not anybody still waits."""

        async def answer() -> None:
            for _ in range(self.random.randrange(YIELDS_MAX)):
                await asyncio.sleep(0)
            client.answer(message, {"contentItems": [], "success": True})

        self._answers.append(asyncio.create_task(answer()))

    def _request(self) -> Any:
        client, thread_id = self.random.choice(self.clients), self._any()
        wanted = self.random.choice(OTHERS)
        if wanted is None:
            return self._join(thread_id)
        if wanted == "fork":
            return self._fork(self.random.choice(self.talked))
        if wanted == "turn":
            return client.turn(thread_id, self.random.choice(("hello", SLOW, HANGING, CALLING)))
        method, params = PLAIN[wanted]
        key = "ancestorThreadId" if wanted == "list" else "threadId"
        return client.ask(method, **{key: thread_id}, **params)

    async def _join(self, parent: str) -> None:
        client = self.random.choice(self.clients)
        fleeting = parent in self.ephemeral or self.random.random() < FLEETING_SHARE
        thread_id = await client.start(parent, ephemeral=fleeting, dynamicTools=TOOLS)
        self.parents[thread_id] = parent
        if fleeting:
            self.ephemeral.add(thread_id)

    async def _fork(self, thread_id: str) -> None:
        if thread_id in self.ephemeral:
            return
        client = self.random.choice(self.clients)
        answer = await client.ask("thread/fork", threadId=thread_id)
        self.forks[str(answer["thread"]["id"])] = thread_id

    async def _delete(self, thread_id: str) -> None:
        self.context.note(op="delete", thread=thread_id)
        await self.clients[0].ask("thread/delete", threadId=thread_id)

    def _any(self) -> str:
        return self.random.choice(list(self.parents))

    # -- the verdict --

    async def judge(self, watcher: Talker) -> None:
        """Say what is wrong after the race."""
        await asyncio.gather(*self._answers)
        await watcher.level()
        gone, app = self.gone, watcher.app
        announced(self.context, watcher.notices, self.parents, gone)
        for thread_id in (set(self.parents) - gone) | set(self.forks):
            if await watcher.refusal("thread/read", threadId=thread_id):
                self.context.violates("D1", f"{thread_id} was not deleted and is gone")
        for thread_id in self.forks:  # each names its source, for good reason
            await self.clients[0].ask("thread/delete", threadId=thread_id)
        for fault in traces(app.logs.durable, gone - self.ephemeral)[:5]:
            self.context.violates("D1", fault)
        for thread_id in gone & set(app.host.live.ids()):
            self.context.violates("L1", f"{thread_id} is deleted and lives")
        for thread_id in self.random.sample(sorted(gone), min(3, len(gone))):
            await self._stays_away(watcher, thread_id)

    async def _stays_away(self, client: Talker, thread_id: str) -> None:
        for method, params in (
            ("thread/read", {"threadId": thread_id}),
            ("thread/name/set", {"threadId": thread_id, "name": "x"}),
            ("turn/start", {"threadId": thread_id, "input": [{"type": "text", "text": "x"}]}),
            ("thread/start", {"parentThreadId": thread_id, "cwd": "/"}),
            ("thread/delete", {"threadId": thread_id}),
        ):
            said = await client.refusal(method, **params)
            if not GONE.match(said):
                self.context.violates("D1", f"{method} of deleted {thread_id}: {said or 'done'}")


def announced(
    context: Context,
    notices: list[Message],
    parents: dict[str, str | None],
    gone: set[str],
) -> None:
    """N1: each deletion told once, leaf first, and nothing of a thread after its end."""
    order: dict[str, int] = {}
    for number, notice in enumerate(notices):
        thread_id = thread_of(notice)
        if thread_id not in parents:
            continue
        if thread_id in order:
            context.violates("N1", f"{notice['method']} of {thread_id} after its thread/deleted")
        elif notice["method"] == "thread/deleted":
            order[thread_id] = number
    if missing := gone - set(order):
        context.violates("N1", f"the end of {missing} is not announced")
    if wrong := set(order) - gone:
        context.violates("N1", f"the end of {wrong} is announced, but they were not deleted")
    for thread_id, number in order.items():
        parent = parents[thread_id]
        if parent in order and order[parent] < number:
            context.violates("N1", f"{thread_id} is announced after its parent {parent}")


def thread_of(notice: Message) -> str | None:
    """The thread that a notification is about."""
    params = notice["params"]
    found = params.get("threadId") or params.get("thread", {}).get("id")
    return str(found) if found else None
