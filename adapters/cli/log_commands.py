"""The commands that read the log."""

from typing import Any

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.home_commands import COULD_NOT_LOOK
from threadhost.adapters.cli.option import Option, count, path, position, since
from threadhost.adapters.cli.shared_options import JSON, ON_A_HOME, limit, thread_word


def end_of_log(text: str) -> Any:  # noqa: ANN401  (its parser takes long to import)
    """The output of `log verify`. Raises ValueError."""
    from threadhost.events.store.seal import End

    return End.parse(text)


def event_at(text: str) -> int:
    """The position of an event. Raises ValueError, which suggests the option for a thread."""
    try:
        return count(text)
    except ValueError as error:
        thread = "" if text.isdigit() else ", or --thread THREAD for the events of one"
        raise ValueError(f"{error}{thread}") from None


def _after(words: str, default: str | None = None) -> Option:
    return Option("--after", "POSITION", words, default=default, read=position)


LOG_COMMANDS = (
    Command(
        "log tail",
        "Print the newest events, one a line; with --follow, each as it is committed.",
        (
            *ON_A_HOME,
            limit("events", 20),
            _after("Begin after this."),
            Option("--follow", "", "Go on with what comes.", short="-f"),
            JSON,
        ),
        "log",
    ),
    Command(
        "log show",
        "Print one event whole, or the events of a thread, or those after a position.",
        (
            Option("POSITION", "POSITION", "One event of the log.", read=event_at),
            *ON_A_HOME,
            Option(
                "--thread",
                "THREAD",
                "Only this thread's own stream; the beginning of its id, or its name, will do.",
                read=thread_word,
            ),
            Option("--tree", "THREAD", "Only this thread and all below it.", read=thread_word),
            Option("--type", "TYPE", "Only events whose type begins like this.", many=True),
            Option("--principal", "TEXT", "Only what was asked by whom this is in."),
            Option("--since", "TIME", "Only what was recorded from then on.", read=since),
            _after("Only what follows.", "0"),
            limit("events", 100),
            JSON,
        ),
        "log",
    ),
    Command(
        "log verify",
        "Check a whole log against its hash chain, and what lies beside it against the log.\n"
        "Needs no key and changes nothing. Exit codes: 0 sound, 1 not sound, 2 the command line"
        " makes no sense, 3 keys are missing, 4 could not look, 5 sound, but something beside the"
        " log is not what it says.",
        (
            Option("LOG", "LOG", "A home, or the file of a log by itself; not --home.", read=path),
            *ON_A_HOME,
            Option("--at", "POSITION", "Print the chain there, too.", read=count, many=True),
            Option(
                "--expect",
                "POSITION:CHAIN",
                "What was printed before, to compare.",
                read=end_of_log,
                many=True,
            ),
            Option("--log-only", "", "Leave out what the views say, which takes longest."),
            JSON,
        ),
        "verify",
        failed=COULD_NOT_LOOK,
    ),
)
