"""The operator's commands on a home: its host, backups and maintenance."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, path
from threadhost.adapters.cli.options import DAEMON_RUN, HOME_OPTION, SERVE
from threadhost.adapters.cli.shared_options import JSON, ON_A_HOME, limit

DAEMON_COMMANDS = (
    Command(
        "proxy",
        "Pass messages between standard input and output and the host that runs on the home.\n"
        "It works like `app-server` on a home with a running host, but starts none: if no host"
        " runs, it prints an error and exits with 1.",
        (HOME_OPTION,),
        "daemon",
    ),
    Command(
        "daemon start",
        "Start a host in the background, which stays when its clients leave.\n"
        "Clients join it by `app-server` or `proxy`. Its output goes to host.log in the home. If"
        " a host runs already, the command succeeds.",
        SERVE,
        "daemon",
        takes_words=True,
    ),
    Command(
        "daemon stop",
        "Stop the host on the home, however it was started, and wait until it has exited.\n"
        "Joined clients are notified that it was stopped, and start no other.",
        (HOME_OPTION, JSON),
        "daemon",
    ),
    Command(
        "daemon status",
        "Print whether a host runs on the home, its process, and how many clients have joined it.\n"
        "Exit codes: 0 a host runs, 3 no host runs.",
        (HOME_OPTION, JSON),
        "daemon",
    ),
    Command(
        "daemon run",
        "Serve joining clients and those at --listen, in the foreground, until a signal arrives.\n"
        "`daemon start` runs this command; service managers can, too. Standard input is not read."
        " Exit codes"
        " are those of `serve`, and 75 if another host owns the home.",
        DAEMON_RUN,
    ),
)
COULD_NOT_LOOK = 4
"""The exit code of a failure for commands whose code 1 reports a finding."""
HOME_COMMANDS = (
    Command(
        "backup",
        "Write all data of a home into one file; a host may run on the home, and goes on.\n"
        "Log and keys are of one moment. The file is complete once it has its name. Anyone who"
        " has it can read its contents, if the host key is in it. Exit codes are those of `log"
        " verify`: 0 for"
        " a sound log.",
        (
            Option(
                "FILE",
                "FILE",
                "The file of the backup, which must not exist.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            Option(
                "--keys-separate",
                "FILE",
                "Write the keys into this separate file, to store it elsewhere: without it the"
                " backup cannot be read.",
                read=path,
            ),
            JSON,
        ),
        "backup",
    ),
    Command(
        "restore",
        "Restore a backup into a home without a running host, after checking the whole backup.\n"
        "Earlier cursors are refused from then on. Without a file, an interrupted restore is"
        " finished or undone.",
        (
            Option("FILE", "FILE", "The file of the backup.", read=path),
            *ON_A_HOME,
            Option("--keys", "FILE", "The file that --keys-separate wrote.", read=path),
            Option("--replace", "", "Replace the log that the home has, which is lost."),
            Option(
                "--delete-again",
                "",
                "Delete again the threads and jobs that the home has deleted and the backup has.",
            ),
            JSON,
        ),
        "backup",
    ),
    Command(
        "erase",
        "In a backup, destroy the keys of threads and jobs that its home has deleted.\n"
        "Needs no host key; a host may run on the home. The command writes the file anew, which"
        " temporarily needs its size again, and overwrites the keys in the old file; to finish an"
        " interrupted run, run it again. It does not reach copies of the file, snapshots of a"
        " file system, and blocks that a disk retains.",
        (
            Option(
                "--backup",
                "FILE",
                "The backup, or the file that --keys-separate wrote with it.",
                read=path,
                is_required=True,
            ),
            *ON_A_HOME,
            JSON,
        ),
        "backup",
    ),
    Command(
        "du",
        "Print the disk space of a home: by cause, and the largest trees or threads.\n"
        "A host may run on the home. The size of rows is an estimate; views and indices belong to"
        " no thread.",
        (
            *ON_A_HOME,
            Option(
                "--by",
                "tree|thread",
                "Whether to list the largest trees or threads; --json has both.",
                default="tree",
                choices=("tree", "thread"),
            ),
            limit("trees or threads", 20),
            JSON,
        ),
        "du",
    ),
    Command(
        "gc",
        "Apply the retention rules: delete what is due and name it; --dry-run prints it, and why.\n"
        "The rules are in the configuration file. Carried out by the host that runs on the home,"
        " or, if none does, on the home itself, by its config.toml.",
        (*ON_A_HOME, Option("--dry-run", "", "Change nothing."), JSON),
        "gc",
    ),
    Command(
        "rebuild",
        "Rebuild the views of a home from its log, and print what did not match.\n"
        "A host may run on the home, and serves meanwhile: it reads the old views until all are"
        " replaced at once, and they stay if the rebuild is interrupted. A rebuild needs memory"
        " for the contents of the views.",
        (*ON_A_HOME, JSON),
        "rebuild",
    ),
    Command(
        "doctor",
        "Check a whole home: log, keys, views, files, permissions, space, limits, clock.\n"
        "Each finding has its cause and remedy. A host may run on the home, except with --fix. Exit"
        " codes: 0 healthy, 1 there are errors, 2 the command line is invalid, 4 the check was"
        " not possible, 5 there are warnings.",
        (
            *ON_A_HOME,
            Option("--quick", "", "Do not check the log, keys, views, and sizes by table."),
            Option(
                "--fix",
                "",
                "Repair what can be repaired without loss: modes, views, heads, files without an"
                " owner, keys of deleted threads.",
            ),
            JSON,
        ),
        "doctor",
        failed=COULD_NOT_LOOK,
    ),
)
