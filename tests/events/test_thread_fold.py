"""What a thread's state is after its events; it never refuses one, and any order is survived."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.store import META, deleted, message, renamed, started
from threadhost.events.base import KINDS, Erased, Event, Recorded, StreamState
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.thread import (
    ActiveTurn,
    Thread,
    ThreadActivated,
    ThreadConfigured,
    ThreadDraining,
    ThreadFailed,
    ThreadSettings,
    ThreadShutdownTimedOut,
    ThreadStopped,
)
from threadhost.events.turn import (
    ErrorRecorded,
    ModelRequested,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import NO_USAGE, Usage

TURN = TurnStarted(turn_id="turn-1", started_at_ms=5)
END = TurnCompleted(turn_id="turn-1", outcome="completed", started_at_ms=5, completed_at_ms=9)
OTHER_END = END.model_copy(update={"turn_id": "turn-0"})
FAILED_END = END.model_copy(update={"outcome": "failed"})
ERROR = ErrorRecorded(turn_id="turn-1", message="no", code="other")
REQUEST = ModelRequested(turn_id="turn-1", request=2, model="m", history_items=1, digest="d")
USAGE = UsageRecorded(
    turn_id="turn-1", last=Usage(input=1, total=1), total=Usage(input=4, output=2, total=6)
)
SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")
BASE = Thread(id="a", session_id="a")
RUNNING = BASE._replace(turns=1, turn=ActiveTurn("turn-1", 5))
ASKING = ActiveTurn("turn-1", 5, requests=2, asking=True, asked_at_version=3)
SPENT = RUNNING._replace(usage=USAGE.total, last_usage=USAGE.last, usage_turn_id="turn-1")


def facts(events: list[Event | Erased], after: int = 0) -> list[Recorded]:
    return [Recorded(n, "thread-a", n, event, META) for n, event in enumerate(events, after + 1)]


def after(*events: Event | Erased) -> Thread:
    """The state; where things stand in the stream is left out, save for the newest request."""
    state = fold_thread(facts([started(), *events]))
    turn = state.turn._replace(heard_at_version=0) if state.turn else None
    return state._replace(version=0, turn_ended_at_version=0, turn=turn)


STORIES: list[tuple[list[Event | Erased], Thread]] = [
    ([], BASE),
    ([renamed("x")], BASE._replace(name="x")),
    ([renamed("x"), renamed("y")], BASE._replace(name="y")),
    ([renamed("x"), Erased("thread.renamed.v1")], BASE._replace(name="x")),
    ([ThreadConfigured(settings=SETTINGS)], BASE._replace(settings=SETTINGS)),
    ([ThreadActivated(incarnation=3)], BASE._replace(incarnation=3)),
    ([ThreadDraining(reason="r")], BASE._replace(state=StreamState.DRAINING)),
    ([ThreadDraining(reason="r"), ThreadStopped(reason="r")], BASE),
    (
        [ThreadDraining(reason="r"), ThreadShutdownTimedOut(reason="r", deadline_ms=1)],
        BASE._replace(incarnation=1),
    ),
    ([ThreadFailed(error="E", attempt=1, gave_up=False)], BASE),
    ([ThreadFailed(error="E", attempt=3, gave_up=True)], BASE._replace(failed=True)),
    ([deleted()], BASE._replace(state=StreamState.CLOSED)),
    ([TURN, deleted()], BASE._replace(state=StreamState.CLOSED, turns=1)),
    ([TURN], RUNNING),
    ([TURN, message()], RUNNING._replace(turn=ActiveTurn("turn-1", 5, items=1))),
    ([TURN, message(turn_id="turn-0")], RUNNING),
    ([message()], BASE),
    ([TURN, REQUEST], RUNNING._replace(turn=ASKING)),
    ([TURN, ERROR], RUNNING._replace(turn=ActiveTurn("turn-1", 5, error=True))),
    ([REQUEST, ERROR], BASE),
    ([TURN, USAGE], SPENT),
    ([TURN, END], BASE._replace(turns=1)),
    ([TURN, OTHER_END], RUNNING),
    ([END], BASE),
    ([TURN, FAILED_END], BASE._replace(turns=1, failed=True, queue_held=True)),
    ([TURN, FAILED_END, TURN], RUNNING._replace(turns=2)),
]


@each(("events", "expected"), STORIES)
def test_the_state_of_a_thread_is_the_fold_of_its_events(
    events: list[Event | Erased], expected: Thread
) -> None:
    assert after(*events) == expected


def test_the_state_of_a_thread_has_its_parent_and_depth() -> None:
    child = started("b", parent_id="a").model_copy(update={"depth": 2, "ephemeral": True})
    thread = fold_thread(facts([child]))
    assert (thread.id, thread.parent_id, thread.depth, thread.ephemeral) == ("b", "a", 2, True)
    assert thread.version == 1


def test_a_thread_exists_from_its_start_to_its_tombstone() -> None:
    assert not Thread().exists
    assert fold_thread(facts([started()])).exists
    assert not fold_thread(facts([started(), deleted()])).exists


histories = st.lists(
    st.sampled_from([*golden_events().values(), TURN, END, message(), REQUEST, ERROR])
    | st.sampled_from(sorted(KINDS)).map(Erased),
    max_size=30,
)


@given(histories, st.integers(0, 30))
def test_folding_in_parts_is_folding_at_once(history: list[Event | Erased], cut: int) -> None:
    begun = fold_thread(facts(history[:cut]))
    later = facts(history[cut:], after=len(history[:cut]))
    assert fold_thread(later, begun) == fold_thread(facts(history))


@given(histories)
def test_a_foreseen_state_equals_the_fold_of_the_events(history: list[Event | Erased]) -> None:
    events = [event for event in history if isinstance(event, Event)]
    assert foresee(Thread(), events) == fold_thread(facts(list(events)))


@given(st.lists(st.builds(Usage, input=st.integers(0, 10**9))))
def test_usage_adds_up_in_any_order(parts: list[Usage]) -> None:
    forward = backward = NO_USAGE
    for part in parts:
        forward = forward.plus(part)
    for part in reversed(parts):
        backward = part.plus(backward)
    assert forward == backward
    assert forward.input == sum(part.input for part in parts)
