"""A host that a file configures, and two endpoints that it asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.configured.file import SECRET, TEXT
from tests.support.configured import ConfiguredHost
from tests.support.responses_endpoint import ResponsesEndpoint


@pytest.fixture
async def local() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def other() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def host(
    home: Path, local: ResponsesEndpoint, other: ResponsesEndpoint
) -> AsyncIterator[ConfiguredHost]:
    text = TEXT.format(local=local.base_url, other=other.base_url, secret=SECRET)
    async with ConfiguredHost(home, text=text, env={"OTHER_KEY": SECRET}) as host:
        yield host
