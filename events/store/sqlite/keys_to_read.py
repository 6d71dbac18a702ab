"""Reads a file of keys without write access, whether a host is running or has died."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import irregular_kind
from threadhost.events.store.sqlite.database import through_no_view

Journal = tuple[int, int]
"""Its time of modification and its size."""
TRIES = 5


class KeysToRead(sqlite3.Connection):
    """Reads the file; while a dead host's journal has to be rolled back, reads a repaired copy."""

    path: Path
    _copy: sqlite3.Connection | None = None
    _journal: Journal | None = None

    def execute(self, query: str, values: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401
        """Execute a query on the file or on its copy. Raises sqlite3.Error or OSError."""
        copy = self._copy
        if copy is not None and (copy.in_transaction or self._journal_now() == self._journal):
            return copy.execute(query, values)
        for _ in range(TRIES):
            self._drop_copy()
            try:
                return super().execute(query, values)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_READONLY_ROLLBACK:
                    raise
            if (copy := self._played_back()) is not None:
                return copy.execute(query, values)
        return super().execute(query, values)

    def serialize(self, **options: str) -> bytes:
        """Return the whole database."""
        return bytes(super().serialize(**options) if self._copy is None else self._copy.serialize())

    def close(self) -> None:
        """Close it; idempotent."""
        self._drop_copy()
        super().close()

    def _journal_now(self) -> Journal | None:
        try:
            status = self.path.with_name(f"{self.path.name}-journal").stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size

    def _played_back(self) -> sqlite3.Connection | None:
        """Return a copy without the unfinished writes; None if a host is writing right now."""
        before = self._journal_now()
        if before is None:
            return None
        with TemporaryDirectory(prefix="threadhost-") as folder:
            for name in (self.path.name, f"{self.path.name}-journal"):
                shutil.copyfile(self.path.with_name(name), Path(folder, name))
            if self._journal_now() != before:
                return None
            with closing(sqlite3.connect(Path(folder, self.path.name))) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
                content = connection.serialize()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        copy.deserialize(content)
        self._copy, self._journal = through_no_view(copy), before
        return copy

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None


def keys_to_read(path: Path) -> KeysToRead:
    """Open the file. Raises StoreMismatch if it is not a regular file, OSError or sqlite3.Error."""
    if odd_kind := irregular_kind(path.lstat()):
        raise StoreMismatch(f"{path} is {odd_kind}; only a regular file is read")
    target = f"file:{quote(str(path))}?mode=ro"
    connection = sqlite3.connect(target, uri=True, check_same_thread=False, factory=KeysToRead)
    connection.path = path
    try:
        through_no_view(connection)
    except BaseException:
        connection.close()
        raise
    return connection
