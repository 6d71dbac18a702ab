"""The tables of differences say what is so, and the page says what the tables say."""

from tests.protocol import agent_scenarios, reference_methods, scenarios, transcript
from tests.protocol.compatibility import PAGE, page
from tests.protocol.differences import HERE, LATER, REQUESTS
from tests.protocol.reference_methods import ALL, EXPERIMENTAL, NOTIFICATIONS, OLDER
from tests.support import schema
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS as NOTIFICATION_MODELS
from threadhost.adapters.jsonrpc.models.catalog import SERVER_REQUESTS
from threadhost.adapters.jsonrpc.not_offered import NOT_OFFERED

RECORDED = 38
OWN = ("host/", "job/")
"""How methods begin that the reference does not have."""


def test_the_page_on_compatibility_is_up_to_date() -> None:
    assert PAGE.read_text() == page()


def test_every_method_of_the_reference_is_answered_or_refused_with_a_reason() -> None:
    own = {name for name in HERE if not name.startswith(OWN)}
    assert own | set(NOT_OFFERED) == {*ALL, *OLDER}
    assert own <= set(ALL)


def test_a_method_is_experimental_exactly_where_the_reference_says_so() -> None:
    own = {name for name, method in HERE.items() if method.experimental}
    assert {name for name in own if not name.startswith(OWN)} == {*EXPERIMENTAL} & {*HERE}


def test_the_names_of_the_methods_hold_those_of_the_schema() -> None:
    assert {name for name in ALL if schema.knows("params", name)} == set(schema.methods())


def test_the_page_lists_every_request_that_clients_may_get() -> None:
    sent = {method for method, here, _ in REQUESTS if here == "sent"}
    assert sent == set(SERVER_REQUESTS)
    assert {method for method, *_ in REQUESTS} == set(schema.server_requests())


def test_the_names_that_the_reference_has_hold_those_that_are_sent_here_and_kept() -> None:
    known = schema.published()
    sent = {name for name in NOTIFICATION_MODELS if not name.startswith(OWN)}
    assert {*sent, *known.notifications} <= set(NOTIFICATIONS)
    assert set(known.requests) <= set(reference_methods.REQUESTS)


def test_a_method_that_is_here_is_not_passed_over() -> None:
    assert [name for name in LATER if name in HERE] == []
    assert set(LATER) <= set(NOT_OFFERED)


def test_every_recorded_session_is_played() -> None:
    assert len(transcript.names()) == RECORDED


def test_every_line_with_special_treatment_is_one_of_the_recording() -> None:
    places = [
        *((row.scenario, row.line) for row in scenarios.INSTEAD),
        *((row.scenario, row.line) for row in scenarios.ANSWERS),
        *((row.scenario, row.line) for row in scenarios.ADDED),
        *((row.scenario, row.line) for row in agent_scenarios.ENDED),
    ]
    for scenario, line in places:
        [step] = [step for step in transcript.steps(scenario) if step.line == line]
        assert step.mark is None


def test_every_skipped_range_covers_lines_of_the_recording() -> None:
    for row in scenarios.SKIPPED:
        assert any(step.line in row.lines for step in transcript.steps(row.scenario)), row
