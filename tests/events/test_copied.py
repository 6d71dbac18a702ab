"""What copies come to that nobody read: the same as if all of them were folded."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from tests.events.test_history_of_anything import EVENTS
from tests.given import recorded
from tests.support.searching import tries
from threadhost.events.base import Erased, Event
from threadhost.events.bounds import fault_in
from threadhost.events.copied import Gist
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.fork import Taking
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.settings import ThreadSettings
from threadhost.events.store.codec import decode, encode
from threadhost.events.store.copies import Lifted, Reader
from threadhost.events.thread import Thread, ThreadConfigured, ThreadStarted
from threadhost.events.turn import TurnCompleted, TurnStarted
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


COPIES = st.lists(
    st.one_of(STARTS, ENDS, EVENTS.filter(is_copied)),
    max_size=24,
)
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


@given(COPIES)
@tries(400)
def test_the_gist_of_copies_is_the_fold_of_them(events: list[Event]) -> None:
    taking = Taking(None, None)
    taken = [one for event in events for one in taking.of(event)]
    begun = foresee(Thread(), BORN)
    gist = Gist(begun, SHOWN)
    for version, event in enumerate(taken, begun.version + 1):
        gist.take(version, lifted(event, gist.readers))
    facts = recorded([*BORN, *taken])
    assert gist.state(len(facts), read) == fold_thread(facts)
