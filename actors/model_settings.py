"""How a thread's settings become the settings of a model call: one pure table."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from threadhost.actors.models import CallLimits, ModelSettings, ModelWindow
from threadhost.events.thread import ThreadSettings

NO_CONFIG: Mapping[str, object] = {}
DIGEST_CHARS = 32
COMPACT_FROM = 0.9
"""The share of a model's window at which the history is summed up."""
USABLE = 0.95
"""The share of a model's window that clients are told, as by the reference."""

TEXTS: Mapping[str, str] = {
    "effort": "model_reasoning_effort",
    "summary": "model_reasoning_summary",
    "verbosity": "model_verbosity",
    "service_tier": "service_tier",
}
"""Settings of a call, and the keys of a thread's `config` that fill in for unset ones."""
COUNTS: Mapping[str, str] = {
    "request_retries_max": "request_max_retries",
    "stream_retries_max": "stream_max_retries",
    "retry_wait_max_ms": "retry_wait_max_ms",
    "idle_timeout_ms": "stream_idle_timeout_ms",
    "response_timeout_ms": "response_timeout_ms",
    "slow_after_ms": "slow_after_ms",
}
"""Limits of a call, and the keys of a thread's `config` that override the provider's."""
TURN_TIMEOUT = "turn_timeout_ms"
WINDOW = "model_context_window"
COMPACT_LIMIT = "model_auto_compact_token_limit"
UNSENT = frozenset({("summary", "none"), ("service_tier", "default")})
"""Values that mean that nothing is sent."""
SENT_AS: Mapping[tuple[str, str], str] = {("service_tier", "fast"): "priority"}
"""Values that providers know by another name."""

PERSONALITIES: Mapping[str, str] = {
    "friendly": "Be warm and encouraging, and explain what you do in plain words.",
    "pragmatic": "Be direct and to the point; leave out pleasantries.",
}
"""The words to the model for a chosen personality: providers have no field for it."""


def model_settings(
    settings: ThreadSettings,
    recalled: str | None = None,
) -> ModelSettings:
    """The settings of a call of the thread's model; `recalled` is the memory of other threads."""
    chosen = {name: _text(settings, name, key) for name, key in TEXTS.items()}
    personality = PERSONALITIES.get(settings.personality or "")
    texts = settings.developer_instructions, personality, recalled
    return ModelSettings(
        settings.model,
        settings.model_provider,
        settings.base_instructions,
        "\n\n".join(filter(None, texts)) or None,
        output_schema=None,
        **chosen,
    )


def digests_of(settings: ModelSettings) -> dict[str, str]:
    """A digest of each part of a request that is neither history nor tools, by its name."""
    instructions = [words for words in (settings.instructions, settings.developer) if words]
    other_settings = settings._replace(instructions=None, developer=None, output_schema=None)
    words = [
        f"{name}={value}" for name, value in other_settings._asdict().items() if value is not None
    ]
    parts = {"instructions": instructions, "settings": words}
    return {name: digest_of(map(str.encode, texts)) for name, texts in parts.items() if texts}


def digest_of(parts: Iterable[bytes]) -> str:
    """Identifies parts of a request: the first half of their SHA-256, in hex."""
    return sha256(b"\0".join(parts)).hexdigest()[:DIGEST_CHARS]


def call_limits(settings: ThreadSettings | None, of_provider: CallLimits) -> CallLimits:
    """The provider's limits, with those that the thread's `config` overrides."""
    config = settings.config if settings else NO_CONFIG
    configured = {name: config.get(key) for name, key in COUNTS.items()}
    limits = {
        n: value for n, value in configured.items() if isinstance(value, int) and _is_count(value)
    }
    return of_provider._replace(**limits) if limits else of_provider


def turn_timeout_ms(settings: ThreadSettings | None, default_ms: int) -> int:
    """How long a turn of the thread may take, in milliseconds; 0 for no limit."""
    timeout_ms = (settings.config if settings else NO_CONFIG).get(TURN_TIMEOUT)
    return timeout_ms if isinstance(timeout_ms, int) and _is_count(timeout_ms) else default_ms


def compact_from_tokens(settings: ThreadSettings | None, of_model: ModelWindow) -> int | None:
    """The number of tokens from which on the history is summed up; None if it is not known."""
    config = settings.config if settings else NO_CONFIG
    limit = config.get(COMPACT_LIMIT)
    if isinstance(limit, int) and _is_count(limit):
        return limit or None
    own_window = _own_window(config)
    if own_window is None and of_model.compact_from_tokens is not None:
        return of_model.compact_from_tokens or None
    window = own_window or of_model.tokens_max
    return int(window * COMPACT_FROM) if window else None


def usable_tokens(settings: ThreadSettings | None, of_model: ModelWindow) -> int | None:
    """The window by which clients measure a history; None if the model's window is not known."""
    window = _own_window(settings.config if settings else NO_CONFIG) or of_model.tokens_max
    return int(window * USABLE) if window else None


def _own_window(config: Mapping[str, object]) -> int | None:
    """The model window in a thread's `config`, if it is there."""
    window = config.get(WINDOW)
    return window or None if isinstance(window, int) and _is_count(window) else None


def _text(settings: ThreadSettings, name: str, key: str) -> str | None:
    value = getattr(settings, name) or settings.config.get(key)
    if not isinstance(value, str) or (name, value) in UNSENT:
        return None
    return SENT_AS.get((name, value), value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
