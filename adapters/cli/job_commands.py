"""The commands of jobs."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, count, path
from threadhost.adapters.cli.options import HOME_OPTION
from threadhost.adapters.cli.shared_options import BY_HOST, JOB, JSON, ON_A_HOME, YES, limit

CODES = (
    "Exit codes: 0 all rows completed, 1 the command failed, or the file could not be written,"
    " 2 the command line is invalid, 3 the job is over, and not all rows completed, 130 ended by"
    " Ctrl-C."
)

JOB_COMMANDS = (
    Command(
        "jobs run",
        "Give each row of a CSV or JSONL file to an agent of its own, and show the progress.\n"
        f"{BY_HOST} Ctrl-C only ends the display: the job goes on in the host. {CODES}",
        (
            Option("FILE", "FILE", "The rows, with a header.", read=path, is_required=True),
            Option(
                "--instruction",
                "TEXT",
                "The instruction for each row; {COLUMN} stands for the row's value in that column.",
                is_required=True,
            ),
            Option(
                "--output",
                "FILE",
                "The file for the rows with their results, written at the end: .csv, .jsonl or"
                " .parquet. By default none until `jobs export`.",
                read=path,
                short="-o",
            ),
            Option("--id-column", "COLUMN", "The column with the ids of the rows."),
            Option("--schema", "FILE", "The JSON Schema that results must match.", read=path),
            Option("--name", "TEXT", "The name of the job."),
            Option("--model", "NAME", "The model of the agents."),
            Option(
                "--workers",
                "N",
                "The number of rows to work on at once, at most 64.",
                default="16",
                read=count,
            ),
            Option(
                "--attempts",
                "N",
                "The largest number of attempts for a row.",
                default="3",
                read=count,
            ),
            Option(
                "--row-timeout",
                "SECONDS",
                "The time limit of a row; by default that of the host's configuration, 1800.",
                read=count,
            ),
            Option("--deadline", "SECONDS", "The time limit of the job.", read=count),
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
                "Only rows in this state.",
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
        f"Write the rows of a job, in their current state, to a file.\n{BY_HOST}",
        (
            JOB,
            *ON_A_HOME,
            Option(
                "--output",
                "FILE",
                "The file, inside the folder of the job; by default the one that the job names.",
                read=path,
                short="-o",
            ),
            Option(
                "--format",
                "FORMAT",
                "The format; by default that of the file's suffix, CSV for any other suffix.",
                choices=("csv", "jsonl", "parquet"),
            ),
            Option("--force", "", "Replace the file if it exists.", short="-f"),
            Option(
                "--escape-formulas", "", "Put a ' before cells that spreadsheets would compute."
            ),
            JSON,
        ),
        "jobs",
    ),
    *(
        Command(f"jobs {verb}", f"{words}\n{BY_HOST}", (JOB, *ON_A_HOME, JSON), "jobs")
        for verb, words in (
            ("cancel", "Cancel a job; a job that is over is refused."),
            ("pause", "Pause a job: start no more rows; running rows go on."),
            ("resume", "Resume a paused job: start rows again."),
            (
                "retry",
                "Retry the failed rows of a job, and the unfinished rows of a cancelled one.",
            ),
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
