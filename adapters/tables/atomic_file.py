"""A file that is written beside its place and moved there complete, or not at all."""

import errno
import fcntl
import os
from contextlib import suppress
from io import BufferedWriter

from threadhost.actors.job_ports import FileMark, OutputFailed, OutputRefused, RowsFile
from threadhost.adapters.tables.confined import NotThere, opened_parent
from threadhost.events.store.faults import system_words
from threadhost.events.store.files import irregular_kind

CREATE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
MODE = 0o600
"""Only the owner may read it: its content was sealed until now."""
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""The errors of file systems without hard links."""


def mark_of(status: os.stat_result) -> FileMark:
    """The mark that distinguishes a file from others, and from its own later states."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class AtomicFile:
    """The file being written; its lock keeps out other writers of the same file."""

    def __init__(self, file: RowsFile) -> None:
        self._words = f"{file.form} output {file.place.path}"
        self._replaces = file.replaces
        self._own_marks = file.own
        self._folder = -1
        try:
            with opened_parent(file.place) as (folder, self._name):
                self._folder = os.dup(folder)
            self._part_name = f".{self._name}.part"
            self._require_free()
            self.file: BufferedWriter = self._locked()
        except (NotThere, OSError) as error:
            self._close_folder()
            fault = system_words(error) if isinstance(error, OSError) else str(error)
            raise OutputRefused(f"failed to write {self._words}: {fault}") from None
        except BaseException:
            self._close_folder()
            raise

    def failed(self, error: OSError | ValueError) -> OutputFailed:
        """The error for a failed write; removes the file."""
        self.discard()
        fault = system_words(error) if isinstance(error, OSError) else str(error)
        return OutputFailed(f"failed to write {self._words}: {fault}")

    def put_in_place(self) -> FileMark:
        """Make it durable and give it its name. Raises OutputFailed, OutputRefused."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self._name_it()
            os.fsync(self._folder)
            mark = mark_of(os.fstat(self.file.fileno()))
        except FileExistsError:
            self.discard()
            raise self._exists_already() from None
        except OSError as error:
            raise self.failed(error) from None
        self.file.close()
        self._close_folder()
        return mark

    def discard(self) -> None:
        """Remove the file; harmless when it is in its place."""
        if self._folder >= 0:
            with suppress(OSError):
                os.unlink(self._part_name, dir_fd=self._folder)
            with suppress(OSError):
                self.file.close()
            self._close_folder()

    def _close_folder(self) -> None:
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def _require_free(self) -> None:
        """Raise OutputRefused unless the place is free, or its file may be replaced."""
        try:
            status = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return
        if odd_kind := irregular_kind(status):
            raise OutputRefused(f"failed to write {self._words}: {odd_kind} is there")
        if not (self._replaces or mark_of(status) in self._own_marks):
            raise self._exists_already()

    def _locked(self) -> BufferedWriter:
        """The empty file beside, locked for this writer; a crash's remains are dropped."""
        descriptor = os.open(self._part_name, CREATE, MODE, dir_fd=self._folder)
        try:
            self._lock(descriptor)
            os.fchmod(descriptor, MODE)
            os.ftruncate(descriptor, 0)
        except BaseException:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "wb")

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            named = os.stat(self._part_name, dir_fd=self._folder, follow_symlinks=False)
        except (BlockingIOError, FileNotFoundError):
            raise OutputRefused(f"failed to write {self._words}: it is being written") from None
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != (named.st_dev, named.st_ino):
            raise OutputRefused(f"failed to write {self._words}: it is being written")
        fault = "a hard link to another file" if status.st_nlink > 1 else irregular_kind(status)
        if status.st_uid != os.geteuid():
            fault = f"owned by user {status.st_uid}"
        if fault:
            raise OutputRefused(f"failed to write {self._words}: {self._part_name} is {fault}")

    def _name_it(self) -> None:
        folder = self._folder
        if not (self._replaces or self._is_own()):
            try:
                os.link(self._part_name, self._name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                # The first to create the file owns the name; the empty file is replaced at once.
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                os.close(os.open(self._name, flags, MODE, dir_fd=self._folder))
            else:
                os.unlink(self._part_name, dir_fd=self._folder)
                return
        os.replace(self._part_name, self._name, src_dir_fd=folder, dst_dir_fd=folder)

    def _is_own(self) -> bool:
        """Whether the file in its place may be replaced without `force`."""
        try:
            status = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return mark_of(status) in self._own_marks

    def _exists_already(self) -> OutputRefused:
        return OutputRefused(
            f"failed to write {self._words}: it exists; replace it with `force`, or name"
            " another file"
        )
