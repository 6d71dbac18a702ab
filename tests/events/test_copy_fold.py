"""What copies come to that nobody read: the same as if all of them were folded."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_history_of_anything import EVENTS
from tests.given import recorded
from tests.support.searching import tries
from threadhost.events.base import Erased, Event
from threadhost.events.bounds import fault_in
from threadhost.events.copy_fold import CopyFold
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.fork import ForkSelector
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.settings import ThreadSettings
from threadhost.events.store.codec import decode, encode
from threadhost.events.store.copies import Lifted, Reader
from threadhost.events.thread import Thread, ThreadConfigured, ThreadStarted
from threadhost.events.turn import ItemHead, ItemRecorded, TurnCompleted, TurnStarted, text_part
from threadhost.events.words import Purpose
from threadhost.projections import all_views

STARTS = st.builds(
    TurnStarted,
    turn_id=st.sampled_from(["t", "u", "v"]),
    started_at_ms=st.just(1),
    purpose=st.sampled_from(["regular", "compact", GOAL_TURN]),
)
ENDS = st.builds(
    TurnCompleted,
    turn_id=st.sampled_from(["t", "u", "v"]),
    outcome=st.sampled_from(["completed", "failed", "interrupted"]),
    started_at_ms=st.just(1),
    completed_at_ms=st.just(2),
)


def is_copied(event: Event | Erased) -> bool:
    """Whether a log can hold it, and a fork takes it over."""
    return isinstance(event, Event) and event.inherited and fault_in(event) is None


BORDERS, WITHIN = st.one_of(STARTS, ENDS), EVENTS.filter(is_copied)
COPIES = st.lists(
    st.booleans().flatmap(lambda is_border: BORDERS if is_border else WITHIN),
    max_size=24,
)
"""Half of them begin or end turns: where they were one kind among all others, hardly any did."""
SHOWN = all_views().kinds
BORN = [
    ThreadStarted(thread_id="f", session_id="f", forked_from_id="s", source="test"),
    ThreadConfigured(settings=ThreadSettings(cwd="/", model="m", model_provider="p")),
]


def lifted(event: Event, readers: Mapping[str, Reader]) -> Lifted:
    """As a source holds it, read as far as has to be."""
    (body,) = encode([event])
    reader = readers.get(event.kind)
    return Lifted(1, event.kind, body, reader(1, event.kind, body) if reader else None)


def read(copy: Lifted) -> Event:
    """As the store makes it an event again."""
    return decode(1, copy.kind, copy.body)


def both(events: Sequence[Event]) -> tuple[Thread, Thread]:
    """The gist of copies, and the fold of what they say."""
    begun = foresee(Thread(), BORN)
    gist = CopyFold(begun, SHOWN)
    for version, event in enumerate(events, begun.version + 1):
        gist.take(version, lifted(event, gist.readers))
    facts = recorded([*BORN, *events])
    return gist.state(len(facts), read), fold_thread(facts)


@pytest.mark.slices
@given(COPIES)
@tries(400)
def test_the_gist_of_copies_is_the_fold_of_them(events: list[Event]) -> None:
    taking = ForkSelector(None, None)
    gist, fold = both([one for event in events for one in taking.of(event)])
    assert gist == fold


SILENT = ItemRecorded(turn_id="t", item_id="h", type="userMessage", item={"content": []})
SAID = ItemRecorded(
    turn_id="t", item_id="i", type="userMessage", item={"content": [text_part("hello")]}
)
ANSWERED = ItemRecorded(turn_id="u", item_id="j", type="agentMessage", item={"text": "yes"})
FAILED = TurnCompleted(turn_id="t", outcome="failed", started_at_ms=1, completed_at_ms=2)


@pytest.mark.parametrize("purpose", ["regular", GOAL_TURN])
def test_a_running_turn_keeps_its_items_and_a_goal_its_failure_in_the_fold_of_copies(
    purpose: Purpose,
) -> None:
    begins = TurnStarted(turn_id="u", started_at_ms=3, purpose=purpose)
    started = TurnStarted(turn_id="t", started_at_ms=1)
    gist, fold = both([started, SAID, FAILED, begins, ANSWERED])
    assert gist == fold
    assert fold.turn is not None
    assert fold.turn.items == 1


def test_the_fold_of_copies_reads_no_more_events_than_those_of_one_ended_turn() -> None:
    ended = TurnCompleted(turn_id="t", outcome="completed", started_at_ms=1, completed_at_ms=2)
    turn = [TurnStarted(turn_id="t", started_at_ms=1), SAID, ended]
    begun = foresee(Thread(), BORN)
    gist, reads = CopyFold(begun, SHOWN), list[str]()

    def noted(copy: Lifted) -> Event:
        reads.append(copy.kind)
        return read(copy)

    for version, event in enumerate(turn * 9, begun.version + 1):
        gist.take(version, lifted(event, gist.readers))
    assert gist.state(begun.version + 27, noted).turns == 9
    assert reads == [event.kind for event in turn]


def test_behind_the_first_user_text_only_the_heads_of_items_are_read() -> None:
    gist, types = CopyFold(foresee(Thread(), BORN), SHOWN), list[type]()
    for version, event in enumerate([ANSWERED, SILENT, SAID, ANSWERED, SAID], 3):
        copy = lifted(event, gist.readers)
        types.append(type(copy.event))
        gist.take(version, copy)
    assert types == [ItemRecorded, ItemRecorded, ItemRecorded, ItemHead, ItemHead]
