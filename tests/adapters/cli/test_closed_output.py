"""Commands whose output is closed by its reader end quietly, with their usual exit code."""

import os
import sys

import pytest

from tests.adapters.cli.conftest import Grown
from threadhost.adapters.cli.main import run


@pytest.mark.few(1)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("doctor",), 5),
        (("log", "verify"), 0),
        (("log", "tail"), 0),
        (("threads", "list"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_whose_output_is_closed_is_quiet_and_keeps_its_exit_code(
    grown: Grown,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    form: tuple[str, ...],
) -> None:
    (grown.home / "host.key").chmod(0o644)  # what doctor warns of
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        got = run((*words, *form, "--home", str(grown.home)))
    assert (got, capsys.readouterr().err) == (code, "")
