"""What calls of the tools of jobs do: jobs begun and awaited, results reported."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from pydantic_core import to_json

from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.answers import text_result
from threadhost.actors.arguments import arguments_of
from threadhost.actors.errors import Refusal
from threadhost.actors.job_tools import REPORT
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.runtime.jobs import Jobs
from threadhost.actors.runtime.sessions import Sessions
from threadhost.events.causes import by_event
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreError

NOT_AN_OBJECT = "result must be a JSON object"
GOES_BACK = "the result does not fit the output schema: {}; report once more with one that fits"


class JobWork(NamedTuple):
    """One call, and the thread whose model made it."""

    jobs: Jobs
    sessions: Sessions
    agents: AgentPolicy
    call: ToolCall

    async def result(self) -> ToolResult:
        """What comes of the call; whatever keeps it from being done is said in words."""
        try:
            said = arguments_of(str(self.call.arguments))
            return await HANDLERS[self.call.tool](self, said)
        except (ValueError, Refusal, StoreError) as refused:
            return text_result(str(refused), success=False)

    @property
    def origin(self) -> Origin:
        """On behalf of the call."""
        cause = by_event(thread_stream(self.call.thread_id), self.call.version)
        return policy("jobs", self.call.origin.correlation_id, cause)

    async def _report(self, said: Mapping[str, Any]) -> ToolResult:
        job_id, item_id = needed(said, "job_id"), needed(said, "item_id")
        result, stops = said.get("result"), said.get("stop")
        if not isinstance(result, dict):
            raise ValueError(NOT_AN_OBJECT)  # noqa: TRY004  (words for a model)
        if stops is not None and not isinstance(stops, bool):
            raise ValueError("stop has to be true or false")
        reported = await self.jobs.report(
            self.call.thread_id, job_id, item_id, result, stops=bool(stops), origin=self.origin
        )
        if reported.misfit:
            return text_result(GOES_BACK.format(reported.misfit), success=False)
        return told({"accepted": reported.accepted})


def told(answer: Mapping[str, object]) -> ToolResult:
    """An answer as the model reads it."""
    return text_result(to_json(answer).decode(), success=True)


def needed(said: Mapping[str, Any], name: str) -> str:
    """A text that has to be among the arguments. Raises ValueError."""
    value = said.get(name)
    if not isinstance(value, str):
        what = "is missing" if value is None else "has to be a string"
        raise ValueError(f"failed to parse function arguments: `{name}` {what}")  # noqa: TRY004
    return value


Handler = Callable[[JobWork, Mapping[str, Any]], Awaitable[ToolResult]]
HANDLERS: Mapping[str, Handler] = {
    REPORT: JobWork._report,  # noqa: SLF001  (of this file)
}
