"""What the host keeps of a client's `initialize`: only what it uses."""

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
"""The notifications that a client may opt out of; other names are ignored."""


NAME_CHARS_MAX: Final = 64
DIGEST: Final = "sha256:"
"""The prefix of a digest that is kept in place of a name."""
DIGEST_CHARS: Final = 32


def kept_name(name: str) -> str:
    """The form of a client's name for the log, which has it with every change and never erases it.

    A name of at most NAME_CHARS_MAX printable characters is kept as it is, unless it looks like a
    digest; any other as a digest.
    """
    if len(name) <= NAME_CHARS_MAX and name.isprintable() and not name.startswith(DIGEST):
        return name
    return DIGEST + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_CHARS]


def fingerprint(id: str | int) -> str:
    """A request's id for the log: an integer as it is; a text, which may say anything, hashed."""
    return str(id) if isinstance(id, int) else sha256(id.encode()).hexdigest()[:16]


class ClientProfile(NamedTuple):
    """An initialized client; `name` is the form for the log."""

    name: str
    is_experimental: bool
    opted_out: frozenset[str]

    @classmethod
    def of(cls, params: InitializeParams) -> Self:
        """The profile that these params give."""
        capabilities, name = params.capabilities, kept_name(params.client_info.name)
        if capabilities is None:
            return cls(name, is_experimental=False, opted_out=frozenset())
        opted_out = NOTIFICATIONS.intersection(capabilities.opt_out_notification_methods or ())
        return cls(name, capabilities.experimental_api, opted_out)


UNKNOWN_CLIENT = ClientProfile("unknown", is_experimental=False, opted_out=frozenset())
"""The profile of a client that is not initialized."""
