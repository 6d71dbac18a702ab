"""Tokens that a thread has used."""

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import I64


class TokenUsageBreakdown(Wire):
    """Token counts of one response, or summed over a thread."""

    total_tokens: I64
    """All tokens."""
    input_tokens: I64
    """Tokens that the model took in."""
    cached_input_tokens: I64
    """Those of them that its provider knew already."""
    cache_write_input_tokens: I64 = 0
    """Those of them that its provider keeps for later."""
    output_tokens: I64
    """Tokens that the model gave."""
    reasoning_output_tokens: I64
    """Those of them that it thought."""


class ThreadTokenUsage(Wire):
    """A thread's tokens in all and in its last response."""

    total: TokenUsageBreakdown
    """All responses together."""
    last: TokenUsageBreakdown
    """The last response."""
    model_context_window: I64 | None = None
    """Tokens to measure the last response by: 95 in 100 of what the thread or the configuration
    says that its model takes in; null where neither does, or while the thread is not loaded."""
