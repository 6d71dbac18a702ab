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
    "memory": "The memory of earlier threads.",
    "jobs": "Run a job on a file, list, watch and change jobs.",
    "log": "Read and verify the log.",
    "keys": "The host key, which wraps all other keys.",
    "export": "Export threads in the formats of other programs.",
    "import": "Import the data of other programs.",
}


def database_url(text: str) -> str:
    """A text that has the form of a database URL. Raises ValueError that does not show the text."""
    if "://" not in text:  # it may hold a password
        remedy = "give one such as sqlite:////path/to/views.db"
        raise ValueError(f"the value is not the URL of a database; {remedy}")
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
    Option("--experimental", "", "Ignored: all methods are written."),
    Option("--config", "KEY=VALUE", "Ignored.", short="-c", many=True),
    Option("--enable", "NAME", "Ignored.", many=True),
    Option("--disable", "NAME", "Ignored.", many=True),
)
COMMANDS = (
    Command(
        "serve",
        "Serve clients until the input ends or a signal arrives; then drain and exit.\n"
        "Standard output has only messages of the protocol; logs and addresses go to standard"
        " error."
        " Exit codes: 0 stopped, 1 could not start, 2 the command line is invalid, 70 the"
        " store failed.",
        SERVE,
    ),
    Command(
        "app-server",
        f"Serve in place of codex; options that only codex has are ignored.\nThose are {_CODEX}.",
        APP_SERVER,
    ),
    *DAEMON_COMMANDS,
    *CONFIG_COMMANDS,
    Command(
        "demo",
        "Show the main features in a few seconds: a host, threads at work, a deletion, its"
        " receipt, the proof.",
        (JSON,),
        "demo",
    ),
    Command(
        "schema",
        "Export the protocol of this version: JSON Schema and OpenRPC, or TypeScript, or both.",
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
        "Write protocol.ts, like `schema --typescript`; codex has this command after app-server.",
        (*_GENERATED, Option("--prettier", "PROGRAM", "Ignored.", short="-p")),
        "schema",
    ),
    Command(
        "generate-json-schema",
        "Write the JSON Schema, like `schema --json`; codex has this command after app-server.",
        _GENERATED,
        "schema",
    ),
    Command(
        "project",
        "Maintain the views of a log in an SQL database, for reports and audit, and follow the"
        " log.\n"
        "Each event is applied once: after an interruption the command resumes at the position in"
        " the database."
        " Deletions are applied, too. The command never writes into the home, and a host may run"
        " on it. A signal ends it.",
        (
            Option(
                "--to",
                "URL",
                "The database, as an SQLAlchemy URL: sqlite:////path/to/views.db,"
                " postgresql://user@host/database. Give a URL with a password by the environment.",
                variable="THREADHOST_PROJECT_TO",
                read=database_url,
                is_required=True,
            ),
            *ON_A_HOME,
            Option(
                "--projection", "NAME", "A projection that a package offers, in place of the views."
            ),
            Option("--until-head", "", "Exit when all present events of the log are applied."),
            Option("--rebuild", "", "Drop the existing tables, and begin at the first event."),
            JSON,
        ),
        "project",
    ),
    Command(
        "version",
        "Print the version of the program, with its commit, and of the protocol.\n`--version`"
        " prints the same line.",
        (JSON,),
        "versions",
    ),
    Command(
        "status",
        "Print whether a host runs on the home, its addresses, and its current work.\n"
        "Exit codes: 0 a host runs, 1 there is no home, 3 no host runs.",
        (HOME_OPTION, JSON),
        "status",
    ),
    Command(
        "docs",
        "Print a page of the documentation of this version; without a page, list all pages.\n"
        "PAGE#HEADING prints it from that heading on, as a link in another page names it. A word"
        " that is no page's name lists the headings with it or, if there are none, those of the"
        " texts with it.",
        (
            Option(
                "PAGE",
                "PAGE",
                "The name of a page, such as README, jobs, reference/methods or adr/0004.",
                read=page_name,
            ),
            Option("--folder", "", "Print the folder of the pages instead."),
            JSON,
        ),
        "docs",
    ),
    Command(
        "completion",
        "Print a completion script for a shell.",
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
        "Print the gauges of the host that runs on the home.",
        (HOME_OPTION, JSON),
        "stats",
    ),
    Command(
        "threads list",
        "Print the threads that had a turn, the newest first, children among them.",
        (
            *ON_A_HOME,
            limit("threads", 25),
            Option("--search", "TEXT", "A text to search for in names and first messages."),
            Option("--archived", "", "List archived threads instead."),
            Option("--live", "", "List only threads that the running host has in memory."),
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
                "The root, by its id, the beginning of its id, or its name; by default all trees.",
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
        "Print the program log of a thread, the newest lines last.\n"
        "It has turns, model requests, tool calls, refusals and failures, but no contents of"
        " conversations.",
        (THREAD, *ON_A_HOME, limit("lines", 100), JSON),
        "program_log",
    ),
    *THREAD_ACTS,
    Command(
        "threads delete",
        f"Delete a thread and all below it, after showing what would be deleted.\n{BY_A_HOST}",
        (THREAD, *ON_A_HOME, YES, JSON),
        "deletion",
    ),
    *HOLD_COMMANDS,
    Command(
        "memory show",
        "Print the memory of earlier threads that later ones get, or the note of one thread.\n"
        "Empty unless `features.memories` is on in the configuration file.",
        (
            Option(
                "THREAD",
                "THREAD",
                "The thread whose note to print, by its id, the beginning of its id, or its name.",
                read=thread_word,
            ),
            *ON_A_HOME,
            JSON,
        ),
        "memory",
    ),
    Command(
        "memory reset",
        f"Drop all memories, after asking; the threads themselves stay.\n{BY_A_HOST}",
        (*ON_A_HOME, YES, JSON),
        "memory",
    ),
    *JOB_COMMANDS,
    Command(
        "export codex",
        "Write threads as rollout files, which codex can list and resume.\n"
        "A host may run on the home. Files of an earlier run are continued, so the command can be"
        " interrupted and run again. Files that codex wrote stay unchanged. Exit codes: 0 all"
        " threads are written, 1 some, which are named, or all could not be written.",
        (
            Option(
                "--to",
                "DIR",
                "The home of codex, or another folder, in which to write sessions and"
                " archived_sessions.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            Option("--thread", "THREAD", "Only this thread.", read=thread_word),
            Option("--tree", "THREAD", "Only this thread and all below it.", read=thread_word),
            JSON,
        ),
        "export",
    ),
    Command(
        "import codex",
        "Import the threads of a codex home: turns, names, goals, and the tree of threads.\n"
        "The codex home is only read. If a host runs on the home of threadhost, that host carries"
        " it out."
        " Threads that are there already stay unchanged, so the command can be interrupted and"
        " run again."
        " Exit codes: 0 all threads are there, 1 nothing could be done, 2 the command line is"
        " invalid, 3 some threads or files, which are named with the reason, were not imported.",
        (
            Option(
                "--from",
                "DIR",
                "The home of codex, such as ~/.codex.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            Option("--dry-run", "", "Print what would be imported, and change nothing."),
            JSON,
        ),
        "imported",
    ),
    *LOG_COMMANDS,
    *HOME_COMMANDS,
    Command(
        "keys rotate",
        "Wrap the keys of all threads by a new host key, while no host runs on the home.\n"
        "To finish an interrupted run, run it again. The next host records the rotation in the"
        " log. Earlier backups need the old key, and anyone who has both can read them.",
        (
            *ON_A_HOME,
            Option(
                "--new-key-file",
                "FILE",
                "The file of the new host key, made if it does not exist. Required with"
                " --key-file; by default host.key in the home is replaced.",
                read=path,
            ),
            JSON,
        ),
        "keys",
        "rotate_host_key",
    ),
)
