"""The headers of requests to a provider: the host's own, and configured ones."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

    from threadhost.actors.models import ModelRequest
    from threadhost.adapters.models.provider import Provider
    from threadhost.adapters.models.transport import Headers

AUTHORIZATION = "authorization"
OURS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",
    "User-Agent": "threadhost",
}
RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that frame a message: nobody may configure them."""
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
VALUE = re.compile(r"[\t\x20-\x7e]*")
VALUE_CHARS_MAX = 16 * 1024


def name_fault(name: str) -> str | None:
    """The fault in the name of a configured header; None if it is valid."""
    if NAME.fullmatch(name) is None:
        return "is not a valid header name"
    if name.lower() in RESERVED:
        return "is a header that this host sets itself"
    return None


def value_fault(value: str) -> str | None:
    """The fault in the value of a header, in words that do not repeat it; None if it is valid."""
    if VALUE.fullmatch(value) is None:
        return "holds a character that a header cannot carry, such as a line break"
    if len(value) > VALUE_CHARS_MAX:
        return f"is longer than {VALUE_CHARS_MAX} characters"
    return None


def headers_of(provider: "Provider") -> "Headers":
    """All headers of a request except the key; configured ones override the host's."""
    provider_names = {name.lower() for name in provider.headers}
    ours = [(name, value) for name, value in OURS.items() if name.lower() not in provider_names]
    return [*ours, *provider.headers.items()]


def of_agent(request: "ModelRequest") -> "Headers":
    """Headers that identify an agent's call to a provider, under the reference's names."""
    agent_of = request.agent_of
    if agent_of is None:
        return []
    return [
        ("thread-id", request.thread_id),
        ("session-id", agent_of.session_id),
        ("x-codex-parent-thread-id", agent_of.parent_id),
        ("x-openai-subagent", "collab_spawn"),
    ]


def with_key(headers: "Headers", key: "SecretStr | None") -> "Headers":
    """The headers of one request."""
    if key is None:
        return headers
    return [*headers, ("Authorization", f"Bearer {key.get_secret_value()}")]
