"""Identifiers and the names of streams."""

from typing import Literal

from uuid_utils import uuid7

StreamKind = Literal["thread", "tree", "host", "memory", "job"]
"""The kinds of streams; the names of streams begin with them."""
THREAD = "thread-"
TREE = "tree-"
HOST = "host-"
JOB = "job-"
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
    """The stream of a log's memory, by the log's id, or of one text, by the text's id."""
    return MEMORY + memory_id


def job_stream(job_id: str) -> str:
    """The stream of a job: its definition and its status."""
    return JOB + job_id


def page_stream(job_id: str, page: int) -> str:
    """The stream of one page of a job's rows, and of the progress of each row."""
    return f"{JOB}{job_id}.{page}"


def is_stream(name: str) -> bool:
    """Whether a name is that of a stream, by its beginning."""
    return name.startswith((THREAD, TREE, HOST, JOB, MEMORY))


def job_of(stream: str) -> str | None:
    """Return the job of this stream or page; None for another kind of stream."""
    return stream[len(JOB) :].partition(".")[0] if stream.startswith(JOB) else None


def page_of(stream: str) -> int | None:
    """Return the number of this stream's page of a job; None for the stream of the job itself."""
    number = stream.rpartition(".")[2] if stream.startswith(JOB) else ""
    return int(number) if number.isdecimal() else None


def memory_of(stream: str) -> str | None:
    """Return the text of memory, or the log, of this stream; None for another kind of stream."""
    return stream[len(MEMORY) :] if stream.startswith(MEMORY) else None


def thread_of(stream: str) -> str | None:
    """Return the thread of this stream, or None for another kind of stream."""
    return stream[len(THREAD) :] if stream.startswith(THREAD) else None
