"""Causes follow from the state and from what stands ahead in the same append."""

from tests.given import given
from threadhost.actors.turn import FailTurn, Failure
from threadhost.events.causes import by_event, causes_of
from threadhost.events.fold import steps
from threadhost.events.ids import thread_stream
from threadhost.events.thread import ThreadConfigured, ThreadSettings, ThreadStarted
from threadhost.events.tool import UserAsked
from threadhost.events.turn import ErrorRecorded, TurnCompleted, TurnStarted

ID = "0198f4f0-0000-7000-8000-000000000000"
ASKING_THE_USER = (
    ThreadStarted(thread_id=ID, session_id=ID, source="x"),
    ThreadConfigured(settings=ThreadSettings(cwd="/", model="m", model_provider="p")),
    TurnStarted(turn_id="t1", started_at_ms=5),
    UserAsked(turn_id="t1", call_id="c", asked_at_ms=5, questions=[]),
)


def test_a_turn_that_fails_with_a_call_open_ends_for_what_failed() -> None:
    thread = given(*ASKING_THE_USER)
    events = thread.when(FailTurn(Failure("too long", "other"), 9, limit_ms=4)).events
    kinds = [type(event) for event in events]
    assert kinds[kinds.index(ErrorRecorded) + 1] is not TurnCompleted
    failed_at = len(ASKING_THE_USER) + 1 + kinds.index(ErrorRecorded)
    causes = causes_of(events, steps(thread.state, events))
    assert causes[kinds.index(TurnCompleted)] == by_event(thread_stream(ID), failed_at)
