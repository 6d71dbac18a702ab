"""`thread/queue/*`: the queued turns of a thread."""

from threadhost.adapters.jsonrpc.field_limits import ID, IDS, declare
from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, IdempotencyKey
from threadhost.adapters.jsonrpc.models.user_input import UserInput

declare(queued_submission_id=ID, queued_submission_ids=IDS)


class QueuedSubmission(Wire):
    """What a turn will begin with, and the id of that turn to be."""

    id: str
    """The submission, and the turn that it will be, by their id."""
    input: list[UserInput]
    client_user_message_id: str
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name that the client gave along; null for none."""


class ThreadQueueAddParams(Params):
    """What to queue; `idempotency_key` is this host's own."""

    thread_id: str
    """The thread whose queue it joins, by its id; a stored one is taken up."""
    client_user_message_id: str
    input: list[UserInput]
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name, kept with what waits and shown with it; null for none."""
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
    """One page of what waits, the next one first."""

    data: list[QueuedSubmission]
    """What waits, the next one first."""
    next_cursor: str | None = None


class ThreadQueueUpdateParams(Params):
    """What shall be said instead; metadata that is absent or empty stays as it is."""

    thread_id: str
    queued_submission_id: str
    input: list[UserInput]
    """What is said instead: one part or more."""
    responsesapi_client_metadata: dict[str, str] | None = None
    """Texts by name, in place of those kept; null or none of them leaves these."""


class ThreadQueueUpdateResponse(Result):
    """What waits now in the same place."""

    queued_submission: QueuedSubmission


class ThreadQueueDeleteParams(Params):
    """What shall not be begun."""

    thread_id: str
    queued_submission_id: str


class ThreadQueueDeleteResponse(Result):
    """Whether it still waited."""

    deleted: bool
    """Whether it still waited."""


class ThreadQueueReorderParams(Params):
    """All that waits, the next one first."""

    thread_id: str
    queued_submission_ids: list[str]
    """The ids of all that waits, each once, the next one first."""


class ThreadQueueReorderResponse(Empty):
    """The queue has this order."""
