"""The lines of a rollout become events: each message once, with the original times."""

from collections.abc import Sequence
from typing import Any

from tests.support.codex_home import (
    AT_MS,
    Record,
    begun,
    context,
    encoded,
    event,
    item,
    message,
    meta,
    older_turn,
    record,
    shown,
    task_complete,
    thread_id,
    turn,
)
from threadhost.adapters.codex.lines import parsed
from threadhost.adapters.codex.rollout_history import RolloutHistory
from threadhost.adapters.codex.settings import first_settings
from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.fold import fold_thread
from threadhost.events.history import History
from threadhost.events.ids import thread_stream
from threadhost.events.imported import ThreadImported
from threadhost.events.injection import ItemsInjected
from threadhost.events.picture import PicturesRead
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.thread import ThreadConfigured
from threadhost.events.turn import (
    ErrorRecorded,
    ItemRecorded,
    OutputRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)

FIRST = 4


def past_of(*records: Record | bytes) -> RolloutHistory:
    """The history of these lines after a first line."""
    first = meta()["payload"]
    past = RolloutHistory(thread_id(1), first_settings(first, {}), 0)
    for number, text in enumerate(encoded(records).split(b"\n")[:-1], 2):
        past.take(parsed(number, text))
    past.end()
    return past


def events_of(*records: Record | bytes) -> list[Event]:
    """The events of these lines after a first line."""
    return past_of(*records).events(FIRST)


def facts(events: Sequence[Event]) -> list[Recorded]:
    """The events with their positions in the stream."""
    stream = thread_stream(thread_id(1))
    return [Recorded(n, stream, n, one, Meta("", "", "", 0)) for n, one in enumerate(events, FIRST)]


def lines_of(events: Sequence[Event]) -> list[str]:
    """A history as a model is shown it, shortened."""
    return [f"{line.kind} {line.json.decode()}" for line in History(facts(events)).lines]


def said_to_model(events: Sequence[Event]) -> list[str]:
    """The texts of a history as a model is shown it."""
    return [line.rpartition('"text":"')[2].partition('"')[0] for line in lines_of(events)]


def items_in(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The items that clients are shown, without reverted turns."""
    kept = surviving(facts(events))
    return [fact.event.item for fact in kept if isinstance(fact.event, ItemRecorded)]


def of(events: Sequence[Event], kind: type) -> list[Any]:
    """The events of one type."""
    return [one for one in events if isinstance(one, kind)]


def test_a_turn_of_either_format_is_one_message_to_clients_and_to_the_model() -> None:
    for form in (turn, older_turn):
        events = events_of(*form(1, "tell of owls", "they hoot"))
        assert [one["type"] for one in items_in(events)] == ["userMessage", "agentMessage"]
        assert said_to_model(events) == ["tell of owls", "they hoot"]
        [begin] = of(events, TurnStarted)
        [end] = of(events, TurnCompleted)
        assert (begin.turn_id, begin.started_at_ms) == ("turn-1", AT_MS + 1000)
        assert (end.outcome, end.completed_at_ms) == ("completed", AT_MS + 1600)
        assert [one["completedAtMs"] for one in items_in(events)] == [AT_MS + 1100, AT_MS + 1500]
        assert fold_thread(facts(events)).turn is None


def test_the_line_and_the_item_of_a_message_may_come_in_either_order() -> None:
    first, *rest = turn(1, "a", "b")
    swapped = [first, *reversed(rest[:-1]), rest[-1]]
    assert sorted(said_to_model(events_of(*swapped))) == ["a", "b"]


def test_equal_messages_in_several_turns_are_not_merged() -> None:
    summary = [*begun("turn-2"), message("assistant", "ok"), task_complete("turn-2")]
    events = events_of(*turn(1), *summary, *turn(3), *turn(4))
    assert said_to_model(events) == ["hello", "ok", "ok", "hello", "ok", "hello", "ok"]


def test_instructions_of_codex_to_the_model_are_kept_and_hidden_from_clients() -> None:
    start, *rest = turn()
    events = events_of(start, message("developer", "rules"), message("user", "<env>"), *rest)
    assert said_to_model(events) == ["rules", "<env>", "hello", "ok"]
    assert len(items_in(events)) == 2


def test_calls_and_their_answers_are_shown_to_the_model_in_order() -> None:
    call: Record = {"name": "look", "call_id": "c-1", "arguments": "{}"}
    done = {"id": "c-1", "tool": "look", "arguments": {}, "status": "completed", "success": True}
    answer = [{"type": "inputText", "text": "found"}]
    parts = turn()
    events = events_of(
        *parts[:4],
        shown(type="function_call", **call),
        item("turn-1", 300, type="DynamicToolCall", content_items=answer, **done),
        shown(type="function_call_output", call_id="c-1", output="found"),
        *parts[4:],
    )
    assert [line.partition(" ")[0] for line in lines_of(events)] == [
        *("user", "call", "output", "assistant")
    ]
    assert [one["type"] for one in items_in(events)][1] == "dynamicToolCall"
    shell = events_of(
        *parts[:4],
        shown(type="function_call", **call),
        shown(type="function_call_output", call_id="c-1", output="ran"),
        *parts[4:],
    )
    assert len(of(shell, OutputRecorded)) == 2


def test_reasoning_is_kept_if_its_provider_can_read_it_again() -> None:
    thought: Record = {"type": "reasoning", "summary": []}
    parts = turn()
    events = events_of(
        *parts[:4], shown(**thought), shown(**thought, encrypted_content="xyz"), *parts[4:]
    )
    assert [one.output.get("encrypted_content") for one in of(events, OutputRecorded)] == ["xyz"]


def test_reasoning_is_shown_to_no_other_provider_than_its_own() -> None:
    came = ThreadImported(
        program="codex",
        provider="openai",
        created_at_ms=0,
        updated_at_ms=0,
        digest="",
        size_bytes=0,
        lines=0,
    )
    thought: Record = {"type": "reasoning", "summary": [], "encrypted_content": "xyz"}
    parts = turn()
    history = History(facts([came, *events_of(*parts[:4], shown(**thought), *parts[4:])]))
    assert [line.provider for line in history.lines if line.kind == "reasoning"] == ["openai"]
    assert b"xyz" not in b"".join(history.request("other").lines)


def test_older_rollouts_without_marks_have_a_turn_for_each_message_of_a_user() -> None:
    events = events_of(
        message("user", "one"),
        event("user_message", message="one"),
        event("agent_message", 10, message="first"),
        message("assistant", "first", after_ms=10),
        message("user", "two", after_ms=20),
        event("user_message", 20, message="two"),
        event("agent_message", 30, message="second"),
    )
    assert [one.outcome for one in of(events, TurnCompleted)] == ["completed", "completed"]
    assert len({one.turn_id for one in of(events, TurnStarted)}) == 2
    assert said_to_model(events) == ["one", "first", "two", "second"]
    again = events_of(event("user_message", message="one"))
    assert of(again, TurnStarted)[0].turn_id == of(again, TurnCompleted)[0].turn_id


def test_a_turn_whose_end_is_lost_is_ended_where_the_next_begins_or_the_file_ends() -> None:
    events = events_of(*turn(1)[:-1], *turn(2)[:-1])
    ends = of(events, TurnCompleted)
    assert [(one.outcome, one.reason) for one in ends] == 2 * [
        ("interrupted", "its end cannot be read")
    ]
    assert fold_thread(facts(events)).turn is None


def test_two_turns_of_one_id_are_two_turns() -> None:
    events = events_of(*turn(1), *turn(1, "again"))
    ids = [one.turn_id for one in of(events, TurnStarted)]
    assert ids[0] == "turn-1"
    assert len(set(ids)) == 2
    assert [one.outcome for one in of(events, TurnCompleted)] == ["completed", "completed"]


def test_failed_and_interrupted_turns_are_imported_with_their_outcome() -> None:
    error = {"message": "no more", "codex_error_info": "usage_limit_exceeded"}
    aborted = event("turn_aborted", 2500, turn_id="turn-2", reason="interrupted")
    cut = message("user", "<turn_aborted> by the user")
    events = events_of(
        *turn(1)[:-1], task_complete("turn-1", 1600, error=error), *turn(2)[:-1], cut, aborted
    )
    [failed] = of(events, ErrorRecorded)
    assert (failed.message, failed.code) == ("no more", "usageLimitExceeded")
    assert [(e.outcome, e.reason) for e in of(events, TurnCompleted)] == [
        ("failed", "usageLimitExceeded"),
        ("interrupted", "interrupted"),
    ]
    assert sum("<turn_aborted>" in line for line in lines_of(events)) == 1


def test_turns_that_were_rolled_back_in_codex_are_reverted() -> None:
    events = events_of(*turn(1), *turn(2), *turn(3), event("thread_rolled_back", num_turns=2))
    [reverted] = of(events, ThreadReverted)
    assert reverted.turns_left == 1
    assert [one["id"] for one in items_in(events)] == ["u-1", "a-1"]
    all_of_them = events_of(*turn(1), event("thread_rolled_back", num_turns=99), *turn(2))
    assert [one["id"] for one in items_in(all_of_them)] == ["u-2", "a-2"]


def test_a_summary_replaces_the_history_before_it() -> None:
    given = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "S"}]}]
    done = item("turn-2", 2100, type="ContextCompaction", id="c")
    compacted = record("compacted", {"message": "S", "replacement_history": given}, 2000)
    events = events_of(
        *turn(1), *begun("turn-2", 2000), compacted, done, task_complete("turn-2", 2200)
    )
    assert said_to_model([*events, *events_of(*turn(3))]) == ["S", "hello", "ok"]
    assert [one.purpose for one in of(events, TurnStarted)] == ["regular", "compact"]
    [told] = of(events, HistoryCompacted)
    place = FIRST + events.index(told)
    assert told.through_version == place - 1
    older = events_of(*turn(1), record("compacted", {"message": "in short"}))
    assert said_to_model(older) == ["in short"]


def test_settings_are_those_of_the_first_turn_and_changes_come_before_their_turn() -> None:
    records = [*turn(1), *begun("turn-2", 2000)[:1], context("turn-2", model="other"), *turn(2)[2:]]
    past = past_of(*records)
    events = past.events(FIRST)
    first = past.first_settings
    assert (first.model, first.effort, first.approval_policy) == ("gpt-9", "high", "on-request")
    assert first.sandbox["type"] == "workspaceWrite"
    [changed] = of(events, ThreadConfigured)
    assert changed.settings.model == "other"
    starts = [n for n, one in enumerate(events) if isinstance(one, TurnStarted)]
    assert events.index(changed) == starts[1] - 1


def test_usage_is_recorded_once_and_within_bounds() -> None:
    usage = {"input_tokens": -1, "output_tokens": 2**70, "total_tokens": "many"}
    info = {"total_token_usage": usage, "last_token_usage": usage}
    counts = [event("token_count", info=info), event("token_count", info=info)]
    events = events_of(*turn()[:-2], *counts, event("token_count", info=None), turn()[-1])
    [told] = of(events, UsageRecorded)
    assert (told.last.input, told.last.output, told.last.total) == (0, 2**53 - 1, 0)


def test_pictures_are_shown_to_the_model_as_codex_sent_them() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    parts = [
        {"type": "input_text", "text": "look"},
        {"type": "input_text", "text": '<image path="/p.png">'},
        {"type": "input_image", "image_url": url},
    ]
    content = [{"type": "text", "text": "look"}, {"type": "local_image", "path": "/p.png"}]
    start, ctx, _, _, *rest = turn()
    events = events_of(
        start,
        ctx,
        shown(type="message", role="user", content=parts),
        item("turn-1", 100, type="UserMessage", id="u", content=content),
        *rest,
    )
    [read] = of(events, PicturesRead)
    assert read.urls == {"/p.png": url}
    assert url in lines_of(events)[0]
    assert len(lines_of(events)) == 2


def test_a_picture_that_was_read_is_shown_beside_one_that_could_not_be_read() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    parts = [
        {"type": "input_text", "text": "not `/p.png`"},
        {"type": "input_text", "text": "it is not there: `/gone.png`"},
        {"type": "input_image", "image_url": url},
    ]
    named = [{"type": "local_image", "path": path} for path in ("/gone.png", "/p.png")]
    start, ctx, _, _, *rest = turn()
    events = events_of(
        start,
        ctx,
        shown(type="message", role="user", content=parts),
        item(
            "turn-1",
            100,
            type="UserMessage",
            id="u",
            content=[{"type": "text", "text": "not `/p.png`"}, *named],
        ),
        *rest,
    )
    [read] = of(events, PicturesRead)
    assert read.urls == {"/p.png": url}


def test_lines_without_a_meaning_here_are_kept_with_the_reason() -> None:
    web = event("item_completed", item={"type": "WebSearch", "id": "w", "query": "q"})
    odd = event("item_completed", item={"type": "AgentMessage", "id": "w", "content": 7})
    past = past_of(
        record("hologram", {"a": 1}),
        event("sang", song="la"),
        b'{"type": "event_msg", "payload"',
        b"[1, 2]",
        record("event_msg", {}),
        b'{"type":"response_item","payload":7}',
        web,
        odd,
        *turn(),
        b'{"a": "\xff\xfe"}',
    )
    found = [(line.number, line.why) for line in past.kept]
    assert found[:4] == [
        (2, "its type is not known here"),
        (3, "its type is not known here"),
        (4, "it is not JSON"),
        (5, "it has no type"),
    ]
    assert [number for number, _ in found] == [2, 3, 4, 5, 6, 7, 8, 18]
    assert found[6][1] == "the protocol has no such item"
    assert past.kept[0].text == encoded([record("hologram", {"a": 1})]).decode().strip()
    assert "\\xff" in past.kept[-1].text
    assert len(items_in(past.events(FIRST))) == 3


def test_model_items_of_unknown_types_are_kept_and_not_shown_to_a_model() -> None:
    events = events_of(*turn(), shown(type="hologram", data="x"))
    [kept] = of(events, ItemsInjected)
    assert (kept.items, kept.unknown) == ([], [{"type": "hologram", "data": "x"}])


def test_a_message_between_agents_is_imported_as_a_message_that_every_provider_accepts() -> None:
    content = [{"type": "input_text", "text": "Sender: /root/owls"}]
    said: Record = {"author": "/root/owls", "recipient": "/root", "content": content}
    events = events_of(*turn()[:-1], shown(type="agent_message", **said), turn()[-1])
    assert said_to_model(events)[-1] == "Sender: /root/owls"
