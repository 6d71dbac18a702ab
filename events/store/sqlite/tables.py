"""Checks the tables beside the events in a log's database against the events and the rules."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from threadhost.events.damage import printable
from threadhost.events.store.audit import Audit
from threadhost.events.store.blobs import PAYLOAD_BYTES_MAX
from threadhost.events.store.errors import LogDamaged
from threadhost.events.store.findings import About
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.rules import AT_MS_MAX, COLUMNS, SEALED, mistyped_columns, seal_fault
from threadhost.events.store.seal import End, Sealer
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.faults import words_of
from threadhost.events.store.sqlite.formats import statements_of
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.words import pluralize

Check = Callable[[Audit, RawRows], None]
Made = Mapping[tuple[str, str], str | None]
"""A database's schema: the statements of tables, indices and the like by kind and name."""
KEPT_BY_SQLITE = frozenset(("sqlite_stat1", "sqlite_stat4"))
NUMBERS = (schema.EPOCH, "purged")
RELEASE = "release"
STORE_ROWS = frozenset(("format", "log_id", "scrub", "purged", schema.EPOCH, RELEASE))
DIGEST_BYTES = 32
NAME_BYTES_MAX = 64 * 1024
"""No name that a host writes is nearly as long."""
HEAD = ("version", "incarnation", "state", "key_id")


def check_tables(audit: Audit, rows: RawRows, sealer: Sealer | None) -> None:
    """Check every table; one that cannot be read is a finding and does not stop the others."""
    checks: Mapping[str, Check] = {
        "the schema": _check_schema,
        "the rows before the first position": _check_below,
        "the table names": _check_names,
        "the table store": _check_store,
        "the table sealed_end": lambda audit, rows: _check_seal(audit, rows, sealer),
        "the table stream_state": _check_heads,
        "the table snapshots": _check_snapshots,
        "the table idempotency": _check_idempotency,
    }
    for name, check in checks.items():
        try:
            check(audit, rows)
        except sqlite3.Error as error:
            audit.add(About.TABLE, f"{name} cannot be read: {printable(words_of(error))}")


@cache
def made_by(statements: Sequence[str]) -> Made:
    """Return what these statements create."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in statements:
            connection.execute(statement)
        return {(kind, name): sql for kind, name, sql in connection.execute(schema.MADE_OF)}
    finally:
        connection.close()


def others(rows: RawRows) -> Made:
    """Return the part of the schema that is not the log's own."""
    ours = made_by(_statements(rows)).keys() | {("table", name) for name in KEPT_BY_SQLITE}
    tables = {(str(kind), printable(name)): sql for kind, name, sql in rows.all(schema.MADE_OF)}
    return {key: sql for key, sql in tables.items() if key not in ours}


def _statements(rows: RawRows) -> Sequence[str]:
    """Return what created the tables of this log."""
    formats = rows.all("SELECT value FROM store WHERE name = 'format'")
    return statements_of(formats[0][0] if formats else None)


def _check_schema(audit: Audit, rows: RawRows) -> None:
    tables = {(kind, name): sql for kind, name, sql in rows.all(schema.MADE_OF)}
    ours = made_by(_statements(rows))
    for (kind, name), sql in ours.items():
        if (kind, name) not in tables:
            audit.add(About.TABLE, f"the {kind} {name} is missing")
        elif tables[kind, name] != sql:
            audit.add(About.TABLE, f"the {kind} {name} is not as it was made")
    for kind, name, of in rows.all(schema.MADE_FOR):
        is_of_ours = kind == "index" and ("table", of) in ours
        if (kind, name) not in ours and (is_of_ours or kind not in ("table", "index")):
            audit.add(
                About.TABLE, f"there is a {printable(kind)} {printable(name)}, which no host makes"
            )
    for table in ("events", "event_rows"):
        for name in (row[1] for row in rows.all(f"PRAGMA main.table_info({table})")):
            if name not in COLUMNS:
                reason = f"the table {table} has a column {printable(name)} of no host"
                audit.add(About.TABLE, reason)


def _check_below(audit: Audit, rows: RawRows) -> None:
    for row in rows.all(schema.BELOW_THE_LOG):
        position, _, stream, _, kind, *_, key_id, _, _, _, _ = row
        reasons = ["positions begin at 1: this row is not of the log"]
        if odd := mistyped_columns(row):
            reasons.append(f"no writer writes such values into {odd}")
        if SEALED[kind] is not (key_id is not None):
            reasons.append(seal_fault(kind))
        audit.add(About.EVENT, "; ".join(reasons), stream, position)


def _check_names(audit: Audit, rows: RawRows) -> None:
    if ("table", "names") not in made_by(_statements(rows)):
        return
    ((unused,),) = rows.all(schema.UNUSED_NAMES)
    if unused:
        audit.add(About.TABLE, f"the table names has {pluralize(unused, 'row')} of no event")


def require_short_names(rows: RawRows) -> None:
    """Raise LogDamaged for a name so long that it cannot be read for each row that has it."""
    try:
        ((size,),) = rows.all(schema.LONGEST_NAME)
    except sqlite3.DataError:  # longer than any value that is read
        size = PAYLOAD_BYTES_MAX
    except sqlite3.Error:  # of version 0.1, or found when the rows and the tables are checked
        return
    if size is not None and size > NAME_BYTES_MAX:
        raise LogDamaged(
            f"the table names has a name of {size} bytes or more, which no host writes"
        )


def _check_store(audit: Audit, rows: RawRows) -> None:
    stored = rows.all("SELECT name, value FROM store")
    for name, value in stored:
        is_odd = {
            "scrub": value != "due",
            RELEASE: value not in schema.RELEASES,
            **dict.fromkeys(NUMBERS, not str(value).isdecimal()),
        }
        if name not in STORE_ROWS or is_odd.get(name, False):
            audit.add(About.TABLE, f"the table store has a row {printable(name)} of no host")
    if RELEASE not in {name for name, _ in stored}:
        audit.add(About.TABLE, "the table store does not name the release that wrote the log")


def _check_seal(audit: Audit, rows: RawRows, sealer: Sealer | None) -> None:
    seals = rows.all("SELECT position, chain, seal FROM sealed_end")
    if not seals and not audit.position:
        return
    if len(seals) != 1 or tuple(map(type, seals[0])) != (int, bytes, bytes):
        audit.add(About.SEAL, "the end of the log has no valid seal")
        return
    ((position, chain, seal),) = seals
    sealed, end = End(position, chain), End(audit.position, audit.chain)
    if sealed != end:
        is_same_position = sealed.position == end.position
        at = end.position if is_same_position else max(0, min(sealed.position, end.position)) + 1
        audit.add(About.SEAL, f"the log ends at {end}, and was sealed at {sealed}", at=at)
    elif sealer is not None and not sealer.holds(seal, sealed):
        audit.add(About.SEAL, "the seal on the end of the log is not valid", at=position)
    elif len(seal) != DIGEST_BYTES:
        audit.add(About.SEAL, "the seal on the end of the log is malformed", at=position)


def _check_heads(audit: Audit, rows: RawRows) -> None:
    heads: dict[Any, tuple[Any, ...]] = {row[0]: row[1:] for row in rows.all(schema.HEADS)}
    due = audit.fold.heads
    if due and not heads:
        audit.add(About.HEAD, f"all heads are missing, of {pluralize(len(due), 'stream')}")
        return
    for stream, head in due.items():
        stored = heads.pop(stream, None)
        if stored is None:
            audit.add(About.HEAD, "its head is missing", stream)
        elif stored != _as_row(head) or tuple(map(type, stored)) != _types(head):
            audit.add(About.HEAD, f"its head says {_differences(stored, head)}", stream)
    for stream, stored in heads.items():
        at = audit.position + 1
        audit.add(
            About.HEAD, f"its head says {printable(stored)}, but it has no events", stream, at
        )


def _as_row(head: StreamHead) -> tuple[Any, ...]:
    return head.version, head.incarnation, head.state.value, head.key_id


def _types(head: StreamHead) -> tuple[type, ...]:
    return tuple(map(type, _as_row(head)))


def _differences(stored: Sequence[Any], head: StreamHead) -> str:
    columns = zip(HEAD, stored, _as_row(head), strict=True)
    return " and ".join(
        f"{name} {printable(repr(value))}, the log {expected!r}"
        for name, value, expected in columns
        if value != expected or type(value) is not type(expected)
    )


def _check_snapshots(audit: Audit, rows: RawRows) -> None:
    """Check the snapshots; a wrong one counts as a damaged copy, because readers ignore it."""
    query = "SELECT stream, version, key_id, typeof(payload) FROM snapshots"
    for stream, version, key_id, kind in rows.all(query):
        head = audit.fold.heads.get(stream)
        if (type(version), type(key_id), kind) != (int, int, "blob"):
            audit.add(About.COPY, "its snapshot is malformed", stream)
        elif head is None or not 0 < version <= head.version or key_id != head.key_id:
            audit.add(
                About.COPY, f"its snapshot of version {version} does not match the stream", stream
            )


def _check_idempotency(audit: Audit, rows: RawRows) -> None:
    """Check the requests that were carried out: digests, and positions of their events."""
    for key, digest, first, last, at_ms, *decisions in rows.all(schema.REQUESTS):
        types = tuple(map(type, (key, digest, first, last, at_ms)))
        fits = types == (str, bytes, int, int, int) and (
            len(digest) == DIGEST_BYTES
            and 0 < first <= last <= audit.position
            and decisions == [first, first]
            and 0 <= at_ms < AT_MS_MAX
        )
        if not fits:
            audit.add(
                About.COPY, f"the record of the request {printable(key)} does not match the log"
            )


def damaged_pages(rows: RawRows) -> list[str]:
    """Return what SQLite finds: indices that differ from their tables, pages that are lost."""
    try:
        reports = [printable(report) for (report,) in rows.all("PRAGMA integrity_check(20)")]
    except sqlite3.Error as error:
        return [printable(words_of(error))]
    return [report for report in reports if report != "ok"]
