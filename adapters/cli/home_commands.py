"""The operator's commands on a home: its host, backups and maintenance."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, path
from threadhost.adapters.cli.options import DAEMON_RUN, HOME_OPTION, SERVE
from threadhost.adapters.cli.shared_options import JSON, ON_A_HOME, limit

DAEMON_COMMANDS = (
    Command(
        "proxy",
        "Pass messages between standard input and output and the host that runs on the home.\n"
        "As `app-server` on a home that has one, and started only by hand: where none runs, it says"
        " so and ends with 1.",
        (HOME_OPTION,),
        "daemon",
    ),
    Command(
        "daemon start",
        "Start a host on the home that stays when its clients leave, and have this shell back.\n"
        "Clients join it by `app-server` or `proxy`. What it says goes to host.log in the home."
        " Where one runs already, all is well.",
        SERVE,
        "daemon",
        takes_words=True,
    ),
    Command(
        "daemon stop",
        "Stop the host on the home, whatever started it, and wait until it is gone.\n"
        "Who is joined is told that it was stopped, and starts no other.",
        (HOME_OPTION, JSON),
        "daemon",
    ),
    Command(
        "daemon status",
        "Print whether a host runs on the home, which, and how many clients have joined it.\n"
        "Exit codes: 0 one runs, 3 none does.",
        (HOME_OPTION, JSON),
        "daemon",
    ),
    Command(
        "daemon run",
        "Serve whoever joins, in the foreground, and those at --listen, until a signal comes.\n"
        "What `daemon start` starts; for service managers. Standard input is not read. Exit codes"
        " are those of `serve`, and 75 where another owns the home.",
        DAEMON_RUN,
    ),
)
COULD_NOT_LOOK = 4
"""The exit code of a failure for commands whose code 1 reports a finding."""
HOME_COMMANDS = (
    Command(
        "backup",
        "Write all that a home holds into one file; a host may run on the home, and goes on.\n"
        "Log and keys are of one moment. The file is whole once it has its name. Whoever has it can"
        " read what it holds, if the host key is in it. Exit codes are those of `log verify`: 0 for"
        " a sound log.",
        (
            Option("FILE", "FILE", "The backup, not there yet.", read=path, is_required=True),
            *ON_A_HOME,
            Option(
                "--keys-separate",
                "FILE",
                "Write the keys into this file instead, to be kept elsewhere: without them nobody"
                " reads the backup.",
                read=path,
            ),
            JSON,
        ),
        "backup",
    ),
    Command(
        "restore",
        "Put a backup into a home that no host runs on, after checking it whole.\n"
        "Cursors of before are refused from then on. Without a file, what was interrupted is"
        " finished, or taken back.",
        (
            Option("FILE", "FILE", "The backup.", read=path),
            *ON_A_HOME,
            Option("--keys", "FILE", "What --keys-separate wrote.", read=path),
            Option("--replace", "", "Lose the log that the home has."),
            Option(
                "--delete-again",
                "",
                "Delete once more what the home knows as deleted and the backup has alive.",
            ),
            JSON,
        ),
        "backup",
    ),
    Command(
        "erase",
        "Destroy the keys in a backup whose threads its home knows as deleted.\n"
        "Needs no host key; a host may run on the home. The file is written anew, which takes as"
        " much space again meanwhile, and the keys in the old one are overwritten; what was"
        " interrupted is finished by running it again. Copies of the file, snapshots of a file"
        " system and what a disk keeps for itself are out of its reach.",
        (
            Option(
                "--backup",
                "FILE",
                "The backup, or what --keys-separate wrote beside it.",
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
        "Print what takes the space of a home: by cause, and the largest trees or threads.\n"
        "A host may run on the home. What rows take is an estimate; views and indices are of no"
        " thread.",
        (
            *ON_A_HOME,
            Option(
                "--by",
                "tree|thread",
                "Of what to print the largest; --json has both.",
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
        "Have the rules of retention let go of what is due; --dry-run says what that is, and why.\n"
        "The rules stand in the configuration file. Carried out by the host that runs on the home,"
        " or, if none does, on the home itself, by its config.toml.",
        (*ON_A_HOME, Option("--dry-run", "", "Change nothing."), JSON),
        "gc",
    ),
    Command(
        "rebuild",
        "Make the lists of a home anew from its log, and say what was not as it should be.\n"
        "A host may run on the home, and serves meanwhile: the old ones are read until they are"
        " replaced at once, and stay if this is interrupted. It needs memory for what lists hold.",
        (*ON_A_HOME, JSON),
        "rebuild",
    ),
    Command(
        "doctor",
        "Look at all of a home: log, keys, views, files, permissions, space, limits, clock.\n"
        "Each finding has its cause and what helps. A host may run on it, save for --fix. Exit"
        " codes: 0 healthy, 1 something is wrong, 2 the command line makes no sense, 4 could not"
        " look, 5 something should be seen to.",
        (
            *ON_A_HOME,
            Option("--quick", "", "Leave out the log, keys and views, and sizes by table."),
            Option(
                "--fix",
                "",
                "Put right what can be without losing anything: modes, views, heads, files of"
                " nobody, keys of deleted threads.",
            ),
            JSON,
        ),
        "doctor",
        failed=COULD_NOT_LOOK,
    ),
)
