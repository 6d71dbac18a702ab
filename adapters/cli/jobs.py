"""`threadhost jobs`: lists, shows, exports, cancels and deletes jobs."""

from functools import partial
from pathlib import Path
from typing import Any

from threadhost.actors.job_ports import format_of
from threadhost.adapters.cli.home_store import open_store
from threadhost.adapters.cli.job_board import outcome
from threadhost.adapters.cli.job_home import job_of, run_with_host, settled, whole_id
from threadhost.adapters.cli.output import (
    Failure,
    console,
    is_confirmed,
    local_time,
    note,
    print_json,
    print_result,
    require_terminal,
    shown,
)
from threadhost.adapters.job_reading import items_shown
from threadhost.adapters.job_reading import shown as as_clients_see_it
from threadhost.adapters.jsonrpc.models.job import Job, JobItem
from threadhost.events.job_rows import compact
from threadhost.events.job_state import ENDED
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.projections.job_queries import LAST_ID, item_page, job_page

MILLISECONDS = 1000
NO_ROWS = "no row of the job has been read yet"
NO_JOBS = "this home has no jobs yet"
FIELDS = (
    *("thread_id", "name", "paused", "priority", "input_path", "output_path", "error"),
    "export_error",
)


def list_jobs(*, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the jobs of a home, the newest first."""
    with open_store(home, key_file) as home_store:
        rows = run_sync(job_page(home_store.log.reads, LAST_ID, limit + 1))
        jobs = [run_sync(as_clients_see_it(home_store.log, row)) for row in rows[:limit]]
    has_more = len(rows) > limit
    if json:
        print_json({"data": [_plain(job) for job in jobs], "more": has_more})
        return
    if not jobs:
        note(NO_JOBS)
    out = console()
    for job in jobs:
        progress = f"{job.completed_items + job.failed_items} of {job.total_items}"
        words = f"{job.status:<9}  {progress}, {job.failed_items} failed  {shown(job.name)}"
        out.print(f"{job.id}  {local_time(job.created_at * MILLISECONDS)}  {words}")
    if has_more:
        out.print(f"... more; --limit {limit} ends here")


def show(
    *, job: str, home: Path, key_file: Path | None, limit: int, status: str | None, json: bool
) -> None:
    """Print one job with its rows."""
    with open_store(home, key_file) as home_store:
        row = job_of(home_store, job)
        details = run_sync(as_clients_see_it(home_store.log, row))
        rows = run_sync(item_page(home_store.log.reads, row.job_id, -1, limit + 1, status))
        items = run_sync(items_shown(home_store.log, rows[:limit]))
    has_more = len(rows) > limit
    if json:
        print_json(
            {"job": _plain(details), "items": [_plain(item) for item in items], "more": has_more}
        )
        return
    _print_job(details, items)
    if not items:
        note(f"none of its rows is {status}" if status else NO_ROWS)
    if has_more:
        console().print(f"... more; --limit {limit} ends here")


def _print_job(job: Job, items: list[JobItem]) -> None:
    out, plain = console(), _plain(job)
    out.print(f"{'job':<14} {job.id}")
    out.print(f"{'status':<14} {outcome(plain)}")
    for field in FIELDS:
        if value := getattr(job, field):
            out.print(f"{field.replace('_', ' '):<14} {shown(value, 200)}")
    for item in items:
        words = shown(item.last_error or ("" if item.result is None else compact(item.result)), 100)
        out.print(f"{shown(item.item_id):<14} {item.status:<9}  {words}".rstrip())


def export(
    *,
    job: str,
    home: Path,
    key_file: Path | None,
    output: Path | None,
    format: str | None,
    force: bool,
    escape_formulas: bool,
    json: bool,
) -> None:
    """Have the host write the present rows of a job to a file."""
    params = {
        "jobId": whole_id(home, key_file, job),
        "outputPath": str(settled(output)) if output is not None else None,
        "format": format,
        "force": force,
        "escapeFormulas": escape_formulas,
    }
    answer = _call(home, "job/export", {k: v for k, v in params.items() if v is not None})
    path = answer["outputPath"]
    words = f"{answer['items']} rows written to {shown(path, 300)}, as {format or format_of(path)}"
    print_result(answer, words, json=json)


def cancel(*, job: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Cancel a job before its rows are done. Raises Failure for one that has ended."""
    job_id = whole_id(home, key_file, job)
    now = _call(home, "job/read", {"jobId": job_id})["job"]
    if now["status"] in ENDED:
        raise Failure(f"job {job_id} is over: it is {now['status']}")
    _change("cancel", job=job_id, home=home, key_file=key_file, json=json)


def delete(*, job: str, home: Path, key_file: Path | None, yes: bool, json: bool) -> None:
    """Erase a job with all its rows."""
    job_id = whole_id(home, key_file, job)
    if not yes:
        require_terminal("deleting")
        if not is_confirmed(f"delete {job_id} with its rows and results for good?"):
            raise Failure("nothing was deleted")
    _call(home, "job/delete", {"jobId": job_id})
    print_result({"deleted": job_id}, f"deleted {job_id}", json=json)


def _change(verb: str, *, job: str, home: Path, key_file: Path | None, json: bool) -> None:
    answer = _call(home, f"job/{verb}", {"jobId": whole_id(home, key_file, job)})
    print_result(answer, f"{answer['job']['id']}  {outcome(answer['job'])}", json=json)


pause, resume, retry = (partial(_change, verb) for verb in ("pause", "resume", "retry"))


def _call(home: Path, method: str, params: dict[str, Any]) -> dict[str, Any]:
    return run_with_host(home, lambda client: client.call(method, params))


def _plain(model: Job | JobItem) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)
