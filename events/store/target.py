"""A user's own database, in which a view of a log is kept together with its position.

The eventsourcing library's tracking recorder over SQLAlchemy Core. The server never imports it.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    event,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning, SQLAlchemyError

from threadhost.events.store.errors import StoreError
from threadhost.events.store.files import PRIVATE_FILE, Identity

DRIVERS = {"postgresql": "postgresql+psycopg"}
"""The driver to use if the URL names none."""
PACKAGES = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""The package to install for a driver, if it has another name."""
PRAGMAS = ("secure_delete=ON", "synchronous=FULL", "busy_timeout=10000")
READING = "threadhost_reading"
"""The execution option of a connection that writes nothing."""
CONNECT_TIMEOUT_S = 10
USUAL = "give one such as sqlite:////var/lib/views.db or postgresql://user@host/database"
NAME_CHARS_MAX = 255

tracking_table = Table(
    "threadhost_tracking",
    MetaData(),
    Column("projection", String(NAME_CHARS_MAX), primary_key=True),
    Column("application_name", String(NAME_CHARS_MAX), primary_key=True),
    Column("notification_id", BigInteger, nullable=False),
    Column("history", String(64)),
    Column("made_by", String(64)),
)
"""`notification_id` is the position of a view, `history` the chain of the log there, and `made_by`
the digest of the view's rules."""
_t = tracking_table.c


class TargetUnusable(StoreError):
    """A view cannot be kept in a database; the message says why, and what would do."""


class SqlView(TrackingRecorder):
    """A view in an SQL database: its writes commit together with its position.

    `history_at` returns the chain of the log at a position. The chain differs in another log, and
    in a log that continued from an older copy.
    """

    def __init__(
        self,
        engine: Engine,
        projection: str,
        history_at: Callable[[int], bytes | None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._projection = projection
        self._history_at = history_at
        self._last: dict[str, int | None] = {}
        tracking_table.metadata.create_all(engine)

    @contextmanager
    def transaction(self, tracking: Tracking) -> Iterator[Connection]:
        """Write to the view and commit that together with its new position, both or neither.

        Raises the library's IntegrityError if that is no progress, or if another process keeps the
        view.
        """
        name = tracking.application_name
        with self._engine.begin() as connection:
            self._move(connection, tracking)
            yield connection
        self._last[name] = tracking.notification_id

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move the position over an event that does not concern the view."""
        with self.transaction(tracking):
            pass

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the position of the view, or None if it has applied nothing yet."""
        reading = self._engine.execution_options(**{READING: True})
        with reading.connect() as connection:
            row = connection.execute(self._row(application_name)).first()
        at = (row.notification_id or None) if row else None
        self._last.setdefault(application_name, at)
        return at

    def prepare(
        self, metadata: MetaData, application_name: str, made_by: str, *, rebuild: bool = False
    ) -> None:
        """Create the tables, or check that they are this view's; all or nothing.

        Raises TargetUnusable if tables are missing, belong to something else, or were made by other
        rules or from another log. `rebuild` makes the view's own tables anew instead.
        """
        with self._engine.begin() as connection:
            row = connection.execute(self._row(application_name).with_for_update()).first()
            inspector = sqlalchemy.inspect(connection)
            names = [table.name for table in metadata.sorted_tables]
            existing = [name for name in names if inspector.has_table(name)]
            if row is None and existing:
                raise TargetUnusable(
                    f"the database has a table {existing[0]} already, which"
                    " another program made: give"
                    " a database, or a schema, of its own"
                )
            if row is not None and not rebuild:
                self._require_as_left(row, made_by, [n for n in names if n not in existing])
                return
            metadata.drop_all(connection)
            metadata.create_all(connection)
            self._begin(connection, application_name, made_by)

    def close(self) -> None:
        """Close all connections; idempotent."""
        self._engine.dispose()

    def _row(self, application_name: str) -> sqlalchemy.Select[Any]:
        return select(tracking_table).where(*self._is_row_of(application_name))

    def _is_row_of(self, application_name: str) -> tuple[ColumnElement[bool], ...]:
        return _t.projection == self._projection, _t.application_name == application_name

    def _begin(self, connection: Connection, name: str, made_by: str) -> None:
        connection.execute(tracking_table.delete().where(*self._is_row_of(name)))
        self._add(connection, name, notification_id=0, made_by=made_by)

    def _add(self, connection: Connection, name: str, **values: object) -> None:
        row = {"projection": self._projection, "application_name": name, **values}
        connection.execute(tracking_table.insert().values(row))

    def _require_as_left(self, row: sqlalchemy.Row[Any], made_by: str, missing: list[str]) -> None:
        remedy = "--rebuild rebuilds them from the log"
        if missing:
            raise TargetUnusable(f"the table {missing[0]} does not exist any more; {remedy}")
        if row.made_by != made_by:
            raise TargetUnusable(f"the tables were made by another version's rules; {remedy}")
        at = row.notification_id
        if at and row.history != _hex(self._history_at(at)):
            raise TargetUnusable(
                f"the tables show a position {at} of another log, or of a newer copy of this one;"
                f" give another database, or {remedy}"
            )

    def _move(self, connection: Connection, tracking: Tracking) -> None:
        name, to = tracking.application_name, tracking.notification_id
        row = connection.execute(self._row(name).with_for_update()).first()
        at = (row.notification_id or None) if row else None
        if at is not None and at >= to:
            raise IntegrityError(f"{self._projection} is at {at} of {name}: {to} is no progress")
        if at != self._last.get(name, at):
            raise IntegrityError(f"another process maintains {self._projection}")
        values = {"notification_id": to, "history": _hex(self._history_at(to))}
        if row is None:
            self._add(connection, name, **values)
        else:
            change = tracking_table.update().where(*self._is_row_of(name)).values(values)
            connection.execute(change)


@contextmanager
def translate_errors(database: str) -> Iterator[None]:
    """Raise TargetUnusable for errors of a database or its driver."""
    try:
        yield
    except DBAPIError as error:
        words = " ".join(str(error.orig).split())
        raise TargetUnusable(f"{database} cannot be used: {words}") from None
    except SQLAlchemyError as error:
        raise TargetUnusable(f"{database} cannot be used: {error}") from None


def open_target(text: str, home: Path) -> Engine:
    """Connect to the database of an SQLAlchemy URL. Raises TargetUnusable.

    Nothing is ever written into the home: a file in it is refused.
    """
    url = _url(text)
    shown = url.render_as_string(hide_password=True)
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        _require_file(url.database, home)
    elif url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
        options["connect_args"] = {"connect_timeout": CONNECT_TIMEOUT_S}
    with translate_errors(shown):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SAWarning)
                engine = sqlalchemy.create_engine(url, **options)
        except ModuleNotFoundError as error:
            packages = PACKAGES.get(error.name or "", error.name)
            words = f"{shown} needs {error.name}, which is not installed here; install {packages}"
            raise TargetUnusable(words) from None
        except (TypeError, ValueError, SAWarning) as error:
            raise TargetUnusable(
                f"{shown} has a value that its driver does not accept: {error}"
            ) from None
        if url.get_backend_name() == "sqlite":
            _settle_transactions(engine, Path(str(url.database)))
        with engine.connect():
            return engine


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        url.get_dialect()
    except NoSuchModuleError as error:
        raise TargetUnusable(f"no database is known by this URL ({error}): {USUAL}") from None
    except (ArgumentError, ValueError):  # the text is not shown: it may hold a password
        raise TargetUnusable(f"the value is not the URL of a database: {USUAL}") from None
    return url


def _require_file(database: str | None, home: Path) -> None:
    """Require a file outside the home; create it, private to this user, if it is new."""
    if not database or database.startswith((":", "file:")):
        raise TargetUnusable(f"a view is kept in a file, and not in memory: {USUAL}")
    path = Path(os.path.realpath(database))
    inside = path.is_relative_to(os.path.realpath(home))
    if inside or Identity.of(path) in {Identity.of(entry) for entry in home.iterdir()} - {None}:
        raise TargetUnusable(f"{database} lies in the home, which only its host writes")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE))
    except OSError as error:
        raise TargetUnusable(f"{database} cannot be used: {error.strerror}") from None


def _settle_transactions(engine: Engine, file: Path) -> None:
    """Have SQLite begin transactions when SQLAlchemy does, as a writer unless marked as reading.

    Writes to a file that was removed would seem to succeed, and nobody could read them.
    """
    opened = Identity.of(file.resolve())

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:  # noqa: ANN401  (of any driver)
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if Identity.of(file.resolve()) != opened:
            raise TargetUnusable(f"{file} was removed or replaced meanwhile; begin again")
        reads = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _hex(chain: bytes | None) -> str | None:
    return None if chain is None else chain.hex()
