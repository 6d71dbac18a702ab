"""Views of the log: tables that clients read, kept in step with every append."""

from threadhost.projections import queue, threads, tree, turns
from threadhost.projections.base import Views


def all_views() -> Views:
    """The views of a host."""
    return Views(threads.projection, turns.projection, tree.projection, queue.projection)
