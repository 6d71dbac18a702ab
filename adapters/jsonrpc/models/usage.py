"""Tokens that a thread has used."""

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.scalars import I64


class TokenUsageBreakdown(Wire):
    """Token counts of one response, or summed over a thread."""

    total_tokens: I64
    input_tokens: I64
    cached_input_tokens: I64
    cache_write_input_tokens: I64 = 0
    output_tokens: I64
    reasoning_output_tokens: I64


class ThreadTokenUsage(Wire):
    """A thread's tokens in all and in its last response."""

    total: TokenUsageBreakdown
    last: TokenUsageBreakdown
    model_context_window: I64 | None = None
