"""What follows from events that are about to be appended is found out once."""

from collections.abc import Sequence

import pytest

from threadhost.actors.runtime import pending_events
from threadhost.actors.runtime.pending_events import NOT_MEASURED, Steps
from threadhost.events.base import Event
from threadhost.events.fold import foresee, steps
from threadhost.events.thread import Thread, ThreadRenamed

FIRST, SECOND, OTHER = (ThreadRenamed(name=name) for name in ("first", "second", "other"))
THREAD = Thread(id="a", version=3)


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The events that are folded from here on."""
    seen: list[Event] = []

    def watched(state: Thread, events: Sequence[Event]) -> list[Thread]:
        seen.extend(events)
        return steps(state, events)

    monkeypatch.setattr(pending_events, "steps", watched)
    return seen


def test_each_event_is_folded_once_however_many_come_after_it(folded: list[Event]) -> None:
    known = Steps.none(THREAD)
    for events in ([FIRST], [FIRST], [FIRST, SECOND]):
        known = known.through(events, THREAD)
        assert known.passed[-1] == foresee(THREAD, events)
    assert [thread.name for thread in known.passed] == [None, "first", "second"]
    assert folded == [FIRST, SECOND]


def test_other_events_or_another_version_are_folded_again(folded: list[Event]) -> None:
    known = Steps.none(THREAD).through([FIRST, SECOND], THREAD)
    assert known.through([FIRST, OTHER], THREAD).passed[-1].name == "other"
    assert known.through([FIRST], THREAD).passed[-1].name == "first"
    elsewhere = THREAD.at_version(9)
    assert known.through([FIRST, SECOND], elsewhere).passed[-1].version == 11
    assert folded == [FIRST, SECOND, FIRST, OTHER, FIRST, FIRST, SECOND]


def test_an_equal_event_is_not_taken_for_the_same_event(folded: list[Event]) -> None:
    Steps.none(THREAD).through([FIRST], THREAD).through([ThreadRenamed(name="first")], THREAD)
    assert len(folded) == 2


def test_events_are_large_together_and_each_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[list[Event]] = []

    def is_large(events: Sequence[Event]) -> bool:
        looks.append(list(events))
        return SECOND in events

    monkeypatch.setattr(pending_events, "is_large", is_large)
    measured = NOT_MEASURED.at([FIRST])
    assert not measured.are_large
    measured = measured.at([FIRST, SECOND]).at([FIRST, SECOND, OTHER])
    assert measured.are_large
    assert not measured.at([OTHER]).are_large
    assert looks == [[FIRST], [SECOND], [OTHER]]
