"""Jobs from a model: started on a file, awaited, reported, in the words that models know."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.support.hosts import USAGE, Rig, call_of, eventually, message, within
from tests.support.jobs import TOLD, SomeFiles, Task, Workers, job_rig, never, reports
from threadhost.actors.agent_limits import AgentLimits, AgentPolicy
from threadhost.actors.job_ports import InputRefused, OutputFailed
from threadhost.actors.job_tools import runner_tools, worker_tools
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.ids import thread_stream
from threadhost.events.job import JobCreated, JobDescribed, JobEnded, JobItemClaimed
from threadhost.events.turn import TurnCompleted

OFFERED = AgentPolicy(jobs="yes")
BLOCKING = AgentPolicy(jobs="blocking")
CALL = {"csv_path": "in.csv", "instruction": "Look at {path}"}


class Lead(Workers):
    """A model whose root calls tools one after the other, and whose workers act."""

    def __init__(self, *calls: tuple[str, dict[str, Any]], acts: Any = reports) -> None:
        super().__init__(acts)
        self.calls_to_make = list(calls)
        self.offered: dict[str, list[str]] = {}

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Make the next call, or say that all are made."""
        tools = [json.loads(tool) for tool in request.tools]
        self.offered[request.thread_id] = [tool["name"] for tool in tools]
        history = b"\n".join(request.history).decode().replace("\\n", "\n")
        if TOLD.search(history):
            async for event in super().stream(request):
                yield event
            return
        if self.calls_to_make:
            name, arguments = self.calls_to_make.pop(0)
            arguments = {k: self.filled(v, history) for k, v in arguments.items()}
            for event in call_of(name, arguments=json.dumps(arguments)):
                yield event
        else:
            for event in message("all done"):
                yield event
        yield ResponseDone("r", USAGE)

    def filled(self, value: Any, history: str) -> Any:
        """A value, with the job that was started for `$JOB`."""
        if value != "$JOB":
            return value
        return history.rpartition('job_id\\":\\"')[2][:36]


async def answers(rig: Rig) -> list[Any]:
    """What the root was answered, once its turn is over."""
    root = await rig.start()
    await rig.turn(root)
    await within(rig.published(TurnCompleted.kind, thread_stream(root)))
    stream = thread_stream(root)
    facts = [f for f in rig.seen if f.kind == HostToolAnswered.kind and f.stream == stream]
    found = [fact.event.output for fact in facts]  # type: ignore[union-attr]
    return [json.loads(one) if one.startswith("{") else one for one in found]


async def test_a_job_starts_at_once_and_is_awaited_with_the_answer_of_the_reference() -> None:
    lead = Lead(
        ("spawn_agents_on_csv", {**CALL, "output_csv_path": "out.csv"}),
        ("wait_agent_job", {"job_id": "$JOB"}),
    )
    files = SomeFiles(["a", "b", "c"])
    async with job_rig(files=files, model=lead, agents=OFFERED) as rig:
        started, waited = await answers(rig)
        job_id = started["job_id"]
        assert (started["total_items"], started["output_csv_path"]) == (3, "out.csv")
        assert waited == {
            "job_id": job_id,
            "status": "completed",
            "output_csv_path": "out.csv",
            "total_items": 3,
            "pending_items": 0,
            "running_items": 0,
            "completed_items": 3,
            "failed_items": 0,
            "job_error": None,
            "failed_item_errors": [],
            "timed_out": False,
        }
        assert len(files.written["out.csv"]) == 3
        [described] = rig.published_events(JobDescribed.kind)
        assert described.name == f"agent-job-{job_id[-8:]}"


async def test_the_blocking_form_answers_when_the_job_is_over_as_the_reference_does() -> None:
    async def acts(task: Task) -> list[ModelEvent]:
        return await reports(task) if task.item_id == "item-1" else message("no")

    lead = Lead(("spawn_agents_on_csv", CALL), acts=acts)
    files = SomeFiles([f"f{n}" for n in range(8)], page_rows=8)
    limits = BLOCKING._replace(limits=AgentLimits(open_max=2))
    async with job_rig(files=files, model=lead, agents=limits) as rig:
        [told] = await answers(rig)
        assert list(told) == [
            "job_id",
            "status",
            "output_csv_path",
            "total_items",
            "completed_items",
            "failed_items",
            "job_error",
            "failed_item_errors",
        ]
        assert (told["completed_items"], told["failed_items"]) == (1, 7)
        assert len(told["failed_item_errors"]) == 5
        assert told["failed_item_errors"][0] == {
            "item_id": "item-2",
            "source_id": None,
            "last_error": "worker finished without calling report_agent_job_result",
        }


async def test_the_blocking_tool_reports_a_failed_job_in_the_words_of_the_reference() -> None:
    fault = InputRefused("csv row 4 has 1 fields but header has 2")
    lead = Lead(("spawn_agents_on_csv", CALL))
    files = SomeFiles(["a", "b", fault], page_rows=2)
    async with job_rig(files=files, model=lead, agents=BLOCKING) as rig:
        [told] = await answers(rig)
        [created] = [fact for fact in rig.seen if fact.kind == JobCreated.kind]
        assert told == f"agent job {created.stream[4:]} failed: {fault}"


@pytest.mark.parametrize("agents", [OFFERED, BLOCKING])
async def test_a_file_that_could_not_be_written_is_reported_to_the_model_as_a_job_error(
    agents: AgentPolicy,
) -> None:
    lead = Lead(("spawn_agents_on_csv", CALL), ("wait_agent_job", {"job_id": "$JOB"}))
    files = SomeFiles(["a"])
    files.fails_at_the_end = OutputFailed("failed to write csv output x.csv: No space left")
    async with job_rig(files=files, model=lead, agents=agents) as rig:
        told = (await answers(rig))[-1]
        assert (told["status"], told["completed_items"]) == ("completed", 1)
        assert told["job_error"] == f"auto-export failed: {files.fails_at_the_end}"


UNREADABLE = "failed to parse function arguments: "
REFUSED: Sequence[tuple[dict[str, Any], str]] = [
    ({"instruction": "  "}, "instruction must be non-empty"),
    ({"max_runtime_seconds": 0}, "max_runtime_seconds must be >= 1"),
    ({"max_concurrency": 0}, "max_concurrency must be >= 1"),
    ({"csv_path": 7}, UNREADABLE + "`csv_path` has to be a string"),
    ({"csv_path": None}, UNREADABLE + "`csv_path` has to be a string"),
    (
        {"output_schema": []},
        "failed to parse function arguments: `output_schema` has to be an object",
    ),
    (
        {"max_workers": "2"},
        "failed to parse function arguments: `max_workers` has to be a whole number",
    ),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("said", "words"), REFUSED)
async def test_wrong_arguments_are_answered_with_a_reason_and_create_no_job(
    said: dict[str, Any], words: str
) -> None:
    lead = Lead(("spawn_agents_on_csv", {**CALL, **said}))
    async with job_rig(files=SomeFiles(["a"]), model=lead, agents=OFFERED) as rig:
        assert await answers(rig) == [words]
        assert not rig.published_events(JobCreated.kind)


async def test_an_unreadable_input_file_is_answered_with_the_reason() -> None:
    lead = Lead(("spawn_agents_on_csv", CALL))
    async with job_rig(files=SomeFiles(), model=lead, agents=OFFERED) as rig:
        assert await answers(rig) == ["failed to read csv input in.csv: there is no such file"]


async def test_a_job_that_nobody_started_cannot_be_awaited() -> None:
    missing = "0193a1b2-0000-7000-8000-0000000000ff"
    lead = Lead(("wait_agent_job", {"job_id": missing}))
    async with job_rig(files=SomeFiles(), model=lead, agents=OFFERED) as rig:
        assert await answers(rig) == [f"job not found: {missing}"]


async def test_a_job_gets_no_more_workers_than_the_limit_of_open_agents() -> None:
    lead = Lead(("spawn_agents_on_csv", {**CALL, "max_workers": 50}), acts=never)
    limits = OFFERED._replace(limits=AgentLimits(open_max=2))
    files = SomeFiles([f"f{n}" for n in range(8)], page_rows=8)
    async with job_rig(files=files, model=lead, agents=limits) as rig:
        await answers(rig)
        await eventually(lambda: rig.host.jobs.working == 2)
        assert [event.concurrency for event in rig.published_events(JobCreated.kind)] == [2]
        assert len(rig.published_events(JobItemClaimed.kind)) == 2


@pytest.mark.slices
async def test_workers_are_offered_the_report_tool_and_roots_the_job_tools_where_jobs_are_on() -> (
    None
):
    for agents, wanted in ((OFFERED, True), (AgentPolicy(), False)):
        lead = Lead(("spawn_agents_on_csv", CALL))
        async with job_rig(files=SomeFiles(["a"]), model=lead, agents=agents) as rig:
            await answers(rig)
            if wanted:
                await rig.published(JobEnded.kind)
            (_, of_root), *workers = lead.offered.items()
        assert set(runner_tools()) <= set(of_root) or not wanted
        assert ("spawn_agents_on_csv" in of_root) is wanted
        assert [names for _, names in workers] == [list(worker_tools())] * wanted
