"""What a model sees of a thread: what was said, in the order in which it could be answered."""

from typing import Any

import pytest
from pydantic_core import from_json

from tests.given import recorded
from tests.support.store import message
from threadhost.events.base import Damaged, Erased, Event
from threadhost.events.compaction import CompactionFailed, CompactionRequested, HistoryCompacted
from threadhost.events.history import BY_THE_USER, CUT_OFF, History
from threadhost.events.history_events import is_changed_by
from threadhost.events.injection import ItemsInjected
from threadhost.events.model_input import encoded
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.store.codec import decode
from threadhost.events.tool import ToolCalled, UserAnswered
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnOutcome,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage

REQUEST = ModelRequested(turn_id="t", request=1, model="m", history_items=1, digest="d")
RESPONSE = ModelResponded(turn_id="t", request=1, response_id="r")


def end(outcome: TurnOutcome = "completed", reason: str | None = None) -> TurnCompleted:
    """The turn is over."""
    return TurnCompleted(
        turn_id="t", outcome=outcome, started_at_ms=1, completed_at_ms=2, reason=reason
    )


END = end()
INTERRUPTED = end("interrupted", "interrupted")
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
REASONING = OutputRecorded(turn_id="t", output=THOUGHT)
ABORTED, BROKEN = "<aborted>", "<broken>"


def prompt(text: str = "sum up") -> CompactionRequested:
    """A summary is asked for."""
    return CompactionRequested(turn_id="t", item_id="i", prompt=_message(text))


def compacted(*texts: str) -> HistoryCompacted:
    """The summary is there."""
    items = [_message(text) for text in texts]
    return HistoryCompacted(turn_id="t", items=items, through_version=9)


def said(text: str) -> ItemRecorded:
    """A user's message."""
    item = {"type": "userMessage", "id": "u", "content": [{"type": "text", "text": text}]}
    return ItemRecorded(turn_id="t", item_id="u", type="userMessage", item=item)


def counted(tokens: int) -> UsageRecorded:
    """What a model says that it read and wrote."""
    return UsageRecorded(turn_id="t", last=Usage(total=tokens), total=Usage(total=tokens))


def injected(*texts: str) -> ItemsInjected:
    """Messages from outside."""
    return ItemsInjected(items=[_message(text) for text in texts], unknown=[{"type": "nope"}])


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "developer", "content": content}


def after(*events: Event | Erased) -> History:
    """The history that these events make, though the others of them are not read for it."""
    history = History()
    for event in events:
        if is_changed_by([event]):
            history.take(event)
    return history


def shown(history: History) -> list[str]:
    """The lines in short."""
    return short(history.request().lines)


def short(lines: list[bytes]) -> list[str]:
    """Texts of messages, types of all else."""
    marks = {BY_THE_USER: ABORTED, CUT_OFF: BROKEN}
    items = [from_json(line) for line in lines]
    said = [
        "".join(part["text"] for part in item["content"]) if "content" in item else item["type"]
        for item in items
    ]
    return [marks.get(text, text) for text in said]


def test_an_injected_item_is_sent_unchanged_in_its_place() -> None:
    history = after(said("one"), injected("two", "three"), message("four"))
    assert shown(history) == ["one", "two", "three", "four"]
    assert from_json(history.request().lines[1]) == _message("two")


def test_an_item_injected_during_an_answer_follows_the_answer() -> None:
    history = after(said("one"), REQUEST, injected("late"), REASONING, message("answer"))
    assert shown(history) == ["one", "reasoning", "answer", "late"]
    for end in (RESPONSE, END):
        assert shown(after(said("one"), REQUEST, injected("late"), end, said("two"))) == [
            "one",
            "late",
            "two",
        ]


def test_an_item_of_an_unknown_type_is_shown_to_no_model() -> None:
    assert encoded(ItemsInjected(items=[], unknown=[{"type": "nope"}])) == []


def test_an_item_that_cannot_be_rendered_is_skipped_and_the_next_one_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = [said("before"), said("odd"), said("after")]
    kept = History(recorded([whole[0], whole[2]])).lines

    def tripping(fact: Event, provider: str) -> object:
        if fact is whole[1]:
            raise KeyError("content")
        return encoded(fact, provider)

    monkeypatch.setattr("threadhost.events.history.encoded", tripping)
    history = History()
    for event in whole:
        history.take(event)
    assert history.lines == kept


def test_erased_items_are_not_in_the_history() -> None:
    assert shown(after(said("one"), Erased(ItemsInjected.kind))) == ["one"]


def test_a_foreseen_injection_equals_the_later_history() -> None:
    history = after(said("one"), REQUEST, injected("late"))
    foreseen = history.foreseen([message("answer"), RESPONSE])
    assert shown(foreseen) == ["one", "answer", "late"]
    assert shown(history) == ["one", "late"]


def test_a_summary_replaces_the_history_that_the_model_had_seen() -> None:
    asked = [said("one"), message("two"), prompt(), REQUEST]
    assert shown(after(*asked)) == ["one", "two", "sum up"]
    assert shown(after(*asked, RESPONSE, compacted("in short"), END)) == ["in short"]
    assert shown(after(*asked, compacted("in short"), RESPONSE, END)) == ["in short"]
    assert shown(after(*asked, compacted("in short"), RESPONSE, END, said("three"))) == [
        "in short",
        "three",
    ]


def test_an_item_injected_during_a_compaction_stays() -> None:
    begun = [said("one"), prompt(), REQUEST, injected("late")]
    summary = compacted("in short")
    for events in ((RESPONSE, summary), (summary, RESPONSE), (RESPONSE, summary, END)):
        assert shown(after(*begun, *events)) == ["in short", "late"]


def test_a_failed_compaction_leaves_the_history_unchanged() -> None:
    asked = [said("one"), prompt(), REQUEST, injected("late")]
    for failed in (END, CompactionFailed(turn_id="t", message="no", code="other")):
        assert shown(after(*asked, failed, said("two"))) == ["one", "late", "two"]


def test_a_foreseen_compaction_equals_the_later_history() -> None:
    history = after(said("one"))
    assert shown(history.foreseen([prompt()])) == ["one", "sum up"]
    assert shown(history) == ["one"]
    begun = after(said("one"), prompt(), REQUEST)
    assert shown(begun.foreseen([compacted("in short")])) == ["in short"]
    assert shown(begun) == ["one", "sum up"]


def turn(text: str) -> list[Event]:
    """A whole turn in which the user says this."""
    began = TurnStarted(turn_id=text, started_at_ms=1)
    return [began, said(text), REQUEST, message(f"{text}!"), RESPONSE, END]


def back(from_version: int) -> ThreadReverted:
    """All from there on is taken back."""
    return ThreadReverted(turn_id="t", from_version=from_version, turns_left=0)


def from_facts(*events: Event) -> list[str]:
    """The history of a stream that holds these, its positions counted from 1."""
    return shown(History(recorded(events)))


def test_reverted_turns_are_not_in_the_history() -> None:
    two = [*turn("one"), *turn("two")]
    assert from_facts(*two) == ["one", "one!", "two", "two!"]
    assert from_facts(*two, back(7)) == ["one", "one!"]
    assert from_facts(*two, back(7), *turn("three")) == ["one", "one!", "three", "three!"]
    assert from_facts(*two, back(7), *turn("three"), back(1), *turn("four")) == ["four", "four!"]


def test_a_damaged_row_does_not_undo_a_revert() -> None:
    facts = recorded([*turn("one"), *turn("two"), back(7)])
    facts[9] = facts[9]._replace(version=0, event=Damaged("", "it has no version"))
    assert shown(History(facts)) == ["one", "one!"]


def test_a_stream_at_other_positions_has_the_same_history() -> None:
    facts = recorded([*turn("one"), *turn("two"), back(7), *turn("three")])
    elsewhere = [fact._replace(position=9000 + 7 * fact.version) for fact in facts]
    assert shown(History(elsewhere)) == ["one", "one!", "three", "three!"]


def test_a_first_version_revert_takes_its_begin_from_the_turn_it_names() -> None:
    body = b'{"turn_id":"two","from_position":7,"turns_left":1}'
    old = decode(1, "thread.reverted.v1", body)
    assert from_facts(*turn("one"), *turn("two"), *turn("three"), old) == ["one", "one!"]
    assert from_facts(*turn("one"), old) == ["one", "one!"]


def test_an_item_injected_after_a_turn_is_reverted_with_the_turn() -> None:
    assert from_facts(*turn("one"), injected("x"), *turn("two"), back(8)) == ["one", "one!", "x"]
    assert from_facts(*turn("one"), injected("x"), *turn("two"), back(1)) == []


def test_a_reverted_summary_restores_the_history_that_it_replaced() -> None:
    began = TurnStarted(turn_id="c", started_at_ms=1, purpose="compact")
    compaction = [began, prompt(), REQUEST, compacted("in short"), RESPONSE, END]
    facts = [*turn("one"), *compaction, *turn("two")]
    assert from_facts(*facts) == ["in short", "two", "two!"]
    assert from_facts(*facts, back(13)) == ["in short"]
    assert from_facts(*facts, back(7)) == ["one", "one!"]


def test_an_interrupted_turn_ends_with_a_notice_after_its_output() -> None:
    half = message("half")
    half.item["incomplete"] = True
    asked = [said("one"), REQUEST, injected("late")]
    assert shown(after(*asked, half, INTERRUPTED)) == ["one", "half", "late", ABORTED]
    assert shown(after(*asked, half, end("interrupted", "restart")))[-1] == BROKEN
    assert shown(after(*asked, half, end("failed", "other")))[-1] == BROKEN
    assert shown(after(*asked, end("failed", "other")))[-1] == "late"
    assert shown(after(*asked, message("whole"), RESPONSE, END)) == ["one", "whole", "late"]


def test_an_interrupted_compaction_leaves_no_notice() -> None:
    began = TurnStarted(turn_id="t", started_at_ms=1, purpose="compact")
    assert shown(after(said("one"), began, prompt(), REQUEST, INTERRUPTED)) == ["one"]
    in_a_turn = [TurnStarted(turn_id="t", started_at_ms=1), said("one"), prompt(), REQUEST]
    assert shown(after(*in_a_turn, INTERRUPTED)) == ["one", ABORTED]


def test_the_input_of_a_turn_excludes_items_that_arrive_during_its_compaction() -> None:
    history = after(said("one"), REQUEST, said("two"))
    assert short([line.json for line in history.asked_in("t")]) == ["one", "two"]
    assert history.asked_in("another") == []
    summing_up = history.foreseen([prompt(), REQUEST, said("three")])
    assert short([line.json for line in summing_up.asked_in("t")]) == ["one", "two"]


def test_items_that_arrive_during_an_answer_and_its_tool_calls_keep_their_order() -> None:
    call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "a"}
    called = ToolCalled(turn_id="t", call_id="a", called_at_ms=1, item={})
    answered = UserAnswered(turn_id="t", call_id="a", output="x", success=True, duration_ms=1)
    at_work = [OutputRecorded(turn_id="t", output=call), called, RESPONSE]
    history = after(said("one"), REQUEST, injected("two"), *at_work, said("three"), answered)
    history.take(injected("four"))
    came = ["one", "function_call", "function_call_output", "two", "three", "four"]
    assert shown(history) == came
    assert shown(history.foreseen([REQUEST])) == came
    assert short([line.json for line in history.lines]) == came


def test_the_size_of_the_next_request_is_the_last_count_and_the_items_since() -> None:
    history = after(said("one"), REQUEST, said("two"), counted(90))
    came = sum(line.tokens for line in after(said("two")).lines)
    assert history.tokens == 90 + came > 90
    assert history.foreseen([RESPONSE, END]).tokens == history.tokens
    assert history.foreseen([counted(0)]).tokens == history.tokens
    assert history.size_bytes == sum(len(line.json) for line in history.lines)
    assert history.foreseen([prompt(), REQUEST, counted(7)]).tokens == history.tokens


def test_the_facts_that_survive_keep_their_order_and_their_places() -> None:
    facts = recorded([*turn("one"), *turn("two"), back(7), *turn("three")])
    assert [fact.position for fact in surviving(facts)] == [*range(1, 7), *range(13, 20)]
