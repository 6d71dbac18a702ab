"""`thread/queue/*`: queued turns, which begin by themselves, one after the other."""

from collections.abc import Sequence
from functools import partial

from pydantic import ValidationError

from threadhost.actors.errors import SubmissionNotFound
from threadhost.actors.queue import AddSubmission, ChangeSubmission, RemoveSubmission, ReorderQueue
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.cursor import invalid
from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import (
    LIMIT_DEFAULT,
    canonical,
    idempotency,
    page_limit,
    plain,
    thread_reading,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.following import carry_out
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_damages
from threadhost.adapters.jsonrpc.models.queue import (
    QueuedSubmission,
    ThreadQueueAddParams,
    ThreadQueueAddResponse,
    ThreadQueueDeleteParams,
    ThreadQueueDeleteResponse,
    ThreadQueueListParams,
    ThreadQueueListResponse,
    ThreadQueueReorderParams,
    ThreadQueueReorderResponse,
    ThreadQueueUpdateParams,
    ThreadQueueUpdateResponse,
)
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadQueueChangedNotification
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.base import Damaged, Recorded
from threadhost.events.damage import Damage, DamageReport
from threadhost.events.ids import thread_stream
from threadhost.events.queue import (
    QUEUE_CHANGES,
    SubmissionAdded,
    SubmissionChanged,
    SubmissionTaken,
)
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.log import Log
from threadhost.projections.queue import QueueRow, queue_page, queue_row

RANK_DIGITS_MAX = 18
SAID = (SubmissionAdded, SubmissionChanged)


@handles(*QUEUE_CHANGES)
def _changed(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadQueueChangedNotification(thread_id=thread_id), False


@method(
    "thread/queue/add",
    ThreadQueueAddParams,
    scope=thread_scope,
    experimental=True,
    holds=frozenset({SubmissionTaken.kind}),
    echoes=True,
)
async def add(params: ThreadQueueAddParams, call: Call) -> ThreadQueueAddResponse:
    """Queue a turn behind the waiting ones; it starts by itself, at once on an idle thread."""
    command = AddSubmission(
        submission_id=call.app.ids.new(),
        turn_id=call.app.ids.new(),
        item_id=call.app.ids.new(),
        client_id=params.client_user_message_id,
        content=[*map(plain, params.input)],
        metadata=params.responsesapi_client_metadata or None,
    )
    key = await idempotency(params, call)
    thread_id = canonical(params.thread_id)
    appended = await carry_out(thread_id, command, call, key)
    added = next((shown for fact in appended.recorded if (shown := _shown(fact))), None)
    if added is None:
        raise appended.unreadable
    return ThreadQueueAddResponse(queued_submission=added)


@method(
    "thread/queue/list",
    ThreadQueueListParams,
    scope=thread_reading,
    experimental=True,
    reads=True,
    large=SMALLER_PAGES,
)
async def list_queue(params: ThreadQueueListParams, call: Call) -> ThreadQueueListResponse:
    """List one page of the queue of a thread, loaded or stored; the next turn comes first."""
    thread_id = canonical(params.thread_id)
    await call.app.reading.known(thread_id)
    log = call.app.logs.of(thread_id)
    limit = page_limit(params.limit)
    rows = await queue_page(log.reads, thread_id, _rank(params.cursor), limit + 1)
    read = partial(_read, rows[:limit], log, call.app.settings.limits.page_bytes_max)
    is_much = len(rows) > LIMIT_DEFAULT or await log.reads.has_blobs(thread_stream(thread_id))
    apart = partial(log.reads.apart, read)
    page, submissions, damages = await (call.app.off_loop.awaited(apart) if is_much else read())
    warn_of_damages(damages, call, thread_id)
    next_cursor = str(page[-1].rank) if len(rows) > len(page) else None
    return ThreadQueueListResponse(data=submissions, next_cursor=next_cursor)


async def _read(
    rows: Sequence[QueueRow], log: Log, room: int
) -> tuple[list[QueueRow], list[QueuedSubmission], DamageReport]:
    """The first rows that fit, at least one, with their submissions and their damages."""
    page: list[QueueRow] = []
    submissions: list[QueuedSubmission] = []
    damages = DamageReport()
    for row in rows:
        facts = damages.noted(await log.read_at([row.position]))
        listed = [submission for fact in facts if (submission := _listed(fact, damages))]
        room -= sum(len(submission.encode_in_steps()) for submission in listed)
        if room < 0 and page:
            break
        page.append(row)
        submissions += listed
    return page, submissions, damages


@method(
    "thread/queue/update",
    ThreadQueueUpdateParams,
    scope=thread_scope,
    experimental=True,
    echoes=True,
)
async def update(params: ThreadQueueUpdateParams, call: Call) -> ThreadQueueUpdateResponse:
    """Replace the input of a queued turn; its place in the queue stays."""
    thread_id = canonical(params.thread_id)
    await call.app.reading.known(thread_id)
    log = call.app.logs.of(thread_id)
    row = await queue_row(log.reads, thread_id, params.queued_submission_id)
    facts = await log.read_at([row.position]) if row else []
    before = facts[0].event if facts else None
    if row and isinstance(before, Damaged):
        raise CorruptEvent(row.position, before.reason)
    if not isinstance(before, SAID):
        raise SubmissionNotFound(params.queued_submission_id)
    command = ChangeSubmission(
        submission_id=before.submission_id,
        turn_id=before.turn_id,
        item_id=before.item_id,
        client_id=before.client_id,
        content=[*map(plain, params.input)],
        metadata=params.responsesapi_client_metadata or before.metadata,
    )
    appended = await call.app.host.threads.amend(thread_id, command, call.origin)
    [changed] = [shown for fact in appended.recorded if (shown := _shown(fact))]
    return ThreadQueueUpdateResponse(queued_submission=changed)


@method("thread/queue/delete", ThreadQueueDeleteParams, scope=thread_scope, experimental=True)
async def delete(params: ThreadQueueDeleteParams, call: Call) -> ThreadQueueDeleteResponse:
    """Remove a queued turn; a turn that has started is not affected."""
    command = RemoveSubmission(params.queued_submission_id)
    appended = await call.app.host.threads.amend(canonical(params.thread_id), command, call.origin)
    return ThreadQueueDeleteResponse(deleted=bool(appended.recorded))


@method("thread/queue/reorder", ThreadQueueReorderParams, scope=thread_scope, experimental=True)
async def reorder(params: ThreadQueueReorderParams, call: Call) -> ThreadQueueReorderResponse:
    """Set the order of the queue; the request must name each queued turn once."""
    command = ReorderQueue(params.queued_submission_ids)
    await call.app.host.threads.amend(canonical(params.thread_id), command, call.origin)
    return ThreadQueueReorderResponse()


def _shown(fact: Recorded) -> QueuedSubmission | None:
    event = fact.event
    if not isinstance(event, SAID):
        return None
    submission = {
        "clientUserMessageId": event.client_id,
        "id": event.submission_id,
        "input": event.content,
        "responsesapiClientMetadata": event.metadata,
    }
    return QueuedSubmission.from_wire(submission)


def _listed(fact: Recorded, damages: DamageReport) -> QueuedSubmission | None:
    try:
        return _shown(fact)
    except ValidationError as error:
        damages.add(Damage.of(fact, fault_of(error)))
        return None


def _rank(cursor: str | None) -> int:
    if cursor is None:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= RANK_DIGITS_MAX):
        raise invalid(cursor)
    return int(cursor)
