"""How commands fail: one line on standard error, as text or JSON, and the right exit code."""

from pydantic_core import to_json

from threadhost.adapters.cli.output import Failure, note, reason_of
from threadhost.adapters.visible import visible_json

FAILED = 1
DATABASE = "sqlite3"
"""The library of these errors; it is not imported for this check."""
OUR_FAULT = 70
"""The exit code of unexpected errors; sysexits calls it EX_SOFTWARE."""


def fail(error: Exception, failed: int = FAILED, *, as_json: bool = False) -> int:
    """Print why a command failed; returns the error's exit code, or `failed` if it has none."""
    message, code = _words_and_code(error, failed)
    if not as_json:
        note("threadhost: " + "\\n".join(message.splitlines()))  # names may hold line breaks
        return code
    kind = "Usage" if type(error).__name__ == "UsageError" else type(error).__name__
    reason = error.reason if isinstance(error, Failure) and error.reason else reason_of(error)
    details = {"type": kind, "reason": reason, "message": message, "exitCode": code}
    note(visible_json(to_json({"error": details}).decode("utf-8", "replace")))
    return code


def _words_and_code(error: Exception, failed: int) -> tuple[str, int]:
    if isinstance(error, Failure):
        return str(error), failed if error.code == FAILED else error.code
    if isinstance(error, OSError):
        prefix = f"{error.filename}: " if error.filename else ""
        from threadhost.events.store.faults import system_words

        return f"{prefix}{system_words(error)}", failed
    from threadhost.events.store.errors import StoreError

    if isinstance(error, StoreError):
        return str(error), failed
    return unexpected(error, failed)


def unexpected(error: Exception, failed: int = FAILED) -> tuple[str, int]:
    """The message and the exit code for an unexpected error."""
    from threadhost.adapters.logs import where
    from threadhost.events.store.faults import exhausted_resource

    if scarce := exhausted_resource(error):
        return f"{scarce}; try again later", failed
    place = where((type(error), error, error.__traceback__))
    if type(error).__module__ == DATABASE:  # as a rule, somebody changed its tables
        doctor = (
            "run `threadhost doctor` to see what changed it; if nothing did, please report this"
        )
        return (
            f"the log's database refuses a statement of the host: {error}; {doctor}: {place}",
            failed,
        )
    return f"this is a fault of threadhost, please report it: {place}", OUR_FAULT
