"""Planting canaries in everything a client and a model can say, and looking for them afterwards."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from tests.limits.canaries import (
    AUDIT,
    QUOTED_BACK,
    RECORDED,
    VIEWS,
    Canaries,
    Listening,
    in_columns,
    in_files,
)
from tests.limits.hearing import hearing
from tests.limits.tool_secrets import (
    HEADER,
    be_wrong,
    echo_secrets,
    say_beside,
    tools,
    use_tools,
)
from tests.scoreboard.row import Context, Counts
from tests.support.links import FrameLink, LinkClosed
from tests.support.responses_endpoint import Raw, ResponsesEndpoint
from threadhost.actors import models
from threadhost.actors.models import CallLimits
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Listen, Settings
from threadhost.adapters.jsonrpc import client_profile
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.jsonrpc.registry import Method
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.models import failures
from threadhost.adapters.models.provider import Provider
from threadhost.adapters.models.providers import Offer, Providers
from threadhost.adapters.models.redaction import Redaction
from threadhost.adapters.models.select import http_client
from threadhost.events.host import ErasureConfirmed
from threadhost.events.store.sqlite import database
from threadhost.events.turn import TurnCompleted
from threadhost.events.words import OneOf

WAIT_S = 15.0
LARGE = 100_000
ASKING = {"features": {"default_mode_request_user_input": True}}


class Everything:
    """A set with all words in it."""

    def __contains__(self, word: object) -> bool:
        return True


@dataclass
class Speaker:
    """A client that keeps every error it is told."""

    link: FrameLink
    heard: list[bytes]
    errors: list[bytes]
    ended: asyncio.Queue[str]
    answers: dict[str, asyncio.Future[dict[str, Any]]]
    replies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What is answered to the host's requests, by method, in turn."""

    @classmethod
    async def at(cls, path: Path) -> "Speaker":
        """Connect."""
        speaker = cls(await FrameLink.to_socket(path), [], [], asyncio.Queue(), {})
        speaker.hearing = asyncio.create_task(speaker.hear())  # type: ignore[attr-defined]
        return speaker

    async def ask(self, method: str, params: Any, id: str = "") -> dict[str, Any]:
        """The whole answer to a request."""
        number = f"{len(self.answers)}{id}"
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.answers[number] = future
        await self.say(json.dumps({"id": number, "method": method, "params": params}).encode())
        async with asyncio.timeout(WAIT_S):
            return await future

    async def say(self, data: bytes) -> None:
        """Send any bytes."""
        await self.link.send(data)

    async def turn(self, thread: str, **params: Any) -> str:
        """How a turn ended that is begun with these params."""
        await self.ask("turn/start", {"threadId": thread, **params})
        return await self.ended_turn()

    async def ended_turn(self) -> str:
        """How the next turn ends."""
        async with asyncio.timeout(WAIT_S):
            return await self.ended.get()

    async def hear(self) -> None:
        try:
            while True:
                data = await self.link.receive()
                message = json.loads(data)
                self.heard.append(data)
                if "error" in message:
                    self.errors.append(data)
                if "method" in message and "id" in message:
                    reply = self.replies[message["method"]].pop(0)
                    await self.say(json.dumps({"id": message["id"], **reply}).encode())
                elif message.get("method") == "turn/completed":
                    self.ended.put_nowait(message["params"]["turn"]["status"])
                elif message.get("id") in self.answers:
                    self.answers[message["id"]].set_result(message)
        except LinkClosed:
            return


async def plant_and_look(context: Context, home: Path) -> Counts:
    """All of it once: plant, look, delete, look again, close, look a last time."""
    canaries = Canaries.of(context.random_of(context.round))
    logs = Listening()
    with hearing(logs, logging.DEBUG):
        async with ResponsesEndpoint() as endpoint:
            key = canaries["api key"]
            model = _model(endpoint.base_url, key, canaries["request header"])
            app = await open_app(Settings(home), env={}, model=model)
            listen = Listen("unix", path=home / "s")
            listener = await open_listener(listen, app.accept, app.settings.limits)
            erased = _watch_erasure(app)
            speaker = await Speaker.at(home / "s")
            thread = await _plant(speaker, canaries, endpoint)
            await _as_another(home, thread, canaries)
            counts = await _look(context, canaries, app, home)
            await speaker.ask("thread/delete", {"threadId": thread})
            async with asyncio.timeout(WAIT_S):
                await erased.wait()
            _none_in_files(context, canaries, home, "after the erasure was confirmed")
            await speaker.link.close()
            await listener.close()
            await app.close()
    _none_in_files(context, canaries, home, "after the host closed")
    for name in canaries.found_in(logs.said):
        context.violates("S1", f"the canary of {name} is in the log")
    _errors(context, canaries, speaker.errors)
    heard = b"".join(speaker.heard)
    if canaries["model error"].encode() not in heard:
        context.violates("S1", "nothing was heard of the failed calls, so nothing is proven")
    for secret in ("api key", "request header"):
        if secret in canaries.found_in(heard):
            context.violates("S1", f"a client was told the {secret}")
    return {**counts, "log lines": len(logs.lines), "errors told": len(speaker.errors)}


def _model(base_url: str, key: str, header: str) -> Providers:
    limits, headers = CallLimits(0, 0), {HEADER: header}
    provider = Provider("test", base_url, key=SecretStr(key), headers=headers, limits=limits)
    offer = Offer(provider, lambda: http_client(provider, {}))
    return Providers({"test": offer}, "test", "m")


async def _plant(speaker: Speaker, canaries: Canaries, endpoint: ResponsesEndpoint) -> str:
    """Say every one of them; the thread that most are in."""
    client = {
        "name": canaries["client name"],
        "title": canaries["client title"],
        "version": canaries["client version"],
    }
    await speaker.ask(
        "initialize", {"clientInfo": client, "capabilities": {"experimentalApi": True}}
    )
    started = await speaker.ask("thread/start", _start(canaries), id=canaries["request id"])
    thread = started["result"]["thread"]["id"]
    await speaker.ask("thread/name/set", {"threadId": thread, "name": canaries["name"]})
    await _turns(speaker, thread, canaries)
    await _failures(speaker, thread, canaries, endpoint)
    await use_tools(speaker, thread, canaries)
    await echo_secrets(speaker, thread, canaries, endpoint)
    await say_beside(speaker, thread, canaries)
    await be_wrong(speaker, thread, canaries)
    await _mistakes(speaker, canaries)
    return str(thread)


def _start(canaries: Canaries) -> dict[str, Any]:
    return {
        "cwd": f"/{canaries['cwd']}",
        "baseInstructions": canaries["base instructions"],
        "developerInstructions": canaries["developer instructions"],
        "config": {"key": canaries["config"], **ASKING},
        **tools(canaries),
        "idempotencyKey": canaries["idempotency key"],
        "model": canaries["model name"],
        "threadSource": canaries["thread source"],
    }


async def _as_another(home: Path, thread: str, canaries: Canaries) -> None:
    """A client whose name is a story asks for a change."""
    other = await Speaker.at(home / "s")
    info = {"name": f"{canaries['long client name']} {'and then ' * 20}", "version": "1"}
    await other.ask("initialize", {"clientInfo": info})
    await other.ask("thread/name/set", {"threadId": thread, "name": canaries["name"]})
    await other.link.close()


async def _turns(speaker: Speaker, thread: str, canaries: Canaries) -> None:
    picture = {"type": "localImage", "path": f"/{canaries['image path']}.png"}
    await speaker.turn(
        thread,
        input=[_text(canaries["input"]), picture],
        outputSchema={"type": "object", "description": canaries["output schema"]},
        clientUserMessageId=canaries["user message id"],
        responsesapiClientMetadata={"key": canaries["metadata"]},
    )
    output = json.dumps({"text": canaries["model output"]})
    await speaker.turn(thread, input=[_text(f"@echo {output}")])
    await speaker.turn(thread, input=[_text(canaries["large input"] + "x" * LARGE)])


async def _failures(
    speaker: Speaker, thread: str, canaries: Canaries, endpoint: ResponsesEndpoint
) -> None:
    """A model that gives away what it was told in confidence."""
    said = f"{canaries['model error']} {canaries['api key']}"
    body = json.dumps({"error": {"message": said}}).encode()
    for status in (b"401 Unauthorized", b"500 Oh", b"200 OK"):
        head = b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
        endpoint.misbehaviour.append(Raw(head + body))
        await speaker.turn(thread, input=[_text("hi")])
    endpoint.misbehaviour.append(Raw(said.encode()))
    await speaker.turn(thread, input=[_text("hi")])


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


async def _mistakes(speaker: Speaker, canaries: Canaries) -> None:
    await speaker.say(
        b'{"id":1,"method":"thread/start","params":{"' + canaries["broken JSON"].encode()
    )
    await speaker.ask(canaries["method"], {})
    await speaker.ask("thread/read", {"threadId": canaries["thread id"]})
    await speaker.ask("thread/list", {"searchTerm": canaries["search term"]})
    await speaker.ask("thread/list", {"cursor": canaries["cursor"]})
    await speaker.ask("thread/list", {"limit": canaries["wrong value"]})
    await speaker.ask("thread/start", {"sandbox": canaries["wrong value"]})
    again = {"idempotencyKey": canaries["idempotency key"], "cwd": "/elsewhere"}
    await speaker.ask("thread/start", again)


async def _look(context: Context, canaries: Canaries, app: App, home: Path) -> Counts:
    """Where they are while their thread lives: sealed, or in the views that say so."""
    await app.logs.durable.checkpoint()
    said = str(await app.logs.durable.read(0, 10_000)).encode()
    for name in sorted(RECORDED - {*canaries.found_in(said)}):
        context.violates("S1", f"the canary of {name} was not recorded, so nothing is proven of it")
    columns = in_columns(canaries, home / "threadhost.db")
    for name, places in columns.items():
        if more := places - VIEWS.get(name, set()) - AUDIT.get(name, set()):
            context.violates("S1", f"the canary of {name} is in {sorted(more)}")
    for name, files in in_files(canaries, home).items():
        if name not in VIEWS.keys() | AUDIT.keys():
            context.violates("S1", f"the canary of {name} is in {files}")
    return {
        "canaries": len(canaries.words),
        "in views by design": len(columns.keys() & VIEWS.keys()),
        "in the audit by design": len(columns.keys() & AUDIT.keys()),
    }


def _watch_erasure(app: App) -> asyncio.Event:
    erased = asyncio.Event()

    def published(recorded: Any) -> None:
        if any(isinstance(fact.event, ErasureConfirmed) for fact in recorded):
            erased.set()

    app.logs.durable.feed.listen(published)
    return erased


def _none_in_files(context: Context, canaries: Canaries, home: Path, when: str) -> None:
    columns = in_columns(canaries, home / "threadhost.db")
    for name, places in columns.items():
        if more := places - AUDIT.get(name, set()):
            context.violates("D1", f"{when} the canary of {name} is in {sorted(more)}")
    for name, files in in_files(canaries, home).items():
        if name not in AUDIT:
            context.violates("D1", f"{when} the canary of {name} is in {files}")


def _errors(context: Context, canaries: Canaries, errors: list[bytes]) -> None:
    for error in errors:
        for name in canaries.found_in(error):
            if name not in QUOTED_BACK:
                context.violates("S1", f"the canary of {name} is in an error: {error[:300]!r}")
        if b"Traceback" in error:
            context.violates("S1", f"a traceback is in an error: {error[:300]!r}")


def logs_params_on_error() -> AbstractContextManager[object]:
    """The mutant: what is refused is written down, to find out why."""
    read = Method.read

    def noted(self: Method, params: object) -> Any:
        try:
            return read(self, params)
        except RpcError:
            logging.getLogger("threadhost.session").warning("refused: %s", params)
            raise

    return patch.object(Method, "read", noted)


def keeps_whole_names() -> AbstractContextManager[object]:
    """The mutant: a client is recorded under whatever it calls itself."""
    return patch.object(client_profile, "kept_name", str)


def tells_what_it_is_told() -> AbstractContextManager[object]:
    """The mutant: a provider's words are recorded as they are."""
    return patch.object(Redaction, "_without_secret", lambda _, said: said)


@contextmanager
def keeps_any_word() -> Iterator[None]:
    """The mutant: failures and the ends of turns are called what a provider calls them."""
    with (
        patch.object(failures, "_code", lambda said, _: said.codes[0] if said.codes else None),
        patch.object(models, "FAILURE_CODES", Everything()),
        patch.object(OneOf, "_known_or_other", lambda _, word: word),
    ):
        TurnCompleted.model_rebuild(force=True)
        yield
    TurnCompleted.model_rebuild(force=True)


def deletes_without_overwriting() -> AbstractContextManager[object]:
    """The mutant: SQLite leaves the bytes of deleted rows where they are."""
    careless = tuple(p.replace("secure_delete=ON", "secure_delete=OFF") for p in database.PRAGMAS)
    return patch.object(database, "PRAGMAS", careless)
