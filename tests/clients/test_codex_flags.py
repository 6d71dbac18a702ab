"""The help of the codex program, option by option: nothing is there that our table lacks."""

import re
import subprocess

import pytest

from tests.adapters.cli.reference_flags import OF_COMMANDS
from tests.clients.codex import CODEX, needs_codex

pytestmark = [pytest.mark.clients, needs_codex]
OPTION = re.compile(r"^ +(?:(-\w), )?(--[\w-]+)(?: <([^>]+)>)?", re.MULTILINE)


@pytest.mark.parametrize("command", OF_COMMANDS)
def test_the_help_of_the_reference_names_the_options_of_our_table(command: str) -> None:
    words = [str(CODEX), "app-server", *filter(None, [command]), "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    found = {
        (flag, bool(value))
        for short, long, value in OPTION.findall(done.stdout.partition("Options:")[2])
        for flag in filter(None, (short, long))
        if long != "--help"
    }
    ours = {(flag.written, flag.value is not None) for flag in OF_COMMANDS[command]}
    assert found == ours


def test_the_app_server_command_of_the_reference_has_no_other_subcommands() -> None:
    words = [str(CODEX), "app-server", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    commands = done.stdout.partition("Commands:")[2].partition("Options:")[0]
    found = set(re.findall(r"^  ([a-z-]+) ", commands, re.MULTILINE))
    assert found == {*filter(None, OF_COMMANDS), "daemon", "proxy", "help"}
