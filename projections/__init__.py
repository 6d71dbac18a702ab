"""Views of the log: tables that clients read, kept in step with every append."""

from threadhost.projections import goal, memory, metadata, queue, threads, tree, turns
from threadhost.projections.base import Views

NOUNS = (threads, turns, tree, queue, metadata, memory, goal)


def all_views() -> Views:
    """The views of a host."""
    return Views(*(noun.projection for noun in NOUNS))
