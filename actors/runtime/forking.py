"""Reading what a fork takes over from its source's stream."""

from collections.abc import Sequence

from threadhost.actors.errors import TurnNotFound
from threadhost.actors.runtime.logs import off_loop
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.bounds import fault_in
from threadhost.events.damage import Damages
from threadhost.events.fork import Inherited, inherited
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.log import Log


class Inheritance(NamedTuple):
    """Events to copy, and what cannot be read and so copied."""

    events: Sequence[Inherited]
    damages: Damages


async def inheritance(
    log: Log, source_id: str, last_turn_id: str | None, before_turn_id: str | None
) -> Inheritance:
    """What a fork takes over from a thread as it is now. Raises TurnNotFound."""
    stream = thread_stream(source_id)
    head = await log.stream_head(stream)
    version = head.version if head else 0

    async def read() -> Inheritance:
        damages, facts = Damages(), list[Recorded]()
        async for page in log.walk_stream(stream, 0, version):
            facts += damages.noted(map(_recordable, page))
        events = inherited(facts, last_turn_id, before_turn_id)
        return Inheritance(events, damages)

    try:
        return await off_loop(log, stream, version, read)
    except LookupError as missing:
        raise TurnNotFound(str(missing.args[0]), source_id) from None


def _recordable(fact: Recorded) -> Recorded:
    """The fact; a gap where an earlier version recorded what is not recorded any more."""
    if isinstance(fact.event, Event) and (fault := fault_in(fact.event)):
        return fact._replace(event=Damaged(fact.kind, fault))
    return fact
