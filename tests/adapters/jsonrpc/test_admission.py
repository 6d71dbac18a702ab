"""Origins, hosts and tokens at a real port: which clients are admitted, and the refusals."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from itertools import product

import jwt
import pytest

from tests.adapters.jsonrpc.echo import Echoes
from threadhost.adapters.config import Limits, Listen
from threadhost.adapters.jsonrpc.transports.admission import TokenCheck
from threadhost.adapters.jsonrpc.transports.base import Listener, ListenFailed
from threadhost.adapters.jsonrpc.transports.dial import DialFailed, FrameLink, Unauthorized
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.jsonrpc.transports.tokens import CapabilityToken, SignedToken

LIMITS = Limits()
TOKEN = "c4n4ry-T0ken"
KNOWN = CapabilityToken(sha256(TOKEN.encode()).digest())
LOOPBACK, EVERYWHERE = Listen("ws", host="127.0.0.1"), Listen("ws", host="0.0.0.0")

MISSING = "missing websocket bearer token"
INVALID = "invalid websocket bearer token"
NO_BEARER = "invalid authorization header"
FORBIDDEN_PAGE = "requests from web pages are refused\n"
FORBIDDEN_HOST = "only requests to a loopback address are served\n"
SHOWN: dict[tuple[str, ...], str | None] = {
    (): MISSING,
    (f"Authorization: Bearer {TOKEN}",): None,
    (f"AUTHORIZATION: bearer {TOKEN}",): None,
    (f"authorization: BEARER   {TOKEN} ",): None,
    ("Authorization: Bearer other",): INVALID,
    (f"Authorization: Bearer {TOKEN.upper()}",): INVALID,
    (f"Authorization: Bearer {TOKEN} {TOKEN}",): INVALID,
    ("Authorization:",): NO_BEARER,
    ("Authorization: Bearer",): NO_BEARER,
    (f"Authorization: {TOKEN}",): NO_BEARER,
    (f"Authorization: Basic {TOKEN}",): NO_BEARER,
    (f"Authorization: Bearer\t{TOKEN}",): NO_BEARER,
    (f"Authorization: Bearer {TOKEN}\xe9",): NO_BEARER,
    (f"Authorization: Bearer {TOKEN}", f"Authorization: Bearer {TOKEN}"): NO_BEARER,
    (f"Proxy-Authorization: Bearer {TOKEN}", f"Cookie: token={TOKEN}"): MISSING,
}
ORIGINS = (None, "", "null", "http://localhost")
OURS = ("localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:65535")
NAMES = ("build.example", "build_1.example:4500", "10.0.0.1", "[fe80::1]:1")
NO_NAMES = (None, "", ":80", "a b", "a,b", "a@b", "[g]", "a:b", "x" * 10 + "/")
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@asynccontextmanager
async def listening(
    listen: Listen = LOOPBACK, check: TokenCheck | None = KNOWN
) -> AsyncIterator[tuple[Listener, Echoes]]:
    echoes = Echoes(LIMITS)
    listener = await open_listener(listen, echoes.accept, LIMITS, check)
    try:
        yield listener, echoes
    finally:
        await listener.close()


async def knock(
    listener: Listener, host: str | None, *more: str, path: str = "/"
) -> tuple[int, str, str]:
    """Status, head and body of the answer to a request to upgrade."""
    lines = [f"GET {path} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *more, *UPGRADE]
    source, sink = await asyncio.open_connection("127.0.0.1", listener.address.port)
    try:
        sink.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        head = (await source.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split()[1])
        body = "" if status == 101 else (await source.read()).decode()
        return status, head, body
    finally:
        sink.transport.abort()


def expected(origin: str | None, refused_host: str | None, fault: str | None) -> tuple[int, str]:
    if origin is not None:
        return 403, FORBIDDEN_PAGE
    if refused_host is not None:
        return 403, refused_host
    return (101, "") if fault is None else (401, fault)


@pytest.mark.few(1)
@pytest.mark.parametrize("shown", SHOWN, ids=str)
async def test_a_client_with_the_token_and_a_loopback_host_and_no_origin_is_admitted(
    shown: tuple[str, ...],
) -> None:
    hosts: dict[str | None, str | None] = dict.fromkeys((*NAMES, *NO_NAMES), FORBIDDEN_HOST)
    hosts |= dict.fromkeys(OURS)
    let_in = 0
    async with listening() as (listener, echoes):
        for origin, (host, refused) in product(ORIGINS, hosts.items()):
            more = () if origin is None else (f"Origin: {origin}",)
            status, head, body = await knock(listener, host, *more, *shown)
            assert (status, body) == expected(origin, refused, SHOWN[shown]), (origin, host)
            assert ("WWW-Authenticate: Bearer" in head) == (status == 401)
            assert "text/plain" in head or status == 101
            let_in += status == 101
    assert len(echoes.sessions) == let_in
    assert let_in == (len(OURS) if SHOWN[shown] is None else 0)


@pytest.mark.few(2)
@pytest.mark.parametrize("shown", SHOWN, ids=str)
async def test_an_address_open_to_others_asks_for_the_token_under_any_one_name(
    shown: tuple[str, ...],
) -> None:
    async with listening(EVERYWHERE) as (listener, _):
        for name in (*OURS, *NAMES):
            status, _, body = await knock(listener, name, *shown)
            assert (status, body) == expected(None, None, SHOWN[shown]), name
        for no_name in NO_NAMES:
            assert (await knock(listener, no_name, *shown))[0] == 403, no_name
        assert (await knock(listener, "a", "Host: a", *shown))[0] == 403
        assert (await knock(listener, "a", "Origin: http://a", *shown))[0] == 403


@pytest.mark.parametrize("path", ["/readyz", "/healthz?x=1"])
async def test_health_checks_ask_for_no_token(path: str) -> None:
    for listen in (LOOPBACK, EVERYWHERE):
        async with listening(listen) as (listener, _):
            assert (await knock(listener, "localhost", path=path))[::2] == (200, "ok\n")
            assert (await knock(listener, "localhost", "Origin: x", path=path))[0] == 403


async def test_a_listener_that_drains_refuses_new_clients_and_keeps_those_it_has() -> None:
    async with listening() as (listener, echoes):
        link = await FrameLink.dial(listener.address, LIMITS, TOKEN)
        listener.turn_away()
        right = f"Authorization: Bearer {TOKEN}"
        leaving = (503, "the host is shutting down\n")
        assert (await knock(listener, "localhost", right))[::2] == leaving
        assert (await knock(listener, "localhost", path="/readyz"))[::2] == leaving
        assert (await knock(listener, "localhost", path="/healthz"))[::2] == (200, "ok\n")
        assert (await knock(listener, "localhost"))[::2] == (401, MISSING)
        await link.send(b'{"id":1,"method":"m","params":{}}')
        assert await link.receive() == b'{"id":1,"result":{"echo":{}}}'
        assert len(echoes.sessions) == 1


async def test_the_session_knows_the_subject_of_the_token_that_its_client_presented() -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    async with listening(check=SignedToken(secret, lambda: 0)) as (listener, echoes):
        for subject in ("ann", "bob"):
            token = jwt.encode({"exp": 60, "sub": subject}, secret, "HS256")
            link = await FrameLink.dial(listener.address, LIMITS, token)
            await link.close()
    assert [session.peer.subject for session in echoes.sessions] == ["ann", "bob"]


async def test_a_token_in_the_url_is_not_accepted() -> None:
    async with listening() as (listener, _):
        for path in (f"/?token={TOKEN}", f"/?access_token={TOKEN}", f"/{TOKEN}"):
            assert (await knock(listener, "localhost", path=path))[::2] == (401, MISSING)


async def test_a_listener_without_authentication_accepts_any_token_or_none() -> None:
    async with listening(check=None) as (listener, _):
        for shown in SHOWN:
            assert (await knock(listener, "localhost", *shown))[0] == 101


async def test_an_address_open_to_other_machines_is_not_opened_without_authentication() -> None:
    for address in (EVERYWHERE, Listen("ws", host="::"), Listen("ws", host="10.0.0.1")):
        with pytest.raises(ListenFailed, match="requires no token"):
            await open_listener(address, Echoes(LIMITS).accept, LIMITS)


async def test_a_refused_connection_takes_no_slot_from_an_admitted_one() -> None:
    crowded = Limits(connections_max=1)
    echoes = Echoes(crowded)
    listener = await open_listener(LOOPBACK, echoes.accept, crowded, KNOWN)
    link = await FrameLink.dial(listener.address, LIMITS, TOKEN)
    assert (await knock(listener, "localhost"))[0] == 401
    assert (await knock(listener, "localhost", f"Authorization: Bearer {TOKEN}"))[0] == 503
    await link.close()
    await listener.close()


async def test_a_client_with_a_wrong_token_is_refused_with_the_reason() -> None:
    async with listening() as (listener, echoes):
        link = await FrameLink.dial(listener.address, LIMITS, TOKEN)
        await link.send(b'{"id":1,"method":"m","params":{}}')
        assert await link.receive() == b'{"id":1,"result":{"echo":{}}}'
        await link.close()
        for token, words in ((None, MISSING), ("other", INVALID)):
            with pytest.raises(Unauthorized) as refused:
                await FrameLink.dial(listener.address, LIMITS, token)
            assert str(refused.value) == f"cannot connect to {listener.address}: {words}"
        assert len(echoes.sessions) == 1


@pytest.mark.parametrize("token", [f"{TOKEN}\r\nX: y", f"{TOKEN} x", f"{TOKEN}é", f"{TOKEN}\0"])
async def test_a_token_that_no_header_can_carry_is_not_sent_and_not_printed(token: str) -> None:
    async with listening() as (listener, _):
        with pytest.raises(DialFailed) as refused:
            await FrameLink.dial(listener.address, LIMITS, token)
    assert str(refused.value).startswith("a token may have only letters, digits and")
    assert TOKEN not in str(refused.value)


async def test_no_token_is_in_a_log_or_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    said = ""
    async with listening() as (listener, _):
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.INFO, "threadhost.wire.frames")  # quiet from its first use on
        await (await FrameLink.dial(listener.address, LIMITS, TOKEN)).close()
        for shown in SHOWN:
            _, head, body = await knock(listener, "localhost", *shown)
            said += head + body
    assert caplog.records
    everything = said + "".join(f"{r.getMessage()}{r.exc_text}" for r in caplog.records)
    assert TOKEN not in everything
    assert TOKEN.upper() not in everything
