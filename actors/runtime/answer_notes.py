"""By-products of a model's answer: its summary, and warnings about parts that could not be used."""

from collections.abc import Sequence

from pydantic_core import from_json

from threadhost.actors.items import Output
from threadhost.actors.models import CallLimits, Message
from threadhost.actors.response import WarnOfTurn
from threadhost.actors.runtime.model_run import Ended
from threadhost.actors.thread import Events, decide
from threadhost.events.fold import Thread
from threadhost.events.input_items import Line

MILLISECONDS = 1000
KEPT_TOKENS_MAX = 20_000
"""How many tokens of a running turn's own messages stay unchanged beside a summary."""


def kept_beside_summary(messages: Sequence[Line]) -> list[dict[str, object]]:
    """The newest messages of the running turn that stay unchanged beside a summary."""
    return [from_json(line.json) for line in _kept(messages)]


def is_worth_summing_up(lines: Sequence[Line], messages: Sequence[Line]) -> bool:
    """Whether a history holds more than the messages that would stay beside its summary."""
    return len(lines) > len(_kept(messages))


def _kept(messages: Sequence[Line]) -> Sequence[Line]:
    count, remaining_tokens = 0, KEPT_TOKENS_MAX
    for line in reversed(messages):
        remaining_tokens -= line.tokens
        if remaining_tokens < 0:
            break
        count += 1
    return messages[len(messages) - count :]


def summary_of(outputs: Sequence[Output]) -> Message:
    """The model's output as one message."""
    messages = [output.source for output in outputs if isinstance(output.source, Message)]
    return Message(
        "\n\n".join(message.text for message in messages),
        is_refusal=any(message.is_refusal for message in messages),
    )


def summary_words(message: Ended, state: Thread) -> Events:
    """Warnings about a summary: what it was made without, and which parts could not be used."""
    skipped = skipped_words(message, state)
    left_out = state.turn.left_out if state.turn else 0
    if not left_out:
        return skipped
    words = f"the summary was made without the oldest {left_out} items of the history"
    warnings = decide(WarnOfTurn("historyLeftOut", f"{words}: the model takes no more"), state)
    return [*warnings, *skipped]


def slow_words(limits: CallLimits, state: Thread) -> Events:
    """A warning that the model makes no progress."""
    waited_ms, remaining_ms = limits.slow_after_ms, limits.idle_timeout_ms - limits.slow_after_ms
    words = f"the model has made no progress for {waited_ms / MILLISECONDS:g} s"
    if limits.idle_timeout_ms:
        words += f"; after {remaining_ms / MILLISECONDS:g} s more its answer counts as failed"
    return decide(WarnOfTurn("slow", words), state)


def skipped_words(message: Ended, state: Thread) -> Events:
    """A warning about parts of an answer that could not be used."""
    if not message.skipped:
        return ()
    parts = ", ".join(f"{kind} ({count})" for kind, count in sorted(message.skipped.items()))
    words = f"parts of the model's answer could not be used: {parts}"
    return decide(WarnOfTurn("answerSkipped", words), state)
