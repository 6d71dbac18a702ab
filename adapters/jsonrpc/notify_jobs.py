"""Events of jobs to notifications; imported for the first such event."""

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.models.job import (
    JobCompletedNotification,
    JobCreatedNotification,
    JobDeletedNotification,
    JobExportedNotification,
    JobExportFailedNotification,
    JobItemFailedNotification,
)
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.base import Recorded
from threadhost.events.job import (
    JobCreated,
    JobDeleted,
    JobEnded,
    JobExported,
    JobExportFailed,
    JobItemFailed,
    JobWorkerStarted,
)


@handles(JobWorkerStarted)
def _worker_started(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    """The start of a worker is not notified: a job may have a million."""
    notifier.unannounced.add(thread_id)
    return ()


@handles(JobCreated)
def _created(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    event: JobCreated = fact.event  # type: ignore[assignment]
    yield JobCreatedNotification(job_id=job_id, thread_id=event.runner_id), True


@handles(JobItemFailed)
def _item_failed(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    event: JobItemFailed = fact.event  # type: ignore[assignment]
    index = render.count(event.item)
    yield JobItemFailedNotification(job_id=job_id, row_index=index, error=event.error), True


@handles(JobEnded)
def _ended(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    event: JobEnded = fact.event  # type: ignore[assignment]
    error = event.error or None
    yield JobCompletedNotification(job_id=job_id, status=event.status, error=error), True


@handles(JobExported)
def _exported(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    event: JobExported = fact.event  # type: ignore[assignment]
    yield JobExportedNotification(job_id=job_id, items=render.count(event.items)), True


@handles(JobExportFailed)
def _export_failed(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    event: JobExportFailed = fact.event  # type: ignore[assignment]
    yield JobExportFailedNotification(job_id=job_id, reason=event.reason), True


@handles(JobDeleted)
def _deleted(notifier: Notifier, job_id: str, fact: Recorded) -> Addressed:
    yield JobDeletedNotification(job_id=job_id), True
