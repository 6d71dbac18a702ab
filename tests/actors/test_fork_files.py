"""Long forks whose large payloads cannot be written to files of their own."""

import errno
import os
from pathlib import Path

import pytest

from tests.actors.test_fork import forked
from tests.actors.test_long_forks import in_slices, lines_of, talked
from tests.support.hosts import message, open_rig
from threadhost.events.ids import thread_stream
from threadhost.events.store.blobs import INLINE_BYTES_MAX, Blobs
from threadhost.events.store.errors import (
    OutOfResources,
    StoreError,
    StoreFailed,
    StoreUnavailable,
)
from threadhost.events.turn import TurnCompleted
from threadhost.projections.threads import unfinished_copies

__all__ = ("in_slices",)

LARGE = "x" * (INLINE_BYTES_MAX + 1)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, StoreUnavailable, "no space is left"),
        (errno.EMFILE, OutOfResources, "out of open files"),
        (errno.EIO, StoreFailed, "could not be written"),
    ],
)
async def test_why_a_file_of_a_long_fork_cannot_be_written_is_told_and_it_can_be_asked_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[StoreError],
    words: str,
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number), "a file")

    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        await rig.turn(source, LARGE)
        (await rig.model.asked()).say(*message("answer")).end()
        await rig.published(TurnCompleted.kind, thread_stream(source))
        with monkeypatch.context() as patch:
            patch.setattr(Blobs, "write", fail)
            with pytest.raises(kind, match=words):
                await forked(rig, source)
        assert await unfinished_copies(rig.logs.durable.reads) == []
        fork = await forked(rig, source)
        assert await lines_of(rig, fork) == await lines_of(rig, source)
