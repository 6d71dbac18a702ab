"""Turns failures of a provider into ModelFailed: by their status, their code or their text."""

import re
from collections.abc import Mapping
from datetime import UTC
from urllib.parse import urlsplit, urlunsplit

from threadhost.actors.models import ModelFailed
from threadhost.actors.ports import Clock
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.json_values import text
from threadhost.events.words import truncate

MESSAGE_CHARS_MAX = 1_000
CUT_CHARS = 16 * 1024
"""How much of a provider's text is read before it is shortened."""
WORDS_CHARS_MAX = 64 * 1024
"""More than is ever shown: secrets are removed before the text is cut to that length."""
FAULTS_MAX = 8
HIDING = frozenset({"script", "style"})
"""Elements of a page that are not visible."""
CLOCK = SystemClock()
SERVER_ERRORS = 500
STATUSES = range(400, 600)
REDIRECTIONS = range(300, 400)
RETRY_AFTER_MAX_MS = 7 * 24 * 3_600_000

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

TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""In addition to those from 500 on."""

BY_PROVIDER_CODE: Mapping[str, str] = {
    "billing_hard_limit_reached": "usageLimitExceeded",
    "bio_policy": "bioPolicy",
    "context_length_exceeded": "contextWindowExceeded",
    "cyber_policy": "cyberPolicy",
    "exceed_context_size_error": "contextWindowExceeded",
    "insufficient_quota": "usageLimitExceeded",
    "invalid_api_key": "unauthorized",
    "invalid_prompt": "badRequest",
    "invalid_request_error": "badRequest",
    "model_not_found": "modelNotFound",
    "overloaded_error": "serverOverloaded",
    "rate_limit_error": "rateLimitExceeded",
    "rate_limit_exceeded": "rateLimitExceeded",
    "server_error": "internalServerError",
    "server_is_overloaded": "serverOverloaded",
    "slow_down": "serverOverloaded",
    "usage_limit_reached": "usageLimitExceeded",
    "usage_not_included": "usageLimitExceeded",
}
TRANSIENT_CODES = frozenset(
    {
        "httpConnectionFailed",
        "internalServerError",
        "rateLimitExceeded",
        "responseStreamConnectionFailed",
        "responseStreamDisconnected",
        "serverOverloaded",
    }
)

WINDOW = (
    r"maximum (?:context|model|allowed) (?:length|context length|input length)"
    r"|context (?:length|size|window)"
    r"|exceeds? (?:the|this model's|its)? ?(?:maximum )?(?:context|number of tokens|input length)"
    r"|greater than the context|prompt is too long|input is too long|too many tokens"
    r"|ContextWindowExceeded|n_ctx"
)
"""Phrases of servers without a code for a history that is too long."""
WINDOW_STATUSES = frozenset({400, 413, 422, 500})


def broken(message: str) -> ModelFailed:
    """The failure of a stream that broke off or cannot be read."""
    return ModelFailed(message, "responseStreamDisconnected", is_transient=True)


def too_much(excess: str) -> ModelFailed:
    """The failure of a response beyond a limit, which would fail again."""
    return ModelFailed(f"the response {excess}", "responseStreamDisconnected")


def failure_of_status(
    status: int, reason: str, headers: Mapping[str, str], body: bytes
) -> ModelFailed:
    """The failure of an HTTP answer other than 200, in the provider's words."""
    error = _ErrorBody.of_body(body, headers.get("content-type", ""))
    if status in REDIRECTIONS:
        error.words = _onward(headers.get("location", "")) or error.words
    message = f"the model endpoint answered {status} {reason}".rstrip()
    code = _code(error, status) or code_of_status(status)
    is_transient = status in TRANSIENT_STATUSES or status >= SERVER_ERRORS
    return ModelFailed(
        f"{message}: {error.words}" if error.words else message,
        code,
        status,
        is_transient=is_transient and code not in ("usageLimitExceeded", "contextWindowExceeded"),
        retry_after_ms=retry_after_ms(headers),
        details=_details(headers, error),
    )


def _onward(location: str) -> str:
    """The target of a redirect that is not followed, without what may be secret in it."""
    try:
        split = urlsplit(location)
    except ValueError:
        return ""
    url = urlunsplit((split.scheme, split.netloc.rpartition("@")[2], split.path, "", ""))
    return f"it redirects to {url}; if that is right, give its base URL" if url else ""


def failure_of_answer(payload: object) -> ModelFailed:
    """The failure of an answer in one piece that is no response."""
    error = _ErrorBody.of_value(payload)
    if not error.words:
        message = "the model endpoint answered with JSON that holds no output"
        return ModelFailed(message, "responseStreamConnectionFailed")
    return failure_of_error(payload)


def failure_of_stream(noise: bytes, headers: Mapping[str, str]) -> ModelFailed:
    """The failure of a stream that ended too early; `noise` is what came outside its events."""
    error = _ErrorBody.of_body(noise, headers.get("content-type", ""))
    if not any(letter.isalnum() for letter in error.words):
        return broken(STREAM_CLOSED)
    code = _code(error, error.status) or "responseStreamDisconnected"
    return ModelFailed(
        f"{STREAM_CLOSED}; the endpoint said: {error.words}",
        code,
        is_transient=code in TRANSIENT_CODES,
        details=_details(headers, error),
    )


def code_of_status(status: int) -> str:
    """The `codexErrorInfo` variant of an HTTP status, from the table or by its class."""
    by_class = "internalServerError" if status >= SERVER_ERRORS else "httpConnectionFailed"
    return BY_STATUS.get(status, by_class)


def failure_of_error(error: object, response_id: str = "") -> ModelFailed:
    """The failure in an error inside a stream, as an object or in any other form."""
    parsed = _ErrorBody.of_value(error)
    status = parsed.status
    code = _code(parsed, status) or (code_of_status(status) if status else "other")
    details = f"response {response_id}" if response_id else None
    words = next(filter(None, (parsed.words, *parsed.codes)), "the model reported an error")
    return ModelFailed(
        words,
        code,
        status,
        is_transient=code in TRANSIENT_CODES,
        details=details,
    )


def retry_after_ms(headers: Mapping[str, str], clock: Clock = CLOCK) -> int | None:
    """The delay that a provider asks for: by RFC 9110, section 10.2.3, or in milliseconds."""
    exact = headers.get("retry-after-ms", "")
    if re.fullmatch(r"\d{1,9}(\.\d+)?", exact):
        return min(int(float(exact)), RETRY_AFTER_MAX_MS)
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return min(int(float(value) * 1000), RETRY_AFTER_MAX_MS)
    from email.utils import parsedate_to_datetime  # imports many modules, and few answers need it

    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    left_ms = int(at.timestamp() * 1000) - clock.now_ms()
    return min(max(left_ms, 0), RETRY_AFTER_MAX_MS)


def plain(words: str) -> str:
    """The text on one line, without control characters, bounded."""
    visible = "".join(c if c.isprintable() else " " for c in words[:CUT_CHARS])
    return truncate(" ".join(visible.split()), MESSAGE_CHARS_MAX)


class _ErrorBody:
    """A provider's report of a failure: text for people, codes for programs."""

    def __init__(
        self, words: str = "", codes: tuple[str, ...] = (), status: int | None = None
    ) -> None:
        self.words = words[:WORDS_CHARS_MAX]
        self.codes = tuple(code[:WORDS_CHARS_MAX] for code in codes)
        self.status = status

    @classmethod
    def of_body(cls, body: bytes, content_type: str) -> "_ErrorBody":
        try:
            value = values.parse(body)
        except values.Unreadable:
            return cls(_of_page(body.decode("utf-8", "replace"), content_type))
        if not isinstance(value, dict):
            return cls.of_value(value)
        return cls.of_value(value.get("error") or value)

    @classmethod
    def of_value(cls, value: object) -> "_ErrorBody":
        if isinstance(value, str):
            return cls(text(value))
        if isinstance(value, list):
            return cls("; ".join(filter(None, map(_fault_in_words, value[:FAULTS_MAX]))))
        if not isinstance(value, dict):
            return cls()
        members = [value.get(key) for key in ("code", "type", "status")]
        codes = tuple(text(code) for code in members if isinstance(code, str) and code)
        return cls(_words_of(value), codes, next(filter(None, map(_status, members)), None))


def _status(code: object) -> int | None:
    """The HTTP status in a code, which some servers write as text."""
    if isinstance(code, str) and re.fullmatch("[45][0-9][0-9]", code):
        return int(code)
    return code if isinstance(code, int) and code in STATUSES else None


def _words_of(value: Mapping[str, object]) -> str:
    for key in ("message", "detail", "error", "errors", "title", "reason"):
        member = value.get(key)
        words = _ErrorBody.of_value(member).words if isinstance(member, (str, list, dict)) else ""
        if words:
            return words
    return ""


def _fault_in_words(fault: object) -> str:
    """One fault from a validating server, with the place that it names."""
    if not isinstance(fault, dict):
        return text(fault)
    place = fault.get("loc")
    field = ".".join(str(step) for step in place[:FAULTS_MAX]) if isinstance(place, list) else ""
    words = text(fault.get("msg")) or _words_of(fault)
    return f"{field}: {words}" if field and words else words


def _of_page(page: str, content_type: str) -> str:
    """The text of an answer that is no JSON; of a web page its title, or its visible text."""
    page = page[:CUT_CHARS]
    if "html" not in content_type.lower() and not page.lstrip().startswith("<"):
        return page
    title, shown, hidden_by = "", [], ""
    # No regular expression: a page of brackets would take quadratic time.
    for piece in page.split("<")[1:]:
        tag, _, words = piece.partition(">")
        name = tag.partition(" ")[0].strip().lower()
        if name == f"/{hidden_by}":
            hidden_by = ""
        elif name in HIDING and not hidden_by:
            hidden_by = name
        if name == "title":
            title = title or words.strip()
        elif not hidden_by:
            shown.append(words)
    return title or " ".join(shown)


def _code(error: _ErrorBody, status: int | None) -> str | None:
    code = next((BY_PROVIDER_CODE[c] for c in error.codes if c in BY_PROVIDER_CODE), None)
    may_be_window = code in (None, "badRequest", "internalServerError")
    if (
        may_be_window
        and (status is None or status in WINDOW_STATUSES)
        and re.search(WINDOW, error.words, re.IGNORECASE)
    ):
        return "contextWindowExceeded"
    return code


def _details(headers: Mapping[str, str], error: _ErrorBody) -> str | None:
    request_id = next((headers[n] for n in REQUEST_ID_HEADERS if headers.get(n)), "")
    wait = headers.get("retry-after", "")
    details = {"request id": request_id, "code": ", ".join(error.codes), "retry after": wait}
    # Not cut here: secrets are searched in the whole text.
    parts = [f"{name} {value[:WORDS_CHARS_MAX]}" for name, value in details.items() if value]
    return "; ".join(parts) or None


REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "cf-ray")
