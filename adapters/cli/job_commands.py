"""The commands of jobs."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, count, path
from threadhost.adapters.cli.options import HOME_OPTION
from threadhost.adapters.cli.shared_options import BY_HOST, JOB, JSON, ON_A_HOME, YES, limit

CODES = (
    "Exit codes: 0 all rows completed, 1 the command failed, or the file could not be written,"
    " 2 the command line makes no sense, 3 the job is over, and not all rows completed, 130 left"
    " by Ctrl-C."
)

JOB_COMMANDS = (
    Command(
        "jobs run",
        "Give each row of a CSV or JSONL file to an agent of its own, and show how it goes.\n"
        f"{BY_HOST} Ctrl-C only stops showing it: the job goes on in the host. {CODES}",
        (
            Option("FILE", "FILE", "The rows, with a header.", read=path, is_required=True),
            Option(
                "--instruction",
                "TEXT",
                "What to do with a row: {COLUMN} stands for what the row has there.",
                is_required=True,
            ),
            Option(
                "--output",
                "FILE",
                "Where the rows are written in the end with what came of them: .csv, .jsonl or"
                " .parquet. Without it, nowhere until `jobs export`.",
                read=path,
                short="-o",
            ),
            Option("--id-column", "COLUMN", "The column that names the rows."),
            Option("--schema", "FILE", "The JSON Schema that results have to fit.", read=path),
            Option("--name", "TEXT", "What the job is called."),
            Option("--model", "NAME", "The model of the agents."),
            Option(
                "--workers",
                "N",
                "On how many rows at once, at most 64.",
                default="16",
                read=count,
            ),
            Option("--attempts", "N", "How often a row is tried.", default="3", read=count),
            Option(
                "--row-timeout",
                "SECONDS",
                "How long a row may take; by default as the host is configured, 1800.",
                read=count,
            ),
            Option("--deadline", "SECONDS", "How long the job may take.", read=count),
            Option(
                "--priority",
                "N",
                "Its weight among the jobs of its tree, at most 100.",
                default="1",
                read=count,
            ),
            Option("--force", "", "Replace the output if it exists.", short="-f"),
            Option("--detach", "", "Do not wait for the end.", short="-d"),
            HOME_OPTION,
            JSON,
        ),
        "job_watch",
    ),
    Command(
        "jobs list",
        "Print the jobs, the newest first.",
        (*ON_A_HOME, limit("jobs", 25), JSON),
        "jobs",
        "list_jobs",
    ),
    Command(
        "jobs show",
        "Print one job with its rows.",
        (
            JOB,
            *ON_A_HOME,
            limit("rows", 25),
            Option(
                "--status",
                "STATUS",
                "Only rows that stand so.",
                choices=("pending", "running", "completed", "failed"),
            ),
            JSON,
        ),
        "jobs",
    ),
    Command(
        "jobs watch",
        f"Show a job until it is over.\n{BY_HOST} {CODES}",
        (JOB, *ON_A_HOME, JSON),
        "job_watch",
    ),
    Command(
        "jobs export",
        f"Write the rows of a job to a file, as they stand.\n{BY_HOST}",
        (
            JOB,
            *ON_A_HOME,
            Option(
                "--output",
                "FILE",
                "Where, below the folder of the job; by default where the job says.",
                read=path,
                short="-o",
            ),
            Option(
                "--format",
                "FORMAT",
                "Of what form; by default as the name of the file ends, CSV for any other ending.",
                choices=("csv", "jsonl", "parquet"),
            ),
            Option("--force", "", "Replace the file if it exists.", short="-f"),
            Option("--escape-formulas", "", "Put a ' before what spreadsheets would compute."),
            JSON,
        ),
        "jobs",
    ),
    *(
        Command(f"jobs {verb}", f"{words}\n{BY_HOST}", (JOB, *ON_A_HOME, JSON), "jobs")
        for verb, words in (
            ("cancel", "End a job before its rows are; one that is over is refused."),
            ("pause", "Begin no more rows of a job; those that are worked on go on."),
            ("resume", "Begin rows of a job again that was paused."),
            ("retry", "Work again on what failed of a job, and on what a cancelled one left."),
        )
    ),
    Command(
        "jobs delete",
        "Erase a job with its rows and results, after asking; the threads of its agents stay.\n"
        f"{BY_HOST}",
        (JOB, *ON_A_HOME, YES, JSON),
        "jobs",
    ),
)
