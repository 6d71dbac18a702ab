"""Listen addresses, settings and limits."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.each import each
from threadhost.adapters.config import (
    STDIO,
    FieldLimits,
    Limits,
    Listen,
    Settings,
    WsAuth,
    parse_listen,
)


@each(
    ("text", "expected"),
    [
        ("stdio://", STDIO),
        ("unix:///run/x/host.sock", Listen("unix", path=Path("/run/x/host.sock"))),
        ("unix://host.sock", Listen("unix", path=Path("host.sock"))),
        ("ws://127.0.0.1:0", Listen("ws", host="127.0.0.1", port=0)),
        ("ws://127.9.9.9:65535", Listen("ws", host="127.9.9.9", port=65535)),
        ("ws://localhost:8080", Listen("ws", host="localhost", port=8080)),
        ("ws://[::1]:8080", Listen("ws", host="::1", port=8080)),
    ],
)
def test_an_address_is_read_and_written_back(text: str, expected: Listen) -> None:
    assert parse_listen(text) == expected
    assert str(expected) == text


def test_a_slash_behind_the_port_is_ignored() -> None:
    assert parse_listen("ws://127.0.0.1:1/") == parse_listen("ws://127.0.0.1:1")


@each(
    ("text", "words"),
    [
        ("foo", "`foo` is not a listen address; give stdio://, unix://PATH, ws://HOST:PORT or off"),
        ("", "`` is not a listen address; give"),
        ("stdio", "is not a listen address"),
        ("stdio://x", "is not a listen address"),
        ("wss://127.0.0.1:1", "is not a listen address"),
        ("unix://a\0b", "NUL"),
        ("ws://", "is not of the form; give ws://HOST:PORT"),
        ("ws://127.0.0.1", "is not of the form; give ws://HOST:PORT"),
        ("ws://::1:8080", "is not of the form; give ws://HOST:PORT"),
        ("ws://[127.0.0.1]:8080", "is not of the form; give ws://HOST:PORT"),
        ("ws://:8080", "names no host"),
        ("ws://127.0.0.1:", "from 0 to 65535"),
        ("ws://127.0.0.1:65536", "from 0 to 65535"),
        ("ws://127.0.0.1:-1", "from 0 to 65535"),
        ("ws://127.0.0.1:x", "from 0 to 65535"),
        ("ws://127.0.0.1:٣", "from 0 to 65535"),
        ("ws://127.0.0.1:1/path", "which ends with the port"),
        ("ws://127.0.0.1:" + "9" * 5000, "from 0 to 65535"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_listen(text)


@pytest.mark.parametrize("authority", ["0.0.0.0:80", "10.0.0.1:0", "[::]:80", "example.org:80"])
def test_an_address_others_can_reach_is_refused_without_auth(authority: str) -> None:
    words = f"refusing to start non-loopback websocket listener {authority} without auth"
    listen = parse_listen(f"ws://{authority}")
    with pytest.raises(ValueError, match=re.escape(words)):
        Settings(Path(), (STDIO, listen)).checked()
    auth = WsAuth("capability-token", token_file=Path("t"))
    Settings(Path(), (STDIO, listen), ws_auth=auth).checked()


def test_an_address_of_this_machine_alone_needs_no_auth() -> None:
    for text in ("ws://127.9.9.9:1", "ws://LocalHost:1", "ws://[::1]:1", "unix://s", "stdio://"):
        Settings(Path(), (parse_listen(text),)).checked()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ws://0.0.0.0:1", "ws://127.0.0.1:1"),
        ("ws://[::]:1", "ws://[::1]:1"),
        ("ws://10.0.0.1:1", "ws://10.0.0.1:1"),
        ("unix:///s", "unix:///s"),
    ],
)
def test_all_interfaces_are_reached_at_loopback(text: str, expected: str) -> None:
    assert str(parse_listen(text).from_here) == expected


CAPABILITY, SIGNED = "capability-token", "signed-bearer-token"
FILE: dict[str, Any] = {"token_file": Path("t")}
DIGEST: dict[str, Any] = {"token_sha256": bytes(32)}
SECRET: dict[str, Any] = {"shared_secret_file": Path("s")}
SIGNED_ONLY: dict[str, Any] = {
    "issuer": "i",
    "audience": "a",
    "max_clock_skew_seconds": 0,
    **SECRET,
}


@each(
    ("mode", "given", "words"),
    [
        *(
            (mode, {**others, name: value}, f"--ws-{name.replace('_', '-')} has no effect here")
            for mode, others in ((None, {}), (CAPABILITY, FILE))
            for name, value in SIGNED_ONLY.items()
        ),
        *(
            (mode, {**others, **field}, f"--ws-{flag} has no effect here; give --ws-auth cap")
            for mode, others in ((None, {}), (SIGNED, SECRET))
            for flag, field in (("token-file", FILE), ("token-sha256", DIGEST))
        ),
        (CAPABILITY, {}, "has no token; give either --ws-token-file or --ws-token-sha256"),
        (CAPABILITY, {**FILE, **DIGEST}, "has two tokens; give either --ws-token-file or"),
        (SIGNED, {}, "has no secret; give --ws-shared-secret-file"),
        (SIGNED, {"issuer": "i"}, "has no secret; give --ws-shared-secret-file"),
    ],
)
def test_contradictory_options_of_tokens_are_refused(
    mode: Any, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Settings(Path(), ws_auth=WsAuth(mode, **given)).checked()


def test_each_mode_of_authentication_accepts_its_own_options() -> None:
    WsAuth("capability-token", **DIGEST).check()
    WsAuth("signed-bearer-token", **SIGNED_ONLY).check()


@pytest.mark.parametrize("model", ["echo", "echo:yes"])
def test_the_echo_model_and_an_endpoint_exclude_each_other(model: str) -> None:
    with pytest.raises(ValueError, match="the echo model has no endpoint; leave out"):
        Settings(Path(), model=model, model_url="http://127.0.0.1:9").checked()
    Settings(Path(), model="echoes", model_url="http://127.0.0.1:9").checked()


def test_the_same_address_cannot_be_listened_on_twice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="given twice"):
        Settings(home=tmp_path, listen=(STDIO, STDIO)).checked()


def test_the_defaults_allow_a_tree_of_a_thousand_with_ten_children_a_node(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.listen == (STDIO,)
    assert settings.tree_width_max >= 10
    assert settings.tree_depth_max >= 4
    assert settings.tree_size_max >= 1000


def test_the_name_of_every_limit_contains_its_unit() -> None:
    units = ("_bytes", "_ms", "_max")
    limits = Limits()._asdict() | FieldLimits()._asdict()
    for name, limit in limits.items():
        if isinstance(limit, FieldLimits):
            continue
        assert any(unit in name for unit in units), name
        assert limit > 0
