"""What a structural event may hold of text: identifiers, words of closed sets, one short line.

Such an event stays readable for ever, so no field of it takes what a client, a model, a tool or a
provider can fill with words; a test looks at every one.
"""

import re
from typing import TYPE_CHECKING, Annotated

from pydantic_core import core_schema

from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

ID_CHARS_MAX = 128
ID_PATTERN = r"^[A-Za-z0-9_.:+-]*$"
LINE_CHARS_MAX = 300
NAME_CHARS_MAX = 64
OTHER = "other"

FAILURE_CODES = frozenset(
    {
        "badRequest",
        "bioPolicy",
        "contextWindowExceeded",
        "cyberPolicy",
        "flexUnavailable",
        "httpConnectionFailed",
        "internalServerError",
        "modelNotFound",
        "other",
        "rateLimitExceeded",
        "responseStreamConnectionFailed",
        "responseStreamDisconnected",
        "responseTooManyFailedAttempts",
        "serverOverloaded",
        "unauthorized",
        "usageLimitExceeded",
    }
)
"""What a failure may be called: variants of `codexErrorInfo`."""

AGENT_CLOSED = "agent closed"
"""Why a thread was shut down whose parent had no more use for it."""
RETENTION = "retention"
"""Why a thread was shut down or deleted that a rule of retention lets go."""
STOPS = frozenset(
    {"archived", "delete", "host shutdown", "idle", "recovered", AGENT_CLOSED, RETENTION}
)
"""Why a thread was shut down."""
ENDS = frozenset(
    {
        *("asked", "interrupted", "forked", "host restarted", "its end cannot be read"),
        "thread failed",
    }
)
"""Why a turn ended before its time, beside the shutdown of its thread and failures."""
HOST_STOPS = frozenset(
    {
        *("closed", "start failed", "the store failed"),
        *("signal SIGHUP", "signal SIGINT", "signal SIGTERM"),
        *("stdio ended", "unix ended", "ws ended"),
    }
)
"""Why a host stopped."""


JOB_DELETION = "job"
DELETIONS = frozenset({"requested", RETENTION, JOB_DELETION})
"""Why threads, or jobs of theirs, are deleted; another joins them with whatever else may delete."""


RESTARTED = "the host was restarted"
JOB_ERRORS = frozenset(
    {
        *("assigned thread was deleted", "agent job runner thread was deleted"),
        *("worker finished without calling report_agent_job_result", "worker exceeded max runtime"),
        *("the result does not fit the output schema", "all attempts are used up"),
        *("worker was not heard of until its lease was over", "the job was over"),
        *(
            "failed to spawn worker",
            RESTARTED,
            "the model's provider is at its limit",
        ),
        *("cancelled by worker request", "cancelled by a client", "the input cannot be read"),
        *("the deadline of the job passed", "rows of the job cannot be read", ""),
    }
)
"""Why a row of a job waits again or failed, and why a job ended before its rows did."""


def pluralize(count: int, noun: str) -> str:
    """So many of them, as it is said."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_identifier(text: str) -> bool:
    """Whether a text may stand where an identifier does."""
    return len(text) <= ID_CHARS_MAX and re.fullmatch(ID_PATTERN, text) is not None


class Identifier(NamedTuple):
    """Marks a text without room for words: letters, digits and `_ . : + -`, no more than so many.

    Another one is refused.
    """

    chars_max: int = ID_CHARS_MAX

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        return core_schema.str_schema(pattern=ID_PATTERN, max_length=self.chars_max)


class OneOf(NamedTuple):
    """Marks a word of a closed set; any other text is taken for `other`, and so is never kept.

    Where there is a `prefix`, a word may also be that with an identifier behind it.
    """

    words: frozenset[str]
    prefix: str = ""

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._known_or_other, handler(source))

    def _known_or_other(self, word: str) -> str:
        is_known = word in self.words or (
            self.prefix != "" and word.startswith(self.prefix) and is_identifier(word)
        )
        return word if is_known else OTHER


def truncate(text: str, chars_max: int) -> str:
    """A text of no more letters than so; one that is longer ends in `…`."""
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"


class Line(NamedTuple):
    """Marks what the host or its operating system says, on one line of no more letters than so."""

    chars_max: int = LINE_CHARS_MAX

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.cut, handler(source))

    def cut(self, text: str) -> str:
        """A text as it stands there."""
        clean = "".join(c if c.isprintable() else " " for c in text[: self.chars_max])
        return clean if len(text) <= self.chars_max else clean[:-1] + "…"


Id = Annotated[str, Identifier()]
StopReason = Annotated[str, OneOf(STOPS)]
EndReason = Annotated[str, OneOf(STOPS | ENDS | FAILURE_CODES)]
HostStopReason = Annotated[str, OneOf(HOST_STOPS)]
DeletionReason = Annotated[str, OneOf(DELETIONS)]
JobError = Annotated[str, OneOf(JOB_ERRORS)]
Purpose = Annotated[str, OneOf(frozenset({"regular", "compact", "goal"}))]
AGENT_SOURCE = "subAgentThreadSpawn"
"""Where a thread comes from that a model started."""
AGENT_JOB = "agent_job:"
"""How the source of a worker begins; the job's id follows."""
PROGRAMS = frozenset({"cli", "vscode", "exec", "appServer", "unknown"})
"""The programs that a thread may have been started with."""
Source = Annotated[str, OneOf(PROGRAMS | {AGENT_SOURCE}, prefix=AGENT_JOB)]
HistoryMode = Annotated[str, OneOf(frozenset({"legacy", "paginated"}))]
SystemLine = Annotated[str, Line()]
Name = Annotated[str, Line(NAME_CHARS_MAX)]
"""What somebody calls itself."""
