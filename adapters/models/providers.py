"""All providers of a host behind the one port that actors know."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from threadhost.actors.models import (
    CallLimits,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ModelWindow,
)

NO_LIMITS_KNOWN = CallLimits()
NO_WINDOW_KNOWN = ModelWindow()


class ProviderClient(Protocol):
    """A client of one provider."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed."""
        ...

    async def warm_up(self) -> None:
        """Prepare what the first call will need."""
        ...

    async def close(self) -> None:
        """Release connections; idempotent."""
        ...


class Offer:
    """One provider of a host: how it is called, what is known of it, and how its client is made."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], ProviderClient],
        *,
        title: str = "",
        limits: CallLimits = NO_LIMITS_KNOWN,
        models: Mapping[str, ModelWindow] | None = None,
        has_key: bool = False,
    ) -> None:
        self.name = name
        self.title = title or name
        self.limits = limits
        self.models = models or {}
        self.has_key = has_key
        self._connect = connect
        self._client: ProviderClient | None = None

    @property
    def client(self) -> ProviderClient:
        """The provider's client, made when it is first needed."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    async def close(self) -> None:
        """Release connections, if there ever were any."""
        if self._client is not None:
            await self._client.close()


class Providers:
    """The port's ModelClient: passes each request to the provider that it names."""

    def __init__(self, offers: Mapping[str, Offer], name: str, default_model: str) -> None:
        self.offers = offers
        self.name = name
        self.default_model = default_model

    def limits(self, provider: str) -> CallLimits:
        """How patient to be with a provider."""
        offer = self.offers.get(provider)
        return offer.limits if offer else NO_LIMITS_KNOWN

    def window(self, provider: str, model: str) -> ModelWindow:
        """How much a model takes in, as far as that is known."""
        offer = self.offers.get(provider)
        return offer.models.get(model, NO_WINDOW_KNOWN) if offer else NO_WINDOW_KNOWN

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed, also for a provider that is not there."""
        wanted = request.settings.provider or self.name
        offer = self.offers.get(wanted)
        if offer is None:
            known = ", ".join(f"`{name}`" for name in self.offers)
            message = f"this host has no model provider `{wanted}`; it has {known}"
            raise ModelFailed(message, "modelNotFound")
        return offer.client.stream(request)

    async def warm_up(self) -> None:
        """Prepare what the first call of the default provider will need."""
        await self.offers[self.name].client.warm_up()

    async def close(self) -> None:
        """Release all connections; idempotent."""
        for offer in self.offers.values():
            await offer.close()
