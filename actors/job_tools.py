"""The tools of jobs: one set starts and awaits jobs, the other reports the result of a row."""

from functools import cache

from threadhost.actors.tools import HostTools, one_tool
from threadhost.events.host_call import JOBS

SPAWN, REPORT, WAIT = "spawn_agents_on_csv", "report_agent_job_result", "wait_agent_job"
_TEXT = {"type": "string"}


@cache
def runner_tools() -> HostTools:
    """The tools of a thread that may start jobs."""
    return dict(
        (
            one_tool(
                JOBS,
                SPAWN,
                "Start a job: one agent for each row of a CSV file, each told the instruction with "
                "its row filled in. Answers at once with the job; wait_agent_job waits for it. "
                "Each agent reports a JSON object, and all are written to a CSV file at the end.",
                {
                    "csv_path": {**_TEXT, "description": "The file; its first line is the header."},
                    "instruction": {
                        **_TEXT,
                        "description": "What to do with a row; {column} stands for its value.",
                    },
                    "id_column": {**_TEXT, "description": "The column that names the rows."},
                    "output_csv_path": {**_TEXT, "description": "Where the results go."},
                    "output_schema": {
                        "type": "object",
                        "description": "A JSON Schema that each result has to fit.",
                    },
                    "max_concurrency": {
                        "type": "integer",
                        "description": "How many rows are worked on at once; 16 unless said.",
                    },
                    "max_workers": {"type": "integer", "description": "As max_concurrency."},
                    "max_runtime_seconds": {
                        "type": "integer",
                        "description": "How long an agent may work on its row; 1800 unless said.",
                    },
                },
                "csv_path",
                "instruction",
            ),
            one_tool(
                JOBS,
                WAIT,
                "Wait until a job is over, or so long. Answers with how it stands.",
                {
                    "job_id": _TEXT,
                    "timeout_ms": {
                        "type": "integer",
                        "description": "30000 unless said, 10000 at least and an hour at most.",
                    },
                },
                "job_id",
            ),
        )
    )


@cache
def worker_tools() -> HostTools:
    """The tool of a worker."""
    return dict(
        (
            one_tool(
                JOBS,
                REPORT,
                "Report what came of your item of the job, once, as the last thing that you do.",
                {
                    "job_id": _TEXT,
                    "item_id": _TEXT,
                    "result": {"type": "object", "description": "Any JSON object."},
                    "stop": {
                        "type": "boolean",
                        "description": "True ends the whole job: no other row is begun.",
                    },
                },
                "job_id",
                "item_id",
                "result",
            ),
        )
    )
