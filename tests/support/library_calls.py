"""A client of an endpoint of the Messages API, through pydantic-ai."""

from typing import Any

from tests.support.messages_endpoint import MessagesEndpoint
from tests.support.model_calls import KEY
from threadhost.adapters.models.library_client import LibraryClient
from threadhost.adapters.models.provider import Provider, usable_key


def library_client(endpoint: MessagesEndpoint, **more: Any) -> LibraryClient:
    """A client; `more` are fields of its provider."""
    url = endpoint.base_url.removesuffix("/v1")
    return LibraryClient(Provider("test", url, "anthropic", key=usable_key(KEY), **more))
