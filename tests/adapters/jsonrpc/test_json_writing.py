"""Large JSON that is written in steps is the same JSON."""

import asyncio
import threading
from typing import Any

import pytest

from tests.support import any_events
from tests.support.each import each
from threadhost.adapters.jsonrpc import item_rendering, json_writing
from threadhost.adapters.jsonrpc.models import turn_notifications
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_notifications import (
    ItemCompletedNotification,
    TurnCompletedNotification,
)
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Unwritten

ODD = 'a\n"\\\x00é\u2028€😀' * 3


def completed(item: dict[str, Any]) -> ItemCompletedNotification:
    return ItemCompletedNotification(
        item=item_rendering.item(item), thread_id="a", turn_id="t", completed_at_ms=1
    )


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 100_000])
@each("item", any_events.ITEMS, ids=lambda item: item["type"])
def test_an_item_written_in_steps_is_the_same_json_as_written_at_once(
    item: dict[str, Any], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_writing, "PIECE_BYTES", piece)
    for one in (item, {**item, "text": ODD, "arguments": {ODD: [ODD, {"x": ODD, "y": 1.5}]}}):
        params = completed({name: one[name] for name in one if name in item})
        assert params.encode_in_steps() == params.encode()


def test_no_step_is_longer_than_a_piece() -> None:
    assert [len(piece) for piece in json_writing.pieces("x" * 300_000)] == [131072, 131072, 37856]
    assert json_writing.size_bytes(completed({**any_events.ITEMS[1], "text": "x" * 9_000})) >= 9_000


@pytest.mark.parametrize(("size", "is_later"), [(1_000, False), (1_000_000, True)])
async def test_a_large_notification_is_written_once_and_beside_the_loop(
    size: int, *, is_later: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers = []

    def write(params: ItemCompletedNotification) -> bytes:
        writers.append(threading.current_thread())
        return json_writing.written(params)

    monkeypatch.setattr(ItemCompletedNotification, "encode_in_steps", write)
    notice = Notice(completed({**any_events.ITEMS[1], "text": "x" * size}), 1, 2)
    made = [notice.encode(2**24, lambda _: "c") for _ in range(2)]
    assert made[0] is made[1]
    assert isinstance(made[0], Unwritten) is is_later
    assert notice.size_bytes == len(made[0])
    if isinstance(made[0], Unwritten):
        messages = await asyncio.gather(*(made[0].written() for _ in range(3)))
        assert len(set(messages)) == 1
        assert len(messages[0]) - size < 1_000
        assert [writer is threading.main_thread() for writer in writers] == [False]


@pytest.mark.parametrize("of_small_event", [True, False])
def test_notifications_of_small_events_are_not_checked_for_size(
    *, of_small_event: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    monkeypatch.setattr(turn_notifications, "is_large", looks.append)
    notice = Notice(completed(any_events.ITEMS[1]), 1, 2)
    if of_small_event:
        notice.is_of_small_event()
    notice.encode(2**24, lambda _: "c")
    assert bool(looks) is not of_small_event


def test_the_end_of_a_turn_is_checked_for_size_though_its_event_is_small() -> None:
    large = item_rendering.item({**any_events.ITEMS[1], "text": "x" * 1_000_000})
    turn = Turn(id="t", items=[large], items_view="full", status="completed")
    notice = Notice(TurnCompletedNotification(thread_id="a", turn=turn), 1, 2)
    notice.is_of_small_event()
    assert isinstance(notice.encode(2**24, lambda _: "c"), Unwritten)
