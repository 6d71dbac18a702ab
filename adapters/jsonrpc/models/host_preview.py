"""`host/thread/previewDelete`: all that deleting a tree would take, without touching it."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64
from threadhost.events.empty import no_list


class PreviewDeleteParams(Params):
    """The root of the tree in question."""

    thread_id: str


class PreviewTarget(Wire):
    """One thread that would go; `edge` is how it hangs on its parent, null for the root.

    One with `forkedFromId` is of no tree here: a fork in memory, which holds the words of another.
    """

    thread_id: str
    depth: U64
    parent_thread_id: str | None = None
    live: bool
    busy: bool
    ephemeral: bool
    forked_from_id: str | None = None
    edge: Literal["open", "closed"] | None = None


class PreviewCounts(Wire):
    """How much would go, over all targets."""

    threads: U64
    live: U64
    busy: U64
    ephemeral: U64
    turns: U64
    items: U64
    files: U64


class PreviewFile(Wire):
    """One file that would be removed; `name` is relative to the host's home."""

    thread_id: str
    name: str


class PreviewHold(Wire):
    """A legal hold that is in the way."""

    thread_id: str
    matter: str


class PreviewDeleteResponse(Result):
    """The plan: targets breadth first, and their ids in the order of deletion, leaf first.

    While there are `holds` it would be refused.
    """

    targets: list[PreviewTarget]
    delete_order: list[str]
    counts: PreviewCounts
    files: list[PreviewFile] = Field(default_factory=no_list)
    surviving_forks: list[str] = Field(default_factory=no_list)
    holds: list[PreviewHold] = Field(default_factory=no_list)
