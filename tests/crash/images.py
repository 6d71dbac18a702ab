"""Disks as a power cut could have left them, made from a record of writes and syncs.

Everything synced is there; of what was written since, any part is, and a write may be torn at a
sector. Names of files are taken to be durable at once: the loss of directory entries is not shown.
"""

import json
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.crash import verifier
from tests.crash.points import operations

WRITE, SYNC, TRUNCATE, UNLINK, RENAME, MARK = range(1, 7)
HEAD = struct.Struct("<IIqQ")
SECTOR_BYTES = 512
SHARED_MEMORY = "-shm"
Json = dict[str, Any]


class Step(NamedTuple):
    """One thing that was done to a file, or a mark."""

    kind: int
    path: str
    offset: int
    data: bytes


def steps(trace: Path) -> Iterator[Step]:
    """What a record holds, in order."""
    data = trace.read_bytes()
    at = 0
    while at < len(data):
        kind, path_bytes, offset, length = HEAD.unpack_from(data, at)
        at += HEAD.size
        path = data[at : at + path_bytes].decode()
        at += path_bytes
        yield Step(kind, path, offset, data[at : at + length])
        at += length


@dataclass(slots=True)
class File:
    """What of a file is on disk for certain, and what was done to it since."""

    synced: bytearray
    pending: list[Step] = field(default_factory=list)

    def sync(self) -> None:
        """All of it is on disk now."""
        for step in self.pending:
            apply(self.synced, step)
        self.pending.clear()

    def image(self, random: Random, kept: float) -> bytes:
        """The file after a power cut: each pending change is there, or not, or torn."""
        content = bytearray(self.synced)
        for step in self.pending:
            if random.random() < kept:
                apply(content, torn(step, random))
        return bytes(content)


def torn(step: Step, random: Random) -> Step:
    """The change, or now and then only its first sectors."""
    sectors = len(step.data) // SECTOR_BYTES
    if step.kind != WRITE or not sectors or random.random() < 0.8:
        return step
    return step._replace(data=step.data[: random.randrange(sectors + 1) * SECTOR_BYTES])


def apply(content: bytearray, step: Step) -> None:
    """Carry a change out."""
    if step.kind == TRUNCATE:
        del content[step.offset :]
        content.extend(bytes(step.offset - len(content)))
        return
    if len(content) < step.offset:
        content.extend(bytes(step.offset - len(content)))
    content[step.offset : step.offset + len(step.data)] = step.data


class Disk:
    """The files of a home as a record goes on."""

    def __init__(self, first: Path, home: str) -> None:
        self._home = home
        self.reports: list[Json] = []
        self.files: dict[str, File] = {
            str(path.relative_to(first)): File(bytearray(path.read_bytes()))
            for path in first.rglob("*")
            if path.is_file() and not path.name.endswith(SHARED_MEMORY)
        }

    def take(self, step: Step) -> None:
        """One step further."""
        if step.kind == MARK:
            self.reports.append(json.loads(step.path))
            return
        name = step.path.removeprefix(f"{self._home}/").removesuffix(" (deleted)")
        if step.kind == UNLINK:
            self.files.pop(name, None)
        elif step.kind == RENAME:
            to = step.data.decode().removeprefix(f"{self._home}/")
            self.files[to] = self.files.pop(name)
        elif step.kind == SYNC:
            if name in self.files:
                self.files[name].sync()
        else:
            self.files.setdefault(name, File(bytearray())).pending.append(step)

    def write(self, folder: Path, random: Random) -> None:
        """One image of it."""
        kept = random.choice((0.0, 0.3, 0.5, 0.9, 1.0))
        for name, file in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.image(random, kept))


def faults_of_images(folder: Path, images: int, seed: int) -> tuple[int, list[str]]:
    """How many images of a recorded life were looked at, and what was wrong with them.

    Only from the first answer on: before it the files may not exist, and nothing was promised.
    """
    trace = list(steps(folder / "trace"))
    before: list[Json] = json.loads((folder / "before.json").read_text())
    disk = Disk(folder / "first", str(folder / "home-0"))
    first = 0 if before else next(n for n, step in enumerate(trace) if '"ok"' in step.path)
    places = [n for n, step in enumerate(trace) if step.kind != MARK and n > first]
    random = Random(seed)
    wanted = sorted(random.choices(places, k=images))
    found: list[str] = []
    looked_at = 0
    for number, step in enumerate(trace):
        while wanted and wanted[0] == number:
            wanted.pop(0)
            asked = operations([*before, *disk.reports])
            looked_at += 1
            image = folder / "image"
            disk.write(image, random)
            found += [f"seed {seed}, step {number}: {fault}" for fault in faults(image, asked)]
            shutil.rmtree(image)
        disk.take(step)
    return looked_at, found


def faults(image: Path, asked: list[Json]) -> list[str]:
    """What is wrong with an image once SQLite has recovered it."""
    history = image.with_name("image.jsonl")
    history.write_text("".join(json.dumps(o) + "\n" for o in asked))
    try:
        # Held open: a reader needs the shared memory that only a writer can make.
        with closing(opened(image / "threadhost.db")), closing(opened(image / "keys.db")):
            return verifier.check(image, history, at_rest=False)
    except (sqlite3.DatabaseError, OSError, ValueError) as error:
        return [f"the files cannot be read: {error}"]


def opened(path: Path) -> sqlite3.Connection:
    """A connection that has recovered what a crash left. Raises sqlite3.DatabaseError."""
    connection = sqlite3.connect(path)
    (state,) = connection.execute("PRAGMA integrity_check").fetchone()
    if state != "ok":
        raise sqlite3.DatabaseError(f"{path.name}: {state}")
    return connection
