"""What a fork takes over: every event type is either inherited or the source's own affair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.given import recorded
from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.searching import tries
from tests.support.store import at
from threadhost.events.base import KINDS, Erased, Event, Recorded
from threadhost.events.causes import by_event
from threadhost.events.damage import DamageReport
from threadhost.events.fork import inherited, is_inherited, taken_back
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.turn import TurnCompleted, TurnStarted

OF_THE_HOST = ("client.", "host.", "request.")
OWN_AFFAIR = (
    *OF_THE_HOST,
    "agent.",
    "goal.",
    "job.",
    "memory.",
    "queue.",
    "thread.",
    "tree.",
    "turn.elicitation_",
    "turn.interrupt_requested.",
)
"""How the thread came and went, its name, what waits in line, its goal, agents, who stopped it.

And what is remembered of it, and what its user was asked on behalf of calls.
"""
SEEN_BY_THE_MODEL = (
    "agent.context_given.v1",
    "goal.context_given.v1",
    "thread.imported.v1",
    "thread.items_injected.v1",
)


def test_every_event_of_a_stream_is_inherited_or_the_sources_own_affair() -> None:
    for kind, type_ in KINDS.items():
        own = kind.startswith(OWN_AFFAIR) and kind not in SEEN_BY_THE_MODEL
        assert own != type_.inherited, kind


def turn(turn_id: str) -> list[Event]:
    started = TurnStarted(turn_id=turn_id, started_at_ms=1)
    ended = TurnCompleted(turn_id=turn_id, outcome="completed", started_at_ms=1, completed_at_ms=2)
    return [started, ended]


EVENTS = [*turn("a"), *turn("b"), *turn("c")]
STREAM = [Recorded(n, "thread-x", n, event, at(1)) for n, event in enumerate(EVENTS, 1)]


@each(
    ("last", "before", "kept"),
    [(None, None, 6), ("a", None, 2), ("c", None, 6), (None, "a", 0), (None, "b", 2)],
)
def test_a_fork_ends_with_a_turn_or_before_one(
    last: str | None, before: str | None, kept: int
) -> None:
    copied = inherited(STREAM, last, before, DamageReport())
    assert [one.event for one in copied] == EVENTS[:kept]
    assert [one.version for one in copied] == list(range(1, kept + 1))


@pytest.mark.parametrize(("last", "before"), [("d", None), (None, "d")])
def test_a_fork_at_an_unknown_turn_is_refused_with_the_name_of_the_turn(
    last: str | None, before: str | None
) -> None:
    with pytest.raises(LookupError, match="d"):
        inherited(STREAM, last, before, DamageReport())


def test_a_turn_that_has_not_ended_cannot_be_the_last() -> None:
    with pytest.raises(LookupError, match="c"):
        inherited(STREAM[:-1], "c", None, DamageReport())


def test_only_events_that_were_copied_count_as_inherited() -> None:
    meta = at(1)._replace(causation_id=by_event("thread-x", 7))
    own = at(1)._replace(causation_id=by_event("thread-y", 7))
    for kind, event in golden_events().items():
        assert is_inherited(Recorded(1, "thread-y", 1, event, meta)) == event.inherited, kind
        assert not is_inherited(Recorded(1, "thread-y", 1, event, at(1)))
        assert not is_inherited(Recorded(1, "thread-y", 1, event, own))


def test_erased_events_are_not_inherited() -> None:
    erased = recorded([*EVENTS[:2], Erased(TurnStarted.kind), *EVENTS[2:]])
    assert [copied.event for copied in inherited(erased, None, None, DamageReport())] == EVENTS


def test_reverted_turns_are_not_inherited() -> None:
    back = ThreadReverted(turn_id="b", from_version=3, turns_left=1)
    reverted = [*STREAM, Recorded(7, "thread-x", 7, back, at(1))]
    assert [copied.event for copied in inherited(reverted, None, None, DamageReport())] == EVENTS[
        :2
    ]
    with pytest.raises(LookupError, match="c"):
        inherited(reverted, "c", None, DamageReport())


TURN_IDS = st.sampled_from("aab")
MARKS = st.one_of(
    st.builds(TurnStarted, turn_id=TURN_IDS, started_at_ms=st.just(1)),
    st.builds(
        ThreadReverted,
        turn_id=TURN_IDS,
        from_version=st.sampled_from([0, 0, 0, 1, 2, 9]),
        turns_left=st.just(0),
    ),
)


@given(st.lists(st.one_of(MARKS, st.just(EVENTS[1])), max_size=9))
@tries(300)
def test_reverted_versions_are_the_same_for_unread_copies_and_for_the_history(
    events: list[Event],
) -> None:
    facts = recorded(events)
    marks = [fact for fact in facts if isinstance(fact.event, TurnStarted | ThreadReverted)]
    gone = {version for versions in taken_back(marks) for version in versions}
    assert [fact for fact in facts if fact.version not in gone] == surviving(facts)


@each(("next_at_ms", "ended_at_ms"), [(9, 9), (3, 5)], ids=["behind", "by another clock"])
def test_a_turn_without_an_end_is_ended_where_the_next_begins(
    next_at_ms: int, ended_at_ms: int
) -> None:
    begun = TurnStarted(turn_id="a", started_at_ms=5)
    following = TurnStarted(turn_id="b", started_at_ms=next_at_ms)
    end = TurnCompleted(
        turn_id="a",
        outcome="interrupted",
        started_at_ms=5,
        completed_at_ms=ended_at_ms,
        reason="its end cannot be read",
    )
    cut = recorded([begun, following])
    assert [one.event for one in inherited(cut, None, None, DamageReport())] == [
        begun,
        end,
        following,
    ]
    assert [one.event for one in inherited(cut, None, "b", DamageReport())] == [begun, end]
