"""A model is shown the same history after the import of a rollout file.

The file has the texts of a message first, then its pictures, then those named by their paths.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.each import each
from tests.support.rollouts import AT_MS, born, facts, turn
from threadhost.adapters.codex.lines import parsed
from threadhost.adapters.codex.rollout_history import RolloutHistory
from threadhost.adapters.codex.settings import first_settings
from threadhost.adapters.rollouts.lines import Context, advance_context, render_lines
from threadhost.events.base import Event
from threadhost.events.history import History
from threadhost.events.picture import PicturesRead
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted

URL = "data:image/png;base64,iVBORw0KGgo="
READ = {"type": "localImage", "path": "/read.png"}
GONE = {"type": "localImage", "path": "/gone.png"}
GIVEN = {"type": "image", "url": "data:image/png;base64,AA=="}
MARKED = re.compile(rb'"threadhost":\{"version":(\d+)\}')
TEXT = {"type": "text", "text": "look"}


def pictured(
    *content: Mapping[str, Any], read: bool = True, outcome: Any = "completed"
) -> list[Event]:
    """A turn whose message names pictures; one file is there."""
    user = {"type": "userMessage", "id": "p", "content": list(content)}
    agent = {"type": "agentMessage", "id": "q", "text": "seen"}
    urls = {"/read.png": URL} if READ in content else {}
    told = ItemRecorded(turn_id="t", item_id="q", type="agentMessage", item=agent)
    ended = TurnCompleted(
        turn_id="t",
        outcome=outcome,
        reason="interrupted" if outcome == "interrupted" else None,
        started_at_ms=AT_MS,
        completed_at_ms=AT_MS,
    )
    return [
        TurnStarted(turn_id="t", started_at_ms=AT_MS),
        ItemRecorded(turn_id="t", item_id="p", type="userMessage", item=user),
        *([PicturesRead(turn_id="t", item_id="p", urls=urls), told] if read else []),
        ended,
    ]


def taken_in(events: Sequence[Event]) -> list[Event]:
    """The events after they were written to a file, and imported from it."""
    first, *lines = render_lines(Context(), facts(events), is_new=True)[1].splitlines()
    meta = parsed(1, first)
    past = RolloutHistory("t", first_settings(meta.payload, {}), 0)
    for number, line in enumerate(lines, 2):
        past.take(parsed(number, line))
    past.end()
    return past.events(1)


def shown(events: Sequence[Event]) -> list[bytes]:
    """The events as a model is shown them."""
    return [line.json for line in History(facts(events)).lines]


@each(
    "turn_of_pictures",
    [
        pictured(READ),
        pictured(TEXT, READ),
        pictured(TEXT, GIVEN, READ),
        pictured(TEXT, GIVEN, GONE),
        pictured(TEXT, GONE, READ),
        pictured(TEXT, GONE),
        pictured(TEXT, READ, read=False, outcome="interrupted"),
    ],
)
def test_a_model_is_shown_the_same_pictures_after_an_import_of_the_rollout(
    turn_of_pictures: list[Event],
) -> None:
    events = [*born(), *turn(1), *turn_of_pictures, *turn(2)]
    assert shown(taken_in(events)) == shown(events)


def test_a_rollout_is_continued_wherever_the_host_ended_while_pictures_were_read() -> None:
    first, asks, *rest = pictured(TEXT, READ)
    other = {"type": "userMessage", "id": "o", "content": [TEXT]}
    joins = ItemRecorded(turn_id="t", item_id="o", type="userMessage", item=other)
    all_facts = facts([*born(), first, asks, joins, *rest])
    _, whole = render_lines(Context(), all_facts, is_new=True)
    for count in range(len(all_facts)):
        _, begun = render_lines(Context(), all_facts[:count], is_new=True)
        version = max((int(mark[1]) for mark in MARKED.finditer(begun)), default=0)
        _, rest_of_it = render_lines(
            advance_context(Context(), all_facts[:version]), all_facts[version:], is_new=not begun
        )
        assert begun + rest_of_it == whole
