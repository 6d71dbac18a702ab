"""The rule of taking turns back, as given, when, then."""

from tests.given import given
from tests.support.store import started
from threadhost.actors.errors import TurnNotFound, TurnRunning
from threadhost.actors.revert import RevertThread
from threadhost.events.revert import ThreadReverted
from threadhost.events.turn import TurnCompleted, TurnStarted

TURN = TurnStarted(turn_id="t", started_at_ms=1)
END = TurnCompleted(turn_id="t", outcome="completed", started_at_ms=1, completed_at_ms=2)


def test_a_revert_records_the_version_where_its_turn_began() -> None:
    given(started(), TURN, END).when(RevertThread("t", 2, 0)).then(
        ThreadReverted(turn_id="t", from_version=2, turns_left=0)
    )


def test_a_revert_is_refused_while_a_turn_runs() -> None:
    given(started(), TURN).when(RevertThread("t", 2, 0)).refused(
        TurnRunning, "thread has a turn in progress, and no turns can be reverted meanwhile: t"
    )


def test_a_revert_of_an_unknown_turn_is_refused() -> None:
    given(started(), TURN, END).when(RevertThread("x")).refused(
        TurnNotFound, "turn not found or not ended: x (in thread a)"
    )


def test_a_thread_counts_the_turns_that_are_left() -> None:
    back = ThreadReverted(turn_id="t", from_version=2, turns_left=0)
    assert given(started(), TURN, END, back).state.turns == 0
