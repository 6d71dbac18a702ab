"""Following causes through a log, by nothing but its columns: every event leads back to a root."""

import re
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.protocol.talk import HANG, begin, end, script, start, talk
from tests.protocol.tool_talk import CALL, LOOK, follow, named, offering, tool_answer
from tests.support.agent_scripts import call, calls, spawn
from tests.support.log_database import connected
from tests.support.server import Host
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import KINDS, Cause
from threadhost.events.store.home import DATABASE
from threadhost.events.turn import TurnStarted

EVENT = re.compile(r"event:(?P<stream>[a-z]+-[0-9a-f-]+)@(?P<version>\d+)")
REQUEST = r"request:[0-9a-f-]+:[0-9a-z]+:[a-zA-Z/]+"
START = r"start:host-[0-9a-f-]+@\d+"
TIMER = r"timer:[a-z]+@(?P<due_ms>\d{13})"
ROOT = re.compile(f"{REQUEST}|{START}|{TIMER}")
COLUMNS = "position, stream, version, type, principal, causation_id, recorded_at_ms"
LED_BY: Mapping[Cause, Collection[str]] = {
    "plan": ["tree.deletion_planned.v2"],
    "deletion": ["tree.deletion_completed.v1", "tree.deletion_halted.v1"],
    "request": ["turn.model_requested.v1"],
    "call": ["turn.tool_called.v1", "turn.user_asked.v1"],
}
"""The types of what leads to the events of types that declare such causes."""


class Row(NamedTuple):
    """A row of the log, without what it says."""

    position: int
    stream: str
    version: int
    type: str
    principal: str
    cause: str
    at_ms: int


Rows = Mapping[tuple[str, int], Row]


def rows_of(home: Path) -> Rows:
    """All rows of a log, by stream and version."""
    with closing(connected(home / DATABASE)) as database:
        found = database.execute(f"SELECT {COLUMNS} FROM events ORDER BY position").fetchall()
    return {(row.stream, row.version): row for row in (Row(*one) for one in found)}


def cause_of(row: Row, rows: Rows) -> Row | None:
    """The event that led to another; None for what a root led to."""
    named_event = EVENT.fullmatch(row.cause)
    if named_event is None:
        assert ROOT.fullmatch(row.cause), row
        return None
    cause = rows[named_event["stream"], int(named_event["version"])]
    assert cause.position < row.position, row
    return cause


def causes_of(row: Row, rows: Rows) -> list[str]:
    """The types of what led to an event, the nearest first."""
    cause = cause_of(row, rows)
    return [] if cause is None else [cause.type, *causes_of(cause, rows)]


def assert_led_as_declared(row: Row, rows: Rows) -> None:
    """What led to an event is what its type declares, save that a copy has its original."""
    declared, cause = KINDS[row.type].cause, cause_of(row, rows)
    if cause is None:
        timer = re.fullmatch(TIMER, row.cause)
        assert (declared == "start") <= bool(re.fullmatch(START, row.cause)), row
        assert (declared == "timer") <= (timer is not None), row
        assert timer is None or int(timer["due_ms"]) <= row.at_ms, row
        assert declared not in LED_BY, row
    elif cause.type != row.type and declared in LED_BY:
        assert cause.type in LED_BY[declared], row


def only(rows: Rows, stream: str, kind: str, number: int = 0) -> Row:
    """One of the events of a type in a stream."""
    return [row for row in rows.values() if row.stream == stream and row.type == kind][number]


async def test_every_event_of_a_run_with_every_feature_leads_back_to_a_root(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id, "hello")
    running = await begin(client, thread_id, script({"text": "so far", **HANG}))
    await client.notice("item/agentMessage/delta", turnId=running)
    queued = {"threadId": thread_id, "clientUserMessageId": "q"}
    await client.ok("thread/queue/add", {**queued, "input": [{"type": "text", "text": "later"}]})
    steer = {"threadId": thread_id, "input": [{"type": "text", "text": "and this"}]}
    await client.ok("turn/steer", {**steer, "expectedTurnId": running})
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": running})
    await end(client, running)
    await client.ok("thread/compact/start", {"threadId": thread_id})
    await client.notice("turn/completed", len(client.received), threadId=thread_id)
    fork = (await client.ok("thread/fork", {"threadId": thread_id}))["thread"]["id"]
    child = await start(client, parentThreadId=thread_id)
    await client.ok("thread/archive", {"threadId": fork})
    await client.ok("thread/unarchive", {"threadId": fork})
    await host.restart()
    client = await host.client()
    left = await start(client)
    await begin(client, left, script(HANG))
    await client.ok("thread/resume", {"threadId": thread_id})
    await client.ok("thread/delete", {"threadId": thread_id})
    await host.stop()
    rows = rows_of(host.home)
    for row in rows.values():
        causes_of(row, rows)
        assert_led_as_declared(row, rows)
    tombstone = only(rows, f"thread-{child}", "thread.deleted.v1")
    assert causes_of(tombstone, rows) == ["tree.deletion_planned.v2"]
    erased = only(rows, next(s for s, _ in rows if s[:5] == "host-"), "host.erasure_confirmed.v2")
    assert causes_of(erased, rows) == ["tree.deletion_completed.v1", "tree.deletion_planned.v2"]


async def test_the_output_of_a_model_leads_back_over_its_calls_to_the_user_input(
    host: Host,
) -> None:
    asker = await named(host, "asker")
    thread_id = await offering(asker)
    turn_id = await begin(asker, thread_id, script(LOOK, {"text": "done"}))
    call = await asker.until(lambda m: m.get("method") == CALL)
    await asker.reply(call, tool_answer("seen"))
    await end(asker, turn_id)
    rows = rows_of(host.home)
    stream = f"thread-{thread_id}"
    usage = only(rows, stream, "turn.usage_recorded.v1", 1)
    assert causes_of(usage, rows) == [
        "turn.model_requested.v1",
        "turn.item_recorded.v2",
        "turn.tool_called.v1",
        "turn.model_requested.v1",
        "turn.item_recorded.v2",
    ]
    assert causes_of(only(rows, stream, "turn.completed.v1"), rows)[0] == "turn.model_responded.v1"


async def test_an_answer_has_the_client_that_gave_it_as_principal_and_the_call_as_cause(
    host: Host,
) -> None:
    asker = await host.client()
    thread_id = await offering(asker)
    helper = await named(host, "helper")
    await follow(helper, thread_id)
    turn_id = await begin(asker, thread_id, script(LOOK, {"text": "done"}))
    call = await asker.until(lambda m: m.get("method") == CALL)
    await asker.close()
    call = await helper.until(lambda m: m.get("method") == CALL)
    await helper.reply(call, tool_answer("seen by another"))
    await end(helper, turn_id)
    rows = rows_of(host.home)
    items = [row for row in rows.values() if row.type == "turn.item_recorded.v2"]
    asked, answered = items[0], items[1]
    assert "tests" in asked.principal
    assert "helper" in answered.principal
    cause = cause_of(answered, rows)
    assert cause is not None
    assert cause.type == "turn.tool_called.v1"


async def test_a_turn_from_the_queue_is_caused_by_the_end_of_the_one_before(host: Host) -> None:
    client = await host.client()
    thread_id = await offering(client)
    await begin(client, thread_id, script(LOOK, {"text": "done"}))
    call = await client.until(lambda m: m.get("method") == CALL)
    for n in range(2):
        params = {"threadId": thread_id, "input": [{"type": "text", "text": f"{n}"}]}
        await client.ok("thread/queue/add", {**params, "clientUserMessageId": str(n)})
    await client.reply(call, tool_answer("seen"))
    await client.until(lambda _: client.methods().count("turn/completed") == 3)
    rows = rows_of(host.home)
    for number in (0, 1):
        taken = only(rows, f"thread-{thread_id}", "queue.submission_taken.v1", number)
        cause = cause_of(taken, rows)
        assert cause == only(rows, f"thread-{thread_id}", "turn.completed.v1", number)


async def test_the_turn_of_an_agent_has_the_correlation_id_of_the_request(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    wait = calls(call("wait_agent", targets=["$A1"]))
    await talk(client, root, script(calls(spawn({"text": "done"})), wait, {"text": "waited"}))
    facts = await host.running.logs.durable.read(0, 1000)
    begun = [fact for fact in facts if isinstance(fact.event, TurnStarted)]
    assert len({fact.stream for fact in begun}) == 2
    assert len({fact.meta.correlation_id for fact in begun}) == 1
