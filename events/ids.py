"""Identifiers and the names of streams."""

from typing import Literal

from uuid_utils import uuid7

StreamKind = Literal["thread", "tree", "host", "memory"]
"""What streams are of; their names begin so."""
THREAD = "thread-"
TREE = "tree-"
HOST = "host-"
MEMORY = "memory-"


class TimeOrderedIds:
    """New identifiers: UUID version 7 (RFC 9562), in canonical text form."""

    def new(self) -> str:
        """A fresh identifier; later ones sort after earlier ones to the millisecond."""
        return str(uuid7())


def thread_stream(thread_id: str) -> str:
    """The stream of a thread: its turns, items and settings."""
    return THREAD + thread_id


def tree_stream(session_id: str) -> str:
    """The stream of a spawn tree; its id is the root's session id."""
    return TREE + session_id


def host_stream(host_id: str) -> str:
    """The stream of a host: its starts, stops and confirmations."""
    return HOST + host_id


def memory_stream(memory_id: str) -> str:
    """The stream of what a log remembers, by the log's id, or of one text, by its own."""
    return MEMORY + memory_id


def thread_of(stream: str) -> str | None:
    """The thread whose stream this is, or None for another kind of stream."""
    return stream[len(THREAD) :] if stream.startswith(THREAD) else None
