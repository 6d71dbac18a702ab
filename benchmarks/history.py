"""One long thread: what it costs to take it up, to read of it, and to go on with it, by length."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.table import print_table
from threadhost.actors.items import NOTHING_MORE
from threadhost.adapters.embed import EmbeddedHost, open_host
from threadhost.events.base import Event, Meta
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.snapshot import encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadFlushed,
    ThreadSettings,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage
from threadhost.projections import all_views

SIZES = (10, 1_000, 10_000)
TURNS_AN_APPEND = 100
REPEATS = 7
META = Meta("benchmark", "benchmark", "benchmark", 1)
QUESTION = "Please have a look at the failing test in the parser, and tell me what you would do. "
ANSWER = "The tokenizer drops the last newline, so the final rule never sees its end of line. "


def turn(ids: TimeOrderedIds, number: int) -> list[Event]:
    """The events of one ordinary turn."""
    turn_id, item_id = ids.new(), ids.new()
    times: dict[str, object] = {"startedAtMs": number, "completedAtMs": number + 1}
    said: dict[str, object] = {"type": "userMessage", "id": item_id, "clientId": None, **times}
    content = [{"type": "text", "text": QUESTION, "text_elements": []}]
    answer: dict[str, object] = {
        "type": "agentMessage",
        "id": f"m{number}",
        "text": ANSWER,
        "phase": None,
    }
    answer |= {**NOTHING_MORE, **times}
    usage = Usage(input=number, output=20, total=number + 20)
    return [
        TurnStarted(turn_id=turn_id, started_at_ms=number),
        ItemRecorded(
            turn_id=turn_id, item_id=item_id, type="userMessage", item={**said, "content": content}
        ),
        ModelRequested(
            turn_id=turn_id, request=1, model="m", history_items=2 * number, digest="d" * 64
        ),
        ItemRecorded(turn_id=turn_id, item_id=f"m{number}", type="agentMessage", item=answer),
        UsageRecorded(turn_id=turn_id, last=usage, total=usage),
        ModelResponded(turn_id=turn_id, request=1, response_id="r"),
        TurnCompleted(
            turn_id=turn_id, outcome="completed", started_at_ms=number, completed_at_ms=number + 1
        ),
    ]


async def seed(home: Path, turns: int) -> str:
    """A home with one stopped thread of so many turns; the thread's id."""
    ids = TimeOrderedIds()
    thread_id, log = ids.new(), Log.open(home, all_views())
    settings = ThreadSettings(cwd="/", model="echo-1", model_provider="echo")
    born: list[Event] = [
        ThreadStarted(thread_id=thread_id, session_id=thread_id, source="vscode"),
        ThreadConfigured(settings=settings),
        ThreadActivated(incarnation=1),
    ]
    await log.append(StreamAppend(thread_stream(thread_id), born), meta=META)
    for start in range(0, turns, TURNS_AN_APPEND):
        some = range(start, min(start + TURNS_AN_APPEND, turns))
        events = [event for number in some for event in turn(ids, number)]
        await log.append(StreamAppend(thread_stream(thread_id), events), meta=META)
    ended: list[Event] = [ThreadFlushed(), ThreadStopped(reason="host shutdown")]
    state = foresee(fold_thread(await log.read_stream(thread_stream(thread_id))), ended)
    last = StreamAppend(thread_stream(thread_id), ended, snapshot=encode(state))
    await log.append(last, meta=META)
    await log.close()
    return thread_id


async def took_ms(work: Callable[[], Awaitable[object]], repeats: int = REPEATS) -> float:
    """The median of some runs."""
    found = []
    for _ in range(repeats):
        start = perf_counter()
        await work()
        found.append((perf_counter() - start) * 1000)
    return median(found)


async def measure(host: EmbeddedHost, thread_id: str) -> dict[str, float]:
    """Milliseconds for what clients do with the thread, through a session of their own."""
    here: dict[str, Any] = {"threadId": thread_id}
    newest = {**here, "limit": 20}
    async with host.connect() as client:
        await client.call("thread/loaded/list", {})
        return {
            "newest 20 turns": await took_ms(lambda: client.call("thread/turns/list", newest)),
            "newest 20 turns, whole": await took_ms(
                lambda: client.call("thread/turns/list", {**newest, "itemsView": "full"})
            ),
            "newest 20 items": await took_ms(
                lambda: client.call("thread/items/list", {**newest, "sortDirection": "desc"})
            ),
            "all turns": await took_ms(
                lambda: client.call("thread/read", {**here, "includeTurns": True}), 3
            ),
            "resume": await took_ms(
                lambda: client.call("thread/resume", {**here, "excludeTurns": True}), 1
            ),
            "resume, live already": await took_ms(
                lambda: client.call("thread/resume", {**here, "excludeTurns": True})
            ),
            "first turn after resume": await took_ms(lambda: client.run_turn(thread_id, "go"), 1),
            "a turn more": await took_ms(lambda: client.run_turn(thread_id, "go on"), 3),
            "fork": await took_ms(
                lambda: client.call("thread/fork", {**here, "excludeTurns": True}), 1
            ),
        }


async def _run(home: Path, turns: int) -> dict[str, float]:
    thread_id = await seed(home, turns)
    async with open_host(home) as warm:
        await warm.connect().call("thread/loaded/list", {})
    async with open_host(home) as host:
        return await measure(host, thread_id)


def main() -> None:
    """Run in folders that are removed afterwards."""
    found = []
    for turns in SIZES:
        with TemporaryDirectory() as folder:
            found.append(asyncio.run(_run(Path(folder), turns)))
    heads = [f"{turns:,} turns, ms" for turns in SIZES]
    print_table(("one thread", *heads), [(name, *(f[name] for f in found)) for name in found[0]])
