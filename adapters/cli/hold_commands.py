"""The commands of legal holds."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.shared_options import BY_A_HOST, JSON, ON_A_HOME, THREAD, limit


def matter(text: str) -> str:
    """The name of a matter. Raises ValueError."""
    from threadhost.events.words import is_identifier

    if text and is_identifier(text) and len(text) <= 64:  # noqa: PLR2004
        return text
    remedy = "give up to 64 letters, digits and any of _ . : + -"
    from threadhost.events.words import truncate

    raise ValueError(f"`{truncate(text, 100)}` is not the name of a matter; {remedy}")


def reason(text: str) -> str:
    """Why a hold is set or released. Raises ValueError."""
    if not text.strip():
        raise ValueError("the reason is blank; give one")
    return text


REASON = Option(
    "--reason",
    "TEXT",
    "The reason; stored encrypted in the log, with the key of the thread.",
    is_required=True,
    read=reason,
)
MATTER = Option(
    "--matter",
    "NAME",
    "The name of the hold among several, such as the number of a case; stored unencrypted, for"
    " ever.",
    default="hold",
    read=matter,
)
HOLD_COMMANDS = (
    Command(
        "threads hold",
        "Set a legal hold: nobody can delete the threads that it covers until it is released.\n"
        f"{BY_A_HOST} Each attempt is an event of the log.",
        (
            THREAD,
            *ON_A_HOME,
            REASON,
            MATTER,
            Option(
                "--scope",
                "thread|tree",
                "The thread alone, or with all threads below it, also those that join later.",
                default="tree",
                choices=("thread", "tree"),
            ),
            JSON,
        ),
        "holds",
    ),
    Command(
        "threads release",
        f"Release a legal hold; other holds of the thread stay.\n{BY_A_HOST}",
        (THREAD, *ON_A_HOME, REASON, MATTER, JSON),
        "holds",
    ),
    Command(
        "threads holds",
        "Print the legal holds by matter: who set them, when, and why.",
        (*ON_A_HOME, limit("holds", 100), JSON),
        "holds",
        "list_holds",
    ),
)
