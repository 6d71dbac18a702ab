"""The checks of requests to a listener: the token, the host, and no requests from web pages."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Literal, Protocol

from threadhost.events.named_tuple import NamedTuple

Refusal = tuple[HTTPStatus, str]
"""The HTTP status and the text of the answer to a request that does not become a client."""


class TokenCheck(Protocol):
    """The check of a bearer token."""

    @property
    def mode(self) -> Literal["capability-token", "signed-bearer-token"]:
        """The kind of token: the one known token, or any signed token."""

    def __call__(self, token: str) -> str | None:
        """The fault of a token, or None."""

    def subject(self, token: str) -> str:
        """The subject of a valid token; empty if it names none."""


WEB_PAGE = HTTPStatus.FORBIDDEN, "requests from web pages are refused\n"
FOREIGN_HOST = HTTPStatus.FORBIDDEN, "only requests to a loopback address are served\n"
NO_HOST = HTTPStatus.FORBIDDEN, "a request must name exactly one host\n"

NO_TOKEN = HTTPStatus.UNAUTHORIZED, "missing websocket bearer token"
NO_BEARER = HTTPStatus.UNAUTHORIZED, "invalid authorization header"

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::[0-9]{1,5})?")


class Admission(NamedTuple):
    """The checks that one listener makes of a request."""

    hosts: Callable[[Sequence[str]], Refusal | None]
    """The check of the `Host` headers."""
    token_fault: TokenCheck | None = None
    """The check of a token; None if no token is required."""

    def refusal(self, origins: Sequence[str], hosts: Sequence[str]) -> Refusal | None:
        """The refusal of a request with these `Origin` and `Host` headers, or None."""
        return WEB_PAGE if origins else self.hosts(hosts)

    def unauthorized(self, authorizations: Sequence[str]) -> Refusal | None:
        """The refusal of a request with these `Authorization` headers, or None."""
        if self.token_fault is None:
            return None
        if not authorizations:
            return NO_TOKEN
        token = _bearer(authorizations)
        if token is None:
            return NO_BEARER
        fault = self.token_fault(token)
        return None if fault is None else (HTTPStatus.UNAUTHORIZED, fault)

    def subject(self, authorizations: Sequence[str]) -> str:
        """The subject of the token that was found valid; empty without one."""
        token = _bearer(authorizations) if self.token_fault and authorizations else None
        return self.token_fault.subject(token) if self.token_fault and token else ""


def any_caller(hosts: Sequence[str]) -> Refusal | None:
    """Admit any host: for a socket file, which is reached by no host name."""
    return None


def loopback_host(hosts: Sequence[str]) -> Refusal | None:
    """Admit a loopback host: for a loopback port, against DNS rebinding.

    A web page of a site whose name was changed to this address still asks for that site's host,
    with an `Origin` header or without.
    """
    if len(hosts) == 1 and is_loopback_authority(hosts[0]):
        return None
    return FOREIGN_HOST


def one_host(hosts: Sequence[str]) -> Refusal | None:
    """Admit any one host: for a port with names unknown to the host; no web page has its token."""
    return None if len(hosts) == 1 and _HOST.fullmatch(hosts[0]) else NO_HOST


def _bearer(authorizations: Sequence[str]) -> str | None:
    """The token of the single `Bearer TOKEN` header, or None."""
    scheme, _, token = authorizations[0].partition(" ")
    token = token.strip()
    is_well_formed = len(authorizations) == 1 and token.isascii() and bool(token)
    return token if is_well_formed and scheme.lower() == "bearer" else None


def is_loopback_authority(authority: str) -> bool:
    """Whether HOST or HOST:PORT is `localhost` or a loopback address, with any port."""
    match = _HOST.fullmatch(authority)
    if match is None:
        return False
    text = match["v6"] or match["name"]
    if text.lower() == "localhost":
        return match["v6"] is None
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 6) == (match["v6"] is not None)  # noqa: PLR2004
