"""What each type of event of a job writes into the views, as a list."""

from collections.abc import Mapping

from tests.support.store import META

Named = tuple[str, dict[str, object]]
AT_MS = META.recorded_at_ms
OF_JOB = {"of": "A", "at_ms": AT_MS}
NEVER = dict.fromkeys(("started_at_ms", "completed_at_ms", "exported_at_ms"))


def counted(**more: int) -> Named:
    """Rows of a job that stand otherwise."""
    names = ("pending", "running", "completed", "failed")
    return "jobs.COUNT", {**OF_JOB, **{f"more_{name}": more.get(name, 0) for name in names}}


def of_item(**says: object) -> dict[str, object]:
    """What is written of a row."""
    return {**OF_JOB, "item": 7, **says}


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
    "job.page_added.v1": [("jobs.GROW", {**OF_JOB, "more": 232})],
    "job.rows_added.v1": [
        ("jobs.ADD_ITEM", waiting_item(768)),
        ("jobs.ADD_ITEM", waiting_item(769)),
    ],
    "job.input_ended.v1": [("jobs.INPUT_ENDED", {**OF_JOB, "is_so": True})],
    "job.page_opened.v1": [("jobs.STARTED", OF_JOB)],
    "job.paused.v1": [("jobs.PAUSE", {**OF_JOB, "is_so": True})],
    "job.resumed.v1": [("jobs.PAUSE", {**OF_JOB, "is_so": False})],
    "job.retried.v1": [("jobs.RETRY", {**OF_JOB, "is_so": False})],
    "job.ended.v1": [
        (
            "jobs.END",
            {**OF_JOB, "ended": "cancelled", "error": "agent job runner thread was deleted"},
        )
    ],
    "job.exported.v1": [("jobs.EXPORT", {**OF_JOB, "is_so": False})],
    "job.export_failed.v1": [("jobs.EXPORT_FAILED", {**OF_JOB, "is_so": True})],
    "job.deletion_begun.v1": [("jobs.DELETING", OF_JOB)],
    "job.item_claimed.v1": [
        ("jobs.CLAIM", of_item(whose="…a1", attempts=1)),
        counted(pending=-1, running=1),
    ],
    "job.item_renewed.v1": [("jobs.TOUCH", of_item())],
    "job.item_misfit.v1": [("jobs.TOUCH", of_item())],
    "job.item_completed.v1": [
        ("jobs.COMPLETE", of_item(reported=19)),
        counted(running=-1, completed=1),
    ],
    "job.item_failed.v1": [
        (
            "jobs.FAIL",
            of_item(error="worker finished without calling report_agent_job_result"),
        ),
        counted(running=-1, failed=1),
    ],
    "job.item_requeued.v1": [
        ("jobs.REQUEUE", of_item(attempts=1, error="assigned thread was deleted")),
        counted(running=-1, pending=1),
    ],
    "job.item_unassigned.v1": [("jobs.UNASSIGN", of_item())],
    "job.page_deleted.v1": [("jobs.DROP_PAGE", {"of": "A", "number": 3})],
    "job.deleted.v1": [("jobs.DROP", {"of": "A"})],
}
