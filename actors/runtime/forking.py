"""What a fork takes over from its source's stream; read at once if it is short."""

from collections.abc import Sequence

from threadhost.actors.errors import TurnNotFound
from threadhost.actors.fork import CopyPlan
from threadhost.actors.runtime.logs import off_loop
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.bounds import fault_in
from threadhost.events.damage import DamageReport
from threadhost.events.fork import Inherited, inherited
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.quiet_turns import QuietTurns
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.log import Log
from threadhost.events.turn import TurnCompleted, TurnStarted, UsageRecorded

TURNS = (TurnStarted, TurnCompleted, ThreadReverted)
"""The events that mark where turns begin and end."""
AT_ONCE_EVENTS_MAX = 400
"""A longer stream is copied in slices, and not read here."""


class Inheritance(NamedTuple):
    """Events to copy, and damages that cannot be copied; `copy_plan` in place of many events."""

    events: Sequence[Inherited]
    damages: DamageReport
    copy_plan: CopyPlan | None = None


async def inheritance(
    log: Log, source_id: str, last_turn_id: str | None, before_turn_id: str | None
) -> Inheritance:
    """What a fork takes over from the thread in its present state. Raises TurnNotFound."""
    stream = thread_stream(source_id)
    head = await log.stream_head(stream)
    version = head.version if head else 0
    damages = DamageReport()

    async def read() -> Inheritance:
        facts: list[Recorded] = []
        async for page in log.walk_stream(stream, 0, version):
            facts += map(_recordable, page)
        events = inherited(facts, last_turn_id, before_turn_id, damages)
        return Inheritance(QuietTurns(_counts).copies_to_keep(events), damages)

    async def look() -> Inheritance:
        ends_at_turn = last_turn_id is not None or before_turn_id is not None
        if ends_at_turn:  # refuse a missing turn before a long copy begins
            turns = await log.read_stream(stream, types=TURNS)
            past_turns = (fact for fact in turns if fact.version <= version)
            inherited(past_turns, last_turn_id, before_turn_id, DamageReport())
        return Inheritance((), damages, CopyPlan(version, last_turn_id, before_turn_id, damages))

    try:
        work = read if version <= AT_ONCE_EVENTS_MAX else look
        return await off_loop(log, stream, version, work)
    except LookupError as missing:
        raise TurnNotFound(str(missing.args[0]), source_id) from None


def _counts(copy: Inherited) -> bool:
    return isinstance(copy.event, UsageRecorded) and copy.event.last.total > 0


def _recordable(fact: Recorded) -> Recorded:
    """The fact; a gap if an earlier version recorded what this one refuses to record."""
    if isinstance(fact.event, Event) and (fault := fault_in(fact.event)):
        return fact._replace(event=Damaged(fact.kind, fault))
    return fact
