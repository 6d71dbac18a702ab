"""All providers of a host behind the one port that actors use."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Protocol, runtime_checkable

from threadhost.actors.models import (
    CallLimits,
    ModelClient,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ModelWindow,
)
from threadhost.adapters.models.provider import Provider
from threadhost.events.words import truncate

NO_LIMITS_KNOWN = CallLimits()
NO_WINDOW_KNOWN = ModelWindow()
ANY_MODEL = "default"
"""The model to request from a provider without a named one: many servers have only one."""


class ProviderClient(Protocol):
    """A client of one provider."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed."""

    async def warm_up(self) -> None:
        """Prepare what the first call will need."""

    async def close(self) -> None:
        """Release connections; idempotent."""


@runtime_checkable
class Connected(Protocol):
    """A client with connections, which its running calls need."""

    async def retire(self) -> None:
        """Release them when the running calls are over; no call follows."""


class Offer:
    """One provider of a host, its default model, and the way to make its client.

    `connect` may raise ValueError for a provider that this host cannot call. Only the client itself
    knows where its key is, if somebody else made it.
    """

    def __init__(
        self,
        provider: Provider,
        connect: Callable[[], ProviderClient],
        default_model: str = "",
        *,
        is_ours: bool = True,
    ) -> None:
        self.provider = provider
        self.default_model = default_model or next(iter(provider.models), ANY_MODEL)
        self.is_ours = is_ours
        self._connect = connect
        self._client: ProviderClient | None = None

    @property
    def client(self) -> ProviderClient:
        """The provider's client, made on first use; raises ModelFailed."""
        if self._client is None:
            try:
                self._client = self._connect()
            except ValueError as error:
                words = f"model provider `{self.provider.name}`: {error}"
                raise ModelFailed(words, "other") from None
        return self._client

    async def retire(self) -> None:
        """Let running calls finish; no call follows."""
        if isinstance(self._client, Connected):
            await self._client.retire()

    async def close(self) -> None:
        """Release connections, if there are any."""
        if self._client is not None:
            await self._client.close()


class Providers:
    """The port's ModelClient: passes each request to the provider that it names.

    `window`, later `of_unknown`, is the window of unknown models.
    """

    def __init__(
        self,
        offers: Mapping[str, Offer],
        name: str,
        default_model: str,
        window: ModelWindow = NO_WINDOW_KNOWN,
    ) -> None:
        self.offers = offers
        self.name = name
        self.default_model = default_model
        self.of_unknown = window
        self._retired: list[Offer] = []

    async def follow(self, other: "Providers") -> None:
        """Adopt the offers of another one; a provider that is unchanged stays connected.

        Running calls are not affected.
        """
        before, self.name, self.default_model = self.offers, other.name, other.default_model
        self.of_unknown = other.of_unknown
        self.offers = {
            name: _kept_offer(before.get(name), offer) for name, offer in other.offers.items()
        }
        retired = [offer for name, offer in before.items() if self.offers.get(name) is not offer]
        self._retired += retired
        for offer in retired:
            await offer.retire()

    def limits(self, provider: str) -> CallLimits:
        """The limits for calls of a provider."""
        offer = self.offers.get(provider)
        return offer.provider.limits if offer else NO_LIMITS_KNOWN

    def window(self, provider: str, model: str) -> ModelWindow:
        """The window of a model: its own, or that of unknown models."""
        offer = self.offers.get(provider)
        known_model = offer.provider.models.get(model) if offer else None
        window = known_model.window if known_model else NO_WINDOW_KNOWN
        return self.of_unknown if window == NO_WINDOW_KNOWN else window

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream one response; raises ModelFailed, also for an unknown provider."""
        provider = request.settings.provider or self.name
        offer = self.offers.get(provider)
        if offer is None:
            raise ModelFailed(not_found(provider, self.offers), "modelNotFound")
        return offer.client.stream(request)

    async def warm_up(self) -> None:
        """Prepare the first call of the default provider, if it can be called."""
        with suppress(ModelFailed):  # the first call reports why it cannot
            await self.offers[self.name].client.warm_up()

    async def close(self) -> None:
        """Release all connections; idempotent."""
        for offer in (*self.offers.values(), *self._retired):
            await offer.close()


def _kept_offer(before: Offer | None, now: Offer) -> Offer:
    """The earlier offer, if its provider is unchanged."""
    if before is None or before.provider != now.provider:
        return now
    before.default_model = now.default_model
    return before


def not_found(provider: str, offered: Iterable[str]) -> str:
    """The message for an unknown provider, with the known ones."""
    names = ", ".join(f"`{name}`" for name in offered)
    return f"Model provider `{truncate(provider, 80)}` not found; this host has {names}"


def offers_of(client: ModelClient) -> Mapping[str, Offer]:
    """The providers behind a port by name, the default first; another port is one provider."""
    if isinstance(client, Providers):
        return client.offers
    only = Provider(client.name, "", limits=client.limits(client.name))
    return {client.name: Offer(only, lambda: client, client.default_model, is_ours=False)}
