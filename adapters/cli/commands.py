"""All commands, in one table for parsing, help and reference."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.config_commands import CONFIG_COMMANDS
from threadhost.adapters.cli.hold_commands import HOLD_COMMANDS
from threadhost.adapters.cli.home_commands import DAEMON_COMMANDS, HOME_COMMANDS
from threadhost.adapters.cli.job_commands import JOB_COMMANDS
from threadhost.adapters.cli.log_commands import LOG_COMMANDS
from threadhost.adapters.cli.option import Option, path
from threadhost.adapters.cli.options import APP_SERVER, HOME_OPTION, OF_CODEX, SERVE
from threadhost.adapters.cli.shared_options import (
    BY_A_HOST,
    JSON,
    ON_A_HOME,
    THREAD,
    YES,
    limit,
    thread_word,
)
from threadhost.adapters.cli.thread_commands import THREAD_ACTS

PROGRAM = "threadhost"
HELP = "A durable host for trees of agent threads, speaking the Codex app-server protocol."
GROUPS = {
    "daemon": "A host on a home without a client of its own.",
    "config": "Look at the configuration, and have it read again.",
    "threads": "List, show, hold and delete stored threads.",
    "memory": "What is remembered of threads.",
    "jobs": "Run a job on a file, list, watch and change jobs.",
    "log": "Read and verify the log.",
    "keys": "The key that wraps all others.",
    "export": "Write what is stored in the forms of others.",
    "import": "Take in what other programs stored.",
}


def database_url(text: str) -> str:
    """A text that has the form of a database URL. Raises ValueError that does not show the text."""
    if "://" not in text:  # it may hold a password
        remedy = "give one such as sqlite:////path/to/views.db"
        raise ValueError(f"what was given is not the URL of a database; {remedy}")
    return text


def page_name(text: str) -> str:
    """A text that may name a page. Raises ValueError."""
    if not text or not text.isprintable():
        raise ValueError(f"{text!r} names no page; give one that `threadhost docs` lists")
    return text


_CODEX = ", ".join(
    flag + " KEY=VALUE" * bool(ignored.in_value) for ignored in OF_CODEX for flag in ignored.flags
)
_GENERATED = (
    Option("--out", "DIR", "The folder to write into.", read=path, short="-o", is_required=True),
    Option("--experimental", "", "Means nothing here: all methods are written."),
    Option("--config", "KEY=VALUE", "Means nothing here.", short="-c", many=True),
    Option("--enable", "NAME", "Means nothing here.", many=True),
    Option("--disable", "NAME", "Means nothing here.", many=True),
)
COMMANDS = (
    Command(
        "serve",
        "Serve clients until the input ends or a signal comes; then drain and exit.\n"
        "Standard output carries the protocol alone; logs and addresses go to standard error."
        " Exit codes: 0 stopped, 1 could not start, 2 the command line makes no sense, 70 the"
        " store failed.",
        SERVE,
    ),
    Command(
        "app-server",
        "Serve, in the place of codex: options that are meant for codex are ignored.\n"
        f"Those are {_CODEX}.",
        APP_SERVER,
    ),
    *DAEMON_COMMANDS,
    *CONFIG_COMMANDS,
    Command(
        "demo",
        "Show it all in a few seconds: a host, threads at work, a deletion, its receipt, the"
        " proof.",
        (JSON,),
        "demo",
    ),
    Command(
        "schema",
        "Write down the protocol of this version: JSON Schema and OpenRPC, or TypeScript, or both.",
        (
            Option(
                "--json", "DIR", "Write protocol.schema.json and openrpc.json there.", read=path
            ),
            Option("--typescript", "DIR", "Write protocol.ts there.", read=path),
        ),
        "schema",
    ),
    Command(
        "generate-ts",
        "Write protocol.ts, as `schema --typescript` does; codex calls it so after app-server.",
        (*_GENERATED, Option("--prettier", "PROGRAM", "Means nothing here.", short="-p")),
        "schema",
    ),
    Command(
        "generate-json-schema",
        "Write the JSON Schema, as `schema --json` does; codex calls it so after app-server.",
        _GENERATED,
        "schema",
    ),
    Command(
        "project",
        "Keep the views of a log in an SQL database, for reports and audit, and follow the log.\n"
        "Each event counts once, whatever ends this in between: it goes on where the database is."
        " Deletions reach it. Never writes into the home; a host may run on it. Ends at a signal.",
        (
            Option(
                "--to",
                "URL",
                "The database, as an SQLAlchemy URL: sqlite:////path/to/views.db,"
                " postgresql://user@host/database. A password is better told by the environment.",
                variable="THREADHOST_PROJECT_TO",
                read=database_url,
                is_required=True,
            ),
            *ON_A_HOME,
            Option("--projection", "NAME", "One that a package offers, instead."),
            Option("--until-head", "", "End once it has what the log has now."),
            Option("--rebuild", "", "Drop what is there, and begin at the first event."),
            JSON,
        ),
        "project",
    ),
    Command(
        "version",
        "Print which version this is: of the program, with the commit it is of, and of the"
        " protocol.\n`--version` prints the same line.",
        (JSON,),
        "versions",
    ),
    Command(
        "status",
        "Print whether a host runs on the home, where it listens, and what it is at.\n"
        "Exit codes: 0 one runs, 1 there is no home, 3 none runs.",
        (HOME_OPTION, JSON),
        "status",
    ),
    Command(
        "docs",
        "Print a page of the documents that came with this version; without one, which there are.",
        (
            Option(
                "PAGE",
                "PAGE",
                "A page by its name, such as README, jobs, reference/methods or adr/0004.",
                read=page_name,
            ),
            Option("--folder", "", "Print where they lie instead."),
            JSON,
        ),
        "docs",
    ),
    Command(
        "completion",
        "Print a script by which a shell completes command lines of this program.",
        (
            Option(
                "SHELL",
                "SHELL",
                "bash, zsh or fish.",
                choices=("bash", "zsh", "fish"),
                is_required=True,
            ),
        ),
        "completion",
    ),
    Command(
        "stats",
        "Print what the host that runs on the home holds and does at this moment, in numbers.",
        (HOME_OPTION, JSON),
        "stats",
    ),
    Command(
        "threads list",
        "Print the threads that had a turn, the newest first, children among them.",
        (
            *ON_A_HOME,
            limit("threads", 25),
            Option("--search", "TEXT", "In names and first messages."),
            Option("--archived", "", "Those that were put away instead."),
            Option("--live", "", "Only those that are in the memory of the host that runs."),
            JSON,
        ),
        "threads",
        "list_threads",
    ),
    Command(
        "threads show",
        "Print one thread with its turns.",
        (THREAD, *ON_A_HOME, limit("turns, the newest", 1_000_000), JSON),
        "threads",
    ),
    Command(
        "threads tree",
        "Print threads below their parents.",
        (
            Option(
                "THREAD",
                "THREAD",
                "The root, the beginning of its id, or its name; all trees without it.",
                read=thread_word,
            ),
            *ON_A_HOME,
            limit("trees", 25),
            JSON,
        ),
        "threads",
    ),
    Command(
        "threads logs",
        "Print what the host noted of its own work for a thread, the newest lines last.\n"
        "Turns, model requests, tool calls, refusals and failures; never what anybody said.",
        (THREAD, *ON_A_HOME, limit("lines", 100), JSON),
        "program_log",
    ),
    *THREAD_ACTS,
    Command(
        "threads delete",
        f"Delete a thread and all below it, after showing what that takes.\n{BY_A_HOST}",
        (THREAD, *ON_A_HOME, YES, JSON),
        "deletion",
    ),
    *HOLD_COMMANDS,
    Command(
        "memory show",
        "Print what later threads are told of earlier ones, or the note of one thread.\n"
        "Empty unless `features.memories` is on in the configuration file.",
        (
            Option(
                "THREAD",
                "THREAD",
                "A thread whose note to print, the beginning of its id, or its name.",
                read=thread_word,
            ),
            *ON_A_HOME,
            JSON,
        ),
        "memory",
    ),
    Command(
        "memory reset",
        f"Forget all that is remembered, after asking; the threads themselves stay.\n{BY_A_HOST}",
        (*ON_A_HOME, YES, JSON),
        "memory",
    ),
    *JOB_COMMANDS,
    Command(
        "export codex",
        "Write threads as rollout files, which codex lists and resumes.\n"
        "A host may run on the home. What was written before is gone on with, so that this can be"
        " interrupted and run again. Files of codex are left as they are. Exit codes: 0 all is"
        " written, 1 some could not be, which are named, or nothing was.",
        (
            Option(
                "--to",
                "DIR",
                "The home of codex, or another folder: sessions and archived_sessions go there.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            Option("--thread", "THREAD", "This thread alone.", read=thread_word),
            Option("--tree", "THREAD", "This thread and all below it.", read=thread_word),
            JSON,
        ),
        "export",
    ),
    Command(
        "import codex",
        "Take in the threads of a codex home: turns, names, goals, what hangs on what.\n"
        "The codex home is only read. A host may run on the home of threadhost, and then does it."
        " What is there already stays as it is, so that this can be interrupted and run again."
        " Exit codes: 0 all threads are there, 1 nothing could be done, 2 the command line makes no"
        " sense, 3 something was left, which is named with the reason.",
        (
            Option(
                "--from",
                "DIR",
                "The home of codex, as ~/.codex is.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            Option("--dry-run", "", "Say what would be taken in, and change nothing."),
            JSON,
        ),
        "imported",
    ),
    *LOG_COMMANDS,
    *HOME_COMMANDS,
    Command(
        "keys rotate",
        "Wrap the keys of all threads by a new host key, while no host runs on the home.\n"
        "What was interrupted is finished by running it again. The next host tells the log. Backups"
        " of before need the old key, and whoever has both can read what they hold.",
        (
            *ON_A_HOME,
            Option(
                "--new-key-file",
                "FILE",
                "The key that wraps all others from now on, made if it is not there. Needed with"
                " --key-file; without it, host.key in the home is replaced.",
                read=path,
            ),
            JSON,
        ),
        "keys",
        "rotate_host_key",
    ),
)
