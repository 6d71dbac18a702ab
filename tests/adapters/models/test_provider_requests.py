"""Requests under a provider's settings, and the redaction of its secrets."""

import asyncio
from pathlib import Path

import pytest

from tests.support.model_calls import collect, done_text, failure, request, text_of, user
from tests.support.responses_endpoint import Json, Raw, ResponsesEndpoint, answer, event_stream
from threadhost.actors.models import AgentOf
from threadhost.adapters.models.headers import RESERVED
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.provider import KeyCommand, Provider, usable_key
from threadhost.adapters.models.select import http_client

SECRET = "sk-0123456789abcdef"
HEADER = 'h"eader\\/ secret'
PARAMETER = "pa&ram eter"
UNAUTHORIZED = answer(401, b'{"error": {"message": "wrong key"}}')


def client_of(endpoint: ResponsesEndpoint, **more: object) -> HttpClient:
    """A client of the endpoint as a provider with these fields."""
    given = {"base_url": endpoint.base_url, **more}
    return http_client(Provider("p", **given), {})  # type: ignore[arg-type]


def printing(folder: Path, script: str) -> KeyCommand:
    """A program that prints a key."""
    return KeyCommand("sh", ("-c", script), folder, timeout_ms=20_000)


async def test_headers_of_a_provider_replace_those_of_the_host(endpoint: ResponsesEndpoint) -> None:
    headers = {"X-One": "1", "user-agent": "mine", "Accept": "*/*", "X-Empty": "", "X-Tab": "a\tb"}
    client = client_of(endpoint, headers=headers)
    await collect(client, user("hello"))
    await client.close()

    sent = endpoint.received[0].headers
    assert (sent["x-one"], sent["user-agent"], sent["accept"]) == ("1", "mine", "*/*")
    assert (sent["x-empty"], sent["x-tab"]) == ("", "a\tb")
    assert sent["content-type"] == "application/json"
    assert "authorization" not in sent
    assert not RESERVED & {"x-one", "user-agent", "accept"}


async def test_a_call_of_an_agent_names_its_thread_parent_and_root_in_headers(
    endpoint: ResponsesEndpoint,
) -> None:
    client = client_of(endpoint)
    call = request(user("hello"))
    async for _ in client.stream(call._replace(agent_of=AgentOf("parent", "root"))):
        pass
    await collect(client, user("hello"))
    await client.close()

    sent, other = (received.headers for received in endpoint.received)
    named = ("thread-id", "session-id", "x-codex-parent-thread-id", "x-openai-subagent")
    assert [sent[name] for name in named] == [call.thread_id, "root", "parent", "collab_spawn"]
    assert not set(named) & set(other)


async def test_an_authorization_header_of_the_user_is_sent_unchanged(
    endpoint: ResponsesEndpoint,
) -> None:
    client = client_of(endpoint, headers={"authorization": "Basic bWU6bWU="})
    await collect(client, user("hello"))
    await client.close()

    assert endpoint.received[0].headers["authorization"] == "Basic bWU6bWU="


async def test_parameters_join_the_query_of_the_base_url(endpoint: ResponsesEndpoint) -> None:
    url = f"{endpoint.base_url}/?a=1"
    client = client_of(endpoint, base_url=url, query={"api-version": "2025", "x": PARAMETER})
    await collect(client, user("hello"))
    await client.close()

    line = endpoint.received[0].line
    assert line == "POST /v1/responses?a=1&api-version=2025&x=pa%26ram+eter HTTP/1.1"


async def test_fields_are_added_replaced_and_left_out(endpoint: ResponsesEndpoint) -> None:
    body = {"top_k": 3, "store": True, "include": None, "prompt_cache_key": None}
    client = client_of(endpoint, body=body)
    await collect(client, user("hello"))
    await client.close()

    sent = endpoint.received[0].body
    assert (sent["top_k"], sent["store"], sent["stream"]) == (3, True, True)
    assert "include" not in sent
    assert "prompt_cache_key" not in sent


async def test_a_cache_key_is_sent_unless_the_provider_disables_it(
    endpoint: ResponsesEndpoint,
) -> None:
    for has_key in (True, False):
        client = client_of(endpoint, prompt_cache_key=has_key)
        await collect(client, user("hello"))
        await client.close()

    first, second = (received.body for received in endpoint.received)
    assert first["prompt_cache_key"] == "thread-1"
    assert "prompt_cache_key" not in second


SPELT = [
    SECRET,
    SECRET.upper(),
    HEADER,
    r"h\"eader\\/ secret",
    "h%22eader%5C%2F%20secret",
    PARAMETER,
    "pa%26ram%20eter",
    "in-the-url",
]


@pytest.mark.parametrize("said", SPELT)
async def test_secrets_are_redacted_in_every_failure_however_the_provider_spells_them(
    endpoint: ResponsesEndpoint, said: str
) -> None:
    client = client_of(
        endpoint,
        base_url=f"{endpoint.base_url}?key=in-the-url",
        key=usable_key(SECRET),
        headers={"X-Key": HEADER},
        query={"q": PARAMETER},
    )
    page = f"<title>no: {said}</title>".encode()
    endpoint.misbehaviour.append(Raw(answer(400, page, "text/html", b"x-request-id: r-1\r\n")))
    broken: Json = {"type": "response.failed", "response": {"error": {"message": f"no: {said}"}}}
    endpoint.misbehaviour.append(Raw(event_stream(broken)))
    for _ in range(2):
        failed = await failure(client)
        assert said.lower() not in f"{failed} {failed.message} {failed.details}".lower()
        assert "no: [redacted]" in failed.message
    await client.close()


async def test_values_too_short_to_be_secret_leave_words_readable(
    endpoint: ResponsesEndpoint,
) -> None:
    client = client_of(endpoint, headers={"X-Beta": "1", "X-Mode": "on"})
    endpoint.misbehaviour.append(Raw(answer(401, b"only once a month")))
    assert "401" in (await failure(client)).message
    await client.close()


async def test_a_call_whose_key_was_refused_is_retried_with_a_newly_printed_key(
    endpoint: ResponsesEndpoint, tmp_path: Path
) -> None:
    script = f'echo x >> runs; printf "{SECRET}-%s" $(wc -l < runs)'
    client = client_of(endpoint, key_command=printing(tmp_path, script))
    endpoint.misbehaviour.append(Raw(UNAUTHORIZED))
    events = await collect(client, user("hello"))
    await collect(client, user("again"))
    await client.close()

    assert text_of(events) == done_text(events) == "ok"
    keys = [received.headers["authorization"] for received in endpoint.received]
    assert keys == [f"Bearer {SECRET}-{run}" for run in (1, 2, 2)]


async def test_a_key_that_is_refused_twice_fails_the_call_in_the_provider_s_words(
    endpoint: ResponsesEndpoint, tmp_path: Path
) -> None:
    client = client_of(endpoint, key_command=printing(tmp_path, f"echo {SECRET}"))
    echoing = answer(401, f'{{"error": {{"message": "no such key: {SECRET}"}}}}'.encode())
    endpoint.misbehaviour += [Raw(UNAUTHORIZED), Raw(echoing)]
    failed = await failure(client)
    await client.close()

    assert (failed.code, failed.http_status, len(endpoint.received)) == ("unauthorized", 401, 2)
    assert failed.message.endswith("no such key: [redacted]")


async def test_a_fixed_key_that_was_refused_is_not_tried_again(endpoint: ResponsesEndpoint) -> None:
    client = client_of(endpoint, key=usable_key(SECRET))
    endpoint.misbehaviour.append(Raw(UNAUTHORIZED))
    failed = await failure(client)
    await client.close()

    assert (failed.code, len(endpoint.received)) == ("unauthorized", 1)


async def test_a_key_program_that_fails_fails_the_call_before_anything_is_sent(
    endpoint: ResponsesEndpoint, tmp_path: Path
) -> None:
    client = client_of(endpoint, key_command=printing(tmp_path, "exit 4"))
    failed = await failure(client)
    await client.close()

    assert failed.message == "the key command `sh` of model provider `p` failed: exit code 4"
    assert endpoint.received == []


async def test_a_key_variable_that_is_not_set_is_named_with_how_to_set_the_key(
    endpoint: ResponsesEndpoint,
) -> None:
    client = client_of(endpoint, key_variable="P_KEY", key_help="ask the desk")
    failed = await failure(client)
    await client.close()

    assert failed.code == "unauthorized"
    assert "`P_KEY` is not set" in failed.message
    assert failed.message.endswith(": ask the desk")
    assert endpoint.received == []


async def test_an_interrupt_ends_the_call_while_the_key_program_runs(
    endpoint: ResponsesEndpoint, tmp_path: Path
) -> None:
    client = client_of(endpoint, key_command=printing(tmp_path, "exec sleep 60"))
    call = asyncio.create_task(collect(client, user("hello")))
    await asyncio.sleep(0)
    call.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait({call})
        await client.close()
    assert call.cancelled()
