"""A Responses endpoint on loopback and a client of it."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest

from tests.support.messages_endpoint import MessagesEndpoint
from tests.support.model_calls import KEY, client_of
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.tls import loopback_contexts
from tests.support.transport_calls import Contexts
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.provider import TransportName
from threadhost.adapters.models.transports import NEEDS


@pytest.fixture
async def endpoint() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def client(endpoint: ResponsesEndpoint) -> AsyncIterator[HttpClient]:
    client = client_of(endpoint.base_url, KEY)
    yield client
    await client.close()


@pytest.fixture(params=get_args(TransportName))
def library(request: pytest.FixtureRequest) -> TransportName:
    name: TransportName = request.param
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"the extra for {name} is not installed")
    return name


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return loopback_contexts(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def messages() -> AsyncIterator[MessagesEndpoint]:
    async with MessagesEndpoint() as running:
        yield running
