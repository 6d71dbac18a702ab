"""Where what agents have for each other is taken: threads and trees."""

from typing import Protocol

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended


class Asked(Protocol):
    """Threads, live or stored, as they are asked to carry out commands."""

    async def ask(self, thread_id: str, command: Command, origin: Origin) -> Appended:
        """Taking it up if it is stored. Raises Refusal or StoreError."""

    async def amend(self, thread_id: str, command: Command, origin: Origin) -> Appended:
        """Leaving it stored if it is. Raises Refusal or StoreError."""


class Places(NamedTuple):
    """Where threads and trees are found."""

    threads: Asked
    trees: TreeActors
    sessions: Sessions
