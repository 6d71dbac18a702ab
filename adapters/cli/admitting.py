"""Decides which clients may join the host of this process, and with which remarks."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from threadhost.adapters.cli.codex_settings import report_settings
from threadhost.adapters.cli.options import OF_CODEX, SERVE
from threadhost.adapters.cli.parse import UsageError, complete, parse
from threadhost.adapters.home_socket import working_folder
from threadhost.adapters.joining.greeting import PROTOCOL, Greeting
from threadhost.adapters.joining.handshake import OURS, SECRET, other_build
from threadhost.adapters.jsonrpc.transports.joined import JoinDecision
from threadhost.adapters.version import VERSION
from threadhost.events.named_tuple import NamedTuple

MUST_AGREE = frozenset(
    ("--model", "--model-url", "--config", "--profile", "--user-input", "--rollouts", "--key-file")
)
"""Options that decide what answers and what is kept: a client that differs in one is refused."""
OF_ONE_PROCESS = frozenset(("--home", "--listen", "--stdio", "--log-level", "--log-format"))
"""Options that each process has for itself."""
NOT_HANDED_ON = {"--home": True, "--log-file": True, "--until-last": False}
"""Options that the starter of a successor sets itself, and whether each has a value."""


class Owner(NamedTuple):
    """The host of this process, as joining clients must know it."""

    words: Sequence[str]
    env: Mapping[str, str]
    values: Mapping[str, Any]
    life: str
    instance: str
    """Identifies this start of the host."""
    stop: Callable[[], None]
    """Stops the host on request."""
    settings: set[str]
    """Settings of codex that clients gave and that were reported to the operator."""


def admit(owner: Owner, greeting: Greeting, clients: int) -> JoinDecision:
    """Answer a greeting."""
    asks = greeting.one("ask")
    if greeting.one("protocol") != PROTOCOL:
        return _refusal(other_build(VERSION, greeting.one("build")))
    if asks == "join":
        return _join(owner, greeting)
    if asks == "stop":
        owner.stop()
    return JoinDecision(Greeting([*_facts(owner), ("clients", str(clients))]))


def _join(owner: Owner, greeting: Greeting) -> JoinDecision:
    try:
        differing = _differing_flags(owner.values, _requested_values(greeting))
    except UsageError as error:
        return _refusal(str(error), error.code)
    if decisive := [flag for flag in differing if flag in MUST_AGREE]:
        return _refusal(
            f"{' and '.join(decisive)}: the host on this home (process {os.getpid()}) was"
            " started with another value; leave the option out, give the same value, or give"
            " another --home"
        )
    if greeting.one("codex") == "True":
        report_settings(greeting.all("word"), owner.settings)
    notes = [
        (
            "note",
            (
                f"{flag} has no effect here: process {os.getpid()} is the host, and has its own"
                " value"
            ),
        )
        for flag in differing
    ]
    return JoinDecision(
        Greeting([*_facts(owner), *notes, *_successor_fields(owner)]), is_client=True
    )


def _requested_values(greeting: Greeting) -> Mapping[str, Any]:
    env = dict(text.partition("=")[::2] for text in greeting.all("env"))
    ignored = OF_CODEX if greeting.one("codex") == "True" else ()
    return parse(greeting.all("word"), SERVE, env, ignored)


def _differing_flags(current: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """The flags of options whose requested values differ from the host's."""
    defaults = complete({}, SERVE)
    return [
        option.flag
        for option in SERVE
        if option.name in requested
        and option.flag not in OF_ONE_PROCESS
        and requested[option.name] != current.get(option.name, defaults[option.name])
    ]


def _facts(owner: Owner) -> Iterator[tuple[str, str]]:
    yield "protocol", PROTOCOL
    yield "build", VERSION
    yield "pid", str(os.getpid())
    yield "instance", owner.instance
    yield "life", owner.life


def _successor_fields(owner: Owner) -> Iterator[tuple[str, str]]:
    """The words and variables with which clients start another host when this one is gone."""
    yield "cwd", working_folder()
    yield from (("word", word) for word in _words_handed_on(owner.words))
    for name, value in owner.env.items():
        if name.startswith(OURS) and name != SECRET:
            yield "env", f"{name}={value}"


def _words_handed_on(words: Sequence[str]) -> Iterator[str]:
    remaining = iter(words)
    for word in remaining:
        flag, equals, _ = word.partition("=")
        if flag not in NOT_HANDED_ON:
            yield word
        elif NOT_HANDED_ON[flag] and not equals:
            next(remaining, None)


def _refusal(message: str, code: int = 1) -> JoinDecision:
    fields = [("protocol", PROTOCOL), ("build", VERSION), ("refused", message)]
    return JoinDecision(Greeting([*fields, ("code", str(code))]))
