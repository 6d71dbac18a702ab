"""The preloaded library that counts writes, compiled once."""

from pathlib import Path

import pytest

from tests.crash.shim import Unavailable, build


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library; skips the test where it cannot be had."""
    try:
        return build(tmp_path_factory.mktemp("shim"))
    except Unavailable as reason:
        pytest.skip(str(reason))
