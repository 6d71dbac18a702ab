"""Filling a home with threads that had a turn each, as a host would have left them, but quickly.

Everything goes through the store's own append, many threads in one: positions, chain, keys, fences
and views are made as always, and the home verifies. Only the clock and the texts are made up.
"""

from collections.abc import Iterator
from pathlib import Path

from threadhost.actors.origin import policy
from threadhost.events.base import Event
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.thread import (
    ThreadActivated,
    ThreadConfigured,
    ThreadDraining,
    ThreadFlushed,
    ThreadSettings,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import all_views

THREADS_AN_APPEND = 250
EVENTS_A_THREAD = 10
BEGAN_AT_MS = 1_760_000_000_000
BETWEEN_THREADS_MS = 10
ORIGIN = policy("seed", "seed", "seed")
ASKED = "Please have a look at failing test {n} in the parser, and tell me what you would change."
ANSWERED = "The tokenizer drops the last line of a file that does not end with a newline ({n})."


async def seed(home: Path, threads: int) -> list[str]:
    """Make stored threads, ten events each, in a new home; their ids, oldest first."""
    ids = TimeOrderedIds()
    made = [ids.new() for _ in range(threads)]
    log = Log.open(prepare_home(home), all_views())
    try:
        for start in range(0, threads, THREADS_AN_APPEND):
            at_ms = BEGAN_AT_MS + start * BETWEEN_THREADS_MS
            some = enumerate(made[start : start + THREADS_AN_APPEND], start)
            appends = [
                StreamAppend(thread_stream(thread_id), list(_life(n, thread_id, ids.new(), at_ms)))
                for n, thread_id in some
            ]
            await log.append(*appends, meta=ORIGIN.at(at_ms))
    finally:
        await log.close()
    return made


def _life(n: int, thread_id: str, turn_id: str, at_ms: int) -> Iterator[Event]:
    """A thread that was started, had a turn and was let go."""
    yield ThreadStarted(thread_id=thread_id, session_id=thread_id, source="vscode")
    yield ThreadConfigured(
        settings=ThreadSettings(
            cwd=f"/home/ada/{n % 10}", model="echo-1", model_provider="echo", originator="seed"
        )
    )
    yield ThreadActivated(incarnation=1)
    yield TurnStarted(turn_id=turn_id, started_at_ms=at_ms)
    text = {"type": "text", "text": ASKED.format(n=n), "text_elements": []}
    yield _item(turn_id, "item-1", "userMessage", content=[text])
    yield _item(turn_id, "msg-1", "agentMessage", text=ANSWERED.format(n=n))
    yield TurnCompleted(
        turn_id=turn_id, outcome="completed", started_at_ms=at_ms, completed_at_ms=at_ms + 5
    )
    yield ThreadDraining(reason="seeded")
    yield ThreadFlushed()
    yield ThreadStopped(reason="seeded")


def _item(turn_id: str, item_id: str, kind: str, **more: object) -> ItemRecorded:
    item = {"type": kind, "id": item_id, **more}
    return ItemRecorded(turn_id=turn_id, item_id=item_id, type=kind, item=item)
