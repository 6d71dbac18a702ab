"""What a fork does without: nobody sees that it is not there."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_copy_fold import BORN, STARTS, is_copied
from tests.events.test_history_of_anything import EVENTS, ends, item_recorded
from tests.given import recorded
from tests.support.each import each
from tests.support.searching import tries
from threadhost.events.base import Event
from threadhost.events.fold import fold_thread
from threadhost.events.fork import ForkSelector, Inherited
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.history import History
from threadhost.events.imported import ThreadImported
from threadhost.events.injection import ItemsInjected
from threadhost.events.quiet_turns import ASKING, QuietTurns, RequestHead
from threadhost.events.store.codec import encode
from threadhost.events.thread import Thread
from threadhost.events.tool import ToolCalled, UserAnswered
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage

CALL = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "a"}


def asked(provider: str = "p", mended: dict[str, int] | None = None) -> ModelRequested:
    return ModelRequested(
        turn_id="t",
        request=1,
        model="m",
        history_items=1,
        digest="",
        provider=provider,
        mended=mended or {},
    )


def counted(total: int = 9) -> UsageRecorded:
    return UsageRecorded(turn_id="t", last=Usage(total=total), total=Usage(total=total))


def said(type_: str, text: str = "hi") -> ItemRecorded:
    content = [{"type": "text", "text": text, "text_elements": []}]
    item = {"type": type_, "id": text, "text": text, "content": content}
    return ItemRecorded(turn_id="t", item_id=text, type=type_, item=item)


BEGIN = TurnStarted(turn_id="t", started_at_ms=1)
USER, AGENT = said("userMessage"), said("agentMessage", "yes")
RESPONDED = ModelResponded(turn_id="t", request=1, response_id=None)
CALLED = ToolCalled(turn_id="t", call_id="a", called_at_ms=1, item={})
ANSWERED = UserAnswered(turn_id="t", call_id="a", output="x", success=True, duration_ms=1)
END = ends("completed", None)
INJECTED = ItemsInjected(items=[{"type": "message", "role": "user", "content": []}])
TURN = (BEGIN, USER, asked(), AGENT, counted(), RESPONDED, END)
GONE = (ModelRequested.kind, ModelResponded.kind, UsageRecorded.kind)

STEPS = st.one_of(
    st.just([AGENT]),
    st.just([OutputRecorded(turn_id="t", output=CALL)]),
    st.just([CALLED, ANSWERED]),
    st.builds(lambda total: [counted(total)], st.sampled_from([0, 7])),
    st.just([RESPONDED]),
    st.builds(lambda *words: [asked(*words)], st.sampled_from(["p", "p", "q"])),
)
STRAY = st.one_of(item_recorded(), st.just(INJECTED), STARTS, EVENTS.filter(is_copied))


@st.composite
def turns(draw: st.DrawFn) -> list[Event]:
    """A turn, nearly always as turns are; now and then there is something in it that is not."""
    steps = [step for some in draw(st.lists(STEPS, max_size=5)) for step in some]
    turn: list[Event] = [BEGIN, USER, asked(), *steps, END]
    if draw(st.integers(0, 2)) == 0:
        turn.insert(draw(st.integers(0, len(turn))), draw(STRAY))
    if draw(st.integers(0, 9)) == 0:
        turn.pop(draw(st.integers(0, len(turn) - 1)))
    return turn


def is_counted(copy: Inherited) -> bool:
    return isinstance(copy.event, UsageRecorded) and copy.event.last.total > 0


def left(*batches: Sequence[Event]) -> list[Event]:
    """What is left of copies that come in these."""
    quiet = QuietTurns(is_counted)
    copies = [[Inherited(event, 0) for event in batch] for batch in batches]
    return [copy.event for batch in copies for copy in quiet.copies_to_keep(batch)]


def history(events: Sequence[Event]) -> History:
    made = History()
    for event in events:
        made.take(event)
    return made


def shown(events: Sequence[Event]) -> tuple[object, ...]:
    """All that a model sees of these, and of what may come behind them."""
    past = history(events)
    then = history([*events, OutputRecorded(turn_id="t", output=CALL), AGENT, INJECTED, END])
    return past.lines, past.tokens, past.size_bytes, past.request("p"), then.lines


def state(events: Sequence[Event]) -> Thread:
    """The thread, wherever its events stand, once what runs in it has ended."""
    thread = fold_thread(recorded([*BORN, *events]))
    if thread.turn is not None:
        end = END.model_copy(update={"turn_id": thread.turn.id})
        thread = fold_thread(recorded([*BORN, *events, end]))
    return thread._replace(version=0, turn_ended_at_version=0)


@pytest.mark.slices
@given(st.lists(turns(), max_size=6), st.integers(1, 4))
@tries(600)
def test_a_model_and_the_state_of_a_fork_do_not_depend_on_the_omitted_events(
    log: list[list[Event]], size: int
) -> None:
    taking = ForkSelector(None, None)
    events = [e for turn in log for event in turn for e in taking.of(event) if is_copied(e)]
    cuts = [0, *(n + 1 for n, e in enumerate(events) if isinstance(e, TurnCompleted))][::size]
    batches = [events[a:b] for a, b in zip(cuts, [*cuts[1:], len(events)], strict=True)]
    for until in range(1, len(batches) + 1):
        whole = [event for batch in batches[:until] for event in batch]
        kept = left(*batches[:until])
        assert shown(kept) == shown(whole)
        assert state(kept) == state(whole)
        assert [e for e in kept if e.kind not in GONE] == [e for e in whole if e.kind not in GONE]
        rest = iter(whole)
        assert all(any(event is one for one in rest) for event in kept)


SECOND, COUNTED_LAST = [BEGIN, USER, AGENT, END], [BEGIN, USER, AGENT, counted(), END]
LATER = said("userMessage", "and this")
WHOLE = {
    "a user joined": [BEGIN, USER, asked(), LATER, AGENT, counted(), RESPONDED, END],
    "items came meanwhile": [BEGIN, USER, asked(), INJECTED, AGENT, counted(), RESPONDED, END],
    "it failed": [*TURN[:-1], ends("failed", None)],
    "it is of a goal": [BEGIN.model_copy(update={"purpose": GOAL_TURN}), *TURN[1:]],
    "it went to another provider": [BEGIN, USER, asked("q"), AGENT, counted(), RESPONDED, END],
    "more was mended": [BEGIN, USER, asked(mended={"odd": 1}), AGENT, counted(), RESPONDED, END],
    "another turn ended": [*TURN[:-1], END.model_copy(update={"turn_id": "u"})],
}


@each("turn", WHOLE.values(), ids=WHOLE)
def test_a_turn_with_more_than_plain_answers_is_copied_whole(turn: Sequence[Event]) -> None:
    assert left([*TURN, *turn]) == [*TURN, *turn]
    assert left(TURN, turn) == [*TURN, *turn]


def test_of_ended_turns_the_items_and_the_newest_count_are_copied() -> None:
    assert left([*TURN, *TURN, *TURN]) == [*TURN, *SECOND, *COUNTED_LAST]
    assert left([*TURN, *TURN], TURN) == [*TURN, *COUNTED_LAST, *COUNTED_LAST]
    uncounted = [counted(0) if isinstance(event, UsageRecorded) else event for event in TURN]
    nothing = [event for event in uncounted if event.kind not in ASKING]
    assert left([*TURN, *TURN, *uncounted]) == [*TURN, *COUNTED_LAST, *nothing]
    assert left(COUNTED_LAST * 2) == [*SECOND, *COUNTED_LAST]


def test_events_before_the_request_do_not_keep_a_turn_whole() -> None:
    turn = [BEGIN, CALLED, LATER, asked(), AGENT, ANSWERED, END]
    assert left([*TURN, *turn]) == [*TURN, BEGIN, CALLED, LATER, AGENT, ANSWERED, END]


def test_a_turn_that_begins_with_open_work_is_copied_whole() -> None:
    open_turn = TURN[:-1]
    assert left([*TURN, *open_turn[1:], *TURN]) == [*TURN, *open_turn[1:], *TURN]
    cut = [*open_turn, *TURN]
    assert left(cut, TURN) == [*cut, *COUNTED_LAST]


def test_a_turn_that_spans_two_slices_is_copied_whole() -> None:
    elsewhere = [BEGIN, USER, asked("q"), AGENT, counted(), RESPONDED, END]
    assert left(TURN, elsewhere[:4], elsewhere[4:], TURN) == [*TURN, *elsewhere, *TURN]


def test_a_change_of_provider_keeps_the_next_model_request() -> None:
    named = ThreadImported(
        program="codex",
        provider="p",
        created_at_ms=1,
        updated_at_ms=1,
        digest="",
        size_bytes=1,
        lines=1,
    )
    assert left([*TURN, named, *TURN]) == [*TURN, named, *TURN]
    assert left(TURN, [named, *TURN]) == [*TURN, named, *TURN]


def test_only_the_provider_and_repairs_of_a_request_are_read() -> None:
    (body,) = encode([asked("q", {"odd": 2})])
    assert RequestHead.of(body) == RequestHead("q", {"odd": 2})
    assert RequestHead.of(b"{}") == RequestHead("", {})
    assert RequestHead.of(b"[]") is None
    assert RequestHead.of(b'{"mended": [1]}') is None
    assert RequestHead.of(b'{"provider": 5}') is None
    assert RequestHead.of(b"{") is None
