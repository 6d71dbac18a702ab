"""Selects a host's models: from the command line, the environment and a configuration file."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from threadhost.actors.models import CallLimits
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.models.provider import (
    ECHO,
    OPENAI,
    OPENAI_KEY,
    OPENAI_URL,
    OWN_WIRES,
    KnownModel,
    Provider,
    usable_key,
)
from threadhost.adapters.models.providers import (
    ANY_MODEL,
    Offer,
    ProviderClient,
    Providers,
    not_found,
)
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

if TYPE_CHECKING:
    from ssl import SSLContext

    from threadhost.adapters.models.http_client import HttpClient
    from threadhost.adapters.models.http_origin import BaseUrl
    from threadhost.adapters.models.limits import TransportLimits

FORMS = "`echo`, `echo:REPLY`, `PROVIDER:MODEL` or `MODEL`"
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}"
BACKSTOP_MS = 86_400_000
"""The transport's time-outs: the host itself watches calls, perhaps with long limits."""


class Choice(NamedTuple):
    """The default provider and model of threads; `reply` is the fixed text of an echo."""

    provider: str
    model: str | None = None
    reply: str | None = None


def model_client(
    spec: str | None,
    url: str | None,
    env: Mapping[str, str],
    limits: CallLimits | None = None,
    configuration: Configuration = NO_CONFIGURATION,
) -> Providers:
    """The providers, and the default among them; echo if nothing is configured.

    A model spec and an endpoint's URL override the environment, which adds OPENAI_BASE_URL,
    OPENAI_API_KEY and the usual proxy variables; the environment overrides the file. Raises
    ValueError for what cannot be used.
    """
    spec, limits = (spec or "").strip(), limits or CallLimits()
    base_url = url or env.get("OPENAI_BASE_URL") or None
    choice = _choice(spec, url, base_url, configuration)
    providers = _providers(base_url, env, configuration, limits, choice.provider)
    if choice.provider in providers:
        chosen = providers[choice.provider]
        providers[choice.provider] = chosen = chosen._replace(base_url=url or chosen.base_url)
        _require_way(chosen, env)
    offers = {name: _offer(provider, env) for name, provider in providers.items()}
    offers[ECHO] = _echo(choice.reply, limits)
    if choice.provider not in offers:
        by_file = not (spec or url) and choice.provider == configuration.model_provider
        prefix = f"{configuration.file}: `model_provider`: " if by_file else ""
        raise ValueError(prefix + _missing(choice.provider, offers))
    default = offers.pop(choice.provider)
    default.default_model = choice.model or default.default_model
    ordered = {choice.provider: default, **offers}
    return Providers(ordered, choice.provider, default.default_model, configuration.window)


def _choice(
    spec: str, url: str | None, base_url: str | None, configuration: Configuration
) -> Choice:
    """The choice; `base_url` is the address of OpenAI's API, if it is not the public one."""
    if spec.partition(":")[0] == ECHO:
        return Choice(ECHO, reply=spec.partition(":")[2] or None)
    model, provider = configuration.model, configuration.model_provider
    if spec:
        return _of_spec(spec, OPENAI if url else provider or OPENAI, base_url, configuration)
    if url:
        return Choice(OPENAI, ANY_MODEL)
    if provider is not None:
        return Choice(provider, model and _name(model.removeprefix(f"{provider}:"), model))
    if model is not None:
        return _of_spec(model, OPENAI, base_url, configuration)
    return Choice(OPENAI, ANY_MODEL) if base_url else Choice(ECHO)


def _of_spec(
    spec: str, provider: str, base_url: str | None, configuration: Configuration
) -> Choice:
    """The choice of PROVIDER:MODEL, PROVIDER, or a MODEL of the given provider."""
    prefix, colon, model = spec.partition(":")
    if colon and (prefix == OPENAI or prefix in configuration.providers):
        return Choice(prefix, _name(model, spec))
    if spec in configuration.providers and spec != OPENAI:
        return Choice(spec)
    # Many local models have a colon in their names; elsewhere it is a typo in `openai:`.
    is_elsewhere = base_url or configuration.openai_base_url or OPENAI in configuration.providers
    if colon and provider == OPENAI and not is_elsewhere:
        raise _no_such_provider(spec, prefix, configuration)
    return Choice(provider, _name(spec, spec))


def _name(name: str, spec: str) -> str:
    if re.fullmatch(MODEL_NAME, name) is None:
        raise _no_such_model(spec)
    return name


def _no_such_model(spec: str) -> ValueError:
    return ValueError(f"no such model: {truncate(spec, 80)!r}; a model is one of {FORMS}")


def _no_such_provider(spec: str, name: str, configuration: Configuration) -> ValueError:
    names = ", ".join(
        f"`{provider}`" for provider in dict.fromkeys((OPENAI, *configuration.providers))
    )
    configured = f"no provider {truncate(name, 80)!r} is configured, only {names}"
    return ValueError(
        f"no such model: {truncate(spec, 80)!r}: {configured}; a model is one of {FORMS}"
    )


def _missing(name: str, offers: Mapping[str, Offer]) -> str:
    if name == OPENAI:
        lacks = f"{OPENAI_KEY} is not set, and {OPENAI_URL} requires it"
        return f"{lacks}; set it, or give --model-url"
    return not_found(name, offers)


def _providers(
    base_url: str | None,
    env: Mapping[str, str],
    configuration: Configuration,
    limits: CallLimits,
    chosen: str,
) -> dict[str, Provider]:
    """The file's providers, and OpenAI's API if it has a key or another address."""
    providers = dict(configuration.providers)
    if OPENAI in providers:
        providers[OPENAI] = providers[OPENAI]._replace(
            base_url=base_url or providers[OPENAI].base_url
        )
        return providers
    try:
        key = usable_key(env.get(OPENAI_KEY))
    except ValueError as error:
        if chosen != OPENAI:
            return providers
        raise ValueError(f"{OPENAI_KEY}: {error}") from None
    base_url = base_url or configuration.openai_base_url
    if key is not None or base_url is not None:
        url = base_url or OPENAI_URL
        providers[OPENAI] = Provider(OPENAI, url, title="OpenAI", key=key, limits=limits)
    return providers


def _echo(reply: str | None, limits: CallLimits) -> Offer:
    models = {EchoClient.default_model: KnownModel()}
    echo = Provider(ECHO, "", limits=limits, models=models)
    return Offer(echo, lambda: EchoClient(reply), EchoClient.default_model)


def _require_way(provider: Provider, env: Mapping[str, str]) -> None:
    """Raise ValueError for an unusable base URL or proxy, or one without its library."""
    if provider.wire in OWN_WIRES:
        from threadhost.adapters.models.http_origin import parse_base_url, proxy_for
        from threadhost.adapters.models.transports import transport_name

        proxy = proxy_for(parse_base_url(provider.base_url).origin, env)
        transport_name(provider, proxy)
    else:
        from threadhost.adapters.models.library_wires import require_library

        require_library(provider)


def _offer(provider: Provider, env: Mapping[str, str]) -> Offer:
    return Offer(provider, lambda: connect(provider, env))


def connect(provider: Provider, env: Mapping[str, str]) -> ProviderClient:
    """A client of a provider; raises ValueError for one that this host cannot call."""
    if provider.wire in OWN_WIRES:
        return http_client(provider, env)
    from threadhost.adapters.models.library_client import LibraryClient
    from threadhost.adapters.models.library_wires import require_library

    require_library(provider)
    return LibraryClient(provider)


def http_client(
    provider: Provider,
    env: Mapping[str, str],
    tls: "SSLContext | None" = None,
    limits: "TransportLimits | None" = None,
) -> "HttpClient":
    """A client of a provider. It connects, and loads an HTTP library, only for a call.

    Raises ValueError for an unusable base URL or proxy.
    """
    from threadhost.adapters.models.headers import headers_of
    from threadhost.adapters.models.http_client import HttpClient
    from threadhost.adapters.models.http_origin import parse_base_url, proxy_for
    from threadhost.adapters.models.limits import TransportLimits
    from threadhost.adapters.models.transports import make_transport, transport_name

    base = parse_base_url(provider.base_url)
    proxy = proxy_for(base.origin, env)
    library = transport_name(provider, proxy)
    limits = limits or TransportLimits(
        connect_timeout_ms=provider.connect_timeout_ms, idle_timeout_ms=BACKSTOP_MS
    )
    target = _target(base, provider)
    return HttpClient(
        provider,
        target,
        headers_of(provider),
        lambda: make_transport(library, base.origin, limits, proxy, tls),
        limits,
        secrets=(proxy.login[1],) if proxy and proxy.login else (),
    )


def _target(base: "BaseUrl", provider: Provider) -> str:
    from threadhost.adapters.models.wires import wire

    return base.with_query(provider.query).target(wire(provider.wire).PATH)
