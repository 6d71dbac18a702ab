"""How a turn continues after a failed model call: later, with a shorter history, or not at all."""

from itertools import accumulate

from threadhost.actors.command import Command
from threadhost.actors.compaction import CompactInTurn, summary_request
from threadhost.actors.model_settings import call_limits, turn_timeout_ms
from threadhost.actors.models import CallLimits
from threadhost.actors.response import Failure
from threadhost.actors.retry import wait_ms
from threadhost.actors.runtime.journal import Journal
from threadhost.events.input_items import Line
from threadhost.events.named_tuple import NamedTuple

TOO_LONG = "contextWindowExceeded"
WORTH_COMPACTING = 3
"""A history with fewer lines than this is not worth a summary."""
LEFT_OUT_AT_ONCE = 4
"""1/N of a history is left out each time the model finds it too long."""


class Plan(NamedTuple):
    """The wait before the next call, a command ahead of it, and how many oldest lines it omits."""

    wait_ms: int
    first: Command | None = None
    left_out: int | None = None
    """None for as many as before."""


def plan_after(failure: Failure, journal: Journal) -> Plan | None:
    """How the running turn continues after this failure; None if it does not."""
    turn = journal.state.turn
    if turn is None:
        return None
    if failure.code != TOO_LONG:
        wait = wait_ms(failure, turn.retries, limits_of(journal), journal.services.chance())
        return None if wait is None else Plan(wait)
    lines = journal.history.lines
    if turn.sums_up:
        left_out = shortened(lines, turn.left_out)
        return None if left_out is None else Plan(0, left_out=left_out)
    if turn.compactions or len(lines) < WORTH_COMPACTING:
        return None
    return Plan(0, CompactInTurn(summary_request(journal.services.ids.new())))


def shortened(lines: list[Line], left_out: int) -> int | None:
    """How many of the oldest lines to leave out next; None if nothing would be left.

    A call and its output stay together, since providers accept neither alone. The last line is the
    prompt.
    """
    end = len(lines) - 1
    at_least = left_out + max(1, (end - left_out) // LEFT_OUT_AT_ONCE)
    parted = _pairs_parted(lines)
    candidates = (*range(at_least, end), *range(at_least - 1, left_out, -1))
    return next((number for number in candidates if number < end and not parted[number]), None)


def _pairs_parted(lines: list[Line]) -> list[int]:
    """For each line, how many pairs of a call and its output a cut ahead of it would separate."""
    open_calls: dict[str, list[int]] = {}
    changes = [0] * (len(lines) + 1)
    for number, line in enumerate(lines):
        calls = open_calls.setdefault(line.call_id, [])
        if line.kind == "call":
            calls.append(number)
        elif line.kind == "output" and calls:
            changes[calls.pop(0) + 1] += 1
            changes[number + 1] -= 1
    return list(accumulate(changes))


def limits_of(journal: Journal) -> CallLimits:
    """The call limits of the running turn."""
    turn = journal.state.turn
    settings = turn.settings if turn else None
    provider = settings.model_provider if settings else ""
    return call_limits(settings, journal.services.model.limits(provider))


def turn_timeout_of(journal: Journal) -> int:
    """How long the running turn may take, in milliseconds; 0 for no limit."""
    turn = journal.state.turn
    return turn_timeout_ms(turn.settings if turn else None, journal.services.turn_timeout_ms)
