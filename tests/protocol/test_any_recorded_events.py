"""Whatever the event types accept, every reader can show it or names it, after a restart too."""

import asyncio
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocol.talk import start, talk
from tests.support import any_events
from tests.support.client import Client
from tests.support.damage import forget_views
from tests.support.searching import tries
from tests.support.server import Host, short_lived_home
from tests.support.store import META, started
from threadhost.adapters.cli.main import run
from threadhost.events.base import Event
from threadhost.events.fork import ThreadCopyBegun
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadConfigured, ThreadDeleted, ThreadSettings, ThreadStarted
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted

THREAD = "01a22204-6ae8-7353-9d35-2f8fc0742cd1"
BORN: list[Event] = [
    started(THREAD),
    ThreadConfigured(settings=ThreadSettings(cwd="/", model="m", model_provider="p")),
    TurnStarted(turn_id="t1", started_at_ms=1),
]
END = TurnCompleted(turn_id="t1", outcome="completed", started_at_ms=1, completed_at_ms=2)
INTERNAL = -32603
FATAL = (ThreadStarted, ThreadCopyBegun, ThreadDeleted)
"""Types that make another thread of it, or none that anybody sees."""


def of_a_thread(type_: type[Event]) -> bool:
    """Whether events of this type stand in the streams of threads."""
    return type_.stream == "thread" and not type_.activates and not issubclass(type_, FATAL)


async def record(log: Log, facts: list[Event]) -> None:
    """Append these one by one; what is refused by whoever appends is no fact."""
    await log.append(StreamAppend(f"thread-{THREAD}", BORN), meta=META)
    for fact in [*facts, END]:
        with contextlib.suppress(Exception):
            await log.append(StreamAppend(f"thread-{THREAD}", [fact]), meta=META)


async def read(client: Client, method: str, **params: Any) -> Any:
    """The result of a method; a refusal in words is one, a fault of the host is none."""
    answer = await client.ask(method, {"threadId": THREAD, **params})
    assert answer.get("error", {}).get("code") != INTERNAL, answer
    return answer.get("result")


async def read_all(client: Client, method: str, **params: Any) -> None:
    """All pages of a list."""
    page = await read(client, method, **params)
    while page and page.get("nextCursor"):
        page = await read(client, method, **params, cursor=page["nextCursor"])


async def look_at_everything(host: Host) -> None:
    """Ask for all there is of the thread, and hear the log from its beginning to its end."""
    client = await host.client()
    await read(client, "thread/list")
    await read(client, "thread/read", includeTurns=True)
    for view in ("notLoaded", "summary", "full"):
        await read_all(client, "thread/turns/list", itemsView=view, limit=1)
    await read_all(client, "thread/items/list", limit=7)
    await read_all(client, "thread/queue/list", limit=1)
    page = {"itemsView": "full", "limit": 5}
    await read(client, "thread/resume", initialTurnsPage=page)
    await read(client, "thread/fork")
    late = await host.client()
    await late.ok("host/events/subscribe", {"afterPosition": 0})
    other = await start(client)
    assert (await talk(client, other))["status"] == "completed"
    await late.notice("turn/completed", threadId=other)
    ends = [m["params"]["turn"]["id"] for m in late.notices if m["method"] == "turn/completed"]
    assert ends[0] == "t1" or "t1" in ends


def commands(home: Path) -> None:
    """Run each command that reads a home; none may fail over what is in it."""
    for words in (
        *("threads list", "threads list --json", "threads tree", "log tail -n 1000"),
        *(
            "log show --limit 1000 --json",
            f"threads show {THREAD}",
            f"threads show {THREAD} --json",
        ),
        f"log show --thread {THREAD}",
    ):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*words.split(), "--home", str(home)])
        assert code == 0, (words, err.getvalue())
        assert "\x1b" not in out.getvalue(), words


async def live(facts: list[Event]) -> None:
    """Record facts on a running host, and look at them before and after it starts again."""
    with short_lived_home() as home:
        async with Host(home) as host:
            client = await host.client()
            await client.ok("host/events/subscribe", {"afterPosition": 0})
            await record(host.running.logs.durable, facts)
            await client.until(lambda m: ended(m, "t1"))
            await look_at_everything(host)
            await host.stop()
            await asyncio.to_thread(commands, home)
            forget_views(home)
            await host.start()
            await look_at_everything(host)


def ended(message: dict[str, Any], turn_id: str) -> bool:
    return message.get("method") == "turn/completed" and message["params"]["turn"]["id"] == turn_id


SOME = st.lists(any_events.events(of_a_thread), min_size=5, max_size=25)
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.slices
@settings(tries(12), suppress_health_check=UNHURRIED)
@given(SOME)
async def test_every_reader_shows_or_names_any_recorded_event(facts: list[Event]) -> None:
    await live(facts)


@pytest.mark.slices
async def test_every_kind_of_odd_item_is_shown_or_named() -> None:
    facts = [
        ItemRecorded(turn_id="t1", item_id=str(n), type=str(item.get("type")), item=item)
        for n, item in enumerate(odd_items())
    ]
    await live([*facts])


ODD: list[object] = [None, 5, [], {}, "analysis", 2**63, [None], [[5]], "\x1b[2J"]


def odd_items() -> Iterator[dict[str, Any]]:
    """Items of which one member is gone, or of another kind."""
    for item in any_events.ITEMS:
        for name in item:
            yield {key: value for key, value in item.items() if key != name}
            yield from ({**item, name: value} for value in ODD)
