"""The HTTP libraries that can carry a provider's calls, and the choice among them."""

from collections.abc import Mapping
from importlib.util import find_spec
from ssl import SSLContext

from threadhost.adapters.models.http_origin import HttpOrigin, Proxy
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.provider import Provider, TransportName
from threadhost.adapters.models.transport import Transport

EXTRA = "httpx"
NEEDS: Mapping[TransportName, tuple[str, ...]] = {
    "httptools": (),
    "httpx": ("httpx", "h2", "socksio"),
}
"""The packages to install in addition to threadhost."""


def transport_name(provider: Provider, proxy: Proxy | None) -> TransportName:
    """The library that carries a provider's calls.

    Raises ValueError if it is not installed, or lacks a required feature.
    """
    needs_more = "" if proxy is None or proxy.is_plain else _why_httpx(proxy)
    if needs_more and provider.transport == "httptools":
        raise ValueError(f'the proxy {proxy} needs `transport = "httpx"`: {needs_more}')
    name = provider.transport or ("httpx" if needs_more else "httptools")
    missing = [module for module in NEEDS[name] if find_spec(module) is None]
    if missing:
        from threadhost.adapters.models.extras import to_install

        subject = f"the proxy {proxy} ({needs_more})" if needs_more else f'`transport = "{name}"`'
        absent = ", ".join(missing)
        raise ValueError(f"{subject} needs {absent}, not installed here; {to_install(EXTRA)}")
    return name


def make_transport(
    name: TransportName,
    origin: HttpOrigin,
    limits: TransportLimits,
    proxy: Proxy | None,
    tls: SSLContext | None,
) -> Transport:
    """A transport to an origin; imports its library, and connects only for a call."""
    if name == "httpx":
        from threadhost.adapters.models.httpx_transport import HttpxTransport

        return HttpxTransport(origin, limits, proxy, tls)
    from threadhost.adapters.models.http1_transport import Http1Transport

    return Http1Transport(origin, limits, proxy.origin if proxy else None, tls)


def _why_httpx(proxy: Proxy) -> str:
    return "it asks for a login" if proxy.login else "it is not a plain http:// proxy"
