"""Why a turn failed, in words and as a code that clients switch on."""

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


class HttpConnectionFailed(Wire):
    """The endpoint could not be reached."""

    http_connection_failed: HttpFailure


class ResponseStreamConnectionFailed(Wire):
    """The response stream could not be opened."""

    response_stream_connection_failed: HttpFailure


class ResponseStreamDisconnected(Wire):
    """The response stream broke before its end."""

    response_stream_disconnected: HttpFailure


class ResponseTooManyFailedAttempts(Wire):
    """All attempts were used up."""

    response_too_many_failed_attempts: HttpFailure


class NotSteerable(Wire):
    """The kind of turn that takes no further input."""

    turn_kind: NonSteerableTurnKind


class ActiveTurnNotSteerable(Wire):
    """The running turn takes no further input."""

    active_turn_not_steerable: NotSteerable


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


class MisalignmentErrorDetails(Wire):
    """What a policy refused, and why."""

    error_type: str | None = None
    review_target: str | None = None
    detailed_explanation: str | None = None
    steer: MisalignmentSteer | None = None


class TurnError(Wire):
    """An error that a person may read; it holds no secret and no traceback."""

    message: str
    codex_error_info: CodexErrorInfo | None = None
    additional_details: str | None = None
    misalignment: MisalignmentErrorDetails | None = None


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
