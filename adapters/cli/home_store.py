"""A home's store, read without disturbing a host that may run on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shlex import quote
from typing import cast

from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.cli.option import path
from threadhost.adapters.cli.options import HOME
from threadhost.adapters.cli.output import Failure, note, shown
from threadhost.adapters.config import Limits
from threadhost.adapters.view_reader import ViewReader
from threadhost.events import catalogue as _all  # noqa: F401  (every type is known)
from threadhost.events.store.errors import StoreError, StoreMismatch, StoreUnreadable
from threadhost.events.store.home import BLOBS, DATABASE, require_restored
from threadhost.events.store.lock import is_held
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.events.words import first_names
from threadhost.projections import all_views, rules
from threadhost.projections.listing import ThreadRow, threads_named, threads_with_prefix
from threadhost.projections.rebuild import rebuild_within
from threadhost.projections.rules import are_current

IS_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWN_IDS = 8
COPY = "INSERT INTO temp.{0} SELECT * FROM main.{0}"
NOT_ALL_KNOWN = "events that this version does not know are shown as damaged"


@dataclass(frozen=True, slots=True)
class _OnlyLog:
    """Stands for the two logs of a host: logs in memory are not visible from outside."""

    durable: ReadOnlyLog

    def of(self, thread_id: str) -> ReadOnlyLog:
        """The log that holds the thread's stream."""
        return self.durable


class HomeStore:
    """The log and the views of a home."""

    def __init__(self, home: Path, log: ReadOnlyLog) -> None:
        self.home = home
        self.log = log
        self.reading = ViewReader(cast(Logs, _OnlyLog(log)), Limits().page_bytes_max)

    @property
    def blobs(self) -> Path:
        """The folder of large payloads."""
        return self.home / BLOBS

    def row(self, thread_id: str) -> ThreadRow:
        """One thread, by its id or the beginning of it. Raises Failure unless one matches."""
        row = run_sync(self.reading.row(self.whole(thread_id)))
        if row is None:
            raise self._not_found(thread_id)
        return row

    def whole(self, thread_id: str) -> str:
        """The id that begins like this, or of the thread of this name. Raises Failure for many."""
        if IS_ID.fullmatch(thread_id):
            return thread_id
        reads = self.log.reads
        beginning = run_sync(threads_with_prefix(reads, thread_id, SHOWN_IDS + 1))
        matching = beginning or run_sync(threads_named(reads, thread_id, SHOWN_IDS + 1))
        if not matching:
            raise self._not_found(thread_id)
        if len(matching) > 1:
            ids = first_names(matching, SHOWN_IDS)
            relation = "begins the ids" if beginning else "is the name"
            remedy = "give more of one of them" if beginning else "give the id of one of them"
            raise Failure(f"{shown(thread_id)} {relation} of {ids}; {remedy}")
        return matching[0]

    def _not_found(self, thread_id: str) -> Failure:
        command = command_line("threads list", self.home)
        words = f"{self.home} has no thread {shown(thread_id)}; {command} lists those there are"
        return Failure(words, reason="threadNotFound")


def require_home(home: Path) -> Path:
    """A complete home that a host created. Raises Failure for another folder."""
    try:
        require_restored(home)
    except StoreMismatch as error:
        if is_held(home):
            words = f"a backup is being restored into {home}; try again when that has ended"
            raise Failure(words, reason="homeLocked") from None
        raise Failure.of(error) from None
    if not (home / DATABASE).is_file():
        fault = "there is no such folder"
        remedy = f"give another --home, or begin one: {command_line('threads run new TEXT', home)}"
        if home.exists():
            fault = "there is no log in it" if home.is_dir() else "it is a file"
            remedy = "give another --home"
        raise Failure(f"{home} is not a host's home, {fault}; {remedy}")
    return home


def require_host(home: Path, purpose: str = "") -> Path:
    """A home on which a host runs. Raises Failure without one; `purpose` says why it is needed."""
    if not is_held(require_home(home)):
        raise Failure(f"no host runs on {home}; {command_line('serve', home)} starts one{purpose}")
    return home


def command_line(command: str, home: Path) -> str:
    """A command line of threadhost that acts on a home, as users type it."""
    default = None
    with suppress(ValueError):  # the user has no home, or one with an odd name
        default = path(HOME)
    home_option = "" if home == default else f" --home {quote(str(home))}"
    return f"`threadhost {command}{home_option}`"


def _make_views(log: ReadOnlyLog) -> None:
    """Rebuild the views of another version's log in this version's form, in memory alone.

    On the one connection that is then read, they hide the views in the file.
    """
    views = all_views()
    log.database.share()
    with log.database.reading() as connection:
        tx = SqliteTx(connection)
        connection.execute("BEGIN")
        for statement in (rules.TABLE, *views.statements):
            tx.run(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
        for table in views.described:
            if not table.of_events:
                tx.attempt(partial(tx.run, COPY.format(table.name)))
        rebuild_within(tx, log, views)
        connection.execute("COMMIT")


@contextmanager
def open_store(home: Path, key_file: Path | None) -> Iterator[HomeStore]:
    """Open a home for reading. Raises Failure if there is none, or if it cannot be read."""
    folder = require_home(home)
    try:
        log = ReadOnlyLog.open(folder, key_file)
        try:
            if (release := log.newer_release) is not None:
                note(f"threadhost: {folder} was written by version {release}: {NOT_ALL_KNOWN}")
            if not run_sync(are_current(log.reads, all_views().rules)):
                _make_views(log)
            yield HomeStore(folder, log)
        finally:
            log.close()
    except StoreUnreadable as error:
        verify = command_line("log verify", folder)
        words = f"the log in {folder} cannot be read: {error}; {verify} says more"
        raise Failure.of(error, words) from None
    except StoreError as error:
        raise Failure.of(error) from None
