"""What a home holds for whoever reads it, as plain sqlite3 and files tell."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from threadhost.events.store.sqlite.schema import EVENTS_VIEW

DATABASES = ("threadhost.db", "keys.db")
SEEN_AS_EVENTS = (b"event_rows", b"names")
"""Tables that are read through the view of events alone: a name that no event has is not read."""
Content = dict[str, object]
"""By the table or file: its rows, what it holds, or why it cannot be read."""


def content(home: Path) -> Content:
    """Everything that a host or a reader would read of a home."""
    found: Content = {}
    for name in DATABASES:
        found |= {f"{name}/{table}": held for table, held in _tables(home / name)}
    found["host.key"] = _host_key(home / "host.key")
    for path in sorted((home / "blobs").rglob("*")) if (home / "blobs").is_dir() else ():
        found[f"blobs/{path.relative_to(home / 'blobs')}"] = _file(path)
    return found


def changed(before: Content, after: Content) -> set[str]:
    """The tables and files that hold something else, are new, or are gone."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _tables(path: Path) -> Iterator[tuple[str, object]]:
    """Each table, what it is made of, and whether SQLite finds the whole file in order."""
    if not stat.S_ISREG(_mode(path)):
        yield "", "is not a regular file"
        return
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    connection.text_factory = bytes
    with closing(connection):
        try:
            made = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            yield "sqlite_master", sorted(map(repr, made))
            yield "pages", connection.execute("PRAGMA integrity_check(1)").fetchall()
        except sqlite3.Error as error:
            yield "", str(error)
            return
        tables = [name for kind, name, _ in made if kind == b"table"]
        if b"event_rows" in tables:
            connection.execute(EVENTS_VIEW)
            tables.append(b"events")
        for name in tables:
            if name not in SEEN_AS_EVENTS:
                yield name.decode(errors="replace"), _rows(connection, name.decode("latin-1"))


def _rows(connection: sqlite3.Connection, table: str) -> object:
    try:
        columns = [row[1].decode() for row in connection.execute(f'PRAGMA table_info("{table}")')]
        exact = ", ".join(f'typeof("{c}"), hex(CAST("{c}" AS BLOB))' for c in columns)
        rows = connection.execute(f'SELECT {exact} FROM "{table}"').fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)
    return frozenset(rows)


def _host_key(path: Path) -> object:
    if not stat.S_ISREG(_mode(path)):
        return "is not a regular file"
    try:
        return bytes.fromhex(path.read_text().strip())
    except ValueError:
        return "no key"


def _file(path: Path) -> object:
    mode = _mode(path)
    return path.read_bytes() if stat.S_ISREG(mode) else stat.S_IFMT(mode)


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0
