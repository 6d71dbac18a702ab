"""The address of a model endpoint or a tool server, and the proxy on the way to it."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from pydantic import SecretStr

from threadhost.events.named_tuple import NamedTuple

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class HttpOrigin(NamedTuple):
    """Scheme, host and port of a server."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port in the form of a `Host` header and a CONNECT request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def host_port(self) -> str:
        """Host and port, always with the port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """The origin as a URL without a path."""
        return f"{self.scheme}://{self.authority}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


class BaseUrl(NamedTuple):
    """A provider's base URL, taken apart."""

    origin: HttpOrigin
    path: str
    query: str

    def target(self, resource: str) -> str:
        """The request target of a resource below the base."""
        return f"{self.path}/{resource}" + (f"?{self.query}" if self.query else "")

    def with_query(self, parameters: Mapping[str, str]) -> "BaseUrl":
        """The same with further parameters in its query."""
        return self._replace(query="&".join(filter(None, (self.query, urlencode(parameters)))))


def parse_base_url(url: str) -> BaseUrl:
    """Parse a base URL; raises ValueError, which never repeats the URL and its secrets."""
    split = _split(url, "model URL", ("http", "https"))
    if split.username is not None or split.password is not None:
        key_place = "OPENAI_API_KEY, or `env_key` in a configuration file"
        raise ValueError(
            f"model URL must not hold a user or a password: its key goes into {key_place}"
        )
    return BaseUrl(_origin(split), split.path.rstrip("/"), split.query)


class Proxy(NamedTuple):
    """A proxy; its login is sent to it alone."""

    scheme: str
    host: str
    port: int
    login: tuple[str, SecretStr] | None = None
    """User and password."""

    @property
    def is_plain(self) -> bool:
        """Whether it is an HTTP proxy without a login."""
        return self.scheme == "http" and self.login is None

    @property
    def origin(self) -> HttpOrigin:
        """The address of the proxy."""
        return HttpOrigin(self.scheme, self.host, self.port)

    def __str__(self) -> str:
        """The proxy as a URL, without a login."""
        return str(self.origin)


def shown_url(url: str) -> str | None:
    """A base URL that is safe to show: without its query; None for an invalid one."""
    try:
        base = parse_base_url(url)
    except ValueError:
        return None
    return f"{base.origin}{base.path}"


def is_direct(origin: HttpOrigin, env: Mapping[str, str]) -> bool:
    """Whether an origin is reached without a proxy: it is this machine, or NO_PROXY covers it."""
    names = [name.strip().lower().lstrip(".") for name in _lookup(env, "no_proxy").split(",")]
    return origin.is_loopback or any(name and _covers(name, origin.host) for name in names)


def proxy_for(origin: HttpOrigin, env: Mapping[str, str]) -> Proxy | None:
    """The proxy that the environment names for an origin; loopback is always reached directly.

    Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in lower case first. Raises ValueError,
    which never repeats the URL and its secrets, for what is no URL of a proxy.
    """
    if is_direct(origin, env):
        return None
    url = _lookup(env, f"{origin.scheme}_proxy") or _lookup(env, "all_proxy")
    if not url:
        return None
    return parse_proxy(url)


def parse_proxy(url: str) -> Proxy:
    """Parse the URL of a proxy; raises ValueError, which never repeats it."""
    split = _split(url if "://" in url else f"http://{url}", "proxy", PROXY_SCHEMES)
    port = split.port or DEFAULT_PORTS[split.scheme]
    login = None
    if split.username is not None:
        login = (unquote(split.username), SecretStr(unquote(split.password or "")))
    return Proxy(split.scheme, split.hostname or "", port, login)


def _split(url: str, noun: str, schemes: tuple[str, ...]) -> SplitResult:
    forms = " or ".join(f"{scheme}://HOST[:PORT]" for scheme in schemes)
    wrong = ValueError(f"{noun} must be of the form {forms}")
    try:
        split = urlsplit(url.strip())
        fits = split.scheme in schemes and bool(split.hostname) and split.port != 0
    except ValueError:
        raise wrong from None
    printable = url.strip().isascii() and url.strip().isprintable() and " " not in url.strip()
    if not fits or not printable:
        raise wrong
    return split


def _origin(split: SplitResult) -> HttpOrigin:
    return HttpOrigin(split.scheme, split.hostname or "", split.port or DEFAULT_PORTS[split.scheme])


def _lookup(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper()) or ""


def _covers(name: str, host: str) -> bool:
    """Whether an entry of NO_PROXY, a name, address or net as `10.0.0.0/8`, covers a host."""
    try:
        return ip_address(host) in ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return name in ("*", host) or host.endswith("." + name)
