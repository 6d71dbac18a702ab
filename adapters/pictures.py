"""Local pictures in the form that models get: checked by content, read off the loop."""

import asyncio
import os
import stat
from base64 import b64encode
from collections.abc import Callable

from threadhost.actors.ports import PictureUnreadable
from threadhost.events.words import truncate

BYTES_MAX = 20 * 1024 * 1024
HEAD_BYTES = 16
FORMS: dict[str, Callable[[bytes], bool]] = {
    "png": lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpeg": lambda head: head.startswith(b"\xff\xd8\xff"),
    "gif": lambda head: head.startswith((b"GIF87a", b"GIF89a")),
    "webp": lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
}
"""The picture types that models take, and how such a file begins."""


class LocalPictures:
    """The pictures in this machine's file system."""

    async def data_url(self, path: str) -> str:
        """The picture as a data URL (RFC 2397). Raises PictureUnreadable."""
        return await asyncio.to_thread(_data_url, path)


def _data_url(path: str) -> str:
    try:
        data = _bytes_of(path)
    except OSError as error:
        raise _unreadable(path, (error.strerror or type(error).__name__).lower()) from None
    except ValueError:  # a NUL in the path
        raise _unreadable(path, "its path is invalid") from None
    form = next((form for form, fits in FORMS.items() if fits(data[:HEAD_BYTES])), None)
    if form is None:
        raise _unreadable(path, f"it is none of {', '.join(FORMS)}")
    return f"data:image/{form};base64,{b64encode(data).decode()}"


def _bytes_of(path: str) -> bytes:
    # Not blocking, so that a fifo without a writer is recognised instead of waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(path, "it is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    if len(data) > BYTES_MAX:
        raise _unreadable(path, f"it is larger than {BYTES_MAX} bytes")
    return data


def _unreadable(path: str, reason: str) -> PictureUnreadable:
    return PictureUnreadable(
        f"the picture {truncate(path, 200)} cannot be shown to a model: {reason}"
    )
