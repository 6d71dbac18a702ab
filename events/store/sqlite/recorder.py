"""The log in SQLite for its writer: creates its tables, reads its identity and its end."""

from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection

from threadhost.events.store.chain import genesis
from threadhost.events.store.errors import LogDamaged, StoreMismatch
from threadhost.events.store.home import verify_command
from threadhost.events.store.recorder import Recorder
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1, READABLE
from threadhost.events.store.sqlite.rows import LogRows


class SqlRecorder(Recorder):
    """The log of a database, created if it is missing; one thread writes, any thread reads.

    A log of version 0.1 is upgraded. Raises StoreMismatch for a log of another format, or a
    database that contains programs.
    """

    def __init__(self, database: Database, log_id: str) -> None:
        self.database = database
        self.rows = LogRows(database)
        is_new = database.is_unused
        self._create(log_id)
        if is_new:
            super().__init__(log_id, End(0, genesis(log_id)), 0)
            return
        identity = self.rows.identity()
        log_id = require_format(identity)
        super().__init__(log_id, End(*self.rows.end(log_id)), self.rows.last_time())
        self.epoch = epoch_of(identity)

    def is_leaving(self, stream: str) -> bool:
        """Whether a stream is deleted or about to be, whichever process wrote it."""
        return self.rows.is_leaving(stream)

    def _create(self, log_id: str) -> None:
        if not self.database.is_unused and self.rows.all(schema.IS_A_LOG):
            identity = self.rows.identity()
            require_format(identity)
            if (release := newer_release(identity)) is not None:
                raise StoreMismatch(
                    f"the log was written by version {release}, and this is"
                    f" version {schema.RELEASE}:"
                    f" run version {release} or a newer one, or restore a backup"
                )
            require_no_programs(self.rows, self.database.path)
            if is_older(identity):
                from threadhost.events.store.sqlite.upgrade import upgrade

                upgrade(self.database)
        self.database.prepare(lambda connection: _make(connection, log_id))


def _make(connection: Connection, log_id: str) -> None:
    for statement in schema.STATEMENTS:
        connection.execute(statement)
    connection.execute(schema.NOTE_IDENTITY, (schema.FORMAT, log_id, schema.RELEASE))
    connection.execute(schema.NOTE_RELEASE, (schema.RELEASE, schema.RELEASE))


def is_older(identity: Mapping[str, str]) -> bool:
    """Whether a log is of a format that a host upgrades."""
    return identity.get("format") == FORMAT_OF_0_1


def newer_release(identity: Mapping[str, str]) -> str | None:
    """Return the release that wrote a log, if this version may not know all of its content."""
    written = str(identity.get("release", ""))
    numbers = [_numbers(release) for release in (written, schema.RELEASE)]
    return written if numbers[0] > numbers[1] else None


def _numbers(release: str) -> tuple[int, ...]:
    parts = release.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


def epoch_of(identity: Mapping[str, str]) -> int:
    """Return the epoch of a log's starts and cursors; 0 until a backup is restored."""
    epoch = str(identity.get(schema.EPOCH, "0"))
    return int(epoch) if epoch.isdecimal() else 0


def require_no_programs(rows: LogRows, database: Path | None) -> None:
    """Raise StoreMismatch if the database has triggers or views that are not ours.

    They could change what is read.
    """
    home = database.parent if database else Path()
    programs = rows.all(schema.PROGRAMS)
    for kind, name in (row[:2] for row in programs if row[2] not in schema.PROGRAMS_OF_OURS):
        raise StoreMismatch(
            f"the log's database has a {kind} {name!r}, which no version of this program"
            f" makes: drop it, and run {verify_command(home)} to see what it changed"
        )


def require_format(identity: dict[str, str]) -> str:
    """Return the log's id. Raises StoreMismatch for a log of a format that is not readable."""
    if identity.get("format") not in READABLE:
        raise StoreMismatch(
            f"the log has format {identity.get('format')}, but this version reads"
            f" {' and '.join(READABLE)}: open it with the version that made it"
        )
    if not isinstance(identity.get("log_id"), str):
        raise LogDamaged("the log does not contain its identity")
    return identity["log_id"]
