"""Where tests keep their files: in memory where there is such a place, else they wait for disks."""

import gc
import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")


def pytest_configure() -> None:
    """Before anybody asks for a folder; the cuts of power that tests make are made by hand."""
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
        tempfile.tempdir = str(MEMORY)


def pytest_collection_finish() -> None:
    """Nothing that was imported by now is garbage: no collection has to look at it again."""
    gc.freeze()
