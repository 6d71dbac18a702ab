"""A client's tool called by a model at an endpoint: the requests to the endpoint."""

import json
from typing import Any

import threadhost
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.tools import function
from threadhost.adapters.jsonrpc.models.server_requests import (
    DynamicToolCallParams,
    DynamicToolCallResponse,
)
from threadhost.adapters.jsonrpc.models.tool_items import (
    DynamicToolCallItem,
    DynamicToolCallOutput,
    OutputImage,
    OutputText,
)

BOX = {"type": "namespace", "name": "box", "description": "a box", "tools": [function("open")]}
PICTURE = "data:image/png;base64,AA=="
OPEN = json.dumps(
    {
        "steps": [
            {"calls": [{"name": "open", "namespace": "box", "args": {"q": "x"}, "id": "c1"}]},
            {"text": "done"},
        ]
    }
)


async def open_box(call: DynamicToolCallParams) -> DynamicToolCallResponse:
    parts: list[DynamicToolCallOutput] = [
        OutputText(text=str(call.arguments)),
        OutputImage(image_url=PICTURE),
    ]
    return DynamicToolCallResponse(content_items=parts, success=True)


async def test_an_endpoint_gets_the_tools_of_the_client_and_then_their_output(
    endpoint: ResponsesEndpoint,
) -> None:
    async with (
        threadhost.open(model_url=endpoint.base_url, model="m") as host,
        host.connect() as client,
    ):
        client.answer_tool_calls(open_box)
        thread = await client.start_thread(dynamic_tools=[BOX])
        end = await client.run_turn(thread.id, f"@echo {OPEN}")
        read = await client.read_thread(thread.id, include_turns=True)
    assert end.text == "done"
    bodies: list[dict[str, Any]] = [received.body for received in endpoint.received]
    first, second = bodies
    *_, tool = first["tools"]
    assert (tool["type"], tool["name"], tool["tools"][0]["name"]) == ("namespace", "box", "open")
    assert first["tools"] == second["tools"]
    call, output = second["input"][-2:]
    assert (call["namespace"], call["name"]) == ("box", "open")
    assert output == {
        "type": "function_call_output",
        "call_id": call["call_id"],
        "output": [
            {"type": "input_text", "text": "{'q': 'x'}"},
            {"type": "input_image", "image_url": PICTURE},
        ],
    }
    (item,) = [item for item in read.turns[0].items if isinstance(item, DynamicToolCallItem)]
    assert (item.namespace, item.tool, item.status) == ("box", "open", "completed")
