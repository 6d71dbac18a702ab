"""Failures of calls through pydantic-ai, by the names of the exceptions."""

from collections.abc import Mapping

from pydantic_core import to_json

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.failures import (
    TRANSIENT_CODES,
    broken,
    failure_of_error,
    failure_of_status,
    retry_after_ms,
)

BY_NAME: Mapping[str, str] = {
    "ModelContextWindowExceededError": "contextWindowExceeded",
    "ModelQuotaExceededError": "usageLimitExceeded",
    "ModelAuthenticationError": "unauthorized",
    "ModelNotFoundError": "modelNotFound",
    "ModelOverloadedError": "serverOverloaded",
    "ModelRateLimitError": "rateLimitExceeded",
    "ModelConnectionError": "httpConnectionFailed",
    "ModelServerError": "internalServerError",
    "ModelUnavailableError": "serverOverloaded",
    "ModelRequestRejectedError": "badRequest",
}
"""The library's categories, the narrower ones first."""
CONNECTING = frozenset(
    {"APIConnectionError", "ConnectError", "ConnectTimeout", "ConnectionError", "TransportError"}
)
OF_ITS_CODE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError)
"""What the library raises for an unexpected answer: the messages are about its own code."""


def failed(error: Exception) -> ModelFailed:
    """The port's failure for an exception of the library, or of one below it."""
    if isinstance(error, ModelFailed):
        return error
    names = [kind.__name__ for kind in type(error).__mro__]
    code = next((BY_NAME[name] for name in BY_NAME if name in names), None)
    if "ModelAPIError" in names:
        return _of_api(error, code)
    if isinstance(error, ImportError):
        message = f"a library is not installed here: {error}"
        return ModelFailed(message, "other")
    if "UserError" in names:
        is_key = "api key" in str(error).lower() or "api_key" in str(error).lower()
        return ModelFailed(str(error), "unauthorized" if is_key else "badRequest")
    if not CONNECTING.isdisjoint(names):
        words = str(error) or type(error).__name__
        message = f"cannot reach the model endpoint: {words}"
        return ModelFailed(message, "httpConnectionFailed", is_transient=True)
    name, is_its_code = type(error).__name__, isinstance(error, OF_ITS_CODE)
    unread = f"the model's answer cannot be read: {name}"
    return broken(unread if is_its_code else f"{name}: {error}")


def _of_api(error: Exception, code: str | None) -> ModelFailed:
    status = getattr(error, "status_code", None)
    body, headers = getattr(error, "body", None), getattr(error, "headers", None) or {}
    if isinstance(status, int) and not getattr(error, "in_stream", False):
        failure = failure_of_status(status, "", headers, _as_bytes(body))
    elif body:
        failure = failure_of_error((body.get("error") or body) if isinstance(body, dict) else body)
    else:
        failure = ModelFailed(str(error), code or "httpConnectionFailed")
    if code is not None and failure.code in ("other", "badRequest", "httpConnectionFailed"):
        failure.code = code
    failure.is_transient = failure.is_transient or failure.code in TRANSIENT_CODES
    wait_s = getattr(error, "retry_after", None)
    if failure.retry_after_ms is None and isinstance(wait_s, (int, float)):
        failure.retry_after_ms = retry_after_ms({"retry-after": str(wait_s)})
    return failure


def _as_bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode(errors="replace")
    return to_json(body, inf_nan_mode="null", fallback=str) if body is not None else b""
