"""A home's store, read without disturbing the host that may run on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.cli.options import path
from threadhost.adapters.cli.output import Failure
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.models.ids import thread_id as canonical
from threadhost.adapters.reading import Reading
from threadhost.events import host as _host  # noqa: F401  (its event types are in every log)
from threadhost.events.store.errors import StoreError
from threadhost.events.store.home import BLOBS, DATABASE
from threadhost.events.store.read_only import ReadOnlyLog
from threadhost.projections import all_views
from threadhost.projections.listing import ThreadRow
from threadhost.projections.rules import are_current


@dataclass(frozen=True, slots=True)
class _OnlyLog:
    """Stands for the two logs of a host: what lives in memory cannot be seen from outside."""

    durable: ReadOnlyLog

    def of(self, thread_id: str) -> ReadOnlyLog:
        """The log that holds the thread's stream."""
        del thread_id
        return self.durable


class Stored:
    """The log and the views of a home."""

    def __init__(self, home: Path, log: ReadOnlyLog) -> None:
        self.home = home
        self.log = log
        self.reading = Reading(cast(Logs, _OnlyLog(log)), Limits().page_bytes_max)

    @property
    def blobs(self) -> Path:
        """The folder of large payloads."""
        return self.home / BLOBS

    def row(self, thread_id: str) -> ThreadRow:
        """One thread. Raises Failure for one that is not there."""
        found = self.reading.row(identifier(thread_id))
        if found is None:
            raise Failure(
                f"{self.home} has no thread {thread_id}; `threadhost threads list` lists them"
            )
        return found


def identifier(text: str) -> str:
    """A thread id in canonical form. Raises Failure."""
    try:
        return canonical(text)
    except ValueError as error:
        raise Failure(f"`{text}` is no thread id: {error}") from None


def existing(home: str) -> Path:
    """A home that a host has made. Raises Failure for another folder."""
    try:
        folder = path(home).absolute()
    except ValueError as error:
        raise Failure(f"--home: {error}") from None
    if not (folder / DATABASE).is_file():
        lacks = "there is no such folder"
        if folder.exists():
            lacks = "there is no log in it" if folder.is_dir() else "it is a file"
        raise Failure(f"{folder} is not a host's home: {lacks}; give another --home")
    return folder


def key_path(key_file: str | None) -> Path | None:
    """Where the host key lies, if not in the home. Raises Failure for what is no path."""
    try:
        return path(key_file) if key_file else None
    except ValueError as error:
        raise Failure(f"--key-file: {error}") from None


@contextmanager
def stored(home: str, key_file: str | None) -> Iterator[Stored]:
    """Open a home for reading. Raises Failure where there is none, or it cannot be read."""
    folder = existing(home)
    try:
        log = ReadOnlyLog.open(folder, key_path(key_file))
        try:
            if not are_current(log.database, all_views().rules):
                raise Failure(f"{folder} was written by another version: start a host on it once")
            yield Stored(folder, log)
        finally:
            log.close()
    except StoreError as error:
        raise Failure(str(error)) from None
