"""Finds where a turn began in its thread's stream, and the history before it."""

from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime.logs import off_loop
from threadhost.events.history import History
from threadhost.events.history_events import TYPES
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.revert import surviving
from threadhost.events.store.log import Log
from threadhost.events.turn import TurnStarted


class Located(NamedTuple):
    """The command with the place of its turn, and the history that remains."""

    command: RevertThread
    history: History


async def located(command: RevertThread, log: Log, thread_id: str) -> Located:
    """Find the turn, off the loop if the thread is long."""
    stream = thread_stream(thread_id)
    head = await log.stream_head(stream)
    events = head.version if head else 0
    return await off_loop(log, stream, events, lambda: _located(command, log, stream))


async def _located(command: RevertThread, log: Log, stream: str) -> Located:
    facts = surviving(await log.read_stream(stream, types=(*TYPES, TurnStarted)))
    turns = 0
    for number, fact in enumerate(facts):
        if not isinstance(fact.event, TurnStarted):
            continue
        if fact.event.turn_id == command.before_turn_id:
            located = command.but(from_version=fact.version, turns_left=turns)
            return Located(located, History(facts[:number]))
        turns += 1
    return Located(command, History())
