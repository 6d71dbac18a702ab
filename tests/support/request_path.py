"""The way of one request through the files of the host, as a running host is seen to take it."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.hosts import eventually
from tests.support.imports import LAYERS, ROOT
from tests.support.server import Host, short_lived_home

if TYPE_CHECKING:
    from threadhost.events.base import Recorded

METHOD = "turn/start"
IMPORTED = "<module>"
"""What is called while a file is imported is no step of anything."""
CONNECTED = "client.connected.v1"
"""The last that a host records by itself of a client that came."""
STATIONS = {
    "adapters/jsonrpc/envelope.py parse": "The transport reads a message from the socket, and the"
    " session parses it.",
    "adapters/jsonrpc/registry.py Method.read": "",
    "adapters/jsonrpc/scopes.py Scopes.enter": "",
    "adapters/jsonrpc/methods/turn.py start_turn": "The method's handler makes a command and puts"
    " it into the mailbox of the thread's actor.",
    "actors/runtime/actor.py Mailbox.put": "",
    "actors/runtime/preparation.py": "The actor takes the command. Its rule decides on events,"
    " among them the first request to the model; the events wait for the writer.",
    "actors/turn.py": "",
    "actors/runtime/model_request.py": "",
    "events/turn.py": "",
    "events/store/writer.py Writer.append": "",
    "events/store/committer.py Committer.carry_out": "The writer's thread checks versions and"
    " fences, seals and chains the events, updates the views, and commits, all in one"
    " transaction.",
    "events/store/codec.py EventCodec.seal": "",
    "events/store/chain.py link": "",
    "projections/turns.py": "",
    "events/store/seal.py Sealer.seal": "",
    "events/store/feed.py Feed.publish": "The feed publishes the durable events. The hub makes"
    " notifications of them, which wait until the request that caused them is answered.",
    "adapters/jsonrpc/notify.py Notifier.tell": "",
    "adapters/jsonrpc/notify_turns.py": "",
    "adapters/jsonrpc/delivery.py Delivery.deliver": "",
    "actors/runtime/turn_work.py TurnWork.go_on": "The actor does what its state requires next: it"
    " calls the model.",
    "actors/runtime/model_run.py ModelRun.start": "",
    "adapters/models/echo.py EchoClient.stream": "The model's client, here the echo, begins its"
    " answer.",
    "adapters/jsonrpc/large_answers.py message_of": "The session sends the answer, ahead of the"
    " notifications that waited for it.",
    "adapters/jsonrpc/outbox.py Outbox.send": "",
    "actors/runtime/live.py Stage.show": "Followers see the model's output as it arrives; each"
    " complete item takes the way of the command, from the mailbox to the log.",
    "adapters/jsonrpc/hub.py Hub.item_started": "",
    "adapters/jsonrpc/transports/frames.py Client._write": "The transport writes the messages to"
    " the socket.",
}
"""Where the stack is looked at, when it is first come by; and what a leg that begins there does."""


class Leg(NamedTuple):
    """What one task or thread does in a row: each of its stacks as files, outermost first."""

    title: str
    stacks: list[tuple[str, ...]]


class Trace:
    """The stacks with which the stations were first reached, by file and function."""

    def __init__(self) -> None:
        self._folders = tuple(f"{ROOT / layer}/" for layer in LAYERS)
        self._is_on = False
        self.found: dict[str, list[tuple[str, str]]] = {}

    @contextmanager
    def on(self) -> Iterator[None]:
        """Look at what this thread does, and those that were started under `watched`."""
        self._is_on = True
        sys.setprofile(self._look)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._is_on = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Threads that are started from here on are looked at, too, while it is on."""
        threading.setprofile(self._look)
        try:
            yield
        finally:
            threading.setprofile(None)

    def _look(self, frame: FrameType, event: str, _: Any) -> None:
        if not self._is_on or event != "call" or not self._is_ours(frame):
            return
        file, function = self._place(frame)
        for station in (file, f"{file} {function}"):
            if station in STATIONS and station not in self.found:
                stack = self._stack(frame)
                if IMPORTED not in {name for _, name in stack}:
                    self.found[station] = stack

    def _stack(self, frame: FrameType | None) -> list[tuple[str, str]]:
        stack = []
        while frame is not None:
            if self._is_ours(frame):
                stack.append(self._place(frame))
            frame = frame.f_back
        return stack[::-1]

    def _is_ours(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(self._folders)

    def _place(self, frame: FrameType) -> tuple[str, str]:
        code = frame.f_code
        return str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname


def legs() -> list[Leg]:
    """The way of a turn's start over a websocket, on a host that is at rest."""
    trace = Trace()
    with short_lived_home() as home:
        asyncio.run(_traced(trace, home))
    missing = STATIONS.keys() - trace.found
    if missing:
        raise LookupError(f"{METHOD} does not come by {sorted(missing)} any more: change STATIONS")
    found: list[Leg] = []
    root = None
    for station, stack in trace.found.items():
        if stack[0] != root:
            root = stack[0]
            found.append(Leg(STATIONS[station], []))
        found[-1].stacks.append(tuple(dict.fromkeys(file for file, _ in stack)))
    return found


async def _traced(trace: Trace, home: Path) -> None:
    with trace.watched():
        host = Host(home, "websocket")
        await host.start()
        facts: list[Recorded] = []
        host.running.logs.durable.feed.listen(facts.extend)
        client = await host.client()
        await eventually(lambda: any(fact.kind == CONNECTED for fact in facts))
        thread_id = (await client.ok("thread/start"))["thread"]["id"]
        text = {"type": "text", "text": "hello"}
        with trace.on():
            await client.ok(METHOD, {"threadId": thread_id, "input": [text]})
            await client.notice("turn/completed", threadId=thread_id)
        await host.stop()
