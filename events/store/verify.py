"""Checking the log against its chain: needs no key, changes nothing, names what is damaged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from threadhost.events.store.chain import digest_of, genesis, link
from threadhost.events.store.database import ReadableDatabase
from threadhost.events.store.recorder import require_format
from threadhost.events.store.rows import LINKED_COLUMNS, LogRow, LogRows
from threadhost.events.thread import ThreadDeleted

PAGE_ROWS = 1000
FAULTS_MAX = 1000


class Fault(NamedTuple):
    """What is wrong, and the position where it was found."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying saw: how many events, where the log ends, and what is wrong, by position.

    `head` is (position, chain) of the last event. Whoever keeps it elsewhere can tell later
    whether the log before it is still the same; nothing inside the log can.
    """

    events: int
    head: tuple[int, bytes]
    faults: list[Fault]
    purged: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(database: ReadableDatabase, blobs: Path | None = None) -> Verification:
    """Check every row, its payload and its place; at most `FAULTS_MAX` faults are kept.

    Without the folder of the blobs only their digests in the chain are checked.
    """
    rows = LogRows(database)
    audit = _Audit(genesis(require_format(rows.identity())), blobs)
    for row in _all_rows(rows):
        audit.take(row)
    return audit.end(rows)


@dataclass(slots=True)
class _Audit:
    chain: bytes
    blobs: Path | None
    position: int = 0
    events: int = 0
    purged: int = 0
    faults: list[Fault] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    gone: dict[str, list[int]] = field(default_factory=dict)
    """Payloads that are not there, by stream: right only if the stream has a tombstone."""

    def take(self, row: LogRow) -> None:
        """Check one row against what came before it."""
        position = row.position
        if position != self.position + 1:
            self._fault(position, f"positions {self.position + 1} to {position - 1} are missing")
        expected = self.versions.get(row.stream, 0) + 1
        if row.version != expected:
            self._fault(position, f"{row.stream} has version {row.version} after {expected - 1}")
        self._check_payload(row)
        if link(self.chain, row[:LINKED_COLUMNS], row.digest) != row.chain:
            self._fault(position, "the row or an earlier one is not what was written")
        if row.kind == ThreadDeleted.kind:
            self.gone.pop(row.stream, None)
        # Go on from what the row says, so that one damage is reported once.
        self.chain, self.position = row.chain, position
        self.versions[row.stream] = row.version
        self.events += 1

    def end(self, rows: LogRows) -> Verification:
        """What is known once the last row is seen."""
        used = rows.end("")[0]
        if used != self.position:
            self._fault(self.position + 1, f"the log ends here, but went on to {used}")
        for positions in self.gone.values():
            for position in positions:
                self._fault(position, "its payload is gone, but its stream has no tombstone")
        for stream, version in rows.all("SELECT stream, version FROM stream_state"):
            last = self.versions.get(stream, 0)
            if last != version:
                self._fault(self.position + 1, f"{stream} ends at {last}, but went on to {version}")
        faults = sorted(self.faults)[:FAULTS_MAX]
        return Verification(self.events, (self.position, self.chain), faults, self.purged)

    def _check_payload(self, row: LogRow) -> None:
        payload = row.payload
        if payload is None:
            self.purged += 1
            self.gone.setdefault(row.stream, []).append(row.position)
            return
        if row.blob:
            if self.blobs is None:
                return
            try:
                payload = (self.blobs / row.stream / row.blob).read_bytes()
            except OSError:
                self.gone.setdefault(row.stream, []).append(row.position)
                return
        if digest_of(payload) != row.digest:
            self._fault(row.position, "its payload is not what was written")

    def _fault(self, position: int, reason: str) -> None:
        self.faults.append(Fault(position, reason))


def _all_rows(rows: LogRows) -> Iterator[LogRow]:
    after = 0
    while page := rows.of_log(after, PAGE_ROWS):
        yield from page
        after = page[-1].position
