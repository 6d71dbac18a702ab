"""`threadhost log`: printing, following and verifying the events."""

import asyncio
import subprocess
import sys
from contextlib import closing

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.support.log_database import connected
from threadhost.adapters.cli.home_store import open_store
from threadhost.adapters.cli.log import as_json
from threadhost.events.catalogue import KINDS


def test_the_tail_is_the_newest_events_one_a_line(command: Command) -> None:
    lines = command("log", "tail", "-n", "2").out.splitlines()
    assert len(lines) == 2
    assert "host.stopped.v1" in lines[1]


def test_the_tail_as_json_is_one_event_a_line(command: Command) -> None:
    events = command("log", "tail", "-n", "3", "--json").lines
    assert [e["position"] for e in events] == list(
        range(events[0]["position"], events[0]["position"] + 3)
    )
    assert set(events[0]) == {
        *("position", "decision", "stream", "version", "type", "recordedAtMs", "principal"),
        *("correlationId", "causationId", "erased", "damaged", "event"),
    }


def test_log_tail_and_show_after_a_position_begin_right_after_it(command: Command) -> None:
    assert [
        e["position"] for e in command("log", "tail", "--after", "4", "-n", "2", "--json").lines
    ] == [
        5,
        6,
    ]
    assert [
        e["position"]
        for e in command("log", "show", "--after", "1", "--limit", "1", "--json").lines
    ] == [2]


def test_a_thread_given_in_the_place_of_a_position_is_refused_with_the_right_option(
    grown: Grown, command: Command
) -> None:
    done = command("log", "show", grown.root)
    assert done.code == 2
    assert done.err.endswith(
        "; give a whole number from 1 on, or --thread THREAD for the events of one\n"
    )
    assert "--thread" not in command("log", "show", "0").err


def test_one_event_is_shown_whole(grown: Grown, command: Command) -> None:
    events = command("log", "show", "--json").lines
    began = next(e["position"] for e in events if e["type"] == "thread.started.v1")
    first = command("log", "show", str(began), "--json").document
    assert first["decision"] == began
    assert first["event"]["thread_id"] == grown.root
    assert first["principal"].startswith("client:grower/memory/")


def test_a_position_past_the_end_is_refused_with_the_end(command: Command) -> None:
    assert "there is no position 9999; the log ends at " in command("log", "show", "9999").err


def test_the_events_of_a_thread_are_those_of_its_stream(grown: Grown, command: Command) -> None:
    events = command("log", "show", "--thread", grown.child, "--json").lines
    assert {e["stream"] for e in events} == {f"thread-{grown.child}"}
    assert [e["version"] for e in events] == list(range(1, len(events) + 1))


def test_the_contents_of_a_deleted_thread_are_erased_and_the_chain_stays_valid(
    grown: Grown, command: Command
) -> None:
    assert command("threads", "delete", grown.root, "--yes").code == 0
    events = command("log", "show", "--thread", grown.root, "--json").lines
    erased = [e for e in events if e["erased"]]
    assert {e["type"] for e in erased} >= {"turn.item_recorded.v2", "thread.configured.v1"}
    assert all(e["event"] is None for e in erased)
    verdict = command("log", "verify", "--json")
    assert verdict.code == 0
    assert verdict.document["sound"] is True
    assert verdict.document["head"]["position"] == verdict.document["events"]


def test_log_verify_names_the_position_of_a_changed_event(grown: Grown, command: Command) -> None:
    assert command("log", "verify").out.startswith("sound: ")
    with closing(connected(grown.home / "threadhost.db")) as connection, connection:
        connection.execute("UPDATE events SET principal = 'client:nobody' WHERE position = 3")
    verdict = command("log", "verify", "--json")
    assert verdict.code == 1
    assert verdict.document["faults"][0]["position"] == 3
    assert "NOT SOUND" in command("log", "verify").out


def test_following_the_log_continues_with_events_committed_later(grown: Grown) -> None:
    async def seen() -> list[str]:
        with open_store(grown.home, None) as home_store:
            feed = home_store.log.follow(home_store.log.position, poll_s=0.01)
            first = asyncio.ensure_future(anext(feed))
            async with threadhost.open(grown.home):
                fact = await asyncio.wait_for(first, 10)
            return [str(as_json(fact)["type"])]

    assert asyncio.run(seen()) == ["host.started.v2"]


@pytest.mark.slices
@pytest.mark.parametrize("module", ["cli.home_store", "inspection"])
def test_the_inspecting_commands_can_decode_every_type_of_event(module: str) -> None:
    """Runs in a process of its own, without the imports of other tests."""
    asked = f"import threadhost.adapters.{module}; from threadhost.events.base import KINDS"
    command = [sys.executable, "-c", f"{asked}; print(*KINDS)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=25)
    assert set(done.stdout.split()) >= set(KINDS)
