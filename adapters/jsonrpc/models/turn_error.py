"""The error of a failed turn, as a text and as a code for programs."""

from typing import Annotated, Literal, get_args

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import U16
from threadhost.adapters.jsonrpc.models.variants import Named

CodexErrorName = Literal[
    "contextWindowExceeded",
    "sessionBudgetExceeded",
    "usageLimitExceeded",
    "rateLimitExceeded",
    "flexUnavailable",
    "serverOverloaded",
    "modelNotFound",
    "policyCapacityUnavailable",
    "cyberPolicy",
    "bioPolicy",
    "misalignmentPolicyViolation",
    "tooManyDenials",
    "internalServerError",
    "unauthorized",
    "badRequest",
    "threadRollbackFailed",
    "sandboxError",
    "other",
    "inferenceHookDenied",
]
NonSteerableTurnKind = Literal["review", "compact"]


class HttpFailure(Wire):
    """The status an endpoint answered, when there was one."""

    http_status_code: U16 | None = None
    """The status that the endpoint answered; null where there was no answer."""


class HttpConnectionFailed(Wire):
    """The endpoint could not be reached."""

    http_connection_failed: HttpFailure
    """What is known of it."""


class ResponseStreamConnectionFailed(Wire):
    """The response stream could not be opened."""

    response_stream_connection_failed: HttpFailure
    """What is known of it."""


class ResponseStreamDisconnected(Wire):
    """The response stream broke before its end."""

    response_stream_disconnected: HttpFailure
    """What is known of it."""


class ResponseTooManyFailedAttempts(Wire):
    """All attempts were used up."""

    response_too_many_failed_attempts: HttpFailure
    """What is known of the last one."""


class NotSteerable(Wire):
    """The kind of turn that takes no further input."""

    turn_kind: NonSteerableTurnKind
    """What kind of turn it is."""


class ActiveTurnNotSteerable(Wire):
    """The running turn takes no further input."""

    active_turn_not_steerable: NotSteerable
    """What kind of turn it is."""


CodexErrorInfo = Annotated[
    CodexErrorName
    | HttpConnectionFailed
    | ResponseStreamConnectionFailed
    | ResponseStreamDisconnected
    | ResponseTooManyFailedAttempts
    | ActiveTurnNotSteerable,
    Named(),
]


class MisalignmentSteer(Wire):
    """What a client may tell the model instead."""

    message: str
    """What to tell it."""


class MisalignmentErrorDetails(Wire):
    """What a policy refused, and why."""

    error_type: str | None = None
    """Which kind of refusal it is; null if that is not said."""
    review_target: str | None = None
    """What was looked at; null if that is not said."""
    detailed_explanation: str | None = None
    """Why; null if that is not said."""
    steer: MisalignmentSteer | None = None
    """What the model may be told instead; null for nothing."""


class TurnError(Wire):
    """An error that a person may read; it holds no secret and no traceback."""

    message: str
    """What went wrong, for people."""
    codex_error_info: CodexErrorInfo | None = None
    """The kind of failure, for programs; null if it has none."""
    additional_details: str | None = None
    """What else is known, for people; null for nothing."""
    misalignment: MisalignmentErrorDetails | None = None
    """What a policy refused; null if none did."""


_WITH_HTTP_STATUS: dict[
    str,
    type[
        HttpConnectionFailed
        | ResponseStreamConnectionFailed
        | ResponseStreamDisconnected
        | ResponseTooManyFailedAttempts
    ],
] = {
    model.wire_names()[0]: model
    for model in (
        HttpConnectionFailed,
        ResponseStreamConnectionFailed,
        ResponseStreamDisconnected,
        ResponseTooManyFailedAttempts,
    )
}
_NAMES: dict[str, CodexErrorName] = {name: name for name in get_args(CodexErrorName)}


def codex_error_info(code: str, http_status: int | None = None) -> CodexErrorInfo:
    """The wire form of a failure's code; a code that clients do not know becomes `other`."""
    if model := _WITH_HTTP_STATUS.get(code):
        return model.from_wire({code: {"httpStatusCode": http_status}})
    return _NAMES.get(code, "other")
