"""Who may knock at a port: who shows the right token, and nobody that a web page sent."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Literal, Protocol

from threadhost.events.named_tuple import NamedTuple

Refusal = tuple[HTTPStatus, str]
"""The status and the text that a request is answered with instead of what it asked for."""


class TokenCheck(Protocol):
    """What a bearer token has to be."""

    @property
    def mode(self) -> Literal["capability-token", "signed-bearer-token"]:
        """Whether there is one token, or any counts that is signed."""

    def __call__(self, token: str) -> str | None:
        """What is wrong with a token, or None."""

    def subject(self, token: str) -> str:
        """Whom a token without fault is of; empty where it does not say."""


WEB_PAGE = HTTPStatus.FORBIDDEN, "requests from web pages are refused\n"
FOREIGN_HOST = HTTPStatus.FORBIDDEN, "only requests to a loopback address are served\n"
NO_HOST = HTTPStatus.FORBIDDEN, "a request names one host\n"

NO_TOKEN = HTTPStatus.UNAUTHORIZED, "missing websocket bearer token"
NO_BEARER = HTTPStatus.UNAUTHORIZED, "invalid authorization header"

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[0-9A-Za-z._-]+))(?::[0-9]{1,5})?")


class Admission(NamedTuple):
    """What one listener asks of a request."""

    hosts: Callable[[Sequence[str]], Refusal | None]
    """What it says of the `Host` headers."""
    token_fault: TokenCheck | None = None
    """What it says of a token; None where none is asked for."""

    def refusal(self, origins: Sequence[str], hosts: Sequence[str]) -> Refusal | None:
        """Why a request with these `Origin` and `Host` headers is refused, or None."""
        return WEB_PAGE if origins else self.hosts(hosts)

    def unauthorized(self, authorizations: Sequence[str]) -> Refusal | None:
        """Why who sent these `Authorization` headers does not become a client, or None."""
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
        """Whom the token is of that was found to be without fault."""
        token = _bearer(authorizations) if self.token_fault and authorizations else None
        return self.token_fault.subject(token) if self.token_fault and token else ""


def any_caller(hosts: Sequence[str]) -> Refusal | None:
    """For a socket file: no name leads to it."""
    return None


def loopback_host(hosts: Sequence[str]) -> Refusal | None:
    """For a loopback port: a page of a site whose name suddenly leads here (DNS rebinding).

    It shows in the host that it asks for, whether it has an origin or not.
    """
    if len(hosts) == 1 and is_loopback_authority(hosts[0]):
        return None
    return FOREIGN_HOST


def one_host(hosts: Sequence[str]) -> Refusal | None:
    """For a port that others reach by names which only they know; no page has its token."""
    return None if len(hosts) == 1 and _HOST.fullmatch(hosts[0]) else NO_HOST


def _bearer(authorizations: Sequence[str]) -> str | None:
    """The token of the one `Bearer TOKEN` header, or None."""
    scheme, _, token = authorizations[0].partition(" ")
    token = token.strip()
    is_well_formed = len(authorizations) == 1 and token.isascii() and bool(token)
    return token if is_well_formed and scheme.lower() == "bearer" else None


def is_loopback_authority(authority: str) -> bool:
    """Whether HOST or HOST:PORT is `localhost` or a loopback address; the port may be any."""
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
