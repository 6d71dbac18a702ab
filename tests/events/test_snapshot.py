"""A kept state is the folded one: at any place, for any events, or it is not there."""

import json
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.support.golden import golden_events
from tests.support.store import at
from threadhost.events.base import Event, Recorded
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.snapshot import FORMAT, Kept, decode, encode

EVENTS = [event for kind, event in sorted(golden_events().items()) if not kind.startswith("tree")]
SHAPE = "9674e199a64675e2"
"""Of the state as it is stored. Has it changed? Then raise the format and write down both."""


def recorded(events: list[Event]) -> list[Recorded]:
    return [Recorded(n, "thread-x", n, event, at(1)) for n, event in enumerate(events, 1)]


@given(st.lists(st.sampled_from(EVENTS), max_size=40), st.integers(0, 40))
def test_folding_on_from_a_kept_state_gives_the_same_state(events: list[Event], cut: int) -> None:
    facts = recorded(events)
    kept = decode(encode(fold_thread(facts[:cut])))
    assert fold_thread(facts[cut:], kept) == fold_thread(facts)


def test_a_state_that_was_kept_by_other_rules_is_not_there() -> None:
    body = json.loads(encode(Thread(id="a")))
    assert decode(json.dumps(body).encode()) == Thread(id="a")
    assert decode(json.dumps([FORMAT + 1, body[1]]).encode()) is None
    assert decode(json.dumps([FORMAT, [*body[1][:3], {}]]).encode()) is None
    assert decode(b"") is None


def test_the_format_is_raised_when_the_state_gets_another_shape() -> None:
    shape = json.dumps(TypeAdapter(Kept).json_schema(), sort_keys=True)
    assert (FORMAT, sha256(shape.encode()).hexdigest()[:16]) == (5, SHAPE)
