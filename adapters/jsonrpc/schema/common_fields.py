"""Descriptions of fields that mean the same in all models; the models describe the others."""

from collections.abc import Mapping
from types import MappingProxyType

COMMON: Mapping[str, str] = MappingProxyType(
    {
        "active_permission_profile": (
            "The named profile that the sandbox came from; null if it came from none."
        ),
        "additional_context": (
            "What the model is to know beside the input, by name: said ahead of it, unless that "
            "was said last under that name; no turn shows it; null for none."
        ),
        "agent_nickname": (
            "What the agent is called; null if the thread is no agent, or has no name."
        ),
        "agent_role": "The role that the agent was started with; null if it has none.",
        "approvals_reviewer": (
            "Who is asked for approvals: kept and shown, but here it is always the user."
        ),
        "backwards_cursor": (
            "The `cursor` that leads back from this page, with the other `sortDirection`; null if "
            "it is empty."
        ),
        "client_user_message_id": (
            "The client's own id for the message, which its item shows as `clientId`; null for "
            "none."
        ),
        "completed_at_ms": "When it ended, in milliseconds since 1970; null while it has not.",
        "completed_items": "Rows that have a result.",
        "created_at": "When it was made, in seconds since 1970.",
        "cursor": (
            "Where the page begins: the `nextCursor` of the page before; without it, or null, the "
            "first."
        ),
        "description": "What it is, for people; null if it says nothing.",
        "disabled_plugin_ids": (
            "Plugins that the thread does without: kept and shown, but the host has none."
        ),
        "duration_ms": "How long it took, in milliseconds; null while it is not over.",
        "failed_items": "Rows that were given up.",
        "goal": "The goal as it is now.",
        "icons": "Pictures for it, as the server gives them; null if it gives none.",
        "id": "Its id.",
        "idempotency_key": (
            "This host's own: a key of 1 to 200 characters that the client chose for this "
            "request, or null. Within seven days the same client gets the same answer for the same "
            "key and params, and nothing is done twice; other params are refused."
        ),
        "incomplete": (
            "This host's own: true where the model was cut off in the middle; else absent."
        ),
        "input": "What is said: one part or more.",
        "item_id": "The item, by its id.",
        "items_backwards_cursor": (
            "The `cursor` with which `thread/items/list` begins at the newest item; null if there "
            "is none."
        ),
        "job_id": "The job, by its id: a UUID.",
        "limit": "How many entries the page has at most, 1 to 100; 25 without it, or null.",
        "matter": (
            "The matter of the hold: 1 to 64 letters without accents, digits and any of `_.:+-`; "
            "kept in clear."
        ),
        "meta": "What MCP calls `_meta`: passed on as it is.",
        "mime_type": "Of what form its content is; null if the server does not say.",
        "more": "Whether there are more than are named.",
        "multi_agent_mode": (
            "When a model may start agents by itself: always the default, since here the "
            "configuration says it."
        ),
        "name": "What it is called.",
        "network_access": (
            "Whether commands may use the network: kept and shown, but the host runs none."
        ),
        "next_cursor": "The `cursor` of the page that follows; null where none does.",
        "parent_thread_id": "The thread that this one was started below; null for a root.",
        "pending_items": "Rows that wait.",
        "plugin_id": "Always null: the host has no plugins.",
        "queued_submission": "What waits, as it is now.",
        "queued_submission_id": "What waits in the queue, by its id.",
        "request_id": "The id of the request that it is about.",
        "responsesapi_client_metadata_patch": (
            "Taken and not used: nothing of a client's goes to a provider beside the input."
        ),
        "running_items": "Rows that are worked on.",
        "runtime_workspace_roots": "Folders that belong to the work: here always `cwd` alone.",
        "started_at_ms": "When it began, in milliseconds since 1970; null while that is not known.",
        "thread": "The thread as it is now.",
        "thread_id": "The thread, by its id: a UUID.",
        "title": "What people call it; null if it says nothing.",
        "total_items": "All rows of the job that were read so far.",
        "tree_tokens_used": (
            "This host's own: tokens that threads below used of the goal; null unless these count."
        ),
        "turn_id": "The turn, by its id.",
        "turns_backwards_cursor": (
            "The `cursor` with which `thread/turns/list` begins at the newest turn; null if there "
            "is none."
        ),
        "type": "Which variant of the object this is.",
        "updated_at": "When it last changed, in seconds since 1970.",
    }
)
"""The descriptions by name of field. A text under a field in its model takes precedence."""
