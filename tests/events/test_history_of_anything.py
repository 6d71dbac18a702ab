"""Whatever a log holds, a history can be made of it: it never raises, and is acceptable."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_input_items import ODD, odd_items
from tests.given import recorded
from tests.support import strict
from tests.support.golden import golden_events
from tests.support.searching import tries
from threadhost.events.acceptable import Rendering
from threadhost.events.agent import AgentContextGiven
from threadhost.events.base import KINDS, Erased, Event
from threadhost.events.compaction import CompactionRequested, HistoryCompacted, InputReceived
from threadhost.events.fold import fold_thread
from threadhost.events.history import History
from threadhost.events.history_events import TYPES as HISTORY_TYPES
from threadhost.events.injection import ItemsInjected
from threadhost.events.input_items import TYPES
from threadhost.events.picture import PicturesRead
from threadhost.events.retry import RetryScheduled
from threadhost.events.thread import OpenCall
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

TURNS = st.sampled_from(["t", "u"])
MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "sum up"}]}
ITEM_TYPES = ["userMessage", "agentMessage", "dynamicToolCall", "reasoning", "hologram"]


def stored_items(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    """An item as a log may hold it, its fields missing or of whatever kind."""
    part = st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(
                [*ODD, "text", "image", "localImage", "mention", "inputText", "inputImage"]
            ),
            "text": st.sampled_from(ODD),
            "url": st.sampled_from(ODD),
            "path": st.sampled_from(["/p", None, 5]),
            "name": st.sampled_from(ODD),
        },
    )
    parts = st.lists(part | st.sampled_from(ODD), max_size=2) | st.sampled_from(ODD)
    return st.fixed_dictionaries(
        {"type": st.just(type_), "id": st.sampled_from(["a", "b"])},
        optional={
            "content": parts,
            "contentItems": parts,
            "text": st.sampled_from(ODD),
            "phase": st.sampled_from(ODD),
            "incomplete": st.sampled_from([True, False, None, "x"]),
        },
    )


@st.composite
def item_recorded(draw: st.DrawFn) -> ItemRecorded:
    type_ = draw(st.sampled_from(ITEM_TYPES))
    item = draw(stored_items(type_))
    return ItemRecorded(turn_id=draw(TURNS), item_id=item["id"], type=type_, item=item)


def ends(outcome: str, reason: str | None) -> TurnCompleted:
    body = {"turn_id": "t", "outcome": outcome, "started_at_ms": 1, "completed_at_ms": 2}
    return TurnCompleted.model_validate({**body, "reason": reason})


ANY_ITEM = st.sampled_from(TYPES).flatmap(odd_items)
GOLDEN = list(golden_events().values())
"""Few of them change a history, and those are drawn by themselves: else hardly one ever comes."""
EVENTS = st.one_of(
    item_recorded(),
    ANY_ITEM.map(lambda item: OutputRecorded(turn_id="t", output=item)),
    st.builds(
        TurnStarted,
        turn_id=TURNS,
        started_at_ms=st.just(1),
        purpose=st.sampled_from(["regular", "compact"]),
    ),
    st.builds(
        ModelRequested,
        turn_id=TURNS,
        request=st.just(1),
        model=st.just("m"),
        history_items=st.just(1),
        digest=st.just(""),
        provider=st.sampled_from(["", "p", "q"]),
    ),
    st.builds(ModelResponded, turn_id=TURNS, request=st.just(1), response_id=st.none()),
    st.builds(
        ends,
        st.sampled_from(["completed", "failed", "interrupted"]),
        st.sampled_from([None, "interrupted"]),
    ),
    st.builds(UsageRecorded, turn_id=TURNS, last=st.just(Usage(total=9)), total=st.just(Usage())),
    st.builds(
        RetryScheduled,
        turn_id=TURNS,
        attempt=st.just(1),
        wait_ms=st.sampled_from([0, 5]),
        message=st.just(""),
        code=st.just("other"),
    ),
    st.builds(
        PicturesRead, turn_id=TURNS, item_id=st.sampled_from(["a", "b"]), urls=st.just({"/p": "x"})
    ),
    st.builds(CompactionRequested, turn_id=TURNS, item_id=st.just("i"), prompt=st.just(MESSAGE)),
    st.builds(
        HistoryCompacted,
        turn_id=TURNS,
        items=st.lists(ANY_ITEM, max_size=2),
        through_version=st.just(1),
    ),
    st.builds(InputReceived, turn_id=TURNS, item=stored_items("userMessage")),
    st.builds(
        ToolCalled, turn_id=TURNS, call_id=st.just("a"), called_at_ms=st.just(1), item=st.just({})
    ),
    st.builds(
        UserAnswered,
        turn_id=TURNS,
        call_id=st.just("a"),
        output=st.just("x"),
        success=st.just(value=True),
        duration_ms=st.just(1),
    ),
    st.builds(AgentContextGiven, item=ANY_ITEM),
    st.builds(ItemsInjected, items=st.lists(ANY_ITEM, max_size=2)),
    st.sampled_from([event for event in GOLDEN if type(event) in HISTORY_TYPES]),
    st.sampled_from(GOLDEN),
    st.sampled_from(sorted(KINDS)).map(Erased),
)
LOGS = st.lists(EVENTS, max_size=12)


@pytest.mark.slices
@given(LOGS)
@tries(120)
def test_a_history_of_any_log_is_acceptable_to_a_provider(log: list[Event | Erased]) -> None:
    history = History(recorded(log))
    for provider in ("", "p", "q"):
        request = history.request(provider)
        assert strict.faults(b'{"input":[' + b",".join(request.lines) + b"]}") == []
        assert request == Rendering(provider, history.lines).result()
        shorter = history.without_oldest(2, provider)
        assert strict.faults(b'{"input":[' + b",".join(shorter.lines) + b"]}") == []
    assert history.tokens >= 0
    assert history.size_bytes == sum(len(line.json) for line in history.lines)


@pytest.mark.slices
@given(LOGS, st.integers(0, 12))
@tries(120)
def test_a_foreseen_history_equals_the_later_one_and_changes_nothing(
    log: list[Event | Erased], cut: int
) -> None:
    history = History()
    for event in log[:cut]:
        history.take(event)
    before = history.request("p")
    rest = [event for event in log[cut:] if isinstance(event, Event)]
    foreseen = history.foreseen(rest)
    assert history.request("p") == before
    for event in rest:
        history.take(event)
    assert foreseen.request("p") == history.request("p")
    assert foreseen.lines == history.lines
    assert foreseen.tokens == history.tokens
    assert foreseen.size_bytes == history.size_bytes


@given(LOGS)
@tries(120)
def test_the_state_of_any_log_can_be_folded(log: list[Event | Erased]) -> None:
    thread = fold_thread(recorded(log))
    assert thread.version == len(log)
    if thread.turn is not None:
        assert all(isinstance(call, OpenCall) for call in thread.turn.calls)
