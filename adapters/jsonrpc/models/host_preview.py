"""`host/thread/previewDelete`: all that the deletion of a tree would remove, without a change."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.events.empty import no_list


class PreviewDeleteParams(Params):
    """The root of the tree in question."""

    thread_id: str
    """The root of the tree that might be deleted, by its id."""


class PreviewTarget(Wire):
    """One thread that would go; `edge` is how it hangs on its parent, null for the root.

    A target with `forkedFromId` is not in the tree: it is a fork in memory with another's content.
    """

    thread_id: str
    depth: U64
    """How many edges it stands below the root."""
    parent_thread_id: str | None = None
    live: bool
    """Whether it is loaded."""
    busy: bool
    """Whether a turn runs on it."""
    ephemeral: bool
    """Whether it lives in memory alone."""
    forked_from_id: str | None = None
    """The thread whose words a fork in memory holds, by its id; null for threads of the tree."""
    edge: Literal["open", "closed"] | None = None
    """How it hangs on its parent; null for the root."""


class PreviewCounts(Wire):
    """How much would go, over all targets."""

    threads: U64
    """Threads that would go."""
    live: U64
    """Those of them that are loaded."""
    busy: U64
    """Those of them on which a turn runs."""
    ephemeral: U64
    """Those of them that live in memory alone."""
    turns: U64
    """Turns that would go."""
    items: U64
    """Items that would go."""
    files: U64
    """Files that would be removed."""


class PreviewFile(Wire):
    """One file that would be removed; `name` is relative to the host's home."""

    thread_id: str
    name: str
    """The file, from the host's home on."""


class PreviewHold(Wire):
    """A legal hold that is in the way."""

    thread_id: str
    matter: str


class PreviewDeleteResponse(Result):
    """The plan: targets breadth first, and their ids in the order of deletion, leaf first.

    The deletion is refused while there are `holds`.
    """

    targets: list[PreviewTarget]
    """The threads that would go, breadth first."""
    delete_order: list[str]
    """Their ids in the order of deletion, leaf first."""
    counts: PreviewCounts
    """How much would go."""
    files: list[PreviewFile] = Field(default_factory=no_list)
    """The files that would be removed."""
    surviving_forks: list[str] = Field(default_factory=no_list)
    """Copies of theirs that stay, by their ids."""
    holds: list[PreviewHold] = Field(default_factory=no_list)
    """Legal holds that are in the way: with any, the deletion is refused."""
