"""`threadhost threads hold|release|holds`, and holds where threads are listed and deleted."""

import pytest

from tests.adapters.cli.conftest import Command, Grown
from tests.support import program
from tests.support.databases import changed
from threadhost.adapters.jsonrpc.models.hold import Hold


@pytest.mark.slices
def test_a_hold_is_set_shown_refused_and_released(grown: Grown, command: Command) -> None:
    done = command("threads", "hold", grown.root, "--reason", "a \x1b[2J case", "--matter", "c-1")
    assert done.code == 0, done.err
    assert f"held: {grown.root} with all below it  matter c-1" in done.out
    assert "\x1b" not in done.out
    marked = [
        line.split()[0] for line in command("threads", "list").out.splitlines() if "[held]" in line
    ]
    assert marked == [grown.child, grown.root]
    assert "held     " in command("threads", "show", grown.child).out
    document = command("threads", "show", grown.child, "--json").document
    assert Hold.from_wire(document["holds"][0]).thread_id == grown.root
    assert list(command("threads", "list", "--json").document["holds"]) == marked
    done = command("threads", "delete", grown.child, "--yes")
    assert done.code == 1
    assert f"refused, as {grown.root} is under legal hold (matter c-1)" in done.out
    assert "; `threadhost threads release` ends it" in done.out
    assert "threadhost: thread is under legal hold: " in done.err
    (held,) = command("threads", "holds", "--json").document["data"]
    assert held["reason"] == "a \x1b[2J case"
    done = command("threads", "release", grown.root, "--reason", "over", "--matter", "c-1")
    assert done.out == f"released: {grown.root} (matter c-1)\n"
    assert command("threads", "holds").err == "nothing is under legal hold\n"
    assert command("threads", "delete", grown.child, "--yes").code == 0


@pytest.mark.slices
def test_a_release_names_the_hold_that_still_covers_the_thread(
    grown: Grown, command: Command
) -> None:
    command("threads", "hold", grown.root, "--reason", "one")
    command("threads", "hold", grown.child, "--reason", "two", "--scope", "thread")
    done = command("threads", "release", grown.child, "--reason", "over")
    assert f"still held: {grown.root} with all below it  matter hold" in done.out


@pytest.mark.parametrize("verb", ["hold", "release"])
@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_hold_with_a_blank_reason_is_refused(
    grown: Grown, command: Command, verb: str, reason: str
) -> None:
    done = command("threads", verb, grown.root, "--reason", reason)
    assert (done.code, done.out) == (2, "")
    assert done.err == "threadhost: --reason: the reason is blank; give one\n"


def test_a_matter_that_is_no_identifier_is_a_usage_error(grown: Grown, command: Command) -> None:
    done = command("threads", "hold", grown.root, "--reason", "r", "--matter", "a b")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "threadhost: --matter: `a b` is not the name of a matter;"
        " give up to 64 letters, digits and any of _ . : + -\n"
    )


def test_a_hold_on_a_damaged_home_fails_without_a_traceback(grown: Grown) -> None:
    with changed(grown.home / "keys.db") as database:
        database.execute("ALTER TABLE keys RENAME COLUMN wrapping TO changed")
    words = ("threads", "hold", grown.root, "--reason", "r", "--home", str(grown.home))
    done = program.run_here(*words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "ERROR host.incident" in done.stderr


@pytest.mark.few(1)
@pytest.mark.parametrize("column", ["matter", "thread_id", "set_by", "set_at_ms", "covers_below"])
@pytest.mark.parametrize("value", ["X'FF00FE'", "-1", "1e308", "''", "9223372036854775807"])
def test_holds_are_listed_though_another_program_changed_their_view(
    grown: Grown, command: Command, column: str, value: str
) -> None:
    assert command("threads", "hold", grown.root, "--reason", "r").code == 0
    with changed(grown.home / "threadhost.db") as database:
        database.execute(f"UPDATE thread_holds SET {column} = {value}")
    for words in ((), ("--json",)):
        done = command("threads", "holds", *words)
        assert (done.code, len(done.out.splitlines()) > 0) == (0, True), done.err
