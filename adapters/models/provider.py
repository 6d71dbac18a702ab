"""A provider of models: where it is, how it is spoken to, and how patient to be with it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import SecretStr

from threadhost.actors.models import CallLimits, ModelWindow

WireName = Literal["responses", "chat"]
TransportName = Literal["h11", "httpx"]
NO_HEADERS: Mapping[str, str] = {}
NO_BODY: Mapping[str, object] = {}
NO_MODELS: Mapping[str, ModelWindow] = {}


class Provider(NamedTuple):
    """Everything that is known of one provider."""

    name: str
    base_url: str
    wire: WireName = "responses"
    """Which API it speaks below its base URL."""
    title: str = ""
    """What people call it."""
    key: SecretStr | None = None
    """Sent as a bearer token."""
    headers: Mapping[str, str] = NO_HEADERS
    """Sent with every request, beside those that the host sends itself."""
    query: Mapping[str, str] = NO_HEADERS
    """Added to the query of every request."""
    body: Mapping[str, object] = NO_BODY
    """Fields of every request's body, over the host's own; null leaves one out."""
    prompt_cache_key: bool | None = None
    """Whether requests of one thread carry a common `prompt_cache_key`; None: as the wire does."""
    transport: TransportName | None = None
    """The HTTP library that carries its calls; None: h11, or httpx where h11 does not suffice."""
    connect_timeout_ms: int = 10_000
    limits: CallLimits = CallLimits()
    models: Mapping[str, ModelWindow] = NO_MODELS
    """What is known of its models, by name."""
