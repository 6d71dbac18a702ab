"""What the actor of a spawn tree is asked."""

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
    """Start the workers of a job below the thread that it runs for, all or none of them.

    `causes` are what led to each of them.
    """

    starts: Sequence[StartThread]
    causes: Sequence[str]
    origin: Origin


class Fork(NamedTuple):
    """Start a thread as the copy of one of this tree, in a tree of its own.

    `copied` is the fork as far as it is there already.
    """

    command: "ForkThread"
    origin: Origin
    idempotency: Idempotency | None = None
    copied: Thread | None = None


class Import(NamedTuple):
    """Record a thread that lived elsewhere, and what this tree notes of it."""

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
    """Record steps of a deletion as they were done, in one append with the `other_appends`."""

    events: Sequence[Event]
    origin: Origin
    other_appends: Sequence[StreamAppend] = ()


class TreeCommandEnvelope(NamedTuple):
    """Carry out a command on the tree, about a thread that has to be there if one is named.

    The `other_appends` go with what is decided, or, if that is nothing, at the tree as it is.
    """

    command: Command
    origin: Origin
    thread_id: str = ""
    other_appends: Sequence[StreamAppend] = ()


class ListBelow(NamedTuple):
    """Say what lasts below a thread, once all that was asked before is done."""

    root_id: str


class ForgetEphemeral(NamedTuple):
    """Drop threads in memory that are gone."""

    thread_ids: Sequence[str]
    urgent: bool = True
    """They are gone already: a full mailbox is no reason to keep their edges."""


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
