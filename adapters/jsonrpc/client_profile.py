"""What is kept of a client's `initialize`: what the host uses, and nothing else."""

from hashlib import sha256
from typing import Final, Self

from threadhost.adapters.jsonrpc.models.initialize import InitializeParams
from threadhost.events.named_tuple import NamedTuple

NOTIFICATIONS = frozenset(
    {
        *("thread/started", "thread/status/changed", "thread/name/updated", "thread/closed"),
        *("thread/archived", "thread/unarchived", "thread/deleted", "thread/reverted"),
        *("thread/compacted", "thread/settings/updated", "thread/queue/changed"),
        *("thread/goal/updated", "thread/goal/cleared"),
        *("thread/tokenUsage/updated", "turn/started", "turn/completed", "item/started"),
        *("item/completed", "item/agentMessage/delta", "serverRequest/resolved"),
        *("item/reasoning/textDelta", "item/reasoning/summaryTextDelta"),
        *("item/reasoning/summaryPartAdded", "thread/search/partial"),
        *("item/mcpToolCall/progress", "mcpServer/startupStatus/updated"),
        *("job/created", "job/progress", "job/item/failed", "job/completed", "job/exported"),
        *(
            "job/export/failed",
            "job/deleted",
            "host/import/progress",
            "host/views/rebuildProgress",
            "error",
            "warning",
            "deprecationNotice",
        ),
    }
)
"""All that a client may opt out of; other names mean nothing here."""


NAME_CHARS_MAX: Final = 64
DIGEST: Final = "sha256:"
"""What a name begins with of which a digest is kept."""
DIGEST_CHARS: Final = 32


def kept_name(name: str) -> str:
    """What is kept of a client's name: the log has it beside every change, and never erases it.

    The name itself, if it is short and printable; else a digest, which no other name has.
    """
    if len(name) <= NAME_CHARS_MAX and name.isprintable() and not name.startswith(DIGEST):
        return name
    return DIGEST + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_CHARS]


def fingerprint(id: str | int) -> str:
    """A request's id for the record: of a text, which could say anything, a digest."""
    return str(id) if isinstance(id, int) else sha256(id.encode()).hexdigest()[:16]


class ClientProfile(NamedTuple):
    """A client that has said who it is, by the name that is kept of it."""

    name: str
    is_experimental: bool
    opted_out: frozenset[str]

    @classmethod
    def of(cls, params: InitializeParams) -> Self:
        """What is used of all that it said."""
        capabilities, name = params.capabilities, kept_name(params.client_info.name)
        if capabilities is None:
            return cls(name, is_experimental=False, opted_out=frozenset())
        opted_out = NOTIFICATIONS.intersection(capabilities.opt_out_notification_methods or ())
        return cls(name, capabilities.experimental_api, opted_out)


UNKNOWN_CLIENT = ClientProfile("unknown", is_experimental=False, opted_out=frozenset())
"""Who has said nothing yet."""
