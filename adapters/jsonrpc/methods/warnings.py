"""Warnings to a caller of what its answer lacks."""

from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.call import Call
from threadhost.events.damage import DamageReport
from threadhost.events.thread import Thread
from threadhost.events.words import pluralize

if TYPE_CHECKING:
    from threadhost.adapters.turn_reader import TurnsRead


def warn(message: str, call: Call, thread_id: str | None = None) -> None:
    """Warn the caller, after the reply."""
    from threadhost.adapters.jsonrpc.models.notices import WarningNotification

    params = WarningNotification(thread_id=thread_id, message=message)
    correlation_id = call.origin.correlation_id
    call.session.deliver(call.app.hub.notice(params, thread_id, correlation_id, is_fleeting=True))


def warn_of_damages(damages: DamageReport, call: Call, thread_id: str) -> None:
    """Warn the caller of the unreadable parts of a thread that the answer leaves out, if any."""
    if damages:
        warn(f"omitted because it is unreadable: {damages}", call, thread_id)


def warn_of_gaps(state: Thread, call: Call) -> None:
    """Warn the caller of unreadable events of the thread that it activates, if any."""
    if state.gaps:
        fault = f"omitted because it is unreadable: {pluralize(state.gaps, 'event')} of this thread"
        names = "`threadhost log show --thread` on the host's machine"
        warn(f"{fault}; {names} says why", call, state.id)


def warn_of_lost_copies(damages: DamageReport, call: Call, source_id: str) -> None:
    """Warn the caller of unreadable parts of the source that a fork lacks, if any."""
    if damages:
        warn(f"the fork is without what cannot be read of its source: {damages}", call, source_id)


def warn_of_cut(turns: "TurnsRead", call: Call, thread_id: str) -> None:
    """Warn the caller of the turns of a whole history that are too large for the answer, if any."""
    if turns.more:
        fault = f"the {turns.more} oldest turns are too large to come with this answer"
        warn(f"{fault}; thread/turns/list reads them", call, thread_id)
    for turn in turns.turns:
        if turn.view != "full":
            fault = (
                f"turn {turn.row.turn_id} is too large to come with this answer and is summed up"
            )
            warn(f"{fault}; thread/items/list reads its items", call, thread_id)
