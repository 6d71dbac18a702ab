"""The lines of a file as it was when it was opened, with their offset and digest."""

import os
from collections import deque
from hashlib import sha256
from typing import Self

from threadhost.actors.job_ports import FilePlace, InputChanged, InputPosition, InputRefused
from threadhost.adapters.tables.confined import NotThere, open_to_read
from threadhost.events.store.faults import system_words

CHUNK_BYTES = 64 * 1024
ROW_BYTES_MAX = 1024 * 1024
"""The limit on one row, which a model gets as a whole."""
EMPTY_BYTES_MAX = 4 * ROW_BYTES_MAX
"""The limit on consecutive empty rows: reading them cannot be interrupted."""
NAME_CHARS_TOLD = 200


class Lines:
    """A file that is read line by line, with any line ends; `form` is the name of its format.

    Error messages name the form: `failed to read csv input PATH: ...`.
    """

    def __init__(self, place: FilePlace, form: str) -> None:
        self.form = form
        self._path = place.path
        try:
            self._descriptor, self._opened = open_to_read(place)
        except NotThere as error:
            raise InputRefused(self._unreadable(str(error))) from None
        self.offset = 0
        """The end of the last returned line, in bytes."""
        self.number = 0
        """The number of the last returned line, from 1."""
        self._read = 0
        self._waiting: deque[bytes] = deque()
        self._unfinished = b""
        self._digest = sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def next(self) -> bytes | None:
        """The next line with its line end, None after the last. Raises InputRefused."""
        while not self._waiting:
            if not self._fill():
                return None
        line = self._waiting.popleft()
        self.offset += len(line)
        self.number += 1
        self._digest.update(line)
        return line

    def position(self, rows: int) -> InputPosition:
        """The position after the last line; `rows` rows were kept so far. Raises InputChanged."""
        self._require_unchanged()
        digest, status = self._digest.hexdigest(), self._opened
        size, modified_ns = status.st_size, status.st_mtime_ns
        return InputPosition(rows, self.number, self.offset, size, modified_ns, digest)

    def require_same(self, position: InputPosition) -> None:
        """Raise InputChanged if the file was changed since the position was taken."""
        self._compare(position.size, position.modified_ns, "since its first rows were read")

    def changed(self) -> InputChanged:
        """The error for a file with other bytes than before."""
        return InputChanged(self._unreadable("it is not the file whose first rows were read"))

    def malformed(self, fault: str) -> InputRefused:
        """The error for content that is not in this form."""
        return InputRefused(f"failed to parse {self.form} input: {fault}")

    def too_long(self, row: int) -> InputRefused:
        """The error for a row that begins in this line and is too large."""
        return self.malformed(f"row {row} has more than {ROW_BYTES_MAX} bytes")

    def require_some_since(self, offset: int) -> None:
        """Raise InputRefused if only empty rows came since this offset, for too long."""
        if self.offset - offset > EMPTY_BYTES_MAX:
            fault = f"nothing but empty rows in {EMPTY_BYTES_MAX} bytes before line {self.number}"
            raise self.malformed(fault)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._waiting.clear()  # rows and reader refer to each other
        self._unfinished = b""

    def _fill(self) -> bool:
        """Read more lines; False after the last."""
        size = min(CHUNK_BYTES, self._opened.st_size - self._read)
        try:
            chunk = os.read(self._descriptor, size)
        except OSError as error:
            raise InputRefused(self._unreadable(system_words(error))) from None
        self._read += len(chunk)
        if len(chunk) < size and not chunk:
            self._require_unchanged()
        data = self._unfinished + chunk
        lines = data.splitlines(keepends=True)
        # A line may continue, and so may its end: of CR LF only CR may be there.
        is_whole = not chunk or data.endswith(b"\n")
        self._unfinished = lines.pop() if lines and not is_whole else b""
        if len(self._unfinished) > ROW_BYTES_MAX:
            raise self.too_long(self.number + len(lines) + 1)
        self._waiting.extend(lines)
        return bool(chunk or lines)

    def _require_unchanged(self) -> None:
        self._compare(self._opened.st_size, self._opened.st_mtime_ns, "while it was read")

    def _compare(self, size: int, modified_ns: int, when: str) -> None:
        now = os.fstat(self._descriptor)
        if now.st_size != size:
            verb = "grew" if now.st_size > size else "shrank"
            change = f"it {verb} from {size} to {now.st_size} bytes {when}"
            raise InputChanged(self._unreadable(change))
        if now.st_mtime_ns != modified_ns:
            raise InputChanged(self._unreadable(f"it was written to {when}"))

    def _unreadable(self, fault: str) -> str:
        return f"failed to read {self.form} input {self._path}: {fault}"
