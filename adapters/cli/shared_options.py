"""Options that many commands share, and ids as users write them."""

from contextlib import suppress

from threadhost.adapters.cli.option import Option, count
from threadhost.adapters.cli.options import HOME_OPTION, KEY_FILE

ZEROS = "00000000-0000-0000-0000-000000000000"
"""Completes the beginning of an id to a whole id."""

BY_HOST = "Carried out by the host that runs on the home."
BY_A_HOST = "Carried out by the host that runs on the home, or, if none does, on the home itself."
JSON = Option("--json", "", "Print JSON, for programs.")
YES = Option("--yes", "", "Do not ask.", short="-y")


def thread_word(text: str, kind: str = "thread") -> str:
    """A thread id in stored form, the beginning of one, or a name. Raises ValueError."""
    from threadhost.adapters.jsonrpc.models.ids import thread_id

    beginning = text.lower()
    for candidate in (text, beginning + ZEROS[len(beginning) :] if beginning else ""):
        with suppress(ValueError):
            return thread_id(candidate)[: len(beginning) if candidate is not text else None]
    if not text or not text.isprintable():
        remedy = f"give an id that `{kind}s list` prints, or a name"
        raise ValueError(f"{text!r} names no {kind}; {remedy}")
    return text


def job_word(text: str) -> str:
    """A job id, the beginning or end of one, or the name of a job. Raises ValueError."""
    return thread_word(text, "job")


THREAD = Option(
    "THREAD",
    "THREAD",
    "A thread, by its id, the beginning of its id, or its name.",
    read=thread_word,
    is_required=True,
)
JOB = Option(
    "JOB",
    "JOB",
    "A job, by its id, the beginning or end of its id, or its name.",
    read=job_word,
    is_required=True,
)


def limit(of_what: str, default: int) -> Option:
    """An option: how many of something to print."""
    words = f"How many {of_what}."
    return Option("--limit", "N", words, default=str(default), read=count, short="-n")


ON_A_HOME = (HOME_OPTION, KEY_FILE)
"""For commands that read a home, whether or not a host runs on it."""
