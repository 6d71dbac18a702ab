"""Descriptions of fields that mean the same in all models; the models describe the others."""

from collections.abc import Mapping
from types import MappingProxyType

COMMON: Mapping[str, str] = MappingProxyType(
    {
        "active_permission_profile": (
            "The named profile that the sandbox came from; null if it came from none."
        ),
        "additional_context": (
            "Fragments of context for the model, by name. The host puts each ahead of the input,"
            " unless it is the same as the last one of that name; no turn shows them; null for"
            " none."
        ),
        "agent_nickname": (
            "The nickname of the agent; null if the thread is no agent, or has no nickname."
        ),
        "agent_role": "The role of the agent; null if it has none.",
        "approvals_reviewer": (
            "The reviewer of approvals: stored and shown, but this host always asks the user."
        ),
        "backwards_cursor": (
            "The `cursor` for the entries before this page, with the other `sortDirection`; null"
            " if the page is empty."
        ),
        "client_user_message_id": (
            "The client's own id of the message, which its item has as `clientId`; null for none."
        ),
        "completed_at_ms": "The time of its end, in milliseconds since 1970; null before.",
        "completed_items": "The number of rows that have a result.",
        "created_at": "The time of its creation, in seconds since 1970.",
        "cursor": (
            "The start of the page: the `nextCursor` of the page before; absent or null for the"
            " first page."
        ),
        "description": "A description for people; null if it has none.",
        "disabled_plugin_ids": (
            "The plugins that are disabled for the thread: stored and shown, but the host has none."
        ),
        "duration_ms": "Its duration in milliseconds; null before its end.",
        "failed_items": "The number of rows that failed.",
        "goal": "The current state of the goal.",
        "icons": "Its icons, as the server gives them; null if it gives none.",
        "id": "Its id.",
        "idempotency_key": (
            "Extension of this host: a key of 1 to 200 characters that the client chose for this"
            " request, or null. A request of the same client with the same key and params within"
            " seven days gets the same answer and has no second effect; other params are refused."
        ),
        "incomplete": (
            "Extension of this host: true if the model's output broke off in this item; else"
            " absent."
        ),
        "input": "The input: one part or more.",
        "item_id": "The id of the item.",
        "items_backwards_cursor": (
            "The `cursor` for `thread/items/list` to begin at the newest item; null if there is"
            " none."
        ),
        "job_id": "The id of the job, a UUID.",
        "limit": "The largest number of entries of the page, 1 to 100; 25 if absent or null.",
        "matter": (
            "The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`;"
            " not encrypted in the log."
        ),
        "meta": "The `_meta` of MCP, passed on unchanged.",
        "mime_type": "The MIME type of its content; null if the server does not say.",
        "more": "Whether there are more entries than this answer has.",
        "multi_agent_mode": (
            "When a model may start agents by itself: always the default, as the configuration"
            " decides that here."
        ),
        "name": "Its name.",
        "network_access": (
            "Whether commands may use the network: stored and shown, but the host runs no commands."
        ),
        "next_cursor": "The `cursor` of the next page; null if there is none.",
        "parent_thread_id": "The parent of the thread; null for a root.",
        "pending_items": "The number of rows that wait.",
        "plugin_id": "Always null: the host has no plugins.",
        "queued_submission": "The queued submission, in its current state.",
        "queued_submission_id": "The id of the queued submission.",
        "request_id": "The id of the request that this refers to.",
        "responsesapi_client_metadata_patch": (
            "Ignored: the host sends no client metadata to providers."
        ),
        "running_items": "The number of rows that are running.",
        "runtime_workspace_roots": "The folders of the thread: on this host always `cwd` alone.",
        "started_at_ms": "The time of its start, in milliseconds since 1970; null while that is"
        " not known.",
        "thread": "The thread, in its current state.",
        "thread_id": "The id of the thread, a UUID.",
        "title": "Its title for people; null if it has none.",
        "total_items": "The number of rows of the job that were read so far.",
        "tree_tokens_used": (
            "Extension of this host: the tokens that threads below used for the goal; null unless"
            " these count."
        ),
        "turn_id": "The id of the turn.",
        "turns_backwards_cursor": (
            "The `cursor` for `thread/turns/list` to begin at the newest turn; null if there is"
            " none."
        ),
        "type": "The variant of the object.",
        "updated_at": "The time of its last change, in seconds since 1970.",
    }
)
"""The descriptions by name of field. A text under a field in its model takes precedence."""
