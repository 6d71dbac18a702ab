"""The messages to the actor of a spawn tree."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.actors.thread import StartThread
from threadhost.actors.tree import DEFAULT_TERMS, DeletionTerms
from threadhost.events.base import Event
from threadhost.events.fold import Thread
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Idempotency, StreamAppend

if TYPE_CHECKING:
    from threadhost.actors.fork import ForkThread
    from threadhost.actors.imported import ImportThread


class Spawn(NamedTuple):
    """Start a thread below a parent of this tree."""

    command: StartThread
    origin: Origin
    idempotency: Idempotency | None = None


class SpawnWorkers(NamedTuple):
    """Start the workers of a job below its runner, all or none of them.

    `causes` holds the cause of each.
    """

    starts: Sequence[StartThread]
    causes: Sequence[str]
    origin: Origin


class Fork(NamedTuple):
    """Start a fork of a thread of this tree, in a tree of its own.

    `copied` is the state of the fork if its history was copied before.
    """

    command: "ForkThread"
    origin: Origin
    idempotency: Idempotency | None = None
    copied: Thread | None = None


class Import(NamedTuple):
    """Record a thread of another program, and its edge or fork in this tree."""

    command: "ImportThread"
    origin: Origin
    idempotency: Idempotency | None = None


class Plan(NamedTuple):
    """Fence a subtree and plan its deletion."""

    root_id: str
    deletion_id: str
    origin: Origin
    idempotency: Idempotency | None = None
    terms: DeletionTerms = DEFAULT_TERMS


class Record(NamedTuple):
    """Record steps of a deletion that are done, in one append with the `other_appends`."""

    events: Sequence[Event]
    origin: Origin
    other_appends: Sequence[StreamAppend] = ()


class TreeCommandEnvelope(NamedTuple):
    """A command on the tree; if it names a thread, that must be open.

    The `other_appends` are appended with the events of the command, or, if there are none, on
    condition that the tree has not changed. `at_ms` is the time of the append; 0 for now.
    """

    command: Command
    origin: Origin
    thread_id: str = ""
    other_appends: Sequence[StreamAppend] = ()
    idempotency: Idempotency | None = None
    at_ms: int = 0


class ListBelow(NamedTuple):
    """List the durable threads below a thread, once all earlier messages are handled."""

    root_id: str


class ForgetEphemeral(NamedTuple):
    """Drop threads in memory that are gone."""

    thread_ids: Sequence[str]
    urgent: bool = True
    """The threads are gone: a full mailbox must not keep their edges."""


Message = (
    Spawn
    | SpawnWorkers
    | Fork
    | Import
    | Plan
    | Record
    | TreeCommandEnvelope
    | ListBelow
    | ForgetEphemeral
)
