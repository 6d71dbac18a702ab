"""Unpacks codex's packed rollouts into a file without a name, up to a size limit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

WINDOW_BYTES_MAX = 128 * 1024 * 1024
"""The memory limit of unpacking, the default of `zstd -d`."""
PIECE_BYTES = 256 * 1024
NO_LIBRARY = "compressed; `pip install 'threadhost[zstd]'` makes it readable, `zstd -d` unpacks it"


class DecompressionFailed(Exception):
    """A file cannot be unpacked; the message says why."""


@contextmanager
def unpacked(descriptor: int, bytes_max: int) -> Iterator[int]:
    """A descriptor of a packed file's content, for reading. Raises DecompressionFailed, or OSError.

    If the file is cut off, so is the content.
    """
    try:
        from zstandard import ZstdDecompressor, ZstdError
    except ImportError:
        raise DecompressionFailed(NO_LIBRARY) from None
    unpacking = ZstdDecompressor(max_window_size=WINDOW_BYTES_MAX)
    with TemporaryFile(buffering=0) as plain:
        try:
            with (
                os.fdopen(descriptor, "rb", closefd=False) as packed,
                unpacking.stream_reader(packed, read_across_frames=True) as pieces,
            ):
                while piece := pieces.read(PIECE_BYTES):
                    plain.write(piece)
                    if plain.tell() > bytes_max:
                        raise DecompressionFailed(f"compressed, and larger than {bytes_max} bytes")
        except ZstdError as error:
            raise DecompressionFailed(f"compressed, and cannot be unpacked: {error}") from None
        plain.seek(0)
        yield plain.fileno()
