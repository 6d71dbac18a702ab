"""The refusal of a deletion that a legal hold prevents."""

from collections.abc import Mapping

from threadhost.actors.hold import ThreadHeld
from threadhost.events.hold import DeletionRefused
from threadhost.events.ids import tree_stream
from threadhost.events.store.log import Log
from threadhost.events.tree import Hold


async def refusal(
    log: Log, session_id: str, holds: Mapping[tuple[str, str], Hold], refused: DeletionRefused
) -> ThreadHeld:
    """The refusal by the oldest hold in the way: who set it, and when."""
    version = refused.hold_versions[0]
    thread_id, matter = next(key for key, hold in holds.items() if hold.version == version)
    fact = await log.fact_at(tree_stream(session_id), version)
    other_holds = len(refused.hold_versions) - 1
    return ThreadHeld(
        thread_id or refused.root_id, matter, fact.meta if fact else None, other_holds
    )
