"""Edits of a home at random: cells, rows, tables, bytes, files, and forgeries of who knows it."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tests.support.log_database import change, connected
from threadhost.events.store.chain import link
from threadhost.events.store.rows import LINKED_COLUMNS
from threadhost.events.store.rules import COLUMNS

DATABASES = ("threadhost.db",) * 6 + ("keys.db",)
TRIES = 20
EVENTS = ("events", "event_rows")
"""As the view with the names shows them, and as they are stored."""
KEYS = {"events": "position"}
"""What tells the rows of a view from each other."""
Edit = Callable[[], str | None]
"""Does an edit and says which, or that it could not be done."""


class Editor:
    """Edits one copy of a home, once, and says what it did."""

    def __init__(self, random: Random, home: Path, kept: Path) -> None:
        self._random = random
        self._home = home
        self._kept = kept
        self._kinds: dict[str, tuple[int, Edit]] = {
            "cell": (50, self._cell),
            "row": (12, self._row),
            "schema": (6, self._schema),
            "bytes": (12, self._bytes),
            "length": (3, self._length),
            "file": (5, self._file),
            "forged": (10, self._forged),
            "older": (2, self._older),
        }

    def edit(self) -> tuple[str, str]:
        """Do one edit; its kind, and what it was."""
        weights = [weight for weight, _ in self._kinds.values()]
        for _ in range(TRIES):
            (kind,) = self._random.choices(list(self._kinds), weights)
            with suppress(sqlite3.Error):
                if done := self._kinds[kind][1]():
                    return kind, done
        raise AssertionError("no edit could be made")

    # -- with SQL --

    def _cell(self) -> str | None:
        name, table, columns, where = self._a_row()
        column = self._random.choice(columns)
        value = self._value()
        with self._open(name) as connection:
            sql = f'UPDATE "{table}" SET "{column}" = {value[0]} WHERE {where}'
            changed = change(connection, sql, value[1])
        return f"{name}: {sql[:300]} {value[1]!r:.80}" if changed == 1 else None

    def _row(self) -> str | None:
        name, table, columns, where = self._a_row()
        with self._open(name) as connection:
            if self._random.random() < 0.5:
                sql = f'DELETE FROM "{table}" WHERE {where}'
            else:
                column, value = self._random.choice(columns), self._random.choice(LITERALS)
                picked = ", ".join(value if c == column else f'"{c}"' for c in columns)
                sql = f'INSERT INTO "{table}" SELECT {picked} FROM "{table}" WHERE {where}'
            changed = change(connection, sql)
        return f"{name}: {sql[:300]}" if changed == 1 else None

    def _schema(self) -> str | None:
        name = self._random.choice(DATABASES)
        with self._open(name) as connection:
            tables = _tables(connection)
            table = self._random.choice(tables)
            sql = self._random.choice(
                [
                    f'ALTER TABLE "{table}" ADD COLUMN more',
                    f'DROP TABLE "{table}"',
                    "CREATE TABLE more (x)",
                    f'CREATE INDEX more ON "{table}" (1)',
                    "CREATE VIEW more AS SELECT 1",
                    f'CREATE TRIGGER more AFTER INSERT ON "{table}" BEGIN SELECT 1; END',
                    self._an_index(connection),
                    f'ALTER TABLE "{table}" RENAME TO more',
                ]
            )
            connection.execute(sql)
        return f"{name}: {sql}"

    def _an_index(self, connection: sqlite3.Connection) -> str:
        indices = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        found = [row[0] for row in connection.execute(indices)]
        return f'DROP INDEX "{self._random.choice(found)}"' if found else "CREATE TABLE more (x)"

    def _a_row(self) -> tuple[str, str, list[str], str]:
        """A row of any table, and what tells it from all others."""
        name = self._random.choice(DATABASES)
        with self._open(name) as connection:
            for _ in range(TRIES):
                table = self._random.choice([*_tables(connection), *EVENTS, "stream_state"])
                with suppress(sqlite3.Error):
                    about = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
                    keys = [column[1] for column in about if column[5]] or [
                        KEYS.get(table, "rowid")
                    ]
                    picked = ", ".join(f'quote("{key}")' for key in keys)
                    rows = connection.execute(f'SELECT {picked} FROM "{table}"').fetchall()
                    if rows:
                        row = self._random.choice(rows)
                        same = (f'"{k}" = {v}' for k, v in zip(keys, row, strict=True))
                        return name, table, [column[1] for column in about], " AND ".join(same)
        raise sqlite3.DatabaseError("no row")

    def _value(self) -> tuple[str, tuple[object, ...]]:
        random = self._random
        made: list[object] = [
            None,
            random.choice((0, -1, 1, 2, 3, 7, 2**31, 2**63 - 1, -(2**63))),
            random.choice((0.5, -1.5, 1e300, float("inf"))),
            random.choice(("", "x", "open", "thread-x", "\x00", "é\u2028", "x" * 5_000)),
            random.randbytes(random.choice((0, 1, 32, 100))),
        ]
        if random.random() < 0.3:
            return random.choice(LITERALS), ()
        return "?", (random.choice(made),)

    def _open(self, name: str) -> Any:
        connection = connected(self._home / name, isolation_level=None)
        connection.create_function("sha256", 1, lambda value: sha256(value).digest())
        return closing(connection)

    # -- without --

    def _bytes(self) -> str | None:
        path = self._random.choice(self._files())
        data = bytearray(path.read_bytes())
        at = self._random.randrange(len(data))
        more = self._random.randbytes(self._random.choice((1, 1, 2, 16)))
        data[at : at + len(more)] = more
        path.write_bytes(data)
        return f"{path.name}: {len(more)} bytes at {at}"

    def _length(self) -> str | None:
        path = self._random.choice(self._files())
        size = path.stat().st_size
        wanted = self._random.choice((0, size // 2, max(0, size - 1), size + 1, size + 4096))
        os.truncate(path, wanted)
        return f"{path.name}: cut to {wanted}"

    def _file(self) -> str | None:
        folders = [self._home / "blobs", *(self._home / "blobs").iterdir()]
        path = self._random.choice([*self._files(), *folders])
        kind = self._random.choice(("gone", "pipe", "link", "folder", "socket", "device"))
        (shutil.rmtree if path.is_dir() else Path.unlink)(path)
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "link":
            path.symlink_to("/dev/zero" if self._random.random() < 0.5 else "/nowhere")
        elif kind == "folder":
            path.mkdir()
        elif kind == "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        elif kind == "device":
            path.symlink_to("/dev/urandom")
        return f"{path.relative_to(self._home)}: {kind}"

    def _files(self) -> list[Path]:
        blobs = [path for path in (self._home / "blobs").rglob("*") if path.is_file()]
        names = ("threadhost.db",) * 4 + ("keys.db", "host.key")
        return [*(self._home / name for name in names), *blobs]

    def _older(self) -> str | None:
        """Of two files that belong together one from before."""
        name = self._random.choice(("threadhost.db", "keys.db"))
        shutil.copy(self._kept / name, self._home / name)
        return f"{name}: an older one"

    # -- by somebody who knows how a log is made, but not the host key --

    def _forged(self) -> str | None:
        return self._random.choice(
            (
                self._said_otherwise,
                self._cut,
                self._added,
                self._below,
                self._swapped,
                self._sealed_again,
            )
        )()

    def _said_otherwise(self) -> str | None:
        """An event says something else, with digest and chain as they would have been."""
        with self._open("threadhost.db") as connection:
            position = self._random.randint(1, _last(connection))
            change = self._random.choice(
                (
                    "payload = CAST('{}' AS BLOB), key_id = NULL, blob = NULL",
                    "principal = 'eve'",
                    "type = 'thread.archived.v1'",
                    "recorded_at_ms = recorded_at_ms + 1",
                    "decision = position - 1",
                    "decision = position + 1",
                    "key_id = CASE key_id WHEN 1 THEN 2 ELSE 1 END",
                )
            )
            connection.execute(f"UPDATE events SET {change} WHERE position = ?", (position,))
            connection.execute(
                "UPDATE events SET digest = sha256(payload) WHERE position = ? AND blob IS NULL",
                (position,),
            )
            _rechain(connection, position)
        return f"{change} at {position}, chained anew"

    def _cut(self) -> str | None:
        """The end is gone, and everything beside it says so."""
        with self._open("threadhost.db") as connection:
            gone = self._random.randint(1, 5)
            connection.execute("DELETE FROM events WHERE position > ?", (_last(connection) - gone,))
            _say_end(connection)
        return f"the last {gone} cut"

    def _added(self) -> str | None:
        """One more event at the end, and everything beside it says so."""
        with self._open("threadhost.db") as connection:
            columns = ", ".join(COLUMNS)
            changed = ", ".join(
                {
                    "position": "position + 1",
                    "decision": "position + 1",
                    "version": "version + 1",
                }.get(c, c)
                for c in COLUMNS
            )
            last = _last(connection)
            connection.execute(
                f"INSERT INTO events ({columns}) SELECT {changed} FROM events WHERE position = ?",
                (last,),
            )
            _rechain(connection, last + 1)
            _say_end(connection)
        return "one event more"

    def _below(self) -> str | None:
        """A row before the first position, between two versions of a thread."""
        position = self._random.choice((0, -1, -(2**63)))
        changes = {"position": str(position), "version": "version + 0.5", "key_id": "NULL"}
        with self._open("threadhost.db") as connection:
            connection.execute(
                f"INSERT INTO events ({', '.join(COLUMNS)})"
                f" SELECT {', '.join(changes.get(column, column) for column in COLUMNS)}"
                " FROM events WHERE position = ?",
                (self._random.randint(1, _last(connection)),),
            )
        return f"a row at {position}"

    def _swapped(self) -> str | None:
        """Two events stand in each other's place, chained anew."""
        with self._open("threadhost.db") as connection:
            first, second = sorted(self._random.sample(range(1, _last(connection) + 1), 2))
            move = "UPDATE events SET position = ? WHERE position = ?"
            for pair in ((-7, first), (first, second), (second, -7)):
                connection.execute(move, pair)
            _rechain(connection, first)
        return f"{first} and {second} swapped"

    def _sealed_again(self) -> str | None:
        """An event is changed, and the seal is one of some other key."""
        with self._open("threadhost.db") as connection:
            last = _last(connection)
            connection.execute("UPDATE events SET principal = 'eve' WHERE position = ?", (last,))
            _rechain(connection, last)
            connection.execute(
                "UPDATE sealed_end SET seal = ?, chain = (SELECT chain FROM events"
                " ORDER BY position DESC LIMIT 1)",
                (self._random.randbytes(32),),
            )
        return "the last event changed and sealed anew"


LITERALS = (
    "CAST(x'ff' AS TEXT)",
    "zeroblob(1000000)",
    "x''",
    "'1'",
    "NULL",
    "randomblob(32)",
    "-5",
    "1e999",
    "CAST(x'00' AS TEXT)",
)


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [row[0] for row in found]


def _last(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(position) FROM events").fetchone()[0])


def _rechain(connection: sqlite3.Connection, first: int) -> None:
    """Compute the chain anew from a position on."""
    columns = ", ".join(COLUMNS)
    before = connection.execute("SELECT chain FROM events WHERE position = ?", (first - 1,))
    log_id = connection.execute("SELECT value FROM store WHERE name = 'log_id'").fetchone()[0]
    chain = (before.fetchone() or [sha256(b"threadhost log " + log_id.encode()).digest()])[0]
    rows = connection.execute(f"SELECT {columns} FROM events WHERE position >= ?", (first,))
    for row in sorted(rows.fetchall(), key=lambda row: row[0]):
        chain = link(chain, row[:LINKED_COLUMNS], row[-2])
        connection.execute("UPDATE events SET chain = ? WHERE position = ?", (chain, row[0]))


def _say_end(connection: sqlite3.Connection) -> None:
    """Let the heads and the sealed end say where the log ends now."""
    for statement in (
        "DELETE FROM stream_state WHERE stream NOT IN (SELECT stream FROM events)",
        (
            "UPDATE stream_state SET version ="
            " (SELECT max(version) FROM events WHERE events.stream = stream_state.stream)"
        ),
        (
            "UPDATE sealed_end SET position = (SELECT max(position) FROM events),"
            " chain = (SELECT chain FROM events ORDER BY position DESC LIMIT 1)"
        ),
    ):
        connection.execute(statement)
