"""What a thread's settings make of a call: one source after the other, odd values passed over."""

from typing import Any

from tests.support.each import each
from threadhost.actors.model_settings import (
    COUNTS,
    PERSONALITIES,
    call_limits,
    model_settings,
    turn_timeout_ms,
)
from threadhost.actors.models import CallLimits, ModelSettings
from threadhost.events.thread import ThreadSettings

PLAIN = ThreadSettings(cwd="/", model="m", model_provider="p")
SENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"base_instructions": "be brief"}, {"instructions": "be brief"}),
    ({"developer_instructions": "say yes"}, {"developer": "say yes"}),
    ({"personality": "friendly"}, {"developer": PERSONALITIES["friendly"]}),
    (
        {"developer_instructions": "say yes", "personality": "pragmatic"},
        {"developer": f"say yes\n\n{PERSONALITIES['pragmatic']}"},
    ),
    ({"personality": "none"}, {}),
    ({"effort": "high"}, {"effort": "high"}),
    ({"config": {"model_reasoning_effort": "low"}}, {"effort": "low"}),
    ({"effort": "high", "config": {"model_reasoning_effort": "low"}}, {"effort": "high"}),
    ({"summary": "auto"}, {"summary": "auto"}),
    ({"summary": "none"}, {}),
    ({"config": {"model_reasoning_summary": "concise"}}, {"summary": "concise"}),
    ({"config": {"model_verbosity": "low"}}, {"verbosity": "low"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"service_tier": "default"}, {}),
    ({"config": {"service_tier": "flex"}}, {"service_tier": "flex"}),
    ({"config": {"model_verbosity": 7, "service_tier": ["flex"]}}, {}),
]


@each(("chosen", "sent"), SENT)
def test_exactly_the_chosen_settings_are_sent_to_the_model(
    chosen: dict[str, Any], sent: dict[str, Any]
) -> None:
    settings = PLAIN.model_copy(update=chosen)
    assert model_settings(settings) == ModelSettings("m", "p", **sent)


@each("name", COUNTS)
def test_a_thread_sets_each_limit_of_its_calls(name: str) -> None:
    given = CallLimits()
    settings = PLAIN.model_copy(update={"config": {COUNTS[name]: 7}})
    assert call_limits(settings, given) == given._replace(**{name: 7})


@each("odd", [None, -1, 1.5, "7", True, [7], {}])
def test_a_setting_that_is_no_valid_number_sets_no_limit(odd: object) -> None:
    settings = PLAIN.model_copy(update={"config": dict.fromkeys([*COUNTS.values(), "x"], odd)})
    assert call_limits(settings, CallLimits()) == CallLimits()
    own = PLAIN.model_copy(update={"config": {"turn_timeout_ms": odd}})
    assert turn_timeout_ms(own, 5) == 5


def test_a_thread_without_settings_has_those_of_its_provider_and_host() -> None:
    limits = CallLimits(request_retries_max=1)
    assert call_limits(None, limits) == limits
    assert turn_timeout_ms(None, 5) == 5
    assert turn_timeout_ms(PLAIN.model_copy(update={"config": {"turn_timeout_ms": 0}}), 5) == 0
