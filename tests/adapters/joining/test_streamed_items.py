"""Items that were streamed when the host died are completed for the client."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.adapters.joining.test_failover import failed_over, line, session_of
from tests.support.each import each
from threadhost.actors.compaction import compaction_item
from threadhost.actors.items import INCOMPLETE
from threadhost.adapters.joining import streamed_items
from threadhost.adapters.joining.greeting import FOLLOWED, LEFT
from threadhost.adapters.joining.session_state import SessionState
from threadhost.adapters.jsonrpc.envelope import notification_bytes, result_bytes
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.turn import Turn
from threadhost.adapters.jsonrpc.models.turn_notifications import TurnCompletedNotification
from threadhost.adapters.jsonrpc.notify_turns import (
    item_completed,
    item_started,
    reasoning_delta,
    text_delta,
)
from threadhost.adapters.live_items import LiveItem, Part

THREAD, TURN, OTHER = "a", "turn-1", "turn-2"
MESSAGE = {"type": "agentMessage", "id": "m", "text": "", "startedAtMs": 5}
WHOLE = {**MESSAGE, "text": "so far", "completedAtMs": 9}
SAID = {"type": "userMessage", "id": "u", "content": [], "startedAtMs": 5}
THOUGHT = {"type": "reasoning", "id": "r", "summary": [], "content": [], "startedAtMs": 5}
COMPACTION = compaction_item("c", 5, None)
STREAMS: dict[str, tuple[dict[str, Any], list[Notification], dict[Part, list[str]]]] = {
    "agentMessage": (
        MESSAGE,
        [text_delta(THREAD, TURN, "m", text) for text in ("so ", "far")],
        {(False, 0): ["so ", "far"]},
    ),
    "reasoning": (
        THOUGHT,
        [
            reasoning_delta(THREAD, TURN, "r", part, text)
            for part, text in (((False, 1), "b"), ((True, 0), "so "), ((False, 0), "a"))
        ],
        {(False, 0): ["a"], (False, 1): ["b"], (True, 0): ["so "]},
    ),
    "contextCompaction": (COMPACTION, [], {}),
}
"""Of each type of streamed items, one with its deltas and with the texts that a host keeps."""
ANSWERS = (
    result_bytes(0, b"{}"),
    result_bytes("threadhost/join/1", b"{}"),
    result_bytes("threadhost/join/2", b'{"complete":true}'),
)


def encoded(notification: Notification) -> bytes:
    """The notification as a host sends it."""
    return notification_bytes(notification.method, notification.encode(), 1, 8, "log.8.bb")


def streamed(item: dict[str, Any], *texts: str, turn: str = TURN) -> list[bytes]:
    """The notifications of a streamed item: its start and its deltas."""
    ids = (THREAD, turn, item["id"])
    if item is THOUGHT:
        deltas = [reasoning_delta(*ids, (bool(n), 0), text) for n, text in enumerate(texts)]
    else:
        deltas = [text_delta(*ids, text) for text in texts]
    return [encoded(each) for each in (item_started(THREAD, turn, item), *deltas)]


def end_of(turn: str) -> bytes:
    ended = Turn(id=turn, root_turn_id=turn, items_view="notLoaded", status="interrupted")
    return encoded(TurnCompletedNotification(thread_id=THREAD, turn=ended))


def after_failover(state: SessionState, *heard: bytes) -> list[dict[str, Any]]:
    """The notifications for a client that had these from the dead host, when a turn ends."""
    for each_line in heard:
        assert state.received(each_line) == []
    failed_over(state, *ANSWERS)
    ahead = [*state.received(end_of(OTHER)), *state.received(end_of(TURN))]
    assert state.received(end_of(TURN)) == []
    return [json.loads(each_line) for each_line in ahead]


def test_a_message_cut_off_by_a_failover_is_completed_as_incomplete_before_its_turn_ends() -> None:
    [end] = after_failover(session_of(THREAD), *streamed(MESSAGE, "so ", 'far "'))
    assert (end["method"], end["position"], end["cursor"]) == ("item/completed", 8, "log.8.bb")
    item = end["params"].pop("item")
    assert (item["id"], item["text"], item["incomplete"]) == ("m", 'so far "', True)
    assert item["completedAtMs"] == end["params"].pop("completedAtMs") > 5
    assert end["params"] == {"threadId": THREAD, "turnId": TURN, "contentTokenCount": None}


def test_reasoning_cut_off_by_a_failover_is_completed_part_by_part() -> None:
    [end] = after_failover(session_of(THREAD), *streamed(THOUGHT, "in full", "in short"))
    item = end["params"]["item"]
    assert (item["summary"], item["content"]) == (["in short"], ["in full"])


@each("type_of_item", sorted(streamed_items.STREAMED))
def test_the_end_of_a_cut_off_item_equals_the_one_that_a_host_sends_when_a_turn_is_interrupted(
    type_of_item: bytes,
) -> None:
    item, deltas, texts = STREAMS[type_of_item.decode()]
    begin = encoded(item_started(THREAD, TURN, item))
    [end] = after_failover(session_of(THREAD), begin, *map(encoded, deltas))
    live = LiveItem(THREAD, TURN, item, texts)
    stored = live.cut_off(end["params"]["completedAtMs"])
    assert stored.items() >= INCOMPLETE.items()
    assert end["params"] == json.loads(encoded(item_completed(THREAD, TURN, stored)))["params"]


@each(
    "heard",
    [
        (*streamed(MESSAGE, "so"), encoded(item_completed(THREAD, TURN, WHOLE))),
        (*streamed(MESSAGE, "so"), end_of(TURN)),
        streamed(MESSAGE, "so")[1:],
        streamed(MESSAGE, turn="turn-3"),
        [encoded(item_started(THREAD, TURN, SAID))],
    ],
)
def test_an_item_that_ended_or_is_of_another_turn_is_not_completed_a_second_time(
    heard: Sequence[bytes],
) -> None:
    assert after_failover(session_of(THREAD), *heard) == []


def test_an_item_whose_end_the_next_host_reports_is_completed_only_once() -> None:
    state = session_of(THREAD)
    for each_line in streamed(MESSAGE, "so"):
        state.received(each_line)
    failed_over(state, *ANSWERS)
    assert state.received(encoded(item_completed(THREAD, TURN, WHOLE))) == []
    assert state.received(end_of(TURN)) == []


def test_a_client_that_opted_out_of_ends_of_items_gets_none_after_a_failover() -> None:
    state = session_of(THREAD)
    left_out = {"optOutNotificationMethods": ["item/completed"]}
    state.initialize = line(id=0, method="initialize", params={"capabilities": left_out})
    assert after_failover(state, *streamed(MESSAGE, "so")) == []


@each("by_position", [False, True])
def test_a_client_that_opted_out_of_ends_of_turns_gets_the_ends_of_cut_off_items(
    by_position: bool,  # noqa: FBT001
) -> None:
    """They are asked for again, and are not for the client."""
    state = session_of(THREAD)
    capabilities = {"optOutNotificationMethods": ["turn/completed", "turn/started"]}
    client = {"name": "tests", "version": "1"}
    by_name = {"clientInfo": client, "capabilities": capabilities}
    params: object = [client, capabilities] if by_position else by_name
    state.initialize = line(id=0, method="initialize", params=params)
    for heard in streamed(MESSAGE, "so far"):
        assert state.received(heard) == []
    assert not state.is_hidden(end_of(TURN))
    hello = failed_over(state, *ANSWERS)[2][0]["params"]
    asked_of_host = hello[1] if by_position else hello["capabilities"]
    assert asked_of_host == {"optOutNotificationMethods": ["turn/started"]}
    [end] = map(json.loads, state.received(end_of(TURN)))
    assert (end["method"], end["params"]["item"]["text"]) == ("item/completed", "so far")
    assert state.is_hidden(end_of(TURN))
    hello = failed_over(state, *ANSWERS)[2][0]
    assert (hello["params"], state.is_hidden(end_of(TURN))) == (params, False)


def test_the_text_kept_for_streamed_items_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_items, "ITEMS_MAX", 1)
    monkeypatch.setattr(streamed_items, "KEPT_BYTES_MAX", 1)
    [end] = after_failover(
        session_of(THREAD), *streamed(THOUGHT, "t"), *streamed(MESSAGE, "so", " far")
    )
    assert end["params"]["item"]["text"] == "so"


def test_an_item_ends_at_its_first_lost_delta_though_there_is_room_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other, [start, first, lost, late] = (
        streamed(THOUGHT, "full"),
        streamed(MESSAGE, "so", " f", "ar"),
    )
    monkeypatch.setattr(streamed_items, "KEPT_BYTES_MAX", len(first) + len(other[1]))
    ended = encoded(item_completed(THREAD, TURN, {**THOUGHT, "completedAtMs": 9}))
    [end] = after_failover(session_of(THREAD), start, first, *other, lost, ended, late)
    assert end["params"]["item"]["text"] == "so"


def test_a_client_gets_no_end_of_items_that_began_before_it_left_the_thread() -> None:
    state = session_of(THREAD)
    for heard in (*streamed(MESSAGE, "so far"), *streamed({**MESSAGE, "id": "again"}, "so")):
        state.received(heard)
    for mark in (LEFT, FOLLOWED):
        state.note_mark(mark + THREAD.encode() + b" log.8.bb")
    [end] = after_failover(state, *streamed({**MESSAGE, "id": "again"}, "so far"))
    item = end["params"]["item"]
    assert (item["id"], item["text"]) == ("again", "so far")


def test_an_item_that_is_streamed_again_to_a_client_that_rejoins_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = streamed(MESSAGE, "so far")
    monkeypatch.setattr(streamed_items, "KEPT_BYTES_MAX", 2 * len(lines[1]))
    [end] = after_failover(session_of(THREAD), *lines * 4)
    assert end["params"]["item"]["text"] == "so far"
