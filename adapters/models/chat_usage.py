"""The token counts of a chat completions chunk, wherever its server puts them."""

from collections.abc import Iterator

from threadhost.actors.models import TokenUsage
from threadhost.adapters.models.json_values import Object, count, member, object_in, objects_in
from threadhost.events.usage import COUNT_MAX

INPUT = ("prompt_tokens", "input_tokens")
OUTPUT = ("completion_tokens", "output_tokens")
CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")


def usage_in(payload: Object) -> TokenUsage | None:
    """The token counts of a chunk; None without any."""
    usage_place = next((usage for usage in _places(payload) if _counts(usage)), None)
    if usage_place is not None:
        return _usage(usage_place)
    timings = object_in(payload, "timings")
    if not timings:
        return None
    cached = count(timings.get("cache_n"))
    read, written = count(timings.get("prompt_n")) + cached, count(timings.get("predicted_n"))
    return TokenUsage(min(read, COUNT_MAX), cached, written, 0, min(read + written, COUNT_MAX))


def _places(payload: Object) -> Iterator[Object]:
    yield object_in(payload, "usage")
    yield object_in(object_in(payload, "x_groq"), "usage")
    for choice in objects_in(payload, "choices"):
        yield object_in(choice, "usage")


def _counts(usage: Object) -> bool:
    return any(isinstance(usage.get(name), (int, float)) for name in (*INPUT, *OUTPUT))


def _usage(usage: Object) -> TokenUsage:
    input_tokens, output_tokens = _first(usage, INPUT), _first(usage, OUTPUT)
    input_details = [usage.get(f"{name}_details") for name in INPUT]
    output_details = [usage.get(f"{name}_details") for name in OUTPUT]
    return TokenUsage(
        input=input_tokens,
        cached_input=max(_first(counts, CACHED) for counts in (usage, *input_details)),
        output=output_tokens,
        reasoning_output=max(
            _first(counts, ("reasoning_tokens",)) for counts in (usage, *output_details)
        ),
        total=count(usage.get("total_tokens")) or min(input_tokens + output_tokens, COUNT_MAX),
    )


def _first(owner: object, names: tuple[str, ...]) -> int:
    return next((n for n in (count(member(owner, name)) for name in names) if n), 0)
