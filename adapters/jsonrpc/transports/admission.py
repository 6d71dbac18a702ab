"""Who may knock at a port: nobody that a web page sent, whatever name it calls the port by."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import ip_address

WEB_PAGE = HTTPStatus.FORBIDDEN, "requests from web pages are refused\n"
FOREIGN_HOST = HTTPStatus.FORBIDDEN, "only requests to a loopback address are served\n"

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[0-9A-Za-z.-]+))(?::[0-9]{1,5})?")


def refusal(
    origins: Sequence[str], hosts: Sequence[str], *, by_name: bool
) -> tuple[HTTPStatus, str] | None:
    """Why a request with these `Origin` and `Host` headers is refused, or None.

    `by_name`: the address is one that a name could lead to. A page of a site whose name suddenly
    leads to this machine (DNS rebinding) shows in the host it asks for, origin or not.
    """
    if origins:
        return WEB_PAGE
    if by_name and (len(hosts) != 1 or not is_loopback_authority(hosts[0])):
        return FOREIGN_HOST
    return None


def is_loopback_authority(authority: str) -> bool:
    """Whether HOST or HOST:PORT is `localhost` or a loopback address; the port may be any."""
    found = _HOST.fullmatch(authority)
    if found is None:
        return False
    text = found["v6"] or found["name"]
    if text.lower() == "localhost":
        return found["v6"] is None
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_loopback and (address.version == 6) == (found["v6"] is not None)  # noqa: PLR2004
