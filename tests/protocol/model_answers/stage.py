"""A host whose model is an HTTP endpoint that a test lets say anything, and clients of the host."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.protocol.talk import begin, end, start
from tests.protocol.tool_talk import ASK, TOOLS, tool_answer
from tests.support import strict
from tests.support.client import Client, Message
from tests.support.links import LinkClosed
from tests.support.model_calls import KEY
from tests.support.responses_endpoint import Json, Raw, ResponsesEndpoint, event_stream
from tests.support.server import Host
from tests.support.store import now
from threadhost.actors.models import CallLimits
from threadhost.adapters.models.select import model_client
from threadhost.events.thread import ThreadFailed

NO_RETRIES = CallLimits(request_retries_max=0, stream_retries_max=0)


class Stage:
    """A thread that offers the tool `look`, whose client answers it with `seen`."""

    def __init__(self, host: Host, endpoint: ResponsesEndpoint, client: Client) -> None:
        self.host = host
        self.endpoint = endpoint
        self.client = client
        self.thread_id = ""

    # -- what the model says --

    def will_say(self, *events: Json | bytes, hang: bool = False) -> None:
        """The next request gets this stream; several calls are for several requests."""
        self.endpoint.misbehaviour.append(Raw(event_stream(*events), hang))

    def will_answer(self, raw: bytes) -> None:
        """The next request gets this answer, head and all."""
        self.endpoint.misbehaviour.append(Raw(raw))

    # -- turns --

    async def begin(self, text: str = "hello", thread_id: str = "") -> str:
        """Begin a turn; its id."""
        return await begin(self.client, thread_id or self.thread_id, text)

    async def end(self, turn_id: str) -> Message:
        """The turn as it ended."""
        return await end(self.client, turn_id)

    async def turn(self, *events: Json | bytes, text: str = "hello") -> Message:
        """A whole turn whose first request gets this stream; a good answer if there is none."""
        if events:
            self.will_say(*events)
        return await self.end(await self.begin(text))

    async def interrupted(self, turn_id: str) -> Message:
        """A turn that is ended by hand."""
        await self.client.ok("turn/interrupt", {"threadId": self.thread_id, "turnId": turn_id})
        return await self.end(turn_id)

    # -- what is told and shown --

    def told(self, method: str, turn_id: str = "") -> list[Any]:
        """The params of the notifications of this method, of one turn or of all."""
        found = [m["params"] for m in self.client.notices if m["method"] == method]
        return [p for p in found if turn_id in ("", p.get("turnId"))]

    def told_items(self, turn_id: str, method: str = "item/completed") -> list[Message]:
        """The items of a turn that were told, but for its input."""
        found = [params["item"] for params in self.told(method, turn_id)]
        return [item for item in found if item["type"] != "userMessage"]

    async def items(self) -> list[Message]:
        """All items of the thread, oldest first, but for its inputs."""
        params = {"threadId": self.thread_id, "limit": 100, "sortDirection": "asc"}
        page = await self.client.ok("thread/items/list", params)
        found = [entry["item"] for entry in page["data"]]
        return [item for item in found if item["type"] != "userMessage"]

    async def texts(self) -> list[str]:
        """What the model said, as the pages have it."""
        return [item["text"] for item in await self.items() if item["type"] == "agentMessage"]

    # -- what the model is sent --

    @property
    def requests(self) -> list[Any]:
        """The inputs of all requests so far."""
        return [received.body["input"] for received in self.endpoint.received]

    def check_requests(self) -> None:
        """Every request so far would have been taken by a strict provider."""
        for number, received in enumerate(self.endpoint.received):
            found = strict.faults(received.raw_body)
            assert not found, f"request {number}: {found}"

    # -- what must hold whatever a model said --

    async def good_turn(self) -> Message:
        """A turn that is answered well: it works, and the request was acceptable."""
        turn = await self.turn()
        assert turn["status"] == "completed", turn
        self.check_requests()
        return turn

    async def check_readers(self) -> None:
        """All pages, a resume, a fork and a catch-up from the beginning tell of everything."""
        params = {"threadId": self.thread_id}
        await self.items()
        full = {**params, "itemsView": "full", "limit": 50}
        listed = (await self.client.ok("thread/turns/list", full))["data"]
        page = {**params, "initialTurnsPage": {"limit": 5, "itemsView": "full"}}
        await self.client.ok("thread/resume", page)
        fork = await self.client.ok("thread/fork", params)
        assert len(fork["thread"]["turns"]) == len(listed)
        await self.check_catch_up({turn["id"] for turn in listed})

    async def check_catch_up(self, turn_ids: set[str]) -> None:
        """Who reads from the beginning hears the ends of these turns, and then what is new."""
        listener, third = await self.host.client(), await self.host.client()
        caught_up = await listener.ok("host/events/subscribe", {"afterPosition": 0})
        assert caught_up["complete"] is True
        for turn_id in turn_ids:
            await end(listener, turn_id)
        other = await start(third)
        await end(listener, await begin(third, other))
        await listener.close()
        await third.close()
        self.host.clients.remove(listener)
        self.host.clients.remove(third)

    def check_actor(self) -> None:
        """No actor died."""
        log = self.host.running.logs.durable
        assert list(now(log.read_stream(f"thread-{self.thread_id}", types=(ThreadFailed,)))) == []

    async def check_all(self) -> None:
        """Everything that must hold, before and after a restart."""
        await self.good_turn()
        await self.check_readers()
        self.check_actor()
        await self.restart()
        await self.check_readers()
        await self.good_turn()

    async def restart(self) -> None:
        """Close the host and open it again; a new client follows the thread."""
        await self.host.restart()
        self.client = await self.host.client()
        self._answer_calls()
        await self.client.ok("thread/resume", {"threadId": self.thread_id})

    # -- set-up --

    async def open_thread(self, **params: Any) -> str:
        """Start the thread."""
        config = {**ASK, **params.pop("config", {})}
        more = {"dynamicTools": TOOLS, "config": config, **params}
        self.thread_id = await start(self.client, **more)
        self._answer_calls()
        return self.thread_id

    def _answer_calls(self) -> None:
        self._answering = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        at = 0
        with suppress(LinkClosed, ConnectionError):
            while True:
                request = await self._next_request(at)
                at = self.client.received.index(request) + 1
                await self.client.reply(request, tool_answer("seen"))

    async def _next_request(self, at: int) -> Message:
        while True:
            with suppress(AssertionError):  # nothing came for a while
                return await self.client.until(lambda m: m.get("method") == "item/tool/call", at)

    async def close(self) -> None:
        """Let nobody wait for calls any more."""
        self._answering.cancel()
        await asyncio.wait([self._answering])


@asynccontextmanager
async def staged(
    home: Path, limits: CallLimits = NO_RETRIES, **params: Any
) -> AsyncIterator[Stage]:
    """A host, its endpoint, a client and a thread; params are the thread's."""
    async with ResponsesEndpoint() as endpoint:
        env = {"OPENAI_API_KEY": KEY}
        async with Host(
            home, model=lambda: model_client("m", endpoint.base_url, env, limits)
        ) as host:
            stage = Stage(host, endpoint, await host.client())
            await stage.open_thread(**params)
            yield stage
            await stage.close()
