"""Reports of workers: those that come while others are taken in are taken in together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from threadhost.actors.job import ReportResult, ReportResults
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.job_actor import DoJob
from threadhost.actors.runtime.together import Together
from threadhost.events.bounds import is_large
from threadhost.events.job import JobItemMisfit, JobItemReported
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended

AT_ONCE_MAX = 64
Outcome = Literal["accepted", "returned", "rejected"]
Key = tuple[str, int, str]
"""A job and a page; and the thread whose result is so large that it is taken in alone."""


class Report(NamedTuple):
    """What a thread says came of its row, and on whose behalf."""

    command: ReportResult
    origin: Origin


class Reports:
    """Has the job of a page take reports in; `ask` carries a message out."""

    def __init__(self, ask: Callable[[str, DoJob], Awaitable[Appended]]) -> None:
        self._ask = ask
        self._together: Together[Key, Report, Outcome] = Together(self._take_all, AT_ONCE_MAX)

    async def take(self, job_id: str, page: int, report: Report) -> Outcome:
        """What became of a report of a row of this page. Raises Refusal or StoreError."""
        command = report.command
        alone = command.thread_id if is_large([command.result]) else ""
        return await self._together.do((job_id, page, alone), report)

    async def _take_all(self, key: Key, reports: Sequence[Report]) -> Sequence[Outcome]:
        job_id, page, _ = key
        command = ReportResults([report.command for report in reports])
        causes = {report.command.item: report.origin.causation_id for report in reports}
        last = reports[-1].origin.causation_id
        origin = reports[0].origin if len(reports) == 1 else policy("jobs", job_id, last)
        message = DoJob(command, origin, page, causes=causes)
        recorded = (await self._ask(job_id, message)).recorded
        outcomes: dict[str, Outcome] = {}
        for fact in recorded:
            if isinstance(fact.event, JobItemReported):
                outcomes[fact.event.thread_id] = "accepted"
            elif isinstance(fact.event, JobItemMisfit):
                outcomes[fact.event.thread_id] = "returned"
        return [outcomes.get(report.command.thread_id, "rejected") for report in reports]
