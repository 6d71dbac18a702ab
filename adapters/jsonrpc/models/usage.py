"""Tokens that a thread has used."""

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import I64


class TokenUsageBreakdown(Wire):
    """Token counts of one response, or summed over a thread."""

    total_tokens: I64
    """All tokens."""
    input_tokens: I64
    """The input tokens."""
    cached_input_tokens: I64
    """The input tokens that were in the provider's cache."""
    cache_write_input_tokens: I64 = 0
    """The input tokens that the provider put into its cache."""
    output_tokens: I64
    """The output tokens."""
    reasoning_output_tokens: I64
    """The output tokens that were reasoning."""


class ThreadTokenUsage(Wire):
    """The tokens of a thread in total and of its last response."""

    total: TokenUsageBreakdown
    """The sum over all responses."""
    last: TokenUsageBreakdown
    """The last response."""
    model_context_window: I64 | None = None
    """The context window to compare the last response with: 95 percent of the one that the thread
    or the configuration sets; null if neither sets one, or while the thread is not loaded."""
