"""Starting the worker of a job's row: a thread below the job's runner."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic_core import to_json

from threadhost.actors.thread import Events, StartThread, decide
from threadhost.events.job import JobWorkerStarted
from threadhost.events.thread import Thread, ThreadActivated, ThreadSettings
from threadhost.events.words import AGENT_JOB

SUBAGENT = "subagent"
TASK = """You work on one item of a job, by yourself.

Job: {job_id}
Item: {item_id}

{instruction}

The item's row, as JSON:
{row}

What your result has to look like, as a JSON Schema ({{}} means any object):
{schema}

When you are done, call report_agent_job_result once, with this job_id and item_id and your result \
as a JSON object. Then stop. If you cannot do it, report that in the result.
"""


class StartWorker(StartThread):
    """Start a thread that works on a row of a job."""

    is_worker: ClassVar[bool] = True
    job_id: str = ""
    item: int = 0


@decide.register
def _start_worker(command: StartWorker, thread: Thread) -> Events:
    begun = decide.dispatch(StartThread)(command, thread)
    started = JobWorkerStarted(job_id=command.job_id, item=command.item)
    at = next(n for n, event in enumerate(begun) if isinstance(event, ThreadActivated))
    return [*begun[:at], started, *begun[at:]]


def source_of(job_id: str) -> str:
    """The source of a worker's thread, in the words of clients."""
    return AGENT_JOB + job_id


def worker_settings(runner: ThreadSettings) -> ThreadSettings:
    """The settings of a worker: those of its runner, without questions to the user."""
    of_agents = {"thread_source": SUBAGENT, "agent_nickname": None, "agent_role": None}
    return runner.model_copy(update={**of_agents, "user_input": False})


def task_of(
    job_id: str,
    item_id: str,
    instruction: str,
    row: Mapping[str, Any],
    schema: Mapping[str, Any] | None,
) -> str:
    """The first message to a worker."""
    return TASK.format(
        job_id=job_id,
        item_id=item_id,
        instruction=instruction,
        row=to_json(row).decode(),
        schema=to_json(schema or {}).decode(),
    )
