"""Canaries in what tools, their users and clients beside a turn can say."""

import json
from typing import Any, Protocol

from tests.limits.canaries import Canaries
from tests.support.responses_endpoint import Raw, ResponsesEndpoint, event_stream
from tests.support.tools import function

HEADER = "X-Confidential"


class Saying(Protocol):
    """A client that asks, and answers what it is asked."""

    replies: dict[str, list[dict[str, Any]]]

    async def ask(self, method: str, params: Any, id: str = "") -> dict[str, Any]:
        """The whole answer to a request."""

    async def turn(self, thread: str, **params: Any) -> str:
        """How a turn ended that is begun with these params."""

    async def ended_turn(self) -> str:
        """How the next turn ends."""


def tools(canaries: Canaries) -> dict[str, Any]:
    """What a thread is started with whose model may call and ask."""
    name = f"t_{canaries['tool name']}"
    spec = {**function(name), "description": canaries["tool description"]}
    return {"dynamicTools": [spec]}


def _script(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": f"go\n@echo {json.dumps({'steps': steps})}"}]


async def use_tools(speaker: Saying, thread: str, canaries: Canaries) -> None:
    """Calls that are answered, refused and asked of the user."""
    args = {"q": canaries["tool arguments"]}
    call = {"calls": [{"name": f"t_{canaries['tool name']}", "args": args}]}
    asked = {"id": "q", "header": "h", "question": canaries["question"]}
    question = {"calls": [{"name": "request_user_input", "args": {"questions": [asked]}}]}
    output = {"type": "inputText", "text": canaries["tool output"]}
    speaker.replies["item/tool/call"] = [
        {"result": {"contentItems": [output], "success": True}},
        {"error": {"code": 1, "message": canaries["tool error"]}},
    ]
    answers = {"q": {"answers": [canaries["user answer"]]}}
    speaker.replies["item/tool/requestUserInput"] = [{"result": {"answers": answers}}]
    await speaker.turn(thread, input=_script(call, call, question, {"text": "done"}))


async def say_beside(speaker: Saying, thread: str, canaries: Canaries) -> str:
    """What changes a thread without a turn, or while one runs; a fork in memory."""
    git = {name: canaries[f"git {name}"] for name in ("branch", "sha")}
    git["originUrl"] = canaries["git origin"]
    await speaker.ask("thread/metadata/update", {"threadId": thread, "gitInfo": git})
    content = [{"type": "input_text", "text": canaries["injected"]}]
    item = {"type": "message", "role": "user", "content": content}
    await speaker.ask("thread/inject_items", {"threadId": thread, "items": [item]})
    started = await speaker.ask(
        "turn/start", {"threadId": thread, "input": _script({"hang": True})}
    )
    turn = started["result"]["turn"]["id"]
    steered = [{"type": "text", "text": canaries["steered input"]}]
    about = {"threadId": thread, "expectedTurnId": turn, "input": steered}
    await speaker.ask("turn/steer", about)
    queued = [{"type": "text", "text": canaries["queued input"]}]
    waiting = {"threadId": thread, "input": queued, "clientUserMessageId": "c"}
    added = await speaker.ask("thread/queue/add", waiting)
    await speaker.ask("turn/interrupt", {"threadId": thread, "turnId": turn})
    await speaker.ended_turn()
    submission = added["result"]["queuedSubmission"]["id"]
    about = {"threadId": thread, "queuedSubmissionId": submission}
    await speaker.ask("thread/queue/delete", about)
    fork = {"threadId": thread, "ephemeral": True, "excludeTurns": True}
    forked = (await speaker.ask("thread/fork", fork))["result"]["thread"]["id"]
    await speaker.turn(forked, input=[{"type": "text", "text": canaries["memory fork input"]}])
    return str(forked)


async def be_wrong(speaker: Saying, thread: str, canaries: Canaries) -> None:
    """Words in the place of ids."""
    await speaker.ask("turn/interrupt", {"threadId": thread, "turnId": canaries["turn id"]})
    wrong = {"threadId": thread, "queuedSubmissionId": canaries["submission id"]}
    await speaker.ask("thread/queue/delete", wrong)
    place = [{"environmentId": canaries["environment"], "cwd": "/"}]
    await speaker.ask("turn/start", {"threadId": thread, "input": [], "environments": place})


async def echo_secrets(
    speaker: Saying, thread: str, canaries: Canaries, endpoint: ResponsesEndpoint
) -> None:
    """An endpoint that says again what it was sent, in heads, codes and names."""
    key, header = canaries["api key"], canaries["request header"]
    fault = {"message": "no", "code": canaries["failure code"], "type": f"{header} {key}"}
    body = json.dumps({"error": fault}).encode()
    for status in (200, 400):
        head = (
            f"HTTP/1.1 {status} {key}\r\nx-request-id: {'x' * 190}{key}\r\n"
            f"retry-after: {header}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        endpoint.misbehaviour.append(Raw(head.encode() + body))
        await speaker.turn(thread, input=[{"type": "text", "text": "hi"}])
    response = {"id": f"{canaries['response id']}{key}", "status": "completed", "output": []}
    endpoint.misbehaviour.append(
        Raw(event_stream({"type": "response.completed", "response": response}))
    )
    await speaker.turn(thread, input=[{"type": "text", "text": "hi"}])
