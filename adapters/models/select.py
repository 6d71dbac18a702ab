"""Which models a host uses, from the command line and the environment."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import SecretStr

from threadhost.actors.models import CallLimits
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.origin import BaseUrl, parse_base_url, proxy_for
from threadhost.adapters.models.provider import Provider
from threadhost.adapters.models.providers import Offer, Providers
from threadhost.adapters.models.transports import connect, transport_name
from threadhost.adapters.models.wires import wire

if TYPE_CHECKING:
    from ssl import SSLContext

    from threadhost.adapters.models.transport import Headers

OPENAI_URL = "https://api.openai.com/v1"
FORMS = "`echo`, `echo:REPLY`, `openai:MODEL` or MODEL"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def model_client(
    spec: str | None,
    url: str | None,
    env: Mapping[str, str],
    limits: CallLimits | None = None,
) -> Providers:
    """The providers that a model spec and an endpoint's URL select; echo if nothing is configured.

    The environment adds OPENAI_BASE_URL (where `url` is None), OPENAI_API_KEY and the usual
    proxy variables. Raises ValueError for a spec or a URL that cannot be used.
    """
    spec = (spec or "").strip()
    base_url = url or env.get("OPENAI_BASE_URL") or None
    provider, _, rest = spec.partition(":")
    limits = limits or CallLimits()
    if provider == "echo":
        if url:
            raise ValueError("the echo model has no endpoint: give a model URL or `echo`, not both")
        return _echo(rest or None, limits)
    if not spec and base_url is None:
        return _echo(None, limits)
    return _openai(_model_name(spec, base_url), base_url, env, limits)


def _echo(reply: str | None, limits: CallLimits) -> Providers:
    offer = Offer("echo", lambda: EchoClient(reply), limits=limits)
    return Providers({"echo": offer}, "echo", EchoClient.default_model)


def _model_name(spec: str, base_url: str | None) -> str:
    if not spec:
        return "default"
    name = spec.removeprefix("openai:")
    # A colon is part of many local models' names, and a slip in `openai:` anywhere else.
    is_unknown_provider = ":" in name and name == spec and base_url is None
    if is_unknown_provider or MODEL_NAME.fullmatch(name) is None:
        raise ValueError(f"no such model: {spec[:80]!r}; a model is one of {FORMS}")
    return name


def _openai(
    model: str, base_url: str | None, env: Mapping[str, str], limits: CallLimits
) -> Providers:
    key = env.get("OPENAI_API_KEY")
    if base_url is None and not key:
        raise ValueError(f"OPENAI_API_KEY is not set, and {OPENAI_URL} answers nobody without it")
    secret = usable_key(key)
    provider = Provider("openai", base_url or OPENAI_URL, key=secret, limits=limits)
    client = http_client(provider, env)
    offer = Offer("openai", lambda: client, limits=limits, has_key=secret is not None)
    return Providers({"openai": offer}, "openai", model)


def http_client(
    provider: Provider,
    env: Mapping[str, str],
    tls: "SSLContext | None" = None,
    limits: TransportLimits | None = None,
) -> HttpClient:
    """A client of a provider. Nothing is connected, and no HTTP library loaded, before a call.

    Raises ValueError for a base URL or a proxy that cannot be used.
    """
    base = parse_base_url(provider.base_url)
    proxy = proxy_for(base.origin, env)
    library = transport_name(provider, proxy)
    limits = limits or TransportLimits(
        connect_timeout_ms=provider.connect_timeout_ms,
        idle_timeout_ms=provider.limits.idle_timeout_ms,
    )
    target = _target(base, provider)
    return HttpClient(
        provider,
        target,
        _headers(provider),
        lambda: connect(library, base.origin, limits, proxy, tls),
        limits,
        secrets=(proxy.login[1],) if proxy and proxy.login else (),
    )


def _target(base: BaseUrl, provider: Provider) -> str:
    return base.target(wire(provider.wire).PATH)


def _headers(provider: Provider) -> "Headers":
    headers = [
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "threadhost"),
    ]
    if provider.key is not None:
        headers.append(("Authorization", f"Bearer {provider.key.get_secret_value()}"))
    return headers


def usable_key(given: str | None) -> SecretStr | None:
    """A key without white space around it; None for an empty one. Raises ValueError."""
    key = (given or "").strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("the API key holds characters that an HTTP header cannot carry")
    return SecretStr(key) if key else None
