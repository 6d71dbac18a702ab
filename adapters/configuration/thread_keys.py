"""The keys that a configuration file and a thread's own `config` share, with their types."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from threadhost.adapters.jsonrpc.models.policy import ApprovalsReviewer, AskForApproval, SandboxMode
from threadhost.adapters.jsonrpc.models.preferences import Personality, ReasoningSummary, Verbosity

COUNT_MAX = 2**53 - 1
RETRIES_MAX = 100
DAY_MS = 86_400_000

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
"""A value that a provider defines and this host need not know."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Tokens = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Milliseconds = Annotated[int, Field(ge=0, le=DAY_MS)]
Retries = Annotated[int, Field(ge=0, le=COUNT_MAX), AfterValidator(lambda n: min(n, RETRIES_MAX))]
"""Values above a hundred count as a hundred, as in the reference."""
Patience = Annotated[int, Field(ge=0, le=COUNT_MAX), AfterValidator(lambda n: min(n, DAY_MS))]
"""Values above a day count as a day."""


class Table(BaseModel):
    """A table of a file: strict and frozen; its types are built on first use."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        defer_build=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )


class ThreadKeys(Table):
    """What holds for new threads that say nothing of it themselves."""

    model: Name | None = None
    """The model; `PROVIDER:MODEL` also names its provider."""
    model_provider: Name | None = None
    """The provider of the model."""
    model_context_window: Annotated[int, Field(ge=1, le=COUNT_MAX)] | None = None
    """The tokens of the model's context window."""
    model_auto_compact_token_limit: Tokens | None = None
    """The number of tokens from which the history is compacted; 0 for never; by default nine tenths
    of the window."""
    model_reasoning_effort: Word | None = None
    """The reasoning effort, one of those of the model."""
    model_reasoning_summary: ReasoningSummary | None = None
    """Whether the model summarises its reasoning."""
    model_verbosity: Verbosity | None = None
    """The verbosity of the model."""
    service_tier: Word | None = None
    """The service tier; the host sends `fast` as `priority`, and does not send `default`."""
    personality: Personality | None = None
    """The tone of answers, a sentence in the instructions."""
    instructions: str | None = None
    """The system instructions."""
    developer_instructions: str | None = None
    """The developer message ahead of the history."""
    turn_timeout_ms: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """The time limit of a turn; 0 for none."""


class PatienceKeys(Table):
    """How patient calls are with their provider."""

    request_max_retries: Retries | None = None
    """The retries of a call that failed before the answer began; at most 100."""
    stream_max_retries: Retries | None = None
    """The retries of a call whose answer broke off; at most 100."""
    retry_wait_max_ms: Milliseconds | None = None
    """The longest wait before a retry."""
    stream_idle_timeout_ms: Patience | None = None
    """An answer without progress for so long has failed; 0 for never."""
    response_timeout_ms: Milliseconds | None = None
    """The time limit of an answer, from the request to its end; 0 for none."""
    slow_after_ms: Milliseconds | None = None
    """Clients get a warning if an answer makes no progress for so long; 0 for never."""


class ThreadConfig(PatienceKeys, ThreadKeys):
    """A thread's own `config`: the same keys, what needs an approval, and how patient it is."""

    model_config = ConfigDict(extra="ignore")
    approval_policy: AskForApproval | None = None
    """Which tool calls need an approval."""
    approvals_reviewer: ApprovalsReviewer | None = None
    """The reviewer of approvals: stored and shown, but the host always asks the user."""
    sandbox_mode: SandboxMode | None = None
    """The sandbox of commands: stored and shown, but the host runs no commands."""


SETTINGS: Mapping[str, str] = {
    "model_reasoning_effort": "effort",
    "model_reasoning_summary": "summary",
    "model_verbosity": "verbosity",
    "service_tier": "service_tier",
    "personality": "personality",
    "instructions": "base_instructions",
    "developer_instructions": "developer_instructions",
}
"""Keys that become settings of a thread, with the names of the settings."""


def thread_settings(keys: ThreadKeys) -> dict[str, str]:
    """The settings of a thread in these keys, by the names of `ThreadSettings`."""
    values = {name: getattr(keys, key) for key, name in SETTINGS.items()}
    return {name: value for name, value in values.items() if value is not None}
