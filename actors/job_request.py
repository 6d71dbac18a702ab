"""The request of a client or a model for a job, and the command it becomes."""

from typing import Any

from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.errors import Refusal
from threadhost.actors.job import CreateJob
from threadhost.actors.job_ports import Format
from threadhost.events.job import JobDescribed
from threadhost.events.job_rows import job_name
from threadhost.events.named_tuple import NamedTuple

CONCURRENCY, CONCURRENCY_MAX = 16, 64
ATTEMPTS, ATTEMPTS_MAX = 3, 100
SECONDS_MAX = 10 * 365 * 24 * 3600
PRIORITY_MAX = 100
MILLISECONDS = 1000


class BadJob(Refusal):
    """A parameter of the job is not valid."""


class JobRequest(NamedTuple):
    """A job as requested; None leaves a choice to the host.

    `exports`: when the job is over its rows are written to `output_path`, or beside the input. If
    `replaces`, that may replace an existing file.
    """

    runner_id: str
    input_path: str
    instruction: str
    name: str | None = None
    id_column: str | None = None
    output_path: str | None = None
    exports: bool = False
    replaces: bool = False
    output_schema: dict[str, Any] | None = None
    concurrency: int | None = None
    concurrency_max: int = CONCURRENCY_MAX
    runtime_s: int | None = None
    attempts_max: int | None = None
    deadline_s: int | None = None
    priority: int | None = None

    def checked(self) -> "JobRequest":
        """The request itself, if it is valid. Raises BadJob with its fault."""
        if not self.instruction.strip():
            raise BadJob("instruction must be non-empty")
        for name, value, value_max in (
            ("max_concurrency", self.concurrency, None),
            ("max_runtime_seconds", self.runtime_s, SECONDS_MAX),
            ("max_attempts", self.attempts_max, ATTEMPTS_MAX),
            ("deadline_seconds", self.deadline_s, SECONDS_MAX),
            ("priority", self.priority, PRIORITY_MAX),
        ):
            if value is not None and value < 1:
                raise BadJob(f"{name} must be >= 1")
            if value is not None and value_max is not None and value > value_max:
                raise BadJob(f"{name} must be <= {value_max}")
        return self

    def create(
        self, job_id: str, headers: list[str], output_path: str, limits: JobPolicy
    ) -> CreateJob:
        """The command that begins the job, within the host's limits."""
        described = JobDescribed(
            name=self.name or job_name(job_id),
            instruction=self.instruction,
            headers=headers,
            output_schema=self.output_schema,
            input_path=self.input_path,
            output_path=output_path,
            id_column=self.id_column,
        )
        concurrency_max = max(1, min(CONCURRENCY_MAX, self.concurrency_max))
        return CreateJob(
            runner_id=self.runner_id,
            described=described,
            concurrency=min(self.concurrency or CONCURRENCY, concurrency_max),
            attempts_max=self.attempts_max or ATTEMPTS,
            item_ms=self.runtime_s * MILLISECONDS if self.runtime_s else limits.item_ms,
            deadline_ms=(self.deadline_s or 0) * MILLISECONDS,
            wait_ms=limits.wait_ms,
            priority=self.priority or 1,
            exports=self.exports,
            replaces=self.replaces,
        )


class Export(NamedTuple):
    """Where and how the rows of a job are written; None leaves a choice to the job."""

    path: str | None = None
    format: Format | None = None
    replaces: bool = False
    escapes_formulas: bool = False
    is_own: bool = False
    """Whether the job exports by itself: it may replace its own file, if nobody changed that since.

    The first export may also replace an existing file, if the request asked for that.
    """
