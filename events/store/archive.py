"""The file of a backup: an archive (tar) of a home's files, with a manifest of digests at its end.

An archive that has no manifest, or differs from it, is not a backup.
"""

import json
import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, cast

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.blobs import is_name
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import PRIVATE_FILE, READ, require_own
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS, PRIVATE, sync_folder
from threadhost.events.words import truncate

MANIFEST = "manifest.json"
FORMAT = 1
MANIFEST_BYTES_MAX = 64 * 1024 * 1024
PIECE_BYTES = 1 << 20
KNOWN = frozenset((DATABASE, KEYS, HOST_KEY))
BLOB_PARTS = 3
TIME_MS_MAX = 253_402_300_799_999
"""The end of the year 9999, UTC."""
NUMBER_MAX = 2**53
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class Packed(NamedTuple):
    """A file in an archive."""

    name: str
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """The files in an archive, and what its maker recorded about it."""

    about: Mapping[str, Any]
    files: list[Packed]

    @property
    def names(self) -> frozenset[str]:
        """The names of its files."""
        return frozenset(file.name for file in self.files)


class DiskPace:
    """Syncs what was written so far, then rests for as long as the writing and the sync took.

    Otherwise another process that syncs a file on this disk would wait for a gigabyte of ours.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._began_s = monotonic()

    def rest(self) -> None:
        """Sync and rest; to be called after each piece."""
        os.fsync(self._descriptor)
        sleep(monotonic() - self._began_s)
        self._began_s = monotonic()


class _Hashed:
    """A file that is read once and hashed on the way; rests after each piece."""

    def __init__(
        self, file: BinaryIO, pace: DiskPace | None = None, size: int | None = None
    ) -> None:
        self._file = file
        self._size = size
        self._pace = pace
        self._read_bytes = 0
        self.digest = sha256()

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return os.fstat(self._file.fileno()).st_size if self._size is None else self._size

    def read(self, size: int = PIECE_BYTES) -> bytes:
        """The next bytes."""
        content = self._file.read(size)
        self.digest.update(content)
        self._read_bytes += len(content)
        if self._pace is not None and self._read_bytes >= PIECE_BYTES:
            self._read_bytes = 0
            self._pace.rest()
        return content


class _Archive(tarfile.TarFile):
    """An archive that is read; any failure of the library on a header becomes a ReadError."""

    def next(self) -> tarfile.TarInfo | None:
        """The next member. Raises TarError or OSError."""
        try:
            return super().next()
        except (tarfile.TarError, OSError, MemoryError):
            raise
        except Exception:  # noqa: BLE001  (the library may raise anything)
            raise tarfile.ReadError("one of its headers is malformed") from None


def pack(target: Path, files: Iterable[tuple[str, BinaryIO]], about: Mapping[str, Any]) -> Manifest:
    """Write an archive, durable on return; its file name is not. Raises OSError."""
    at_ms: int = about["takenAtMs"]
    packed: list[Packed] = []
    descriptor = os.open(target, CREATE, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as out:
        pace = DiskPace(descriptor)
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, file in files:
                with file:
                    packed.append(_added(archive, name, _Hashed(file, pace), at_ms))
            manifest = Manifest(about, packed)
            _add_manifest(archive, manifest, at_ms)
        out.flush()
        os.fsync(descriptor)
    return manifest


def _added(archive: tarfile.TarFile, name: str, hashed: _Hashed, at_ms: int) -> Packed:
    size = hashed.size
    archive.addfile(_info(name, size, at_ms), cast(BinaryIO, hashed))
    return Packed(name, size, hashed.digest.hexdigest())


def _add_manifest(archive: tarfile.TarFile, manifest: Manifest, at_ms: int) -> None:
    files = [packed._asdict() for packed in manifest.files]
    text = json.dumps({"format": FORMAT, **manifest.about, "files": files}, indent=1).encode()
    archive.addfile(_info(MANIFEST, len(text), at_ms), BytesIO(text))


def _info(name: str, size: int, at_ms: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, at_ms // 1000, PRIVATE_FILE
    return info


def unpack(source: Path, folder: Path) -> Manifest:
    """Write the files of an archive into a folder, durable on return; returns its manifest.

    Raises StoreMismatch if the archive is not a whole backup, or OSError.
    """
    require_own(source)
    unpacked: list[Packed] = []
    names: set[str] = set()
    manifest, end = None, 0
    try:
        with (
            os.fdopen(os.open(source, READ), "rb") as file,
            _Archive.open(fileobj=file, mode="r:") as archive,
        ):
            for member in archive:
                if manifest is not None:
                    raise _no_backup(source, "something follows its manifest")
                if member.name in names:
                    raise _no_backup(source, f"it holds {truncate(member.name, 100)!r} twice")
                names.add(member.name)
                if member.name == MANIFEST:
                    manifest = _manifest(source, _content(archive, member))
                    end = member.offset_data + member.size
                else:
                    unpacked.append(_unpacked(source, archive, member, folder))
            if manifest is not None and not _is_padding(file, end):
                raise _no_backup(source, "something follows its manifest")
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(source, str(error)) from None
    if manifest is None:
        raise _no_backup(source, "it ends before its manifest")
    _compare(source, manifest, unpacked)
    for path in {
        folder,
        *(parent for packed in unpacked for parent in (folder / packed.name).parents),
    }:
        if path.is_relative_to(folder):
            sync_folder(path)
    return manifest


def _is_padding(file: BinaryIO, offset: int) -> bool:
    """Whether only zeros follow in a file; they pad an archive to full blocks."""
    file.seek(offset)
    return not any(map(any, iter(lambda: file.read(PIECE_BYTES), b"")))


def read_member(source: Path, name: str) -> tuple[Manifest, tuple[int, int], bytes | None]:
    """Return the manifest, and of a small file its place (offset, size) and its bytes.

    The bytes are None if the archive lacks the file. Raises StoreMismatch if it is not a backup, or
    OSError.
    """
    require_own(source)
    place, content, manifest = (0, 0), None, None
    try:
        with (
            os.fdopen(os.open(source, READ), "rb") as file,
            _Archive.open(fileobj=file, mode="r:") as archive,
        ):
            for member in archive:
                if member.name == name:
                    place = (member.offset_data, member.size)
                    content = _content(archive, member).read()
                elif member.name == MANIFEST:
                    manifest = _manifest(source, _content(archive, member))
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(source, str(error)) from None
    if manifest is None:
        raise _no_backup(source, "it ends before its manifest")
    return manifest, place, content


def rewritten(
    source: Path, target: Path, replacements: Mapping[str, bytes], about: Mapping[str, Any]
) -> None:
    """Write a copy of an archive with other bytes for some files and other facts about it.

    The copy is durable on return, its file name is not. Raises StoreMismatch if the old archive
    differs from its manifest.
    """
    manifest, _, _ = read_member(source, KEYS)
    at_ms: int = manifest.about["takenAtMs"]
    before: list[Packed] = []
    packed: list[Packed] = []
    descriptor = os.open(target, CREATE, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as out, os.fdopen(os.open(source, READ), "rb") as file:
        pace = DiskPace(descriptor)
        with (
            _Archive.open(fileobj=file, mode="r:") as old,
            tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as new,
        ):
            for member in old:
                if member.name == MANIFEST:
                    continue
                content = _content(old, member)
                if (replacement := replacements.get(member.name)) is not None:
                    before.append(_packed(member.name, content.read()))
                    hashed = _Hashed(BytesIO(replacement), None, len(replacement))
                    packed.append(_added(new, member.name, hashed, at_ms))
                    continue
                hashed = _Hashed(content, pace, member.size)
                packed.append(_added(new, member.name, hashed, at_ms))
                before.append(packed[-1])
            _compare(source, manifest, before)
            _add_manifest(new, Manifest({**manifest.about, **about}, packed), at_ms)
        out.flush()
        os.fsync(descriptor)


def _packed(name: str, content: bytes) -> Packed:
    return Packed(name, len(content), sha256(content).hexdigest())


def _compare(source: Path, manifest: Manifest, unpacked: list[Packed]) -> None:
    for listed, packed in zip(manifest.files, unpacked, strict=False):
        if listed != packed:
            raise _no_backup(source, f"{packed.name} differs from what was written")
    if len(manifest.files) != len(unpacked):
        raise _no_backup(source, f"it holds {len(unpacked)} of {len(manifest.files)} files")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    is_plain = member.isfile() and not member.issparse()  # a sparse file may unpack to any size
    file = archive.extractfile(member) if is_plain else None
    if file is None:
        raise tarfile.TarError(f"{truncate(member.name, 100)!r} is not a file")
    return cast(BinaryIO, file)


def _manifest(source: Path, file: BinaryIO) -> Manifest:
    try:
        about = json.loads(file.read(MANIFEST_BYTES_MAX))
        number = about.pop("format")
        files = [Packed(**entry) for entry in about.pop("files")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _no_backup(source, "its manifest is malformed") from None
    if number == FORMAT and (wrong := [n for n, fits in SAID.items() if not fits(about.get(n))]):
        raise _no_backup(source, f"its manifest has no valid {wrong[0]}")
    if number != FORMAT:
        raise StoreMismatch(
            f"{source} is a backup of format {number}, this version reads {FORMAT}: restore it with"
            " the version that made it"
        )
    return Manifest(about, files)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value <= TIME_MS_MAX


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= NUMBER_MAX


def _is_head(value: object) -> bool:
    return isinstance(value, dict) and _is_number(value.get("position"))


SAID: Mapping[str, Callable[[object], bool]] = {
    "takenAtMs": _is_time,
    "epoch": _is_number,
    "head": _is_head,
    **dict.fromkeys(("backup", "logId", "verdict", "of"), _is_text),
}
"""The facts that every manifest has about its backup."""


def _unpacked(
    source: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path
) -> Packed:
    if not _is_known(member.name):
        raise _no_backup(source, f"it holds {truncate(member.name, 100)!r}")
    path, hashed = folder / member.name, _Hashed(_content(archive, member))
    for missing in (folder / BLOBS, path.parent):
        missing.mkdir(mode=PRIVATE, exist_ok=True)
    descriptor = os.open(path, CREATE, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as out:
        while piece := hashed.read():
            out.write(piece)
        out.flush()
        os.fsync(descriptor)
    return Packed(member.name, member.size, hashed.digest.hexdigest())


def _is_known(name: str) -> bool:
    parts = name.split("/")
    is_blob = len(parts) == BLOB_PARTS and parts[0] == BLOBS and all(map(is_name, parts))
    return name in KNOWN or is_blob


def _no_backup(source: Path, reason: str) -> StoreMismatch:
    return StoreMismatch(f"{source} is not a complete backup: {reason}; give another file")
