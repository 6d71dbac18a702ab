"""Telling a caller what its answer is without."""

from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.call import Call
from threadhost.events.damage import DamageReport
from threadhost.events.thread import Thread
from threadhost.events.words import pluralize

if TYPE_CHECKING:
    from threadhost.adapters.turn_reader import TurnsRead


def warn(message: str, call: Call, thread_id: str | None = None) -> None:
    """Warn the caller, behind the answer."""
    from threadhost.adapters.jsonrpc.models.notices import WarningNotification

    params = WarningNotification(thread_id=thread_id, message=message)
    correlation_id = call.origin.correlation_id
    call.session.deliver(call.app.hub.notice(params, thread_id, correlation_id, is_fleeting=True))


def warn_of_damages(damages: DamageReport, call: Call, thread_id: str) -> None:
    """Warn the caller of what of a thread is left out of the answer, if anything is."""
    if damages:
        warn(f"left out, for it cannot be read or shown: {damages}", call, thread_id)


async def take_up(thread_id: str, call: Call) -> None:
    """Make a stored thread live and follow it; what is missing of it the caller is warned of."""
    if call.app.host.threads.loaded(thread_id) is None:
        await call.app.host.threads.take_up(thread_id, call.origin.causation_id)
        call.app.hub.join_thread(call.session, thread_id, call.origin.correlation_id)
        if (state := call.app.host.threads.loaded(thread_id)) is not None:
            warn_of_gaps(state, call)


def warn_of_gaps(state: Thread, call: Call) -> None:
    """Warn the caller of what a thread that it takes up has forgotten, if it has."""
    if state.gaps:
        fault = f"left out, for it cannot be read: {pluralize(state.gaps, 'event')} of this thread"
        names = "`threadhost log show --thread` on the host's machine"
        warn(f"{fault}; {names} says why", call, state.id)


def warn_of_lost_copies(damages: DamageReport, call: Call, source_id: str) -> None:
    """Warn the caller of what a fork does not take over, if there is such."""
    if damages:
        warn(f"the fork is without what cannot be read of its source: {damages}", call, source_id)


def warn_of_cut(turns: "TurnsRead", call: Call, thread_id: str) -> None:
    """Warn the caller of what was too much of a whole history for one answer, if anything was."""
    if turns.more:
        fault = f"the {turns.more} oldest turns are too large to come with this answer"
        warn(f"{fault}; thread/turns/list reads them", call, thread_id)
    for turn in turns.turns:
        if turn.view != "full":
            fault = (
                f"turn {turn.row.turn_id} is too large to come with this answer and is summed up"
            )
            warn(f"{fault}; thread/items/list reads its items", call, thread_id)
