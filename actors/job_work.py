"""The work behind the tools of jobs: jobs started and awaited, results reported."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from pydantic_core import to_json

from threadhost.actors.agent_arguments import needed_text, wait_of
from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.answers import text_result
from threadhost.actors.arguments import arguments_of
from threadhost.actors.errors import Refusal
from threadhost.actors.host_jobs import HostJobs
from threadhost.actors.job_request import JobRequest
from threadhost.actors.job_tools import REPORT, SPAWN, WAIT
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreError

NOT_BEGUN = "failed to create agent job: {}"
FAILED = "agent job {} failed: {}"
MILLISECONDS = 1000
IN_BETWEEN = frozenset({"pending_items", "running_items"})
"""Counts that the reference leaves out once a job is over."""
NOT_AN_OBJECT = "result must be a JSON object"
GOES_BACK = "the result does not fit the output schema: {}; report once more with one that fits"


class JobWork(NamedTuple):
    """One call, and the thread whose model made it."""

    jobs: HostJobs
    agents: AgentPolicy
    call: ToolCall

    async def result(self) -> ToolResult:
        """Carry out the call; a refusal or an error becomes a result in words."""
        try:
            arguments = arguments_of(str(self.call.arguments))
            return await HANDLERS[self.call.tool](self, arguments)
        except (ValueError, Refusal, StoreError) as refused:
            return text_result(str(refused), success=False)

    @property
    def origin(self) -> Origin:
        """The origin of commands that the call leads to."""
        cause = by_event(thread_stream(self.call.thread_id), self.call.version)
        return policy("jobs", self.call.origin.correlation_id, cause)

    def _needed(self, arguments: Mapping[str, Any], name: str) -> str:
        """A required text of the arguments. Raises ValueError."""
        return needed_text(arguments, name, str(self.call.arguments))

    def _text(self, arguments: Mapping[str, Any], name: str) -> str | None:
        """An optional text of the arguments. Raises ValueError."""
        return None if arguments.get(name) is None else self._needed(arguments, name)

    async def _spawn(self, arguments: Mapping[str, Any]) -> ToolResult:
        concurrency = number(arguments, "max_concurrency")
        request = JobRequest(
            self.call.thread_id,
            self._needed(arguments, "csv_path"),
            self._needed(arguments, "instruction"),
            id_column=self._text(arguments, "id_column"),
            output_path=self._text(arguments, "output_csv_path"),
            exports=True,
            output_schema=schema_in(arguments),
            concurrency=number(arguments, "max_workers") if concurrency is None else concurrency,
            concurrency_max=self.agents.limits.open_max,
            runtime_s=number(arguments, "max_runtime_seconds"),
        ).checked()
        try:
            job_id = await self.jobs.create(request, self.origin)
        except StoreError as error:
            raise ValueError(NOT_BEGUN.format(error)) from None
        if self.agents.jobs != "blocking":
            return success(await self.jobs.services.outside.standing(job_id))
        await self._await_end(job_id, None)
        standing = await self.jobs.services.outside.standing(job_id)
        if standing["status"] == "failed":
            raise ValueError(FAILED.format(job_id, standing["job_error"]))
        return success({name: standing[name] for name in standing if name not in IN_BETWEEN})

    async def _wait(self, arguments: Mapping[str, Any]) -> ToolResult:
        job_id, timeout_ms = self._needed(arguments, "job_id"), wait_of(arguments.get("timeout_ms"))
        standing = self.jobs.services.outside.standing
        await standing(job_id)
        is_over = await self._await_end(job_id, timeout_ms / MILLISECONDS)
        return success({**await standing(job_id), "timed_out": not is_over})

    async def _await_end(self, job_id: str, timeout_s: float | None) -> bool:
        """Wait until a job is over and exported; False after the time-out."""
        with self.jobs.news.watching(job_id) as moved, suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    moved.clear()
                    job = (await self.jobs.actor(job_id)).job
                    is_written = not job.exports or job.is_exported or job.export_failed
                    if job.is_over and is_written:
                        return True
                    await moved.wait()
        return False

    async def _report(self, arguments: Mapping[str, Any]) -> ToolResult:
        job_id, item_id = self._needed(arguments, "job_id"), self._needed(arguments, "item_id")
        result, stops = arguments.get("result"), arguments.get("stop")
        if not isinstance(result, dict):
            raise ValueError(NOT_AN_OBJECT)  # noqa: TRY004  (words for a model)
        if stops is not None and not isinstance(stops, bool):
            raise ValueError("stop has to be true or false")
        reported = await self.jobs.report(
            self.call.thread_id, job_id, item_id, result, stops=bool(stops), origin=self.origin
        )
        if reported.misfit:
            return text_result(GOES_BACK.format(reported.misfit), success=False)
        return success({"accepted": reported.accepted})._replace(ends_turn=reported.accepted)


def success(answer: Mapping[str, object]) -> ToolResult:
    """An answer in the form for models."""
    return text_result(to_json(answer).decode(), success=True)


def number(arguments: Mapping[str, Any], name: str) -> int | None:
    """An optional whole number of the arguments. Raises ValueError."""
    value = arguments.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError(f"failed to parse function arguments: `{name}` has to be a whole number")
    return value


def schema_in(arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """The optional schema of the arguments. Raises ValueError."""
    value = arguments.get("output_schema")
    if value is not None and not isinstance(value, dict):
        raise ValueError("failed to parse function arguments: `output_schema` has to be an object")
    return value


Handler = Callable[[JobWork, Mapping[str, Any]], Awaitable[ToolResult]]
HANDLERS: Mapping[str, Handler] = {
    SPAWN: JobWork._spawn,  # noqa: SLF001  (of this file)
    WAIT: JobWork._wait,  # noqa: SLF001
    REPORT: JobWork._report,  # noqa: SLF001
}
