"""`thread/queue/*`: the queued turns of a thread."""

from threadhost.adapters.jsonrpc.field_limits import ID, IDS, declare
from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, IdempotencyKey
from threadhost.adapters.jsonrpc.models.user_input import UserInput

declare(queued_submission_id=ID, queued_submission_ids=IDS)


class QueuedSubmission(Wire):
    """The input of a queued turn, and the id that the turn will have."""

    id: str
    """The submission, and the turn that it will be, by their id."""
    input: list[UserInput]
    client_user_message_id: str
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name that the client gave; null for none."""


class ThreadQueueAddParams(Params):
    """The turn to queue; `idempotency_key` is an extension of this host."""

    thread_id: str
    """The id of the thread whose queue the turn joins; a stored thread is loaded."""
    client_user_message_id: str
    input: list[UserInput]
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name, stored and shown with the submission; null for none."""
    idempotency_key: IdempotencyKey | None = None


class ThreadQueueAddResponse(Result):
    """It waits, or has begun already."""

    queued_submission: QueuedSubmission


class ThreadQueueListParams(Params):
    """The thread, and which page of its queue."""

    thread_id: str
    cursor: str | None = None
    limit: U32 | None = None


class ThreadQueueListResponse(Result):
    """One page of the queue, the next turn first."""

    data: list[QueuedSubmission]
    """The queued submissions, the next one first."""
    next_cursor: str | None = None


class ThreadQueueUpdateParams(Params):
    """The new input; absent or empty metadata stays unchanged."""

    thread_id: str
    queued_submission_id: str
    input: list[UserInput]
    """The new input: one part or more."""
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name, in place of the stored ones; null or an empty map leaves these unchanged."""


class ThreadQueueUpdateResponse(Result):
    """The submission that is now in the same place."""

    queued_submission: QueuedSubmission


class ThreadQueueDeleteParams(Params):
    """The queued turn to remove."""

    thread_id: str
    queued_submission_id: str


class ThreadQueueDeleteResponse(Result):
    """Whether the turn was still queued."""

    deleted: bool
    """Whether the turn was still queued."""


class ThreadQueueReorderParams(Params):
    """All that waits, the next one first."""

    thread_id: str
    queued_submission_ids: list[str]
    """The ids of all queued submissions, each once, the next one first."""


class ThreadQueueReorderResponse(Empty):
    """The queue has this order."""
