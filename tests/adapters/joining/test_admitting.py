"""The admission of a joining client, by its options and its protocol."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.each import each
from threadhost.adapters.cli.admitting import Owner, admit
from threadhost.adapters.cli.options import DAEMON_RUN, OF_CODEX
from threadhost.adapters.cli.parse import parse
from threadhost.adapters.joining.greeting import (
    GREETING_BYTES_MAX,
    LENGTH_BYTES,
    Greeting,
    body_bytes,
    read,
    unpack,
)
from threadhost.adapters.joining.handshake import JoinRequest
from threadhost.adapters.jsonrpc.transports.joined import JoinDecision
from threadhost.adapters.version import VERSION


def admission(
    *words: str, owner: Sequence[str] = (), codex: bool = False, env: dict[str, str] | None = None
) -> JoinDecision:
    """The decision on a client with these options, by a host with others."""
    values = parse(owner, DAEMON_RUN, {}, OF_CODEX)
    host = Owner(
        owner, {"THREADHOST_HOME": "/h", "PATH": "/bin"}, values, "daemon", "1", _never, set()
    )
    wish = JoinRequest("/h", words, env or {}, is_codex=codex)
    return admit(host, unpack(wish.greeting().pack()[LENGTH_BYTES:]), 7)


def _never() -> None:
    raise AssertionError


@pytest.mark.usefixtures("nowhere")
def test_a_host_whose_working_folder_is_gone_still_admits_clients() -> None:
    answer, is_client = admission()
    assert (is_client, answer.one("cwd")) == (True, "/")


@each(
    ("owner", "words"),
    [
        ((), ()),
        (("--model", "echo:a"), ()),
        (("--model", "echo:a"), ("--model", "echo:a")),
        ((), ("--home", "/elsewhere/spelled", "--listen", "stdio://")),
        (("--drain-timeout", "10"), ("--drain-timeout=10.0",)),
        ((), ("--user-input", "off")),
    ],
)
def test_a_client_whose_options_equal_the_hosts_is_admitted(
    owner: Sequence[str], words: Sequence[str]
) -> None:
    answer, is_client = admission(*words, owner=owner)
    assert (is_client, answer.one("refused"), answer.all("note")) == (True, "", [])
    assert answer.one("pid") == str(os.getpid())


@each(
    ("owner", "words"),
    [
        ((), ("--model", "echo:b")),
        (("--model", "echo:a"), ("--model", "echo:b")),
        ((), ("--model-url", "http://127.0.0.1:1/v1")),
        ((), ("--profile", "other")),
        ((), ("--config", "/other.toml")),
        ((), ("--user-input", "on")),
        ((), ("--key-file", "/key")),
        ((), ("--rollouts", "codex")),
    ],
)
def test_a_client_whose_options_contradict_the_hosts_is_refused(
    owner: Sequence[str], words: Sequence[str]
) -> None:
    answer, is_client = admission(*words, owner=owner)
    assert not is_client
    assert answer.one("refused") == (
        f"{words[0]}: the host on this home (process {os.getpid()}) was started with"
        " another value; leave the option out, give the same value, or give another --home"
    )


def test_a_client_with_other_limits_is_admitted_with_a_note_that_they_have_no_effect() -> None:
    answer, is_client = admission("--drain-timeout", "3")
    assert is_client
    assert answer.all("note") == [
        (
            f"--drain-timeout has no effect here: process {os.getpid()} is the"
            " host, and has its own value"
        )
    ]


def test_options_from_a_clients_environment_count_for_its_admission() -> None:
    assert not admission(env={"THREADHOST_MODEL": "echo:b"}).is_client
    assert admission(env={"THREADHOST_MODEL": ""}).is_client


def test_invalid_options_of_a_client_are_refused_as_a_host_would_refuse_them() -> None:
    answer, is_client = admission("--modle", "x")
    assert not is_client
    assert answer.one("refused") == "no such option: --modle; did you mean --model?"
    assert answer.one("code") == "2"


def test_options_of_codex_are_ignored_only_for_a_client_that_uses_the_alias() -> None:
    assert admission("-c", "model=x", codex=True).is_client
    assert not admission("-c", "model=x").is_client


def test_a_client_of_another_protocol_is_refused_whatever_the_request() -> None:
    for asks in ("join", "stop", "look", "more"):
        greeting = Greeting([("protocol", "2"), ("build", "9.9"), ("ask", asks)])
        answer, is_client = admit(Owner((), {}, {}, "daemon", "1", _never, set()), greeting, 0)
        assert not is_client
        assert f"threadhost {VERSION}, which threadhost 9.9 cannot join" in answer.one("refused")


def test_an_admitted_client_learns_the_options_for_starting_a_successor_of_the_host() -> None:
    own = ("--home", "rel", "--model", "echo:a", "--until-last", "--log-file=/l", "--home=x")
    answer = admission(owner=own).answer
    assert answer.all("word") == ["--model", "echo:a"]
    assert answer.all("env") == ["THREADHOST_HOME=/h"]
    assert (answer.one("life"), answer.one("cwd")) == ("daemon", str(Path.cwd()))


def test_a_host_is_stopped_by_a_stop_request_and_not_by_a_look() -> None:
    stopped: list[str] = []
    owner = Owner((), {}, {}, "daemon", "1", lambda: stopped.append("yes"), set())
    for asks in ("look", "stop"):
        answer, is_client = admit(owner, Greeting([("protocol", "1"), ("ask", asks)]), 3)
        assert (answer.one("clients"), is_client) == ("3", False)
    assert stopped == ["yes"]


@each(
    "fields",
    [
        [],
        [("a", "")],
        [("", "b")],
        [("a", "x=y"), ("a", "\n"), ("b", "\udcff")],
        [("a", "é" * 999)],
    ],
)
def test_a_greeting_is_read_as_it_was_written(fields: list[tuple[str, str]]) -> None:
    said = Greeting(fields).pack()
    at = [0]

    def receive(size: int) -> bytes:
        piece = said[at[0] : at[0] + min(size, 3)]
        at[0] += len(piece)
        return piece

    if fields:
        heard = read(receive)
        assert heard is not None
        assert list(heard.fields) == fields


@pytest.mark.parametrize("size", [0, GREETING_BYTES_MAX + 1, 2**32 - 1])
def test_a_greeting_with_an_impossible_length_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="did not send the greeting"):
        body_bytes(size.to_bytes(LENGTH_BYTES, "big"))
