"""The texts that a structural event may hold: identifiers, words of closed sets, one short line.

Such an event stays readable for ever, so none of its fields accepts text that a client, a model, a
tool or a provider can fill with words; a test checks every field.
"""

import re
from collections.abc import Sequence
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
"""The codes of failures: variants of `codexErrorInfo`."""

AGENT_CLOSED = "agent closed"
"""Why a thread was shut down: its parent had no more use for it."""
ARCHIVED = "archived"
"""Why a thread was shut down: it, or one above it, is archived."""
RETENTION = "retention"
"""Why a thread was shut down or deleted: a rule of retention removes it."""
STOPS = frozenset(
    {ARCHIVED, "delete", "host shutdown", "idle", "recovered", AGENT_CLOSED, RETENTION}
)
"""Why a thread was shut down."""
HOST_RESTARTED = "host restarted"
"""Why a turn ended early: the process that carried it out is gone, and its thread is not loaded."""
ENDS = frozenset(
    {
        *("asked", "interrupted", "forked", HOST_RESTARTED, "its end cannot be read"),
        "thread failed",
    }
)
"""Why a turn ended early, besides the shutdown of its thread and failures."""
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
"""Why threads, or their jobs, are deleted; a new kind of deletion adds a word."""


RESTARTED = "the host was restarted"
JOB_ERRORS = frozenset(
    {
        *("assigned thread was deleted", "assigned thread was archived"),
        "agent job runner thread was deleted",
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
    """Return the count with its noun in the right number."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_identifier(text: str) -> bool:
    """Whether a text may be used as an identifier."""
    return len(text) <= ID_CHARS_MAX and re.fullmatch(ID_PATTERN, text) is not None


class Identifier(NamedTuple):
    """Marks a text without room for words: only letters, digits and `_ . : + -`, up to `chars_max`.

    Any other text is refused.
    """

    chars_max: int = ID_CHARS_MAX

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        return core_schema.str_schema(pattern=ID_PATTERN, max_length=self.chars_max)


class OneOf(NamedTuple):
    """Marks a word of a closed set; any other text becomes `other`, and so is never kept.

    With a `prefix`, the prefix followed by an identifier is a word of the set, too.
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
    """Return a text of at most `chars_max` letters; a longer one is cut and ends in `…`."""
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"


def first_names(names: Sequence[str], count_max: int) -> str:
    """Return the first names of a list; `, ...` stands for further ones."""
    return ", ".join(names[:count_max]) + ", ..." * (len(names) > count_max)


class Line(NamedTuple):
    """Marks text of the host or its operating system: one line of at most `chars_max` letters."""

    chars_max: int = LINE_CHARS_MAX

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.cut, handler(source))

    def cut(self, text: str) -> str:
        """Return the text on one line, cut if it is too long."""
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
"""The source of a thread that a model started."""
AGENT_JOB = "agent_job:"
"""The prefix of a worker's source; the job's id follows."""
PROGRAMS = frozenset({"cli", "vscode", "exec", "appServer", "unknown"})
"""The programs that may have started a thread."""
Source = Annotated[str, OneOf(PROGRAMS | {AGENT_SOURCE}, prefix=AGENT_JOB)]
HistoryMode = Annotated[str, OneOf(frozenset({"legacy", "paginated"}))]
SystemLine = Annotated[str, Line()]
Name = Annotated[str, Line(NAME_CHARS_MAX)]
"""A name that somebody gives themselves."""
