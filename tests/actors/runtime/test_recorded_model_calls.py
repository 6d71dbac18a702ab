"""What the log says of a call of a model: what it was made of, what answered it and how long."""

from typing import TypeVar

from tests.support.hosts import USAGE, Rig, eventually, message
from tests.support.turns import first_turn_end
from threadhost.actors.model_settings import digests_of
from threadhost.actors.models import ModelSettings, ResponseDone
from threadhost.actors.settings import SettingsChange
from threadhost.events.base import Event
from threadhost.events.turn import ModelRequested, ModelResponded

SCHEMA: dict[str, object] = {"type": "object"}
DEFINITION = {"type": "function", "name": "look", "description": "", "inputSchema": {}}
OFFERED = SettingsChange({"dynamic_tools": [DEFINITION]})
INSTRUCTED = SettingsChange({"base_instructions": "Be brief."})
E = TypeVar("E", bound=Event)


def of(rig: Rig, thread_id: str, type_: type[E]) -> list[E]:
    """The events of this type of a thread."""
    return [event for event in rig.events(thread_id) if isinstance(event, type_)]


async def asked_once(rig: Rig, thread_id: str, **how: object) -> ModelRequested:
    """A turn, and what is recorded of its request."""
    await rig.turn(thread_id, "one", **how)
    (await rig.model.asked()).end()
    await first_turn_end(rig, thread_id)
    return of(rig, thread_id, ModelRequested)[-1]


async def test_a_request_has_a_digest_of_each_part_that_it_is_made_of(rig: Rig) -> None:
    thread_id = await rig.start()
    plain = await asked_once(rig, thread_id)
    again = await asked_once(rig, thread_id)
    instructed = await asked_once(rig, thread_id, change=INSTRUCTED)
    offered = await asked_once(rig, thread_id, change=OFFERED)
    assert set(plain.digests) == {"history", "settings", "tools"}
    assert again.digests["settings"] == plain.digests["settings"]
    assert again.digests["history"] != plain.digests["history"]
    assert set(instructed.digests) == {"history", "settings", "instructions", "tools"}
    assert instructed.digests["settings"] == plain.digests["settings"]
    assert instructed.digests["tools"] == plain.digests["tools"]
    assert offered.digests["tools"] != plain.digests["tools"]


def test_the_digest_of_settings_differs_for_every_setting() -> None:
    plain = ModelSettings("m")
    others = [ModelSettings("m", effort="x"), ModelSettings("m", "x"), ModelSettings("x")]
    told = {digests_of(settings)["settings"] for settings in (plain, *others)}
    assert len(told) == 1 + len(others)
    assert digests_of(plain._replace(developer="x")) != digests_of(plain._replace(developer="y"))


async def test_the_output_schema_is_recorded_in_the_request(rig: Rig) -> None:
    thread_id = await rig.start()
    assert (await asked_once(rig, thread_id)).output_schema is None
    assert (await asked_once(rig, thread_id, output_schema=SCHEMA)).output_schema == SCHEMA


async def test_a_response_records_its_model_and_duration(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    call = await rig.model.asked()
    done = ResponseDone("r", USAGE, model="puppet-1-2026" + "x" * 300, finish_reason="stop")
    call.say(*message("yes"), done).break_off()
    await first_turn_end(rig, thread_id)
    (answered,) = of(rig, thread_id, ModelResponded)
    assert (answered.served_model[:13], len(answered.served_model)) == ("puppet-1-2026", 256)
    assert (answered.finish_reason, answered.attempts) == ("stop", 1)
    assert answered.first_output_ms is not None
    assert answered.duration_ms is not None
    assert 0 <= answered.first_output_ms <= answered.duration_ms


async def test_an_answer_without_output_has_no_time_of_its_first(rig: Rig) -> None:
    thread_id = await rig.start()
    await asked_once(rig, thread_id)
    (answered,) = of(rig, thread_id, ModelResponded)
    assert answered.first_output_ms is None
    assert answered.duration_ms is not None


async def test_input_before_an_answer_began_is_recorded_differently_from_input_after(
    rig: Rig,
) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id, "one")
    await rig.model.asked()
    await rig.turn(thread_id, "before")
    call = await rig.model.asked()
    call.say(*message("so"))
    await eventually(lambda: len(rig.live.heard) == 2)
    await rig.turn(thread_id, "after")
    call.end()
    (await rig.model.asked()).end()
    await first_turn_end(rig, thread_id)
    assert [one.replaces for one in of(rig, thread_id, ModelRequested)] == [0, 1, 0]
    assert [one.steered for one in of(rig, thread_id, ModelResponded)] == [True, False]
