"""Where tests keep their files, how thoroughly they search, and how rarely memory is gone through."""

import gc
import os
import tempfile
from pathlib import Path

import hypothesis
import pytest

from tests.support import quiet_workers

MEMORY = Path("/dev/shm")
NEW_OBJECTS = 50_000
"""A collection for each so many, not for each 700: all that tests leave in cycles is small."""


def pytest_configure(config: pytest.Config) -> None:
    """Before anybody asks for a folder; the cuts of power that tests make are made by hand."""
    if os.access(MEMORY, os.W_OK):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
        tempfile.tempdir = str(MEMORY)
    quiet_workers.silence(config)


def pytest_collection_finish() -> None:
    """Nothing that was imported by now is garbage: no collection has to look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What is left after one collection is no garbage: pytest's own five find nothing to look at."""
    gc.collect()
    gc.freeze()
