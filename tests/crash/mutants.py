"""Deliberate faults, each of which the harness has to notice.

`synchronous=OFF` and `NORMAL` are not among them: the kernel keeps what a killed process wrote, so
kill -9 cannot tell them from FULL. Power-loss images can: those are in `SYNCING`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import threadhost.adapters.jsonrpc.methods  # noqa: F401  (fills the registry)
from threadhost.actors.queue import TakeSubmission
from threadhost.actors.runtime.deletions import Deletions
from threadhost.actors.runtime.reactor import CommandEnvelope
from threadhost.actors.runtime.thread_actor import ThreadActor
from threadhost.actors.thread import decide
from threadhost.actors.turn import StartTurn
from threadhost.adapters import app
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.models.thread_change import ThreadSetNameResponse
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.events.failpoints import arm
from threadhost.events.store.committer import Appended
from threadhost.events.store.feed import Feed
from threadhost.events.store.log import Log
from threadhost.events.store.rows import Purged
from threadhost.events.store.sqlite import database, purge, schema
from threadhost.events.store.sqlite.database import PRAGMAS
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.purge import Purger
from threadhost.events.store.writer import Writer
from threadhost.projections.base import Views

PAUSE_S = 0.05
"""Long enough for a kill to fall into it now and then."""


def replies_before_it_is_on_disk() -> None:
    """A new name is confirmed first and appended a moment later."""
    registered = registry.get("thread/name/set")
    assert registered is not None
    rename, working = registered.handler, set()

    async def late(params: Any, call: Any) -> None:
        await asyncio.sleep(PAUSE_S)
        await rename(params, call)

    async def early(params: Any, call: Any) -> ThreadSetNameResponse:
        task = asyncio.create_task(late(params, call))
        working.add(task)
        task.add_done_callback(working.discard)
        return ThreadSetNameResponse()

    registry._methods["thread/name/set"] = registered._replace(handler=early)


def updates_views_in_a_transaction_of_their_own() -> None:
    """Commit the events first, the views after."""
    apply, commit = Views.apply, Writer._commit
    waiting: list[tuple[Any, Sequence[Any]]] = []

    def later(self: Any, tx: Any, recorded: Sequence[Any]) -> Mapping[str, int]:
        waiting.append((self, recorded))
        return {}

    def committed(self: Any, entries: Any) -> Any:
        answers = commit(self, entries)
        time.sleep(PAUSE_S)
        with self._engine.transaction() as tx:
            while waiting:
                views, recorded = waiting.pop(0)
                apply(views, tx, recorded)
        return answers

    Views.apply = later  # type: ignore[method-assign]
    Writer._commit = committed  # type: ignore[method-assign]


def appends_each_stream_in_a_transaction_of_its_own() -> None:
    """Half a command can be on disk."""
    append = Log.append

    async def one_by_one(self: Any, *appends: Any, **meta: Any) -> Any:
        *first, last = appends
        for some in first:
            await append(self, some, **{**meta, "idempotency": None})
            await asyncio.sleep(PAUSE_S)
        return await append(self, last, **meta)

    Log.append = one_by_one  # type: ignore[method-assign]


def forgets_deletions_at_the_start() -> None:
    """What a crash interrupted stays as it is."""

    async def nothing(self: Any, session_id: str, deletion_id: str) -> None:
        del self, session_id, deletion_id

    arm("deletion.planned", lambda: time.sleep(PAUSE_S))
    Deletions.resume = nothing  # type: ignore[method-assign]


def forgets_copies_at_the_start() -> None:
    """A fork that did not become whole stays as it is."""

    async def none(reads: Any) -> Sequence[str]:
        del reads
        return ()

    vars(app)["unfinished_copies"] = none


def keeps_the_keys_of_the_deleted() -> None:
    """Deleted, but readable."""

    def keep(self: Any, key_ids: Any, end: Any = None) -> int:
        return len(key_ids)

    KeyRing.destroy = keep  # type: ignore[method-assign]


def resumes_from_now_instead_of_the_cursor() -> None:
    """What happened while a client was away is never told."""
    begin: Any = CatchUp.__init__

    def from_now(self: Any, app: Any, follower: Any, after: int) -> None:
        begin(self, app, follower, app.hub.position)

    CatchUp.__init__ = from_now  # type: ignore[method-assign]


def resumes_a_little_too_early() -> None:
    """The last events before the cursor are told again."""
    begin: Any = CatchUp.__init__

    def earlier(self: Any, app: Any, follower: Any, after: int) -> None:
        begin(self, app, follower, max(0, after - 20))

    CatchUp.__init__ = earlier  # type: ignore[method-assign]


def publishes_every_commit_twice() -> None:
    """Live notifications come double."""
    publish = Feed._pass_on

    def twice(self: Any, recorded: Sequence[Any]) -> None:
        publish(self, recorded)
        publish(self, recorded)

    Feed._pass_on = twice  # type: ignore[method-assign]


def syncs_at_checkpoints_only() -> None:
    """What the reference does: a commit is not a sync."""
    _synchronous("NORMAL")


def never_syncs() -> None:
    """The kernel will see to it."""
    _synchronous("OFF")


def _synchronous(mode: str) -> None:
    changed = [pragma.replace("synchronous=FULL", f"synchronous={mode}") for pragma in PRAGMAS]
    database.PRAGMAS = tuple(changed)  # type: ignore[assignment]


def begins_a_queued_turn_in_two_steps() -> None:
    """It leaves the queue first, and begins a moment later."""
    carry_out = ThreadActor._do

    async def in_two(self: ThreadActor, message: CommandEnvelope) -> Appended:
        command = message.command
        if not isinstance(command, TakeSubmission):
            return await carry_out(self, message)
        taken, *_ = decide(command, self.state)
        await self._journal.append([taken], message.origin)
        await asyncio.sleep(PAUSE_S)
        start = StartTurn(command.turn_id, command.item_id, command.content, command.at_ms)
        return await carry_out(self, message._replace(command=start))

    ThreadActor._do = in_two  # type: ignore[method-assign]


def puts_threads_away_one_after_another() -> None:
    """A tree is archived in as many transactions as it has threads."""
    appends_each_stream_in_a_transaction_of_its_own()


def notes_a_fork_before_it_is_there() -> None:
    """The source's tree knows of a fork that has yet to be made."""
    appends_each_stream_in_a_transaction_of_its_own()


def writes_rows_anew_in_two_steps() -> None:
    """Rows are taken out of the log, and put back a moment later."""
    taken, back = schema.COMPACT[:2], schema.COMPACT[2:]
    compact_rows = Purger.compact_rows

    def in_two(self: Any) -> bool:
        schema.COMPACT = taken  # type: ignore[assignment]
        more = compact_rows(self)
        if more:
            with self._database.transaction() as connection:
                for statement in back:
                    connection.execute(statement)
        return more

    Purger.compact_rows = in_two  # type: ignore[method-assign]


def notes_its_place_before_it_purges() -> None:
    """How far it is says more than was done."""
    step = Purger.step

    def early(self: Any, is_destroyed: Any) -> Purged:
        if self._began is None:
            with self._database.transaction() as connection:
                self._began = purge._newest(connection)
                self._reached = purge._place(connection, self._began)
                purge._note(connection, self._began)
        return step(self, is_destroyed)

    Purger.step = early  # type: ignore[method-assign]


MUTANTS: dict[str, tuple[Callable[[], None], str]] = {
    mutant.__name__: (mutant, symptom)
    for mutant, symptom in (
        (replies_before_it_is_on_disk, "acknowledged and lost"),
        (updates_views_in_a_transaction_of_their_own, "view [a-z]+, .*the log says"),
        (appends_each_stream_in_a_transaction_of_its_own, "has an edge but was never started"),
        (forgets_deletions_at_the_start, "deletion .* is left half done"),
        (keeps_the_keys_of_the_deleted, "is deleted, its key is not"),
        (resumes_from_now_instead_of_the_cursor, "was told 0 times"),
        (resumes_a_little_too_early, "was told 2 times"),
        (publishes_every_commit_twice, "was told 2 times"),
    )
}
"""Name -> the fault, and what the harness has to say of it (a regular expression)."""
SYNCING: dict[str, tuple[Callable[[], None], str]] = {
    mutant.__name__: (mutant, "acknowledged and lost")
    for mutant in (syncs_at_checkpoints_only, never_syncs)
}
OF_A_SESSION: dict[str, tuple[Callable[[], None], str]] = {
    mutant.__name__: (mutant, symptom)
    for mutant, symptom in (
        (begins_a_queued_turn_in_two_steps, "left the queue without a turn"),
        (puts_threads_away_one_after_another, "put away by halves"),
        (notes_a_fork_before_it_is_there, "is noted as a fork but was never started"),
        (forgets_copies_at_the_start, "is left half copied"),
        (writes_rows_anew_in_two_steps, "the log holds nothing, but was sealed"),
        (notes_its_place_before_it_purges, "is deleted, its payload is not"),
    )
}
"""Faults that only a session shows with a queue, an archive, a fork, or what is given back."""
SEEN_AT_A_WRITE = {
    "begins_a_queued_turn_in_two_steps": "queue",
    "puts_threads_away_one_after_another": "archive_tree",
    "notes_a_fork_before_it_is_there": "fork",
    "forgets_copies_at_the_start": "delete_beside_forks",
    "appends_each_stream_in_a_transaction_of_its_own": "spawn",
    "updates_views_in_a_transaction_of_their_own": "turn",
    "forgets_deletions_at_the_start": "delete_tree",
    "writes_rows_anew_in_two_steps": "give_back",
    "notes_its_place_before_it_purges": "give_back",
}
"""Mutants that a kill at a write shows, and the scenario that does."""
