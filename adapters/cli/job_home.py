"""Finds the jobs of a home by id, part of an id, or name; and the host that runs them."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from threadhost.actors.runtime.job_run import described
from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import (
    IS_ID,
    SHOWN_IDS,
    HomeStore,
    command_line,
    open_store,
    require_host,
)
from threadhost.adapters.cli.output import Failure, shown
from threadhost.adapters.client.client import Client
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.words import first_names
from threadhost.projections.job_queries import LAST_ID, JobRow, job_page, job_row, jobs_with_suffix

T = TypeVar("T")
PART_OF_ID = re.compile(r"[0-9a-fA-F-]+")
JOBS_AT_ONCE = 256


def job_of(home_store: HomeStore, job: str) -> JobRow:
    """One job by id, the beginning or end of an id, or name. Raises Failure unless one matches."""
    for relation, matching in LOOKS.items():
        rows = matching(home_store, job)
        if len(rows) > 1:
            ids = first_names([row.job_id for row in rows], SHOWN_IDS)
            raise Failure(f"{shown(job)} {relation} {ids}; give the id of one of them")
        if rows:
            return rows[0]
    command = command_line("jobs list", home_store.home)
    words = f"{home_store.home} has no job {shown(job)}; {command} lists those there are"
    raise Failure(words, reason="jobNotFound")


def _by_beginning(home_store: HomeStore, job: str) -> Sequence[JobRow]:
    reads = home_store.log.reads
    if IS_ID.fullmatch(job):
        row = run_sync(job_row(reads, job))
        return [row] if row is not None else []
    newest = run_sync(job_page(reads, job + LAST_ID, SHOWN_IDS + 1))
    return [row for row in newest if row.job_id.startswith(job)]


def _by_end(home_store: HomeStore, job: str) -> Sequence[JobRow]:
    if not PART_OF_ID.fullmatch(job):
        return ()
    return run_sync(jobs_with_suffix(home_store.log.reads, job.lower(), SHOWN_IDS + 1))


def _by_name(home_store: HomeStore, job: str) -> Sequence[JobRow]:
    """Names are sealed, so each job's name is read from the log."""
    matching = (row for row in _all_jobs(home_store) if _name(home_store, row.job_id) == job)
    return list(islice(matching, SHOWN_IDS + 1))


def _all_jobs(home_store: HomeStore) -> Iterator[JobRow]:
    before = LAST_ID
    while rows := run_sync(job_page(home_store.log.reads, before, JOBS_AT_ONCE)):
        yield from rows
        before = rows[-1].job_id


def _name(home_store: HomeStore, job_id: str) -> str:
    with suppress(LookupError):
        return run_sync(described(home_store.log, job_id)).name
    return ""


LOOKS: Mapping[str, Callable[[HomeStore, str], Sequence[JobRow]]] = {
    "begins the ids of": _by_beginning,
    "ends the ids of": _by_end,
    "is the name of": _by_name,
}
"""The ways in which a word can match a job; each is tried if those before it matched none."""


def settled(path: Path) -> Path:
    """The path with its links resolved: the host follows no links of a job's paths."""
    return path.resolve() if path.is_file() else path.parent.resolve() / path.name


def whole_id(home: Path, key_file: Path | None, job: str) -> str:
    """The id of a job, from a part of it or its name. Raises Failure."""
    with open_store(home, key_file) as home_store:
        return job_of(home_store, job).job_id


def run_with_host(home: Path, work: Callable[[Client], Awaitable[T]]) -> T:
    """Run work with the host of a home; returns its result. Raises Failure without a host."""
    return run_with_client(require_host(home, ", and jobs go on in it"), None, work)
