"""`host/thread/previewDelete`: all that the deletion of a tree would remove, without a change."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.events.empty import no_list


class PreviewDeleteParams(Params):
    """The root of the tree in question."""

    thread_id: str
    """The id of the thread whose deletion to preview."""


class PreviewTarget(Wire):
    """A thread that would be deleted; `edge` is the state of the edge to its parent.

    A target with `forkedFromId` is not in the tree: it is a fork in memory with another's content.
    """

    thread_id: str
    depth: U64
    """Its depth below the root."""
    parent_thread_id: str | None = None
    live: bool
    """Whether it is loaded."""
    busy: bool
    """Whether it has a running turn."""
    ephemeral: bool
    """Whether it is ephemeral: kept only in memory."""
    forked_from_id: str | None = None
    """For an ephemeral fork, the id of the thread that it copied; null for threads of the tree."""
    edge: Literal["open", "closed"] | None = None
    """The state of the edge to its parent; null for the root."""


class PreviewCounts(Wire):
    """What would be deleted, in numbers over all targets."""

    threads: U64
    """The number of threads that would be deleted."""
    live: U64
    """Those of them that are loaded."""
    busy: U64
    """Those of the threads with a running turn."""
    ephemeral: U64
    """The ephemeral ones among them."""
    turns: U64
    """The number of turns that would be deleted."""
    items: U64
    """The number of items that would be deleted."""
    files: U64
    """Files that would be removed."""


class PreviewFile(Wire):
    """One file that would be removed; `name` is relative to the host's home."""

    thread_id: str
    name: str
    """The path of the file, relative to the host's home."""


class PreviewHold(Wire):
    """A legal hold that prevents the deletion."""

    thread_id: str
    matter: str


class PreviewDeleteResponse(Result):
    """The plan: targets breadth first, and their ids in the order of deletion, leaf first.

    The deletion is refused while there are `holds`.
    """

    targets: list[PreviewTarget]
    """The threads that would be deleted, breadth first."""
    delete_order: list[str]
    """Their ids in the order of deletion, leaves first."""
    counts: PreviewCounts
    """What would be deleted, in numbers."""
    files: list[PreviewFile] = Field(default_factory=no_list)
    """The files that would be removed."""
    surviving_forks: list[str] = Field(default_factory=no_list)
    """The ids of their forks, which stay."""
    holds: list[PreviewHold] = Field(default_factory=no_list)
    """The legal holds that prevent the deletion; it is refused if there is one."""
