"""The host key: what all other keys are wrapped with, in a file that may lie anywhere."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.home import sync_folder

KEY_BYTES = 32


def read_host_key(path: Path) -> bytes:
    """The host key in a file (64 hexadecimal digits).

    Raises FileNotFoundError, or StoreMismatch for a file that holds something else.
    """
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreMismatch(
            f"{path} is not a host key: expected {2 * KEY_BYTES} hexadecimal digits"
        )
    return key


def load_host_key(path: Path) -> bytes:
    """Read the host key, or make one, durable before it is used. Raises StoreMismatch."""
    try:
        return read_host_key(path)
    except FileNotFoundError:
        return _make_host_key(path)


def _make_host_key(path: Path) -> bytes:
    key = AESGCM.generate_key(8 * KEY_BYTES)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(temporary, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode() + b"\n")
        file.flush()
        os.fsync(descriptor)
    temporary.rename(path)
    sync_folder(path.parent)
    return key
