"""What is kept of a client's `initialize`: what the host uses, and nothing else."""

from typing import NamedTuple, Self

from threadhost.adapters.jsonrpc.models.initialize import InitializeParams

NOTIFICATIONS = frozenset(
    {
        *("thread/started", "thread/status/changed", "thread/name/updated", "thread/closed"),
        *("thread/archived", "thread/unarchived", "thread/deleted", "thread/reverted"),
        *("thread/compacted", "thread/settings/updated", "thread/queue/changed"),
        *("thread/tokenUsage/updated", "turn/started", "turn/completed", "item/started"),
        *("item/completed", "item/agentMessage/delta", "serverRequest/resolved"),
        *("item/reasoning/textDelta", "item/reasoning/summaryTextDelta"),
        *("item/reasoning/summaryPartAdded", "thread/search/partial"),
        *("error", "warning", "deprecationNotice"),
    }
)
"""All that a client may opt out of; other names mean nothing here."""


class Who(NamedTuple):
    """A client that has said who it is."""

    name: str
    is_experimental: bool
    opted_out: frozenset[str]

    @classmethod
    def of(cls, params: InitializeParams) -> Self:
        """What is used of all that it said."""
        wanted = params.capabilities
        if wanted is None:
            return cls(params.client_info.name, is_experimental=False, opted_out=frozenset())
        named = NOTIFICATIONS.intersection(wanted.opt_out_notification_methods or ())
        return cls(params.client_info.name, wanted.experimental_api, named)


NOBODY = Who("unknown", is_experimental=False, opted_out=frozenset())
"""Who has said nothing yet."""
