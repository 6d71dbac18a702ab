"""Checks a log; needs only the log, changes nothing, and reports all that is not as written."""

import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from threadhost.events.store.audit import Audit
from threadhost.events.store.chain import genesis
from threadhost.events.store.errors import LogDamaged, StoreMismatch
from threadhost.events.store.findings import About, Verification, in_order
from threadhost.events.store.seal import End, Sealer
from threadhost.events.store.sqlite.database import ReadableDatabase
from threadhost.events.store.sqlite.faults import code_of, words_of
from threadhost.events.store.sqlite.raw import PAGE_ROWS, RawRows, Unreadable
from threadhost.events.store.sqlite.recorder import require_format
from threadhost.events.store.sqlite.tables import (
    check_tables,
    damaged_pages,
    others,
    require_short_names,
)
from threadhost.events.words import pluralize

NO_LOG = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


class Verifying:
    """The check of one log, page by page, on any thread.

    Without the folder of the blobs only their digests in the chain are checked, without a sealer
    only that a seal exists. The result has the chains at `positions`; the `expected` ends are
    compared. Raises StoreMismatch if the database is not a log, LogDamaged if no row can be read.
    """

    def __init__(
        self,
        database: ReadableDatabase,
        blobs: Path | None = None,
        *,
        sealer: Sealer | None = None,
        positions: Sequence[int] = (),
        expected: Sequence[End] = (),
    ) -> None:
        self._rows = RawRows(database)
        self._blobs = blobs
        self._sealer = sealer
        self._expected = expected
        expected_at = {*positions, *(end.position for end in expected)}
        self._audit = Audit(genesis(log_id_of(self._rows)), blobs, expected_at)
        require_short_names(self._rows)

    def step(self, rows_max: int = PAGE_ROWS) -> bool:
        """Check the next page of rows; returns whether more may follow."""
        audit, rows = self._audit, self._rows
        if audit.is_over:
            return False
        before = audit.events
        try:
            for row in rows.events(audit.position, rows_max):
                audit.take(row)
        except Unreadable as damage:
            audit.skip(str(damage), rows.next_readable(audit.position + 1))
            return True
        return audit.events > before

    def damaged_pages(self) -> list[str]:
        """Return what SQLite itself finds wrong; any thread may call this meanwhile."""
        return damaged_pages(self._rows)

    def end(self, damaged: Sequence[str] | None = None) -> Verification:
        """Check the rows added meanwhile and everything else in one moment; returns the result."""
        audit = self._audit
        with self._rows.at_once():
            while self.step():
                pass
            audit.end()
            check_tables(audit, self._rows, self._sealer)
            strange = _others(self._rows)
        for damage in self.damaged_pages() if damaged is None else damaged:
            audit.add(About.TABLE, f"the database is damaged: {damage}")
        _compare(audit, self._expected)
        if audit.unknown > 1:
            reason = (
                f"{pluralize(audit.unknown, 'event')} of types that are unknown to this version"
            )
            audit.add(About.UNSEEN, reason)
        return Verification(
            events=audit.events,
            end=End(audit.position, audit.chain),
            findings=in_order(audit.findings),
            finding_count=audit.finding_count,
            purged=audit.purged,
            not_looked=[*_not_looked(self._blobs, self._sealer)],
            chains={at: chain for at, chain in audit.chains.items() if chain},
            heads=audit.fold.heads,
            beside=strange,
            erased=audit.erased,
        )


def verify(
    database: ReadableDatabase,
    blobs: Path | None = None,
    *,
    sealer: Sealer | None = None,
    positions: Sequence[int] = (),
    expected: Sequence[End] = (),
) -> Verification:
    """Check every row, its payload and its place, and every table beside them.

    Like `Verifying`, in one call; SQLite checks the pages of a file while the rows are checked.
    """
    verifying = Verifying(database, blobs, sealer=sealer, positions=positions, expected=expected)
    with ExitStack() as stack:
        damaged = None
        if not database.in_memory:
            pool = stack.enter_context(ThreadPoolExecutor(1, "threadhost-verify"))
            damaged = pool.submit(verifying.damaged_pages)
        while verifying.step():
            pass
        return verifying.end(damaged.result() if damaged else None)


def log_id_of(rows: RawRows) -> str:
    """Return the log's id. Raises LogDamaged, or StoreMismatch for no log of this version."""
    try:
        identity: dict[str, str] = dict(rows.all("SELECT name, value FROM store"))
    except sqlite3.Error as error:
        if code_of(error) == sqlite3.SQLITE_CORRUPT:
            raise LogDamaged(f"the database is damaged: {words_of(error)}") from None
        words = "this is not a log" if code_of(error) in NO_LOG else "it cannot be read"
        raise StoreMismatch(f"{words}: {words_of(error)}") from None
    return require_format(identity)


def _others(rows: RawRows) -> dict[tuple[str, str], str | None]:
    try:
        return dict(others(rows))
    except sqlite3.Error:
        return {}


def _compare(audit: Audit, expected: Iterable[End]) -> None:
    for end in expected:
        if end.position > audit.position:
            reason = f"the log ends at {audit.position}, before the expected end"
            audit.add(About.EVENT, reason, at=audit.position + 1)
        elif audit.chains.get(end.position) != end.chain:
            audit.add(About.EVENT, "the chain differs from the expected one", at=end.position)


def _not_looked(blobs: Path | None, sealer: Sealer | None) -> Iterable[str]:
    if blobs is None:
        yield "large payloads, which lie in files beside the log"
    if sealer is None:
        yield "the seal on the end of the log, because the host key is missing"
