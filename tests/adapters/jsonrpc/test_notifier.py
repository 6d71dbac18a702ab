"""Events become notifications that clients can read, or warnings."""

import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import any_events, schema
from tests.support.each import each
from tests.support.searching import tries
from tests.support.store import META, now
from threadhost.adapters.jsonrpc import item_rendering
from threadhost.adapters.jsonrpc.event_handlers import HANDLERS
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.jsonrpc.outbox import Unwritten
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.agent import AgentStarted
from threadhost.events.base import KINDS, Damaged, Event, Gap, Recorded
from threadhost.events.job import JobWorkerStarted
from threadhost.events.nouns import noun_of
from threadhost.events.queue import QueueReordered
from threadhost.events.thread import ThreadActivated, ThreadRenamed
from threadhost.events.turn import ErrorRecorded, ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.listing import ThreadRow

BYTES_MAX = 16 * 1024 * 1024
OWN = "job/"
MESSAGE = any_events.ITEMS[1]


class StoredTurns:
    """The stored facts about turns that a notifier reads."""

    def __init__(self, final: dict[str, Any] | None = None) -> None:
        self.final = final

    def begun(self, recorded: Sequence[Recorded]) -> dict[str, ThreadRow]:
        return {}

    async def rows(self, thread_ids: Sequence[str], at: int) -> dict[str, ThreadRow]:
        return {}

    async def objective(self, thread_id: str, version: int) -> str:
        """Of no goal."""
        raise LookupError(thread_id, version)

    async def final_item(self, thread_id: str, turn_id: str) -> dict[str, Any] | None:
        return self.final

    async def error(self, thread_id: str, turn_id: str) -> None:
        del thread_id, turn_id


def shown(row: ThreadRow) -> Thread:
    raise AssertionError(row)


def no_window(_: str) -> None:
    """No model's context window is known."""


class PreparingNotifier(Notifier):
    """A notifier that reads what it needs just before it makes notices."""

    def tell(self, fact: Recorded, cursor: int | None = None) -> list[Notice]:
        now(self.prepare([fact]))
        return super().tell(fact, cursor)


def notifier(final: dict[str, Any] | None = None) -> Notifier:
    return PreparingNotifier(StoredTurns(final), shown, no_window)


def fact(event: Event | Gap, position: int = 7, stream: str = "thread-a") -> Recorded:
    return Recorded(position, stream, position, event, META)


def cursor_at(position: int) -> str:
    return f"log.{position}.tag"


def sent(notices: list[Notice]) -> list[dict[str, Any]]:
    """The messages, validated against the protocol's schema."""
    made = [notice.encode(BYTES_MAX, cursor_at) for notice in notices]
    messages = [json.loads(message) for message in made if isinstance(message, bytes)]
    for message in messages:
        if message["method"].startswith(OWN):  # the reference's schema has none of these
            continue
        schema.validate("notification", message["method"], message["params"])
    return messages


async def written(notice: Notice, bytes_max: int) -> bytes:
    made = notice.encode(bytes_max, cursor_at)
    return await made.written() if isinstance(made, Unwritten) else made


def recorded_message(turn_id: str = "t1", **changed: Any) -> ItemRecorded:
    item = {**MESSAGE, **changed}
    return ItemRecorded(turn_id=turn_id, item_id="m", type="agentMessage", item=item)


def end(turn_id: str = "t1") -> TurnCompleted:
    return TurnCompleted(turn_id=turn_id, outcome="completed", started_at_ms=1, completed_at_ms=2)


@pytest.mark.slices
@tries(300)
@given(st.lists(any_events.events(), max_size=6))
def test_every_recorded_event_becomes_notifications_in_the_schema_or_a_warning(
    events: list[Event],
) -> None:
    teller = notifier(MESSAGE)
    for position, event in enumerate(events, 1):
        messages = sent(teller.tell(fact(event, position)))
        assert all(m["position"] <= position for m in messages)
        if messages:
            assert messages[-1]["position"] == position


@pytest.mark.slices
@tries(200)
@given(st.lists(any_events.recorded_items(), max_size=4))
def test_a_turn_is_reported_as_completed_to_clients_whatever_items_it_has(
    items: list[ItemRecorded],
) -> None:
    teller = notifier()
    facts = [TurnStarted(turn_id="t1", started_at_ms=1), *items, end()]
    told = [
        message for n, event in enumerate(facts, 1) for message in sent(teller.tell(fact(event, n)))
    ]
    assert told[-1]["method"] == "turn/completed"
    assert sum(m["method"] in ("item/completed", "warning") for m in told) == len(items)


@each(
    ("changed", "told"),
    [
        ({"phase": "analysis"}, {"phase": None}),
        ({"phase": 7}, {"phase": None}),
        ({"startedAtMs": 2**63}, {"startedAtMs": None}),
        ({"more": {"of": "it"}}, {}),
        ({"questions": [{"title": "t"}, {"title": 5}]}, {}),
    ],
)
def test_a_member_that_clients_cannot_read_is_left_out_of_its_item(
    changed: dict[str, Any], told: dict[str, Any]
) -> None:
    [message] = sent(notifier().tell(fact(recorded_message(**changed))))
    assert message["method"] == "item/completed"
    expected = {**MESSAGE, **told}
    item = message["params"]["item"]
    assert {**item, "questions": None} == expected


def test_only_unreadable_entries_of_a_list_are_left_out() -> None:
    item = {**any_events.ITEMS[2], "summary": ["one", None, "three", 4]}
    event = ItemRecorded(turn_id="t1", item_id="r", type="reasoning", item=item)
    [message] = sent(notifier().tell(fact(event)))
    assert message["params"]["item"]["summary"] == ["one", "three"]


@pytest.mark.parametrize("changed", [{"text": None}, {"type": "hologram"}, {"id": 5}])
def test_an_item_that_cannot_be_shown_becomes_a_warning_without_its_words(
    changed: dict[str, Any],
) -> None:
    [notice] = notifier().tell(fact(recorded_message(**{"text": "the secret", **changed})))
    [message] = sent([notice])
    assert message["method"] == "warning"
    assert (message["position"], message["params"]["threadId"]) == (7, "a")
    words = message["params"]["message"]
    assert words.startswith(
        "an event cannot be read or shown: position 7 (turn.item_recorded.v2 in "
    )
    assert "secret" not in words
    assert notice.damage is not None


def test_a_damaged_event_becomes_a_warning_with_the_thread_of_its_stream() -> None:
    damaged = Damaged("turn.completed.v1", "its seal is broken")
    for stream, thread_id in (("thread-a", "a"), ("tree-a", None), ("host-h", None)):
        [message] = sent(notifier().tell(fact(damaged, stream=stream)))
        assert message["params"]["threadId"] == thread_id
        assert "its seal is broken" in message["params"]["message"]


def test_a_turn_ends_without_its_last_message_if_that_cannot_be_shown() -> None:
    [_, message] = sent(notifier({**MESSAGE, "text": None}).tell(fact(end())))
    assert message["params"]["turn"]["items"] == []
    assert message["params"]["turn"]["itemsView"] == "notLoaded"


@pytest.mark.parametrize("status", [-1, 70_000, 2**70])
def test_a_failure_with_an_impossible_http_status_is_reported_without_the_status(
    status: int,
) -> None:
    code = "responseStreamDisconnected"
    error = ErrorRecorded(turn_id="t1", message="m", code=code, http_status=status)
    [message] = sent(notifier().tell(fact(error)))
    info = message["params"]["error"]["codexErrorInfo"]
    assert info == {code: {"httpStatusCode": None}}


class RecordingConnection:
    """A connection that records its notifications."""

    is_gone = False

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.marks: list[tuple[str, bool]] = []

    def deliver(self, notice: Notice) -> None:
        self.heard += sent([notice])

    def note_following(self, thread_id: str, *, on: bool) -> None:
        self.marks.append((thread_id, on))


def no_agents() -> Lineage:
    """A lineage without agents, which reads nothing."""
    return Lineage(cast("Any", None))


def listening() -> tuple[Hub, RecordingConnection]:
    hub, ear = Hub(notifier(), no_agents(), 0, lambda: 1), RecordingConnection()
    hub.followers.join(ear)
    hub.followers.follow_all(ear, on=True)
    return hub, ear


def test_a_fault_in_one_event_does_not_affect_others_of_the_same_commit() -> None:
    hub, ear = listening()
    facts = [
        recorded_message(text=None),
        ThreadRenamed(name="a name"),
        recorded_message(text=None),
        end("t2"),
    ]
    streams = ("thread-a", "thread-b", "thread-a", "thread-c")
    hub.published([fact(e, n, s) for n, (e, s) in enumerate(zip(facts, streams, strict=True), 1)])
    assert [m["method"] for m in ear.heard] == [
        *("warning", "thread/name/updated", "warning"),
        *("thread/status/changed", "turn/completed"),
    ]
    assert hub.position == 4


def hub_with_agents_at_work() -> tuple[Hub, RecordingConnection]:
    """Two agents of a thread, an agent of one of them, and a thread of its own."""
    hub, ear = Hub(notifier(), no_agents(), 0, lambda: 1), RecordingConnection()
    for agent_id, parent_id in (("a1", "root"), ("a2", "root"), ("b", "a1")):
        hub.belongs(agent_id, parent_id)
    for thread_id in ("a1", "a2", "b", "root", "other"):
        hub.item_started(thread_id, f"t-{thread_id}", {**MESSAGE, "id": thread_id})
    return hub, ear


def test_leaving_a_thread_marks_the_agents_that_were_followed_through_it_as_left() -> None:
    """A joining process keeps what was begun until it ends, or until its client has left."""
    hub, ear = hub_with_agents_at_work()
    for thread_id in ("root", "a1"):
        hub.join_thread(ear, thread_id, "")
    ear.marks.clear()
    assert hub.unfollow(ear, "root")
    assert ear.marks == [("root", False), ("a2", False)]
    assert hub.unfollow(ear, "a1")
    assert ear.marks[2:] == [("a1", False), ("b", False)]
    assert not hub.unfollow(ear, "root")
    assert ear.marks[4:] == []


def test_unsubscribing_from_all_threads_marks_those_with_live_items_as_left() -> None:
    hub, ear = hub_with_agents_at_work()
    hub.followers.follow_all(ear, on=True)
    hub.join_thread(ear, "a1", "")
    ear.marks.clear()
    hub.unfollow_all(ear)
    assert sorted(ear.marks) == [("a2", False), ("other", False), ("root", False)]


@pytest.mark.parametrize("item", [{"type": "agentMessage", "id": None, "startedAtMs": 1}, {}])
def test_a_streamed_item_that_cannot_be_written_becomes_a_warning_and_streaming_continues(
    item: dict[str, Any],
) -> None:
    hub, ear = listening()
    hub.item_started("a", "t1", item)
    hub.text_delta("a", "t1", "m", "\ud800")
    hub.text_delta("a", "t1", "m", "well")
    assert [m["params"].get("delta") for m in ear.heard] == [None, "well"]
    assert "was left out: it cannot be written" in ear.heard[0]["params"]["message"]


@pytest.mark.parametrize("length", [5_000, 5_000_000])
async def test_a_notification_larger_than_a_frame_is_cut_or_replaced_by_a_warning(
    length: int,
) -> None:
    [notice] = notifier().tell(fact(recorded_message(text="x" * length)))
    cut = await written(notice, length // 2)
    assert json.loads(cut)["params"]["item"]["text"].endswith(" bytes left out]")
    assert len(cut) <= length // 2
    many = {**any_events.ITEMS[2], "summary": ["x"] * 5_000}
    event = ItemRecorded(turn_id="t1", item_id="r", type="reasoning", item=many)
    [notice] = notifier().tell(fact(event))
    message = json.loads(await written(notice, 2_000))
    assert message["method"] == "warning"
    assert "item/completed of thread a at position 7 was left out: it has" in str(message)


@pytest.mark.slices
@tries(300)
@given(any_events.items())
def test_a_stored_item_is_passed_on_unchanged_only_if_clients_can_read_it(
    item: dict[str, Any],
) -> None:
    try:
        recorded = ItemRecorded(turn_id="t", item_id="i", type="x", item=item).model_dump_json()
        body = recorded[recorded.index('"item":') + 7 : -1].encode()
        told = item_rendering.rendered_item(body)
    except (ValueError, item_rendering.Unrenderable):
        return
    shown = json.loads(told)
    assert item_rendering.item(shown).model_dump(mode="json", by_alias=True) == shown
    params = {"threadId": "a", "turnId": "t", "completedAtMs": 1, "item": shown}
    schema.validate("notification", "item/completed", params)


def test_a_thread_whose_host_died_is_idle_once_when_it_is_loaded_again() -> None:
    recovered = end().model_copy(update={"outcome": "interrupted", "reason": "host restarted"})
    told = sent(notifier().tell(fact(recovered))) + sent(
        notifier().tell(fact(ThreadActivated(incarnation=2)))
    )
    assert [m["params"].get("status", {}).get("type", m["method"]) for m in told] == [
        *("notLoaded", "turn/completed", "idle")
    ]


def test_every_notification_handler_is_in_the_module_that_the_table_of_nouns_names() -> None:
    """Otherwise a handler is missing until another module imports its module."""
    assert len(list(registry)) == len(registry)  # all are imported
    handlers = {type_: HANDLERS[type_] for type_ in KINDS.values()}
    told = {type_: handler for type_, handler in handlers.items() if handler is not None}
    assert {ThreadRenamed, TurnStarted, QueueReordered} <= told.keys()
    for type_, handler in told.items():
        noun = noun_of(type_)
        assert noun is not None
        assert handler.__module__ == f"threadhost.adapters.jsonrpc.{noun.notified_by}", type_


@pytest.mark.parametrize(
    "first",
    [
        AgentStarted(),
        JobWorkerStarted(job_id="0193a1b2-0000-7000-8000-00000000c0de", item=0),
    ],
    ids=["an agent", "a worker"],
)
def test_no_row_is_read_or_kept_for_an_agent_or_a_worker_that_is_not_announced(
    first: Event,
) -> None:
    """Each of these rows once stayed in memory for ever."""
    asked: list[str] = []

    class Rows(StoredTurns):
        async def rows(self, thread_ids: Sequence[str], at: int) -> dict[str, ThreadRow]:
            asked.extend(thread_ids)
            return {}

    teller = Notifier(Rows(), shown, no_window)
    activated = ThreadActivated(incarnation=1)
    begun = [fact(first, 3, "thread-a"), fact(activated, 4, "thread-a")]
    now(teller.prepare([*begun, fact(activated, 5, "thread-b")]))
    assert asked == ["b"]
    told = [notice for one in begun for notice in teller.tell(one)]
    assert [notice.method for notice in told] == ["thread/status/changed"]
