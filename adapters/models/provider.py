"""A provider of models: its address, its API, its key and its limits."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from threadhost.actors.models import CallLimits, ModelWindow
from threadhost.adapters.visible import shown_command
from threadhost.events.named_tuple import NamedTuple

WireName = Literal[
    "responses",
    "chat",
    "anthropic",
    "bedrock",
    "cohere",
    "google",
    "groq",
    "huggingface",
    "mistral",
    "xai",
]
"""The APIs that a provider may use; `wire_api` in a configuration file."""
TransportName = Literal["httptools", "httpx"]
OWN_WIRES: frozenset[WireName] = frozenset({"responses", "chat"})
"""The APIs without a default address: their providers need a base URL."""

OPENAI, ECHO = "openai", "echo"
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
"""The environment variable of its key."""

NO_HEADERS: Mapping[str, str] = {}
NO_BODY: Mapping[str, object] = {}
SECRET_CHARS_MIN = 4
"""Shorter values do not count as secrets: hiding them would make most text unreadable."""


class KeyCommand(NamedTuple):
    """A program that prints a provider's key."""

    command: str
    """A name is looked up in PATH, a path counts from `cwd`."""
    args: tuple[str, ...] = ()
    cwd: Path | None = None
    timeout_ms: int = 5_000
    refresh_interval_ms: int = 300_000
    """How long its output serves; 0 means until the provider refuses it."""

    def __repr__(self) -> str:
        """The program alone: its arguments may hold a secret."""
        return f"KeyCommand({shown_command(self.command)!r})"


class KnownModel(NamedTuple):
    """What is known of a model."""

    title: str = ""
    """What people call it."""
    window: ModelWindow = ModelWindow()
    efforts: tuple[str, ...] = ()
    """The reasoning efforts that it takes; empty where that is unknown."""
    default_effort: str | None = None


NO_MODELS: Mapping[str, KnownModel] = {}


class Provider(NamedTuple):
    """Everything that is known of one provider."""

    name: str
    base_url: str
    """Empty where its API knows."""
    wire: WireName = "responses"
    """Which API it speaks below its base URL."""
    title: str = ""
    """What people call it."""
    key: SecretStr | None = None
    """Sent as a bearer token."""
    key_variable: str | None = None
    """The environment variable that the key comes from."""
    key_help: str = ""
    """How to come by a key, for people who have none."""
    key_command: KeyCommand | None = None
    """Prints the key, in place of `key`."""
    headers: Mapping[str, str] = NO_HEADERS
    """Sent with every request, over the host's own of the same name."""
    query: Mapping[str, str] = NO_HEADERS
    """Added to the query of every request."""
    body: Mapping[str, object] = NO_BODY
    """Fields of every request's body, over the host's own; null leaves one out."""
    prompt_cache_key: bool | None = None
    """Whether requests of one thread carry a common `prompt_cache_key`; None: as the wire does."""
    transport: TransportName | None = None
    """The HTTP library that carries its calls; None: httptools, or httpx where that does
    not suffice."""
    connect_timeout_ms: int = 10_000
    limits: CallLimits = CallLimits()
    models: Mapping[str, KnownModel] = NO_MODELS
    """What is known of its models, by name."""

    def __repr__(self) -> str:
        """The name and the API alone: most other fields may hold a secret."""
        return f"Provider({self.name!r}, wire={self.wire!r})"

    def secrets(self) -> Iterator[str]:
        """All values that may be secret: no visible text may contain one."""
        fixed = self.key.get_secret_value() if self.key is not None else ""
        in_url = (value for _, value in parse_qsl(urlsplit(self.base_url).query))
        values = (fixed, *self.headers.values(), *self.query.values(), *in_url)
        return (value for value in values if len(value) >= SECRET_CHARS_MIN)


def usable_key(text: str | None) -> SecretStr | None:
    """A key without surrounding white space; None for an empty one. Raises ValueError."""
    key = (text or "").strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("the API key holds characters that an HTTP header cannot carry")
    return SecretStr(key) if key else None
