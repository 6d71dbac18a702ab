"""The jobs of a home, by the beginnings of their ids, and the host that runs them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, note
from threadhost.adapters.cli.stored import IS_ID, SHOWN_IDS, Stored, called, existing, stored
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.store.lock import is_held
from threadhost.events.store.sqlite.engine import finished
from threadhost.projections.job_queries import LAST_ID, JobRow, job_page, job_row

T = TypeVar("T")


def job_of(home_store: Stored, job: str) -> JobRow:
    """One job, by its id or the beginning of it. Raises Failure unless there is one."""
    reads = home_store.log.reads
    if IS_ID.fullmatch(job):
        one = finished(job_row(reads, job))
        rows = [one] if one is not None else []
    else:
        newest = finished(job_page(reads, job + LAST_ID, SHOWN_IDS + 1))
        rows = [row for row in newest if row.job_id.startswith(job)]
    if not rows:
        lists = called("jobs list", home_store.home)
        words = f"{home_store.home} has no job {job}; {lists} lists those there are"
        raise Failure(words, reason="jobNotFound")
    if len(rows) > 1:
        which = ", ".join(row.job_id for row in rows[:SHOWN_IDS])
        more = ", ..." if len(rows) > SHOWN_IDS else ""
        raise Failure(f"{job} begins the ids of {which}{more}; give more of one of them")
    return rows[0]


def settled(path: Path) -> Path:
    """Where a path leads once its links are followed: for a job its host follows none."""
    return path.resolve() if path.is_file() else path.parent.resolve() / path.name


def whole_id(home: Path, key_file: Path | None, job: str) -> str:
    """The id of a job of which the beginning is given. Raises Failure."""
    with stored(home, key_file) as home_store:
        return job_of(home_store, job).job_id


def require_yes(question: str) -> None:
    """Ask at the terminal. Raises Failure without a yes, or a terminal."""
    if not sys.stdin.isatty():
        raise Failure("deleting asks first, and there is no terminal to answer at; give --yes")
    note(f"{question} [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Failure("nothing was deleted")


def asked(home: Path, work: Callable[[Client], Awaitable[T]]) -> T:
    """What comes of asking the host that runs on a home. Raises Failure."""

    async def ask() -> T:
        async with _running(home) as client:
            return await work(client)

    try:
        return asyncio.run(ask())
    except (RpcError, ClientError) as error:
        raise Failure.of(error) from None


@asynccontextmanager
async def _running(home: Path) -> AsyncIterator[Client]:
    """A client of the host that runs on a home: jobs go on in it. Raises Failure."""
    if not is_held(existing(home)):
        start = called("serve", home)
        raise Failure(f"no host runs on {home}; {start} starts one, and jobs go on in it")
    async with client_of(home, None) as client:
        yield client
