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
        "Print the newest events, one in each line; with --follow, also new ones as they are"
        " committed.",
        (
            *ON_A_HOME,
            limit("events", 20),
            _after("Begin after this position."),
            Option("--follow", "", "Then print new events as they are committed.", short="-f"),
            JSON,
        ),
        "log",
    ),
    Command(
        "log show",
        "Print one whole event, the events of a thread, or those after a position.",
        (
            Option("POSITION", "POSITION", "One event of the log.", read=event_at),
            *ON_A_HOME,
            Option(
                "--thread",
                "THREAD",
                "Only the stream of this thread, by its id, the beginning of its id, or its name.",
                read=thread_word,
            ),
            Option("--tree", "THREAD", "Only this thread and all below it.", read=thread_word),
            Option("--type", "TYPE", "Only events whose type begins with this text.", many=True),
            Option("--principal", "TEXT", "Only events whose principal contains this text."),
            Option(
                "--since", "TIME", "Only events that were recorded from this time on.", read=since
            ),
            _after("Only events after this position.", "0"),
            limit("events", 100),
            JSON,
        ),
        "log",
    ),
    Command(
        "log verify",
        "Check a whole log against its hash chain, and the files beside it against the log.\n"
        "Needs no key and changes nothing. Exit codes: 0 the log is sound, 1 it is not, 2 the"
        " command line"
        " is invalid, 3 keys are missing, 4 the check was not possible, 5 the log is sound, but"
        " data beside it does not match it.",
        (
            Option(
                "LOG", "LOG", "A home, or the file of a log; not together with --home.", read=path
            ),
            *ON_A_HOME,
            Option(
                "--at",
                "POSITION",
                "Also print the value of the hash chain at this position.",
                read=count,
                many=True,
            ),
            Option(
                "--expect",
                "POSITION:CHAIN",
                "An earlier printed value to compare with.",
                read=end_of_log,
                many=True,
            ),
            Option("--log-only", "", "Do not check the views, which takes longest."),
            JSON,
        ),
        "verify",
        failed=COULD_NOT_LOOK,
    ),
)
