"""Causes follow from the state and from what stands ahead in the same append."""

from tests.given import given
from threadhost.actors.fork import CopyPlan, ForkThread
from threadhost.actors.response import FailTurn, Failure
from threadhost.actors.thread import decide
from threadhost.events.causes import by_event, causes_of
from threadhost.events.damage import DamageReport
from threadhost.events.fold import foresee, steps
from threadhost.events.fork import Inherited, ThreadCopied
from threadhost.events.ids import thread_stream
from threadhost.events.thread import (
    Thread,
    ThreadActivated,
    ThreadConfigured,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.tool import UserAsked
from threadhost.events.turn import ErrorRecorded, TurnCompleted, TurnStarted

ID = "0198f4f0-0000-7000-8000-000000000000"
SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")
ASKING_THE_USER = (
    ThreadStarted(thread_id=ID, session_id=ID, source="x"),
    ThreadConfigured(settings=SETTINGS),
    TurnStarted(turn_id="t1", started_at_ms=5),
    UserAsked(turn_id="t1", call_id="c", asked_at_ms=5, questions=[]),
)


def test_the_end_of_a_turn_that_fails_with_an_open_call_is_caused_by_the_error() -> None:
    thread = given(*ASKING_THE_USER)
    events = thread.when(FailTurn(Failure("too long", "other"), 9, limit_ms=4)).events
    kinds = [type(event) for event in events]
    assert kinds[kinds.index(ErrorRecorded) + 1] is not TurnCompleted
    failed_at = len(ASKING_THE_USER) + 1 + kinds.index(ErrorRecorded)
    causes = causes_of(events, steps(thread.state, events))
    assert causes[kinds.index(TurnCompleted)] == by_event(thread_stream(ID), failed_at)


def test_the_ends_that_a_fork_adds_are_caused_by_the_last_event_it_inherited() -> None:
    running = (ASKING_THE_USER[2], ASKING_THE_USER[3])
    taken = [Inherited(event, version) for version, event in zip((7, 9), running, strict=True)]
    fork = ForkThread("f", SETTINGS, source_id=ID, inherited=taken, at_ms=9)
    long = fork.but(inherited=(), copy_plan=CopyPlan(12, None, None, DamageReport()))
    begun = decide(long, Thread())
    copied = foresee(foresee(Thread(), begun), running)
    source = thread_stream(ID)
    for command, thread, own, last in ((fork, Thread(), 2, 9), (long, copied, 0, 12)):
        events = decide(command, thread)
        causes = command.causes(events)
        copies = [by_event(source, one.version) for one in command.inherited]
        assert causes[: own + len(copies)] == [*[""] * own, *copies]
        rest = zip(events[own + len(copies) :], causes[own + len(copies) :], strict=True)
        led = {type(event): cause for event, cause in rest}
        assert {led[kind] for kind in led if kind.inherited} == {by_event(source, last)}
        assert TurnCompleted in led
        assert led[ThreadCopied] == led[ThreadActivated] == ""
    assert long.causes(begun)[:2] == ["", ""]
