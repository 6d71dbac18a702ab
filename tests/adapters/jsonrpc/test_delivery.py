"""What is of use only now: sent past all that waits, or not at all."""

import gc
import json
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from weakref import ref

import pytest

from tests.support.hosts import eventually, settle
from tests.support.operator_lines import logged_line
from tests.support.steps import step
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.delivery import LOST, Delivery
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.server_requests import NotAnswered, ServerRequest

HELD = "held"
UNWANTED = "unwanted"


def notice(message: str, position: int, kind: str = "") -> Notice:
    return Notice(WarningNotification(message=message), 1, position, kind=kind, states=bool(kind))


def cursor_at(position: int) -> str:
    return f"log.{position}.tag"


class RecordedConnection:
    """One connection: its news, and what went into its outbox."""

    def __init__(self, **limits: Any) -> None:
        settings = SimpleNamespace(limits=Limits(**limits))
        self.fetched: list[int] = []
        cursors = SimpleNamespace(at=cursor_at, fetch=self._fetch)
        followers = SimpleNamespace(concerns=lambda *_: True)
        hub = SimpleNamespace(position=9, followers=followers)
        clock = SimpleNamespace(now_ms=lambda: 1)
        app: Any = SimpleNamespace(settings=settings, hub=hub, cursors=cursors, clock=clock)
        self.caught_up_after: list[int] = []
        self.is_broken = False
        self.hung_up = list[bool]()
        self.outbox = Outbox(settings.limits, lambda: self.hung_up.append(True))
        session: Any = SimpleNamespace(outbox=self.outbox, id="c")
        self.is_held = True
        self.delivery = Delivery(app, session, self._is_wanted, self._holds, self._catch_up)

    def _holds(self, outgoing: Any) -> bool:
        return self.is_held and outgoing.kind == HELD

    async def _fetch(self, position: int) -> None:
        self.fetched.append(position)

    def no_room_to_hold(self) -> Any:
        """Whatever is to wait fails."""
        return patch.object(self.delivery, "_size", self._fails_once())

    def _fails_once(self) -> Any:
        size, failed = step(self.delivery, "_size"), list[bool]()

        def once(outgoing: Any) -> Any:
            if not failed:
                failed.append(True)
                raise KeyError("a fault of ours")
            return size(outgoing)

        return once

    def _catch_up(self, after: int) -> Any:
        if self.is_broken:
            raise KeyError("a fault of ours")
        begin = partial(self.caught_up_after.append, after)
        return SimpleNamespace(begin=begin, cancel=lambda: None)

    def _is_wanted(self, outgoing: Any) -> bool:
        return bool(outgoing.kind != UNWANTED)

    async def messages(self) -> list[tuple[str, int]]:
        """What was sent since it was asked last, each with its cursor."""
        if not self.outbox.pending_messages:
            return []
        batch = map(json.loads, await self.outbox.next_batch())
        return [(one["params"]["message"], one["position"]) for one in batch]


async def test_an_urgent_notification_overtakes_waiting_ones_and_moves_no_cursor() -> None:
    heard = RecordedConnection()
    heard.delivery.deliver(notice("fact", 5, HELD))
    heard.delivery.deliver_now(notice("now", 9))
    assert await heard.messages() == [("now", 4)]
    heard.is_held = False
    heard.delivery.send_waiting()
    assert await heard.messages() == [("fact", 5)]
    heard.delivery.deliver_now(notice("later", 9))
    heard.delivery.deliver_now(notice("no", 9, UNWANTED))
    assert await heard.messages() == [("later", 9)]
    heard.outbox.close()


async def test_an_urgent_notification_is_dropped_without_room_or_during_a_catch_up() -> None:
    heard = RecordedConnection(outbox_bytes_max=1)
    heard.delivery.deliver_now(notice("first", 9))
    heard.delivery.deliver_now(notice("second", 9))
    assert await heard.messages() == [("first", 9)]
    heard.delivery.subscribe(0)
    heard.delivery.deliver_now(notice("third", 9))
    assert await heard.messages() == []
    heard.delivery.stop_catch_up()
    heard.delivery.deliver_now(notice("fourth", 9))
    assert await heard.messages() == [("fourth", 9)]
    heard.outbox.close()


@pytest.mark.parametrize("bytes_max", [1, 1_000_000])
async def test_an_urgent_notification_leaves_no_bytes_in_the_outbox(bytes_max: int) -> None:
    heard = RecordedConnection(outbox_bytes_max=bytes_max)
    heard.delivery.deliver_now(notice("now", 9))
    heard.delivery.deliver_now(notice("again", 9))
    await heard.messages()
    assert heard.outbox.load_bytes == 0
    heard.delivery.deliver(notice("fact", 10, "fact"))
    assert await heard.messages() == [("fact", 10)]
    heard.outbox.close()


async def test_a_notification_sent_ahead_of_others_goes_only_to_clients_that_want_it() -> None:
    heard = RecordedConnection()
    heard.delivery.deliver(notice("fact", 5, HELD))
    heard.delivery.deliver_ahead(notice("no", 9, UNWANTED))
    heard.delivery.deliver_ahead(notice("ahead", 9))
    heard.is_held = False
    heard.delivery.send_waiting()
    assert await heard.messages() == [("ahead", 4), ("fact", 5)]
    heard.outbox.close()


async def test_a_notification_that_does_not_fit_into_memory_is_sent_from_the_log_later() -> None:
    heard, fact = RecordedConnection(), notice("fact", 5, "fact")

    def nothing_left(*_: object) -> bytes:
        raise MemoryError

    with patch.object(Notice, "encode", nothing_left):
        heard.delivery.pass_on(fact)
    await eventually(lambda: heard.caught_up_after == [4])
    [(warning, position)] = await heard.messages()
    assert (warning.startswith("this client reads notifications too slowly"), position) == (True, 4)
    heard.delivery.close()
    heard.outbox.close()


def faulty(*_: object) -> Any:
    """Raise what nobody foresaw."""
    raise KeyError("a fault of ours")


@pytest.mark.parametrize("where", ["_is_wanted", "_is_held", "_size"])
async def test_a_notification_that_fails_by_a_fault_of_the_host_is_sent_from_the_log_later(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = RecordedConnection()
    if where == "_size":
        heard.delivery.deliver(notice("held", 4, HELD))
    with (
        patch.object(heard.delivery, where, faulty) if where != "_size" else heard.no_room_to_hold()
    ):
        heard.delivery.deliver(notice("fact", 5, "fact"))
    await eventually(lambda: heard.caught_up_after in ([4], [3]))
    assert [text for text, _ in await heard.messages() if text.startswith("this client reads")]
    assert "notifying c of warning failed" in caplog.text
    assert (heard.hung_up, heard.outbox.load_bytes) == ([], 0)
    heard.delivery.close()
    heard.outbox.close()


async def test_a_client_is_warned_of_notifications_that_were_dropped_during_a_catch_up() -> None:
    heard = RecordedConnection()
    heard.delivery.subscribe(0)
    with heard.no_room_to_hold():
        heard.delivery.deliver(Notice(WarningNotification(message="m"), 1, 9, is_fleeting=True))
    assert await heard.messages() == []
    await settle()
    assert (await heard.messages(), heard.caught_up_after) == ([], [])
    for said in ([(LOST, 9)], []):
        heard.delivery.stop_catch_up()
        assert await heard.messages() == said
        heard.delivery.subscribe(0)
    heard.delivery.close()
    heard.outbox.close()


async def test_a_catch_up_begins_once_the_client_has_read_its_outbox(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "threadhost")
    heard = RecordedConnection(outbox_bytes_max=1, outbox_low_water_bytes=0)
    for position in (5, 6):
        heard.delivery.deliver(notice("fact", position, "fact"))
    heard.delivery.unsubscribe()  # nothing was subscribed to
    heard.delivery.begin_catch_up()  # the reply to that was sent
    await settle()
    assert (heard.caught_up_after, heard.fetched) == ([], [])
    assert await heard.messages() == [("fact", 5)]
    await settle()
    assert (heard.caught_up_after, heard.fetched) == ([5], [5])
    assert logged_line(caplog, "client.behind")["position"] == 5
    heard.delivery.close()
    heard.outbox.close()


@pytest.mark.parametrize(
    ("waits", "sent", "goes_on_after"),
    [
        ([], [], 9),
        ([5], [], 4),
        ([], [8], 9),
        ([], [8, 9], 0),
        ([5], [4], 0),
    ],
)
async def test_unsubscribing_continues_from_where_live_delivery_stopped(
    waits: list[int], sent: list[int], goes_on_after: int
) -> None:
    heard = RecordedConnection()
    for position in waits:
        heard.delivery.deliver(notice("fact", position, HELD))
    for after in (7, 0):
        heard.delivery.subscribe(after)
    for position in sent:
        heard.delivery.pass_on(notice("fact", position, "fact"))
    heard.delivery.unsubscribe()
    heard.delivery.begin_catch_up()
    assert heard.caught_up_after == [goes_on_after]
    heard.delivery.stop_catch_up()
    heard.delivery.subscribe(0)
    heard.delivery.stop_catch_up()
    heard.delivery.unsubscribe()
    assert not heard.delivery.is_behind
    heard.delivery.close()
    heard.outbox.close()


async def test_a_client_whose_catch_up_cannot_begin_is_disconnected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard = RecordedConnection()
    heard.delivery.deliver(notice("told", 4, "fact"))
    heard.is_broken = True
    with patch.object(heard.delivery, "_is_held", faulty):
        heard.delivery.deliver(notice("fact", 5, "fact"))
    assert heard.hung_up == [True]
    assert "notifying c before its connection is closed failed" in caplog.text
    heard.delivery.close()
    heard.outbox.close()


async def test_a_client_that_cannot_be_warned_is_disconnected() -> None:
    heard = RecordedConnection()
    with patch.object(heard.outbox, "send", faulty):
        heard.delivery.deliver(notice("fact", 5, "fact"))
        await eventually(lambda: heard.hung_up == [True])
    assert heard.caught_up_after == []
    heard.delivery.close()
    heard.outbox.close()


async def test_a_request_to_a_client_that_cannot_be_sent_fails_at_once() -> None:
    heard, asked = RecordedConnection(), ServerRequest(1, "item/tool/call", b"{}", "")
    with patch.object(heard.delivery, "_is_held", faulty):
        heard.delivery.deliver(asked)
    with pytest.raises(NotAnswered, match="could not be sent"):
        await asked.answer
    assert heard.hung_up == []
    heard.outbox.close()


class Large(WarningNotification):
    """Takes long to write."""

    @property
    def is_large(self) -> bool:
        """Whatever it says."""
        return True


def test_a_large_notification_that_was_sent_is_freed_without_the_garbage_collector() -> None:
    params = Large(message="x" * 1000)
    gone, notice = ref(params), Notice(params, 1, 1)
    assert len(notice.encode(10_000, cursor_at)) >= 1000
    gc.disable()
    try:
        del params, notice
        assert gone() is None
    finally:
        gc.enable()
