"""The source of a provider's key: it is known, is missing, or a program prints it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.provider import Provider

if TYPE_CHECKING:
    from threadhost.adapters.models.key_command import PrintedKey


class KeySource(Protocol):
    """The key of one provider, as it is at the time of a call."""

    async def current(self) -> SecretStr | None:
        """The key to send, None for none; raises ModelFailed."""

    def refuse(self, key: SecretStr | None) -> bool:
        """The provider refused this key; returns whether a newer one may exist."""

    def secrets(self) -> Iterator[str]:
        """The keys that were sent recently."""

    async def close(self) -> None:
        """End running programs; idempotent."""


class FixedKey:
    """A key that was known at the start, or no key at all."""

    def __init__(self, key: SecretStr | None = None) -> None:
        self._key = key

    async def current(self) -> SecretStr | None:
        """The key."""
        return self._key

    def refuse(self, key: SecretStr | None) -> bool:
        """There is no other key."""
        return False

    def secrets(self) -> Iterator[str]:
        """The key is one of the provider's own secrets."""
        return iter(())

    async def close(self) -> None:
        """Nothing runs."""


class MissingKey(FixedKey):
    """The environment has no key for a provider that needs one."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        words = f"model provider `{provider.name}` needs a key, but `{provider.key_variable}`"
        self._words = f"{words} is not set where this host was started"
        if provider.key_help:
            self._words += f": {provider.key_help}"

    async def current(self) -> SecretStr | None:
        """Raise ModelFailed: there is no key."""
        raise ModelFailed(self._words, "unauthorized")


def keys_of(provider: Provider) -> "FixedKey | PrintedKey":
    """The key source of this provider."""
    if provider.key_command is not None:
        from threadhost.adapters.models.key_command import PrintedKey

        return PrintedKey(provider.name, provider.key_command)
    if provider.key is None and provider.key_variable is not None:
        return MissingKey(provider)
    return FixedKey(provider.key)
