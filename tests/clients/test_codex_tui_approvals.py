"""A person before the screen of the codex program allows what a model may not do by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.codex import Codex, needs_codex
from tests.clients.served import Other, script, served
from tests.clients.terminal import ENTER
from tests.support.agent_scripts import call, calls, spawn

pytest.importorskip("pyte", reason="`make test-clients` installs it")
pytestmark = [pytest.mark.clients, needs_codex]

ONE = "[agents]\nmax_unapproved_threads_per_session = 1\n"
SENDS_TWO = script(
    calls(spawn({"text": "three owls"}, say="count the owls")),
    calls(spawn({"text": "two wrens"}, say="count the wrens")),
    calls(call("wait_agent", targets=["$A2"])),
    {"text": "it says {output}"},
)


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[tuple[str, Other]]:
    """A host in which the second agent of a session has to be approved, and a client of it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(ONE)
    with served(home) as address:
        yield address


def test_a_further_agent_starts_once_the_person_at_the_screen_allows_it(
    tmp_path: Path, asking: tuple[str, Other]
) -> None:
    address, other = asking
    thread = other.ask("thread/start", approvalPolicy="on-request")["thread"]["id"]
    other.say(thread, "tell of owls")
    with Codex(tmp_path, address).screen("resume", thread) as screen:
        screen.until("• tell of owls")
        screen.enter(SENDS_TWO)
        screen.until(r"Allow one more agent \(at most 1 may be open without an approval\)\?")
        screen.press(ENTER)
        screen.until(r"• it says .*two wrens")
    found = other.ask("thread/list", ancestorThreadId=thread, sourceKinds=[])["data"]
    assert len(found) == 2
