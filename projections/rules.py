"""The rules that made the views of a home: if they are not today's, the views are rebuilt."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from threadhost.events.sources import digest_of, files_of
from threadhost.events.store.port import Reads, Tx

NAME = "view_rules"
TABLE = "CREATE TABLE IF NOT EXISTS view_rules (fingerprint TEXT NOT NULL)"
DROP = "DROP TABLE IF EXISTS view_rules"
MADE_BY = "SELECT * FROM view_rules"


def fingerprint(statements: Iterable[str], handlers: Iterable[Callable[..., object]] = ()) -> str:
    """Return a digest of the tables and of the files that contain the rules.

    It also changes, and the views are rebuilt, if a file changes without its rules.
    """
    return _fingerprint(tuple(statements), files_of(handlers))


@cache
def _fingerprint(statements: tuple[str, ...], files: frozenset[str]) -> str:
    return digest_of(files, *statements)


def were_made(tx: Tx, made_by: str) -> bool:
    """Whether the views were made by these rules; False if that is not recorded."""
    tx.run(TABLE)
    rows = tx.run(MADE_BY)
    if any(len(row) != 1 for row in rows):  # another table of that name
        tx.run(DROP)
        tx.run(TABLE)
    return _is_made_by(rows, made_by)


def has_events(tx: Tx) -> bool:
    """Whether the log beside the views has any events."""
    return tx.has_table("event_rows") and bool(tx.rows(0, 1))


def write_down(tx: Tx, made_by: str | None) -> None:
    """Record the rules that made the views; None while they are incomplete."""
    tx.run("DELETE FROM view_rules")
    if made_by is not None:
        tx.run("INSERT INTO view_rules (fingerprint) VALUES (?)", (made_by,))


async def are_current(reads: Reads, made_by: str) -> bool:
    """Whether the views of a home, which may be open elsewhere, were made by these rules."""
    return await reads.has_table(NAME) and _is_made_by(await reads.rows(MADE_BY), made_by)


def _is_made_by(rows: Sequence[Sequence[object]], made_by: str) -> bool:
    return [tuple(row) for row in rows] == [(made_by,)]
