"""A model endpoint that lies to some threads and is honest to others, and what must hold anyway."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.protocol.model_answers import said
from tests.protocol.model_answers.mutating import mutated
from tests.scoreboard.host import Message, Talker, hosting, talk
from tests.scoreboard.row import Context
from tests.support import strict
from tests.support.responses_endpoint import Received, ResponsesEndpoint, event_stream
from threadhost.actors.models import CallLimits
from threadhost.adapters.app import App
from threadhost.adapters.models.select import model_client
from threadhost.events.thread import ThreadFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIARS, HONEST = 20, 20
LIE = "lie "
TRUTH = "the truth"
PATIENT = CallLimits(request_retries_max=0, stream_retries_max=0, idle_timeout_ms=10_000)
TOOLS = [
    {
        "type": "function",
        "name": "look",
        "description": "Look.",
        "inputSchema": {"type": "object", "properties": {}},
    }
]
ANSWER = {"contentItems": [{"type": "inputText", "text": "seen"}], "success": True}


class Liar(ResponsesEndpoint):
    """Answers `lie SEED` with a faulty stream, everything else with the truth."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.lies = 0

    async def _answer(
        self, call: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        for fault in strict.faults(call.raw_body)[:3]:
            self.context.violates("Q1", f"a request that a strict provider refuses: {fault}")
        await self._write(writer, self._words(call))
        return False

    def _words(self, call: Received) -> bytes:
        last = call.body["input"][-1]  # type: ignore[index]
        asked = last["content"][0].get("text", "") if last.get("role") == "user" else ""
        if not asked.startswith(LIE):
            return event_stream(said.done(said.message(said.text(TRUTH))), said.completed())
        self.lies += 1
        return mutated(Random(asked))


class Listener(Talker):
    """A client that answers the calls of its tool, and knows which items began and ended."""

    async def attend(self) -> None:
        """Answer calls from now on."""
        self.heard = self._hear

    def _hear(self, message: Message) -> None:
        if message["method"] == "item/tool/call":
            answer = {"id": message["id"], "result": ANSWER}
            self.session.receive(json.dumps(answer).encode())


class Stage:
    """A host, its lying endpoint, liars' and honest threads, one client for each kind."""

    def __init__(self, context: Context, app: App, number: int) -> None:
        self.context = context
        self.app = app
        self.number = number
        self.counts: Counter[str] = Counter()
        self.after_round: Callable[[], None] = lambda: None
        self.liars: list[str] = []
        self.honest: list[str] = []

    async def open(self) -> None:
        """Connect and start the threads."""
        self.client, self.watcher = Listener(self.app), Listener(self.app)
        for listener in (self.client, self.watcher):
            await listener.open()
            await listener.attend()
        await self.watcher.follow_all()
        self.liars = [await self.client.start(dynamicTools=TOOLS) for _ in range(LIARS)]
        self.honest = [await self.client.start() for _ in range(HONEST)]

    async def round(self, number: int) -> None:
        """A turn of every thread at once; the liars' answers are faulty."""
        lies = [
            self._turn(t, f"{LIE}{self.context.seed}/{number}/{n}")
            for n, t in enumerate(self.liars)
        ]
        truths = [self._turn(t, "hello") for t in self.honest]
        ends = await asyncio.gather(*lies, *truths)
        for thread_id, status in zip(self.honest, ends[len(self.liars) :], strict=True):
            if status != "completed":
                why = failure_of(thread_id, self.client.notices)
                self.context.violates("G1", f"an honest thread's turn is {status}: {why}")
        self.counts.update(f"lies that {status}" for status in ends[: len(self.liars)])
        await self.watcher.level()
        for name, client in (("its client", self.client), ("a watcher", self.watcher)):
            for fault in items_left(client.notices):
                self.context.violates("N1", f"{name}: {fault}")
            client.notices.clear()
        self.after_round()

    async def _turn(self, thread_id: str, text: str) -> str:
        turn_id = await self.client.turn(thread_id, text)
        ends = [await client.ended(turn_id) for client in (self.client, self.watcher)]
        for client in (self.client, self.watcher):
            client.forget(turn_id)
        return ends[0]

    async def judge(self) -> None:
        """What must hold of the whole log: no actor died, everything can be read."""
        log = self.app.logs.durable
        for fact in await log.read(0, 10**9):
            if isinstance(fact.event, ThreadFailed):
                self.context.violates("L1", f"an actor died of {fact.event.error}")
        for thread_id in self.liars:
            await self._pages(thread_id)
        await self._caught_up()

    async def _pages(self, thread_id: str) -> None:
        params = {"threadId": thread_id, "limit": 5}
        for method, more in (
            ("thread/items/list", {}),
            ("thread/turns/list", {"itemsView": "full"}),
            ("thread/read", {"includeTurns": True}),
            ("thread/resume", {"initialTurnsPage": {"limit": 3, "itemsView": "full"}}),
        ):
            if refused := await self.client.refusal(method, **params, **more):
                self.context.violates("I2", f"{method} of a liar's thread: {refused}")

    async def _caught_up(self) -> None:
        """A client that reads from the beginning comes to the end, and hears what is new there."""
        reader = await talk(self.app, "reader")
        answer = await reader.follow_all(after=0)
        if not answer["complete"]:
            self.context.violates("I1", f"a catch-up from 0 is not complete: {answer}")
        turn_id = await self.client.turn(self.honest[0], "hello")
        if await reader.ended(turn_id) != "completed":
            self.context.violates("I1", "what came after a catch-up from 0 ended badly")
        warnings = [n for n in reader.notices if n["method"] == "warning"]
        if told := [w for w in warnings if "cannot be" in w["params"]["message"]]:
            self.context.violates("I2", f"recorded and not shown: {told[0]['params']['message']}")
        await reader.close()

    async def close(self) -> None:
        """Leave."""
        for client in (self.client, self.watcher):
            await client.close()


def failure_of(thread_id: str, notices: list[Message]) -> str:
    """Why a turn of a thread failed, as it was told."""
    told = [notice["params"] for notice in notices if notice["method"] == "error"]
    return next((p["error"]["message"] for p in told if p["threadId"] == thread_id), "untold")


def items_left(notices: list[Message]) -> Iterator[str]:
    """Items of turns that ended which began and did not end, or ended twice."""
    begun, ended = Counter[str](), Counter[str]()
    for notice in notices:
        item: Any = notice["params"].get("item", {})
        if notice["method"] == "item/started":
            begun[item["id"]] += 1
        elif notice["method"] == "item/completed":
            ended[item["id"]] += 1
    for item_id in begun.keys() - ended.keys():
        yield f"item {item_id} began and never ended"
    for item_id, times in (begun + ended).items():
        if begun[item_id] > 1 or ended[item_id] > 1:
            yield f"item {item_id} was told {times} times"


@asynccontextmanager
async def lied_to(context: Context, home: Path, number: int) -> "AsyncIterator[tuple[Stage, Liar]]":
    """A host on this home whose model lies."""
    async with Liar(context) as endpoint:
        model = model_client("m", endpoint.base_url, {}, PATIENT)
        async with hosting(home, model=model, drain_timeout_ms=5_000) as app:
            stage = Stage(context, app, number)
            await stage.open()
            stage.after_round = endpoint.received.clear
            yield stage, endpoint
            await stage.close()
