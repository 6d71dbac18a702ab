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
    """The HTTP status of an endpoint's answer, if there was one."""

    http_status_code: U16 | None = None
    """The HTTP status of the endpoint's answer; null if there was no answer."""


class HttpConnectionFailed(Wire):
    """The endpoint could not be reached."""

    http_connection_failed: HttpFailure
    """What is known about it."""


class ResponseStreamConnectionFailed(Wire):
    """The response stream could not be opened."""

    response_stream_connection_failed: HttpFailure
    """What is known about it."""


class ResponseStreamDisconnected(Wire):
    """The response stream broke before its end."""

    response_stream_disconnected: HttpFailure
    """What is known about it."""


class ResponseTooManyFailedAttempts(Wire):
    """All attempts were used up."""

    response_too_many_failed_attempts: HttpFailure
    """What is known about the last one."""


class NotSteerable(Wire):
    """The kind of the turn that accepts no further input."""

    turn_kind: NonSteerableTurnKind
    """The kind of the turn."""


class ActiveTurnNotSteerable(Wire):
    """The running turn accepts no further input."""

    active_turn_not_steerable: NotSteerable
    """The kind of the turn."""


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
    """A message that a client may send to the model instead."""

    message: str
    """The message."""


class MisalignmentErrorDetails(Wire):
    """What a policy refused, and why."""

    error_type: str | None = None
    """The kind of the refusal; null if none is given."""
    review_target: str | None = None
    """What was reviewed; null if that is not said."""
    detailed_explanation: str | None = None
    """The reason; null if none is given."""
    steer: MisalignmentSteer | None = None
    """The message that the client may send to the model instead; null for none."""


class TurnError(Wire):
    """An error that a person may read; it holds no secret and no traceback."""

    message: str
    """What went wrong, for people."""
    codex_error_info: CodexErrorInfo | None = None
    """The kind of failure, for programs; null if it has none."""
    additional_details: str | None = None
    """Further details for people; null for none."""
    misalignment: MisalignmentErrorDetails | None = None
    """What a policy refused; null if none refused anything."""


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
