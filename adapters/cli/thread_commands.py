"""The commands that list, show and change threads."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.shared_options import BY_A_HOST, BY_HOST, JSON, ON_A_HOME, THREAD

TEXT = Option("TEXT", "TEXT", "What to say; - for what standard input holds.", is_required=True)


NEW_OR_THREAD = THREAD._replace(help=f"`new` to begin one; else t{THREAD.help[1:]}")


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
        "Say something to a thread, wait, and print what it answers; `new` begins a thread.\n"
        "Exit codes: 0 the turn completed, 1 the command failed, 2 the command line makes no sense,"
        " 3 the turn ended otherwise.",
        TEXT,
        Option("--model", "NAME", "The model of this turn."),
        thread=NEW_OR_THREAD,
    ),
    _act(
        "queue",
        "Have a thread hear something once the turn that it is at is over.",
        TEXT,
        by=BY_HOST,
    ),
    _act("interrupt", "End the turn that a thread is at."),
    _act(
        "resume", "Have the host take a thread up, so that what it has to do goes on.", by=BY_HOST
    ),
    _act(
        "rename",
        "Call a thread otherwise.",
        Option("NAME", "NAME", "What it is called from now on.", is_required=True),
    ),
    _act("fork", "Begin a thread with the history of another, and print its id."),
    _act("archive", "Put a thread away, and all below it."),
    _act("unarchive", "Take a thread out again that was put away."),
)
