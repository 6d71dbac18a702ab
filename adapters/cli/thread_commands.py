"""The commands that list, show and change threads."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.shared_options import BY_A_HOST, BY_HOST, JSON, ON_A_HOME, THREAD

TEXT = Option("TEXT", "TEXT", "The input; - to read it from standard input.", is_required=True)


NEW_OR_THREAD = THREAD._replace(help=f"`new` to start one; else a{THREAD.help[1:]}")


def _act(
    name: str, words: str, *extra: Option, thread: Option = THREAD, by: str = BY_A_HOST
) -> Command:
    arguments = [option for option in extra if option.is_argument]
    options = [option for option in extra if not option.is_argument]
    parameters = (thread, *arguments, *ON_A_HOME, *options, JSON)
    return Command(f"threads {name}", f"{words}\n{by}", parameters, "thread_acts")


THREAD_ACTS = (
    _act(
        "run",
        "Send input to a thread, wait, and print its answer; `new` starts a thread.\n"
        "Exit codes: 0 the turn completed, 1 the command failed, 2 the command line is invalid,"
        " 3 the turn failed or was interrupted.",
        TEXT,
        Option("--model", "NAME", "The model of this turn."),
        thread=NEW_OR_THREAD,
    ),
    _act(
        "queue",
        "Queue input for a thread, for after its running turn.",
        TEXT,
        by=BY_HOST,
    ),
    _act("interrupt", "Interrupt the running turn of a thread."),
    _act("resume", "Make the host load a thread, so that its goal and queue go on.", by=BY_HOST),
    _act(
        "rename",
        "Rename a thread.",
        Option("NAME", "NAME", "The new name.", is_required=True),
    ),
    _act("fork", "Start a thread with the history of another, and print its id."),
    _act("archive", "Archive a thread and all below it."),
    _act("unarchive", "Unarchive a thread."),
)
