"""What clients send and ask for that is large, each with the time it may hold the loop."""

import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from tests.limits.host_main import FLOOD
from tests.limits.hosted import MIB
from tests.limits.message_bombs import AROUND, FRAME, UNITS, arrays, distinct, filled, keys
from tests.limits.raw import Raw

BUDGET_MS = 50.0
"""For whatever is sent."""

TURN_COMPLETED = b'{"method":"turn/completed"'

Act = Callable[["Caller"], Awaitable[None]]


class LoopBomb(NamedTuple):
    """Something to do to a host, and how long one callback may take because of it."""

    name: str
    act: Act
    budget_ms: float = BUDGET_MS


class Caller:
    """One client, with the threads that bombs are for."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self.threads: dict[str, str] = {}
        self.number = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a request, whatever it is."""
        self.number += 1
        return await self.send(_asked(method, params))

    async def send(self, message: bytes) -> dict[str, Any]:
        """The answer to a message under id 7."""
        await self._raw.frame(message)
        return await self._raw.answer(7)

    async def thread(self, name: str, **params: Any) -> str:
        """The id of the thread of this name, which is started if it is new."""
        if name not in self.threads:
            started = await self.call("thread/start", **params)
            self.threads[name] = started["result"]["thread"]["id"]
        return self.threads[name]

    async def turn(self, thread_id: str, *parts: dict[str, Any]) -> None:
        """A turn, until it is over."""
        answer = await self.call("turn/start", threadId=thread_id, input=list(parts))
        if "error" in answer:
            raise ConnectionError(str(answer["error"]))
        await self.until(TURN_COMPLETED)

    async def until(self, beginning: bytes) -> bytes:
        """The next message that begins like this."""
        while not (message := (await self._raw.message())[1]).startswith(beginning):
            pass
        return message


def _asked(method: str, params: Any) -> bytes:
    return json.dumps({"id": 7, "method": method, "params": params}, ensure_ascii=False).encode()


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _message(text: str, parts: int = 1) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}] * parts
    return {"type": "message", "role": "user", "content": content}


def _tool(number: int) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    return {
        "type": "function",
        "name": f"t{number}",
        "description": "d" * 99,
        "inputSchema": schema,
    }


def _sent(name: str, make: Callable[[], bytes]) -> LoopBomb:
    """A message to a method that does not exist: all there is to it is that it is read."""

    async def act(caller: Caller) -> None:
        await caller.send(make())

    return LoopBomb(name, act)


def _odd() -> bytes:
    """Of much a little, and faults that show in the end alone."""
    values = b"[]," * 90_000 + b"1," * 300_000 + b'"1e9999",0'
    more = b'"x":{"id":1,"id":2},"\\u0061":"%b"' % (b"x" * (10 * MIB))
    return b'{"id":7,"method":"m","params":[%b],%b}' % (values, more)


def messages() -> Iterator[LoopBomb]:
    """Frames as large as they may be, of one thing each."""
    for name, unit in UNITS.items():
        yield _sent(f"16 MiB of {name}", partial(filled, unit))
    for name, unit in AROUND.items():
        yield _sent(f"16 MiB of {name}", partial(filled, unit, FRAME, b"", b"1"))
    for name, unit in {"letters": b"a", "escapes": b"\\u00e9", "backslashes": b"\\\\"}.items():
        yield _sent(f"one text of {name}", partial(filled, unit, FRAME, b'"', b'"'))
    yield _sent("a little of everything", _odd)
    yield _sent("400,000 keys", partial(keys, 400_000))
    yield _sent("1,600,000 texts", partial(distinct, FRAME))
    yield _sent("99,000 arrays", partial(arrays, 99_000))


TURNS = {
    "text of 4 MiB": _text("a b\n" * MIB),
    "text of 15 MiB": _text("a" * (15 * MIB)),
    "text of 7 MiB of line ends": _text("\n" * (7 * MIB)),
    "text of 14 MiB of é": _text("é" * (7 * MIB)),
    "picture of 15 MiB": {
        "type": "image",
        "url": "data:image/png;base64," + "A" * (15 * MIB),
    },
}


def requests() -> Iterator[LoopBomb]:
    """Requests that are carried out, and what is asked for after them."""
    for name, part in TURNS.items():
        yield LoopBomb(f"a turn with a {name}", _turn("large", part))
    yield LoopBomb("a turn with a key and 4 MiB", _kept("keyed", "turn/start"))
    yield LoopBomb("4 MiB in the queue", _queued(1))
    yield LoopBomb("the queue", _about("queued", "thread/queue/list"))
    yield LoopBomb("a turn of one letter after them", _turn("large", _text("a")))
    yield LoopBomb("the thread, read", _about("large", "thread/read", includeTurns=True))
    yield LoopBomb("its turns", _about("large", "thread/turns/list"))
    yield LoopBomb("its turns in full", _about("large", "thread/turns/list", itemsView="full"))
    yield LoopBomb("its items", _about("large", "thread/items/list", sortDirection="desc"))
    yield LoopBomb("it resumed", _about("large", "thread/resume"))
    yield LoopBomb("12 MiB in the queue", _queued(2))
    yield LoopBomb("the whole queue", _about("queued", "thread/queue/list"))
    for number in range(2):
        yield LoopBomb(f"half a page, {number}", _turn("paged", _text("\n" * (3 * MIB - 4096))))
    yield LoopBomb("a page of turns", _about("paged", "thread/turns/list", itemsView="full"))
    yield LoopBomb("a page of items", _about("paged", "thread/items/list"))
    yield LoopBomb("a page of history", _about("paged", "thread/resume"))
    yield LoopBomb("a turn told from the log", _replay)
    yield LoopBomb("a fork of it", _about("large", "thread/fork", excludeTurns=True))
    items = [_message("x" * 1000)] * 4000
    yield LoopBomb("4,000 items injected", _about("items", "thread/inject_items", items=items))
    yield LoopBomb("a turn of one letter after these", _turn("items", _text("a")))
    parts = [_message("x", parts=4000)]
    yield LoopBomb("one item of 4,000 parts", _about("items", "thread/inject_items", items=parts))
    output = {"name": "t", "output": [{"type": "input_text", "text": "x"}] * 5_000}
    given = _about("given", "turn/start", input=[], toolOutput=output)
    yield LoopBomb("5,000 parts of what a tool gave", given)
    yield LoopBomb("1,000 tools", _started(dynamicTools=[_tool(n) for n in range(1000)]))
    yield LoopBomb("a config of 30,000 lists", _started(config={"a": [[]] * 30_000}))
    yield LoopBomb("a name of 15 MiB", _about("items", "thread/name/set", name="n" * 15 * MIB))
    for method in ("thread/search", "thread/list"):
        yield LoopBomb(f"{method} of 1,000 letters", _asks(method, searchTerm="a" * 999 + "b"))
    yield LoopBomb("a list of all", _asks("thread/list"))
    yield LoopBomb("instructions of 1 MiB", _instructed)
    yield LoopBomb("900 threads below one", _widened)
    for method in ("thread/loaded/list", "thread/list"):
        yield LoopBomb(f"{method} of 900 threads", _asks(method, limit=1000))
    yield LoopBomb("what deleting them would do", _about("wide", "host/thread/previewDelete"))
    yield LoopBomb("deleting them", _about("wide", "thread/delete"))


def _turn(thread: str, *parts: dict[str, Any]) -> Act:
    async def act(caller: Caller) -> None:
        await caller.turn(await caller.thread(thread), *parts)

    return act


def _kept(thread: str, method: str) -> Act:
    """Under a key, which is bound to a digest of it all."""

    async def act(caller: Caller) -> None:
        key = f"{caller.number}"
        said = {"input": [TURNS["text of 4 MiB"]], "clientUserMessageId": key}
        name = await caller.thread(thread)
        answer = await caller.call(method, threadId=name, idempotencyKey=key, **said)
        if "error" in answer:
            raise ConnectionError(str(answer["error"]))

    return act


def _queued(times: int) -> Act:
    """Behind a turn that does not end."""
    add = _kept("queued", "thread/queue/add")

    async def act(caller: Caller) -> None:
        endless = [_text(f"{FLOOD}1 8 0")]
        await caller.call("turn/start", threadId=await caller.thread("queued"), input=endless)
        for _ in range(times):
            await add(caller)

    return act


async def _replay(caller: Caller) -> None:
    """A turn, told once more from the log."""
    thread_id = (await caller.call("thread/start"))["result"]["thread"]["id"]
    started = json.loads(await caller.until(b'{"method":"thread/started"'))
    await caller.turn(thread_id, TURNS["text of 7 MiB of line ends"])
    await caller.call("host/events/subscribe", afterPosition=started["position"])
    await caller.until(TURN_COMPLETED)
    await caller.call("host/events/unsubscribe")


async def _instructed(caller: Caller) -> None:
    settings = {"model": "echo", "developer_instructions": "\n" * (MIB - 1)}
    mode = {"mode": "default", "settings": settings}
    thread_id = await caller.thread("items")
    await caller.call("thread/settings/update", threadId=thread_id, collaborationMode=mode)


async def _widened(caller: Caller) -> None:
    root = await caller.thread("wide")
    for _ in range(900):
        await caller.call("thread/start", parentThreadId=root)


def _about(thread: str, method: str, **params: Any) -> Act:
    async def act(caller: Caller) -> None:
        await caller.call(method, threadId=await caller.thread(thread), **params)

    return act


def _started(**params: Any) -> Act:
    async def act(caller: Caller) -> None:
        await caller.call("thread/start", **params)

    return act


def _asks(method: str, **params: Any) -> Act:
    async def act(caller: Caller) -> None:
        await caller.call(method, **params)

    return act
