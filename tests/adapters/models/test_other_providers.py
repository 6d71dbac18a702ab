"""Providers after a reload: unchanged ones keep their connections, replaced ones close them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.configured import loaded
from tests.support.model_calls import collect, request, script, streaming, text_of, user
from tests.support.responses_endpoint import ResponsesEndpoint
from threadhost.actors.models import ModelEvent, ModelFailed
from threadhost.adapters.models.providers import Providers
from threadhost.adapters.models.select import model_client

FILE = """
model_provider = "one"
[model_providers.one]
base_url = "{base_url}"
[model_providers.{other}]
base_url = "http://127.0.0.1:9/v1"
"""
SLOW = user(script({"text": "at long last", "deltas": 3, "gap_ms": 50}))


def providers(folder: Path, base_url: str, other: str = "two") -> Providers:
    text = FILE.format(base_url=base_url, other=other)
    return model_client("", None, {}, configuration=loaded(folder, text))


@pytest.fixture
async def here() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint(keep_alive=True) as running:
        yield running


@pytest.fixture
async def there() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint(keep_alive=True) as running:
        yield running


async def test_a_provider_that_stays_the_same_keeps_its_connection(
    tmp_path: Path, here: ResponsesEndpoint
) -> None:
    client = providers(tmp_path, here.base_url)
    await collect(client, user("hello"))
    await client.follow(providers(tmp_path, here.base_url, "three"))
    assert list(client.offers) == ["one", "three", "echo"]
    await collect(client, user("hello"))
    assert (len(here.received), here.connections) == (2, 1)
    await client.close()


async def test_a_provider_with_a_new_address_closes_its_old_connections(
    tmp_path: Path, here: ResponsesEndpoint, there: ResponsesEndpoint
) -> None:
    client = providers(tmp_path, here.base_url)
    await collect(client, user("hello"))
    await client.follow(providers(tmp_path, there.base_url))
    await here.open_connections_are(0)
    await collect(client, user("hello"))
    assert (len(here.received), len(there.received)) == (1, 1)
    await client.close()


async def test_the_connection_of_a_replaced_provider_is_closed_after_its_last_call(
    tmp_path: Path, here: ResponsesEndpoint, there: ResponsesEndpoint
) -> None:
    client = providers(tmp_path, here.base_url)
    got: list[ModelEvent] = []
    async with streaming(client, request(SLOW)) as events:
        async for event in events:
            if not got:
                await client.follow(providers(tmp_path, there.base_url))
                assert here.open_connections == 1
            got.append(event)
    assert text_of(got) == "at long last"
    await here.open_connections_are(0)
    await client.close()


async def test_closing_the_client_ends_calls_of_replaced_providers_too(
    tmp_path: Path, here: ResponsesEndpoint, there: ResponsesEndpoint
) -> None:
    client = providers(tmp_path, here.base_url)
    call = asyncio.ensure_future(collect(client, user(script({"hang": True}))))
    await here.requests_are(1)
    await client.follow(providers(tmp_path, there.base_url))
    await client.close()
    with pytest.raises(ModelFailed):
        await call
    await here.open_connections_are(0)
