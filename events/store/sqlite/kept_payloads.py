"""Keeps the payload files of a home for a backup, even if they are deleted meanwhile."""

import os
from contextlib import closing, suppress
from pathlib import Path

from threadhost.events.store.archive import CREATE, PIECE_BYTES, DiskPace
from threadhost.events.store.blobs import open_blob
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import PRIVATE_FILE
from threadhost.events.store.home import BLOBS, DATABASE, PRIVATE
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase


def pin_payloads(home: Path, folder: Path) -> None:
    """Add the payload files of all living threads to a folder, if they are not there yet.

    A file is added as a hard link on the same volume, else as a copy. Lost, damaged and just
    deleted files are left out. Raises OSError.
    """
    with closing(ReadOnlyDatabase(home / DATABASE)) as database:
        blobs = RawRows(database).all(schema.BLOBS_OF_LIVING)
    for stream, blob in blobs:
        with suppress(ValueError, TypeError, StoreMismatch, FileNotFoundError, FileExistsError):
            _keep(home / BLOBS, stream, blob, folder / BLOBS)


def _keep(root: Path, stream: str, blob: str, folder: Path) -> None:
    with open_blob(root, stream, blob) as file:  # checks that it is a file of the store
        for missing in (folder, folder / stream):
            missing.mkdir(mode=PRIVATE, exist_ok=True)
        target = folder / stream / blob
        try:
            os.link(root / stream / blob, target, follow_symlinks=False)
            return
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError:  # on another volume, or one without links
            descriptor = os.open(target, CREATE, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as out:
            pace = DiskPace(descriptor)
            while piece := file.read(PIECE_BYTES):
                out.write(piece)
                out.flush()
                pace.rest()
