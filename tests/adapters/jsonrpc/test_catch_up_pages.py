"""What a catch-up sends of the pages that it reads, in which order, and when it is over."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.hosts import eventually, settle
from tests.support.operator_lines import logged_line
from threadhost.adapters import resources
from threadhost.adapters.jsonrpc import catch_up as module
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.log_pages import REMEMBERED
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.damage import Damage
from threadhost.events.store.errors import OutOfResources
from threadhost.events.thread import ThreadDeleted

PAGE_EVENTS = 2
MINE, OTHERS, GONE, TOMBSTONE, DAMAGED = "mine", "others", "gone", "tombstone", "damaged"
WAITED_FOR = "of a type that changes what later ones say"

KINDS = {TOMBSTONE: ThreadDeleted.kind, WAITED_FOR: min(REMEMBERED)}


def notice(text: str, position: int) -> Notice:
    return Notice(WarningNotification(message=text), 1, position)


class Stage:
    """A log of events, each of a sort, and a connection that catches up on it."""

    def __init__(self, *sorts: str) -> None:
        self.sorts = list(sorts)
        self.sent: list[tuple[str, int]] = []
        self.fetched: list[int] = []
        self.noted: list[int] = []
        self.prepared: list[int] = []
        self.drained = self.happens_as_cursors_are_read = 0
        self.faults: list[Exception] = []
        self.refuses = self.hung_up = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        hub: Any = SimpleNamespace(
            followers=SimpleNamespace(notified_threads=lambda _, threads: {MINE} & threads),
            send_running_items=lambda _: self.sent.append(("running items", 0)),
        )
        self.hub = hub
        hub.position = len(sorts)
        outbox = SimpleNamespace(drained=self._drain, give_up=self._hang_up)
        follower: Any = SimpleNamespace(
            id="c", outbox=outbox, pass_on=self._pass_on, stop_catch_up=self._end
        )
        app: Any = SimpleNamespace(
            log_pages=self,
            hub=hub,
            clock=SimpleNamespace(now_ms=lambda: 1),
            cursors=SimpleNamespace(fetch=self._fetch, note=self._note),
            notifier=lambda: SimpleNamespace(prepare=self._prepare, tell=self._tell),
        )
        self.used = nullcontext
        self.slots = asyncio.Semaphore(1)
        self.catch_up = CatchUp(app, follower, 0)

    @property
    def is_over(self) -> bool:
        """Whether the connection gets live notifications."""
        return ("live", 0) in self.sent

    async def _prepare(self, facts: Sequence[Any]) -> None:
        self.prepared = [fact.position for fact in facts]

    def _tell(self, fact: Any) -> list[Notice]:
        assert fact.position in self.prepared
        return [notice("own", fact.position)]

    async def _drain(self) -> None:
        self.drained += 1

    def _hang_up(self) -> None:
        self.hung_up = True

    async def _fetch(self, position: int) -> None:
        self.fetched.append(position)
        if self.happens_as_cursors_are_read:
            self.happens_as_cursors_are_read -= 1
            await settle(1)
            self.sorts.append(OTHERS)
            self.hub.position += 1

    def _note(self, facts: Sequence[Any]) -> None:
        self.noted += [fact.position for fact in facts]

    def _pass_on(self, one: Notice) -> None:
        if self.refuses:
            raise KeyError("a fault of ours")
        self.sent.append((str(one.encode(10**6, str)), one.position))

    def _end(self) -> None:
        self.sent.append(("live", 0))

    async def at(self, after: int) -> Any:
        """The events after a position."""
        await self.goes_on.wait()
        if self.faults:
            raise self.faults.pop()
        sorts = enumerate(self.sorts[after : after + PAGE_EVENTS], after + 1)
        entries = [
            SimpleNamespace(
                position=position,
                stream=GONE if sort in (GONE, TOMBSTONE) else sort,
                kind=KINDS.get(sort, "k"),
                thread_id=sort,
            )
            for position, sort in sorts
        ]
        return SimpleNamespace(
            threads={entry.thread_id for entry in entries}, beyond=lambda _: entries, notices={}
        )

    async def opened(self, positions: Sequence[int]) -> list[Any]:
        """The events of the connection's own threads."""
        return [SimpleNamespace(position=position) for position in positions]

    async def make_notices(self, page: Any) -> None:
        """What all connections are told."""
        for entry in page.beyond(0):
            if entry.thread_id != MINE:
                one = notice("all", entry.position)
                if entry.thread_id == DAMAGED:
                    one.damage = Damage(entry.position, "s", "k", "it is damaged")
                page.notices[entry.position] = [one]

    def is_closed(self, stream: str) -> bool:
        """Whether a stream is that of a deleted thread."""
        return stream == GONE

    def shown(self) -> list[str]:
        """What was sent, in short."""
        words = {'"own"': "own", '"all"': "all", "an event cannot be read": "gap"}
        return [
            next((f"{w} {at}" for sign, w in words.items() if sign in text), text)
            for text, at in self.sent
        ]

    async def over(self) -> list[str]:
        """What was sent in the end."""
        await eventually(lambda: self.is_over)
        return self.shown()


OVER = ["live", "running items"]


async def test_a_catch_up_sends_each_event_once_and_then_the_connection_is_live() -> None:
    stage = Stage(MINE, OTHERS, GONE, TOMBSTONE, DAMAGED, DAMAGED, MINE, DAMAGED)
    stage.catch_up.begin()
    stage.catch_up.begin()
    sent = ["own 1", "all 2", "all 4", "gap 6", "own 7", "gap 8"]
    assert await stage.over() == [*sent, *OVER]
    gaps = [text for text, _ in stage.sent if "cannot be read" in text]
    assert [[f"position {n} " in gap for n in (5, 6, 8)] for gap in gaps] == [
        [True, True, False],
        [False, False, True],
    ]
    assert (stage.fetched, stage.noted) == ([0, 2, 4, 6, 6, 8, 8], [1, 7])
    assert stage.drained == len(stage.sorts) // PAGE_EVENTS + 2


async def test_events_that_change_how_later_ones_are_shown_are_prepared_for_every_connection() -> (
    None
):
    stage = Stage(WAITED_FOR, OTHERS)
    stage.catch_up.begin()
    assert await stage.over() == ["own 1", "all 2", *OVER]


async def test_gaps_beyond_the_limit_are_summed_up_in_the_last_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GAPS_SENT_MAX", 2)
    stage = Stage(*[DAMAGED, OTHERS] * 5)
    stage.catch_up.begin()
    sent = ["gap 1", "all 2", "gap 3", "all 4", "all 6", "all 8", "all 10", "gap 10"]
    assert await stage.over() == [*sent, *OVER]
    assert all(f"position {n} " in stage.sent[-3][0] for n in (5, 7, 9))


async def test_a_catch_up_waits_for_events_that_the_hub_has_not_published_yet() -> None:
    stage = Stage(OTHERS)
    stage.hub.position = 2
    stage.catch_up.begin()
    await settle()
    assert stage.shown() == ["all 1"]
    stage.sorts.append(OTHERS)
    assert await stage.over() == ["all 1", "all 2", *OVER]


async def test_events_committed_while_the_last_cursor_is_read_are_sent() -> None:
    stage = Stage(OTHERS)
    stage.happens_as_cursors_are_read = 4
    stage.catch_up.begin()
    assert await stage.over() == [*(f"all {position}" for position in range(1, 6)), *OVER]


async def test_a_catch_up_that_lacked_resources_continues_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resources, "RETRY_S", 0)
    stage = Stage(OTHERS, OTHERS, OTHERS)
    stage.faults = [OutOfResources("too many open files")]
    stage.catch_up.begin()
    assert await stage.over() == ["all 1", "all 2", "all 3", *OVER]
    assert logged_line(caplog, "clients.wait")["position"] == 0


async def test_a_catch_up_that_fails_for_another_reason_reports_the_failure_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "RETRY_S", 0)
    stage = Stage(OTHERS)
    stage.faults = [KeyError("a fault of ours")]
    stage.catch_up.begin()
    await stage.over()
    await settle()
    assert stage.shown()[:2] == OVER
    assert ["cannot be read; see" in text for text, _ in stage.sent[2:]] == [True]


async def test_a_catch_up_that_is_cancelled_sends_nothing_more() -> None:
    stage = Stage(OTHERS)
    stage.catch_up.cancel()
    stage.goes_on.clear()
    stage.catch_up.begin()
    await settle()
    stage.catch_up.cancel()
    stage.goes_on.set()
    await settle()
    assert stage.sent == []


async def test_a_client_that_cannot_get_the_failure_of_its_catch_up_is_disconnected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(OTHERS)
    stage.refuses = True
    stage.catch_up.begin()
    await eventually(lambda: stage.hung_up)
    assert "notifying c before its connection is closed failed" in caplog.text
