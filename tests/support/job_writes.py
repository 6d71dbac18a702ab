"""What each type of event of a job writes into the views, as a list."""

from collections.abc import Mapping

from tests.support.store import META

Named = tuple[str, dict[str, object]]
AT_MS = META.recorded_at_ms
OF_JOB = {"job_id": "A", "updated_at_ms": AT_MS}
NEVER = dict.fromkeys(("started_at_ms", "completed_at_ms", "exported_at_ms"))


def counted(**more: int) -> Named:
    """Rows of a job that stand otherwise."""
    names = ("pending", "running", "completed", "failed")
    return "jobs.COUNT", {**OF_JOB, **dict.fromkeys(names, 0), **more}


def of_item(**says: object) -> dict[str, object]:
    """What is written of a row."""
    return {**OF_JOB, "row_index": 7, **says}


def ended_item(status: str, **says: object) -> dict[str, object]:
    """What is written of a row on which nobody works any more."""
    end = {"status": status, "assigned_thread_id": None, "last_error": None}
    return {**of_item(), **end, "completed_at_ms": AT_MS, **says}


def waiting_item(index: int) -> dict[str, object]:
    """A row that was just added."""
    of = {"job_id": "A", "row_index": index, "page": 3, "status": "pending"}
    none = dict.fromkeys(("assigned_thread_id", "last_error", "reported_at_ms", "completed_at_ms"))
    at = {"created_at_ms": AT_MS, "updated_at_ms": AT_MS}
    return {**of, **none, **at, "attempt_count": 0, "result_version": 0}


JOB_WRITES: Mapping[str, list[Named]] = {
    "job.created.v1": [
        (
            "jobs.CREATE",
            {
                "job_id": "A",
                "runner_id": "…01",
                "status": "pending",
                "is_paused": False,
                "has_input": False,
                **dict.fromkeys(("total", "pending", "running", "completed", "failed"), 0),
                "priority": 2,
                "exports": True,
                "last_error": None,
                "created_at_ms": AT_MS,
                "updated_at_ms": AT_MS,
                **NEVER,
                "export_failed": False,
            },
        )
    ],
    "job.page_added.v1": [("jobs.GROW", {**OF_JOB, "total": 232, "pending": 232})],
    "job.rows_added.v1": [
        ("jobs.ADD_ITEM", waiting_item(768)),
        ("jobs.ADD_ITEM", waiting_item(769)),
    ],
    "job.input_ended.v1": [("jobs.INPUT_ENDED", {**OF_JOB, "has_input": True})],
    "job.page_opened.v1": [
        ("jobs.STARTED", {**OF_JOB, "status": "running", "started_at_ms": AT_MS})
    ],
    "job.paused.v1": [("jobs.PAUSE", {**OF_JOB, "is_paused": True})],
    "job.resumed.v1": [("jobs.PAUSE", {**OF_JOB, "is_paused": False})],
    "job.retried.v1": [
        (
            "jobs.RETRY",
            {
                **OF_JOB,
                "status": "running",
                "last_error": None,
                "completed_at_ms": None,
                "exported_at_ms": None,
                "export_failed": False,
            },
        )
    ],
    "job.ended.v1": [
        (
            "jobs.END",
            {
                **OF_JOB,
                "status": "cancelled",
                "last_error": "agent job runner thread was deleted",
                "completed_at_ms": AT_MS,
            },
        )
    ],
    "job.exported.v1": [
        ("jobs.EXPORT", {**OF_JOB, "exported_at_ms": AT_MS, "export_failed": False})
    ],
    "job.export_failed.v1": [("jobs.EXPORT_FAILED", {**OF_JOB, "export_failed": True})],
    "job.deletion_begun.v1": [("jobs.DELETING", {**OF_JOB, "status": "deleting"})],
    "job.item_claimed.v1": [
        (
            "jobs.CLAIM",
            of_item(assigned_thread_id="…a1", attempt_count=1, status="running", last_error=None),
        ),
        counted(pending=-1, running=1),
    ],
    "job.item_renewed.v1": [("jobs.TOUCH", of_item())],
    "job.item_misfit.v1": [("jobs.TOUCH", of_item())],
    "job.item_completed.v1": [
        ("jobs.COMPLETE", ended_item("completed", result_version=19, reported_at_ms=AT_MS)),
        counted(running=-1, completed=1),
    ],
    "job.item_failed.v1": [
        (
            "jobs.FAIL",
            ended_item(
                "failed", last_error="worker finished without calling report_agent_job_result"
            ),
        ),
        counted(running=-1, failed=1),
    ],
    "job.item_requeued.v1": [
        (
            "jobs.REQUEUE",
            ended_item(
                "pending",
                attempt_count=1,
                last_error="assigned thread was deleted",
                completed_at_ms=None,
            ),
        ),
        counted(running=-1, pending=1),
    ],
    "job.item_unassigned.v1": [("jobs.UNASSIGN", of_item(assigned_thread_id=None))],
    "job.page_deleted.v1": [("jobs.DROP_PAGE", {"job_id": "A", "page": 3})],
    "job.deleted.v1": [("jobs.DROP", {"job_id": "A"})],
}
