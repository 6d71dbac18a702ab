"""How failures of a provider become ModelFailed: one table of statuses, one of provider codes."""

from collections.abc import Mapping

from pydantic_core import from_json

from threadhost.actors.ports import ModelFailed

MESSAGE_CHARS_MAX = 500

SERVER_ERRORS = 500

STREAM_CLOSED = "stream closed before response.completed"

BY_STATUS: Mapping[int, str] = {
    400: "badRequest",
    401: "unauthorized",
    402: "usageLimitExceeded",
    403: "unauthorized",
    413: "badRequest",
    422: "badRequest",
    429: "rateLimitExceeded",
    502: "httpConnectionFailed",
    503: "serverOverloaded",
    504: "httpConnectionFailed",
    529: "serverOverloaded",
}

BY_PROVIDER_CODE: Mapping[str, str] = {
    "billing_hard_limit_reached": "usageLimitExceeded",
    "context_length_exceeded": "contextWindowExceeded",
    "cyber_policy": "cyberPolicy",
    "insufficient_quota": "usageLimitExceeded",
    "invalid_api_key": "unauthorized",
    "invalid_prompt": "badRequest",
    "invalid_request_error": "badRequest",
    "model_not_found": "modelNotFound",
    "rate_limit_exceeded": "rateLimitExceeded",
    "server_error": "internalServerError",
    "server_is_overloaded": "serverOverloaded",
    "slow_down": "serverOverloaded",
    "usage_limit_reached": "usageLimitExceeded",
    "usage_not_included": "usageLimitExceeded",
}


def broken(message: str) -> ModelFailed:
    """A stream that cannot be read to its end."""
    return ModelFailed(message, "responseStreamDisconnected")


def of_status(status: int, reason: str, content_type: str, body: bytes) -> ModelFailed:
    """The failure that an HTTP answer other than 200 stands for."""
    said, provider_code = _said(_error_member(body))
    if not said and "text/plain" in content_type:
        said = body.decode("utf-8", "replace")
    message = f"the model endpoint answered {status} {reason}".rstrip()
    code = BY_PROVIDER_CODE.get(provider_code) or code_of_status(status)
    return ModelFailed(f"{message}: {said}" if said else message, code, status)


def code_of_status(status: int) -> str:
    """The `codexErrorInfo` variant of an HTTP status, from the table or by its class."""
    by_class = "internalServerError" if status >= SERVER_ERRORS else "httpConnectionFailed"
    return BY_STATUS.get(status, by_class)


def of_error(error: object) -> ModelFailed:
    """The failure in an `error` object that came inside a stream."""
    said, provider_code = _said(error)
    code = BY_PROVIDER_CODE.get(provider_code, "other")
    return ModelFailed(said or provider_code or "the model reported an error", code)


def plain(text: str) -> str:
    """The text on one line, without control characters, bounded."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:4096]).split())
    return line if len(line) <= MESSAGE_CHARS_MAX else line[: MESSAGE_CHARS_MAX - 1] + "…"


def _error_member(body: bytes) -> object:
    try:
        answer = from_json(body)
    except ValueError:
        return None
    return answer.get("error", answer) if isinstance(answer, dict) else None


def _said(error: object) -> tuple[str, str]:
    if isinstance(error, str):
        return error, ""
    if not isinstance(error, dict):
        return "", ""
    code = error.get("code") or error.get("type")
    message = error.get("message") or error.get("detail")
    return (
        message if isinstance(message, str) else "",
        code if isinstance(code, str) else "",
    )
