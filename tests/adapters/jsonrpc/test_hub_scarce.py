"""News at a moment without open files: told later, in order, and none of it lost."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.adapters.jsonrpc.test_notifier import MESSAGE, end, fact, no_agents, no_window, shown
from tests.support.operator_lines import logged_line
from tests.support.store import now
from threadhost.adapters import resources
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.base import Recorded
from threadhost.events.store.errors import OutOfResources
from threadhost.events.thread import ThreadRenamed
from threadhost.projections.listing import ThreadRow

SCARCE: list[Callable[[], Exception]] = [
    lambda: OutOfResources("out of open files"),
    lambda: OSError(errno.EMFILE, "Too many open files"),
    MemoryError,
]


class RecordingConnection:
    """A connection that keeps all it hears."""

    def __init__(self) -> None:
        self.is_gone = False
        self.heard: list[Notice] = []
        self.woken = asyncio.Event()

    def deliver(self, notice: Notice) -> None:
        """Keep it."""
        self.heard.append(notice)
        self.woken.set()

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """It asks for no note of that."""

    async def until(self, position: int) -> list[tuple[str, int]]:
        """All that was heard up to a position: method and position each."""
        async with asyncio.timeout(10):
            while not self.heard or self.heard[-1].position < position:
                self.woken.clear()
                await self.woken.wait()
        return [(notice.method, notice.position) for notice in self.heard]


class Broken(RecordingConnection):
    """A connection that fails with whatever it hears."""

    def deliver(self, notice: Notice) -> None:
        """Fail."""
        raise KeyError(notice.method)


class Blobs:
    """Final messages that cannot be read for a while."""

    def __init__(self, make: Callable[[], Exception]) -> None:
        self.make = make
        self.is_scarce = True
        self.asked = 0
        self.tried = asyncio.Event()
        """Set when it was asked for again and again."""

    def begun(self, recorded: Sequence[Recorded]) -> dict[str, ThreadRow]:
        """Nothing that begins."""
        return {}

    async def rows(self, thread_ids: Sequence[str], at: int) -> dict[str, ThreadRow]:
        """Nothing to show."""
        return {}

    async def error(self, thread_id: str, turn_id: str) -> None:
        """Nothing failed."""

    async def objective(self, thread_id: str, version: int) -> str:
        """Of no goal."""
        raise LookupError(thread_id, version)

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any]:
        """The last message of a turn. Raises what it is to raise."""
        self.asked += 1
        if self.asked > 2:
            self.tried.set()
        if self.is_scarce:
            raise self.make()
        return MESSAGE


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "RETRY_S", 0.001)


async def published(hub: Hub, *facts: Recorded) -> None:
    """One commit."""
    await hub.prepare(facts)
    hub.published(facts)


def hub_of(blobs: Blobs) -> tuple[Hub, RecordingConnection]:
    hub, ears = (
        Hub(Notifier(blobs, shown, no_window), no_agents(), 6, lambda: 1),
        RecordingConnection(),
    )
    hub.followers.join(ears)
    hub.followers.follow(ears, "a")
    return hub, ears


@pytest.mark.parametrize("make", SCARCE, ids=["ours", "the system's", "memory"])
async def test_notifications_that_fail_for_lack_of_resources_are_sent_later_in_order(
    make: Callable[[], Exception],
) -> None:
    blobs = Blobs(make)
    hub, ears = hub_of(blobs)
    await published(hub, fact(ThreadRenamed(name="x"), 7))
    await published(hub, fact(end(), 8), fact(end("t2"), 9))
    await published(hub, fact(ThreadRenamed(name="y"), 10))
    in_memory = [fact(ThreadRenamed(name="z"), 1, "thread-b")]
    await hub.prepare(in_memory)
    hub.published_in_memory(in_memory)
    assert [notice.position for notice in ears.heard] == [7]
    assert hub.position == 7
    await blobs.tried.wait()
    assert hub.position == 7
    blobs.is_scarce = False
    assert await ears.until(10) == [
        ("thread/name/updated", 7),
        ("thread/status/changed", 7),
        ("turn/completed", 8),
        ("thread/status/changed", 8),
        ("turn/completed", 9),
        ("thread/name/updated", 10),
        ("thread/name/updated", 10),
    ]
    assert hub.position == 10
    assert not any(notice.damage for notice in ears.heard)


class Gated(Blobs):
    """Final messages that are read one at a time, once they can be read."""

    def __init__(self) -> None:
        super().__init__(MemoryError)
        self.reading, self.goes_on = asyncio.Event(), asyncio.Event()

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any]:
        """The last message of a turn, of which another begins to be read meanwhile."""
        item = await super().final_item(thread_id, turn_id)
        self.reading.set()
        await self.goes_on.wait()
        return item


async def test_events_that_arrive_while_a_hub_reads_are_read_before_they_are_published() -> None:
    blobs = Gated()
    hub, ears = hub_of(blobs)
    await published(hub, fact(end(), 7))
    blobs.is_scarce = False
    await blobs.reading.wait()
    hub.published([fact(end("t2"), 8)])
    blobs.goes_on.set()
    await ears.until(8)
    ended = [notice for notice in ears.heard if notice.method == "turn/completed"]
    assert [MESSAGE["text"] in str(notice.encode(10**6, str)) for notice in ended] == [True, True]
    assert not any(notice.damage for notice in ears.heard)


class Unprepared(Notifier):
    """A notifier that reads as it tells."""

    def tell(self, fact: Recorded, cursor: int | None = None) -> list[Notice]:
        now(self.prepare([fact]))
        return super().tell(fact, cursor)


async def test_an_event_that_cannot_be_published_for_want_of_memory_waits_with_all_later_ones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    blobs, ears = Blobs(lambda: OutOfResources("out of open files")), RecordingConnection()
    hub = Hub(Unprepared(blobs, shown, no_window), no_agents(), 6, lambda: 1)
    hub.followers.join(ears)
    hub.followers.follow(ears, "a")
    facts = [fact(ThreadRenamed(name="x"), 7), fact(end(), 8), fact(ThreadRenamed(name="y"), 9)]
    hub.published(facts)
    assert [notice.position for notice in ears.heard] == [7]
    assert (hub.position, hub.stats().untold_events) == (7, 2)
    assert logged_line(caplog, "clients.wait")["position"] == 7
    blobs.is_scarce = False
    assert [position for _, position in await ears.until(9)] == [7, 7, 8, 9]


async def test_a_damaged_event_becomes_a_warning_at_once(caplog: pytest.LogCaptureFixture) -> None:
    blobs = Blobs(lambda: OSError(errno.EIO, "Input/output error"))
    hub, ears = hub_of(blobs)
    await published(hub, fact(ThreadRenamed(name="x"), 7), fact(end(), 8))
    assert [notice.method for notice in ears.heard] == ["thread/name/updated", "warning"]
    assert hub.position == 8
    assert "notified of position 8" in logged_line(caplog, "log.damaged")["finding"]


def test_a_connection_that_fails_does_not_keep_notifications_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notifier, others = Notifier(Blobs(MemoryError), shown, no_window), RecordingConnection()
    hub = Hub(notifier, no_agents(), 6, lambda: 1)
    for listener in (Broken(), others):
        hub.followers.join(listener)
    hub.published([fact(ThreadRenamed(name="n"), 7)])
    assert [notice.position for notice in others.heard] == [7]
    assert hub.position == 7
    assert "notifying a client of position 7 failed" in caplog.text
