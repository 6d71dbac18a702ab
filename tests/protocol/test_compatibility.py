"""The tables of differences say what is so, and the page says what the tables say."""

from tests.protocol import scenarios, transcript
from tests.protocol.compatibility import PAGE, page
from tests.protocol.differences import LATER
from threadhost.adapters.jsonrpc.registry import registry

RECORDED = 26


def test_the_page_on_compatibility_is_up_to_date() -> None:
    assert PAGE.read_text() == page()


def test_a_method_that_is_here_is_not_passed_over() -> None:
    assert [method for method in LATER if registry.get(method)] == []


def test_every_recorded_session_is_played() -> None:
    assert len(transcript.names()) in (0, RECORDED)


def test_every_line_that_is_treated_otherwise_is_one_that_was_sent() -> None:
    if not transcript.names():
        return
    places = [
        *((row.scenario, row.line) for row in scenarios.INSTEAD),
        *((row.scenario, row.line) for row in scenarios.ANSWERS),
        *((row.scenario, row.line) for row in scenarios.ADDED),
    ]
    for scenario, line in places:
        [step] = [step for step in transcript.steps(scenario) if step.line == line]
        assert step.mark is None


def test_every_skipped_range_has_something_to_skip() -> None:
    if not transcript.names():
        return
    for row in scenarios.SKIPPED:
        assert any(step.line in row.lines for step in transcript.steps(row.scenario)), row
