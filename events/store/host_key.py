"""The host key, which wraps all other keys, in a file that may be anywhere."""

import os
import stat
from pathlib import Path

from threadhost.events.operator_log import HOST_KEY_OPEN
from threadhost.events.store.aead import AESGCM
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import PRIVATE_FILE, READ, read_whole
from threadhost.events.store.home import HOST_KEY, sync_folder

KEY_BYTES = 32
FILE_BYTES_MAX = 4096


def read_host_key(home: Path, named: Path | None = None) -> bytes:
    """Return the host key (64 hexadecimal digits) from the named file, or else from the home.

    Only a named file may be a link. Raises FileNotFoundError, another OSError, or StoreMismatch for
    a file with other content.
    """
    path = named or home / HOST_KEY
    text = read_whole(path, FILE_BYTES_MAX, READ & ~os.O_NOFOLLOW if named else READ)
    try:
        key = bytes.fromhex(text.decode().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreMismatch(
            f"{path} is not a host key; give a file of {2 * KEY_BYTES} hexadecimal digits"
        )
    return key


def load_host_key(home: Path, named: Path | None = None) -> bytes:
    """Read the host key, or create one, durable before its first use. Raises StoreMismatch.

    A file that others may read is used with a warning: containers mount secrets that way.
    """
    path = named or home / HOST_KEY
    try:
        key = read_host_key(home, named)
    except FileNotFoundError:
        return make_host_key(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~PRIVATE_FILE:
        HOST_KEY_OPEN.emit(file=path, mode=f"{mode:04o}")
    return key


def make_host_key(path: Path) -> bytes:
    """Create a host key in a file of its own, durable before its first use."""
    key = AESGCM.generate_key(8 * KEY_BYTES)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    write_host_key(temporary, key)
    temporary.rename(path)
    sync_folder(path.parent)
    return key


def write_host_key(path: Path, key: bytes) -> None:
    """Write a host key into a new file; durable on return, its file name is not."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode() + b"\n")
        file.flush()
        os.fsync(descriptor)
