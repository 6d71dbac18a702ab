"""The contract of every model client, over each API and with each behaviour of connections."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.adapters.models.contract import ModelClientContract
from tests.support.chat_endpoint import ChatEndpoint
from tests.support.model_calls import KEY, client_of
from tests.support.responses_endpoint import ResponsesEndpoint
from threadhost.actors.models import Reasoning, ReasoningDelta
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.provider import WireName

ENDPOINTS: dict[WireName, type[ResponsesEndpoint]] = {
    "chat": ChatEndpoint,
    "responses": ResponsesEndpoint,
}
BEHAVIOURS: dict[str, dict[str, Any]] = {
    "closing": {},
    "kept": {"keep_alive": True},
    "cut_at_every_byte": {"chunk_bytes": 1},
}


@pytest.mark.parametrize(
    "behaviour",
    ["closing", "kept", pytest.param("cut_at_every_byte", marks=pytest.mark.slices)],
)
@pytest.mark.parametrize("wire", ENDPOINTS)
class TestOverHttp(ModelClientContract):
    calls_at_once = 20

    @pytest.fixture
    def thought(self, wire: WireName) -> tuple[ReasoningDelta, Reasoning]:
        if wire == "responses":
            encrypted = "b3BhcXVl"
            return ReasoningDelta(0, 0, "let me see"), Reasoning(("let me see",), (), encrypted)
        delta = ReasoningDelta(0, 0, "let me see", of_summary=False)
        return delta, Reasoning(content=("let me see",))

    @pytest.fixture
    async def client(self, wire: WireName, behaviour: str) -> AsyncIterator[HttpClient]:
        async with ENDPOINTS[wire](**BEHAVIOURS[behaviour]) as endpoint:
            client = client_of(endpoint.base_url, KEY, wire=wire)
            yield client
            await client.close()
