"""A Responses endpoint on loopback and a client of it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.model_calls import KEY, client_of
from tests.support.responses_endpoint import ResponsesEndpoint
from threadhost.adapters.models.http_client import HttpClient


@pytest.fixture
async def endpoint() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def client(endpoint: ResponsesEndpoint) -> AsyncIterator[HttpClient]:
    client = client_of(endpoint.base_url, KEY)
    yield client
    await client.close()
