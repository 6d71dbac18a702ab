"""The rules of what is changed about a thread without work: metadata, memory, settings."""

from typing import Any

import pytest

from tests.given import given
from threadhost.actors.errors import SettingsLost
from threadhost.actors.memory import SetMemoryMode
from threadhost.actors.metadata import UpdateMetadata
from threadhost.actors.settings import ChangeSettings, SettingsChange
from threadhost.events.memory import MemoryModeSet
from threadhost.events.metadata import MetadataUpdated
from threadhost.events.thread import ThreadConfigured, ThreadSettings, ThreadStarted
from threadhost.events.turn import TurnStarted

SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p", effort="low")
BORN = (
    ThreadStarted(thread_id="a", session_id="a", source="vscode"),
    ThreadConfigured(settings=SETTINGS),
)


def test_metadata_is_recorded_as_it_changes() -> None:
    git = {"sha": None, "branch": "b"}
    given(*BORN).when(UpdateMetadata(git, True)).then(MetadataUpdated(git=git, daybreak=True))


def test_no_change_of_metadata_is_no_event() -> None:
    given(*BORN).when(UpdateMetadata()).then()


def test_a_flag_of_metadata_set_to_false_is_recorded_as_a_change() -> None:
    given(*BORN).when(UpdateMetadata(daybreak=False)).then(MetadataUpdated(daybreak=False))


def test_a_mode_of_memory_is_recorded_whenever_it_is_set() -> None:
    given(*BORN, MemoryModeSet(mode="disabled")).when(SetMemoryMode("disabled")).then(
        MemoryModeSet(mode="disabled")
    )


def test_changed_settings_are_recorded_whole() -> None:
    expected = SETTINGS.model_copy(update={"model": "n", "effort": None})
    given(*BORN).when(ChangeSettings(SettingsChange({"model": "n", "effort": None}))).then(
        ThreadConfigured(settings=expected)
    )


def test_a_change_of_settings_is_applied_to_the_settings_of_now() -> None:
    between = SETTINGS.model_copy(update={"effort": "high", "config": {"a": 1}})
    change = SettingsChange({"model": "n", "config": {"b": 2}}, SETTINGS)
    given(*BORN, ThreadConfigured(settings=between)).when(ChangeSettings(change)).then(
        ThreadConfigured(
            settings=between.model_copy(update={"model": "n", "config": {"a": 1, "b": 2}})
        )
    )


def test_unreadable_settings_are_replaced_by_a_base_and_the_change() -> None:
    change = SettingsChange({"model": "n"}, SETTINGS)
    given(BORN[0]).when(ChangeSettings(change)).then(
        ThreadConfigured(settings=SETTINGS.model_copy(update={"model": "n"}))
    )


@pytest.mark.parametrize("changes", [{}, {"model": "m"}, {"cwd": "/", "effort": "low"}])
def test_settings_that_stay_as_they_are_record_nothing(changes: dict[str, Any]) -> None:
    given(*BORN).when(ChangeSettings(SettingsChange(changes))).then()


def test_unreadable_settings_cannot_be_changed_without_a_base() -> None:
    asked = given(BORN[0]).when(ChangeSettings(SettingsChange({"model": "n"})))
    asked.refused(
        SettingsLost,
        "the settings of thread a cannot be read; choose them again with thread/resume",
    )


def test_a_turn_keeps_the_settings_that_it_began_with() -> None:
    changed = ThreadConfigured(settings=SETTINGS.model_copy(update={"model": "n"}))
    thread = given(*BORN, TurnStarted(turn_id="t", started_at_ms=1), changed).state
    assert thread.turn is not None
    assert thread.turn.settings == SETTINGS
    assert thread.settings == changed.settings
