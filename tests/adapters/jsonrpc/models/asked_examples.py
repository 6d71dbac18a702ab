"""Examples of requests to clients, and of their answers."""

from tests.adapters.jsonrpc.models.examples import A, B
from threadhost.adapters.jsonrpc.models import elicitation
from threadhost.adapters.jsonrpc.models import server_requests as asked
from threadhost.adapters.jsonrpc.models import tool_items as done
from threadhost.adapters.jsonrpc.models.base import Params, Result

REQUESTS: list[tuple[str, Params]] = [
    (
        "item/tool/call",
        asked.DynamicToolCallParams(
            thread_id=A, turn_id=B, call_id="c", namespace="box", tool="open", arguments={"q": [1]}
        ),
    ),
    (
        "item/tool/call",
        asked.DynamicToolCallParams(
            thread_id=A, turn_id=B, call_id="c", tool="open", arguments=None
        ),
    ),
    (
        "item/tool/requestUserInput",
        asked.ToolRequestUserInputParams(
            thread_id=A,
            turn_id=B,
            item_id="c",
            questions=[
                asked.ToolRequestUserInputQuestion(
                    id="q",
                    header="h",
                    question="which?",
                    options=[asked.ToolRequestUserInputOption(label="l", description="d")],
                ),
                asked.ToolRequestUserInputQuestion(id="r", header="h", question="what?"),
            ],
            is_blocking=True,
        ),
    ),
    (
        "mcpServer/elicitation/request",
        elicitation.McpServerElicitationRequestParams(
            thread_id=A,
            turn_id=B,
            server_name="tiny",
            mode="form",
            message="which?",
            requested_schema={"type": "object", "properties": {"colour": {"type": "string"}}},
        ),
    ),
    (
        "mcpServer/elicitation/request",
        elicitation.McpServerElicitationRequestParams(
            thread_id=A,
            server_name="tiny",
            mode="url",
            message="log in",
            url="https://example.com",
            elicitation_id="e",
        ),
    ),
]
ANSWERS: list[tuple[str, Result]] = [
    (
        "item/tool/call",
        asked.DynamicToolCallResponse(
            content_items=[
                done.OutputText(text="t"),
                done.OutputImage(image_url="data:image/png;base64,AA=="),
                done.OutputAudio(audio_url="data:audio/wav;base64,AA=="),
            ],
            success=True,
        ),
    ),
    (
        "item/tool/requestUserInput",
        asked.ToolRequestUserInputResponse(
            answers={"q": asked.ToolRequestUserInputAnswer(answers=["l"])}
        ),
    ),
    (
        "mcpServer/elicitation/request",
        elicitation.McpServerElicitationRequestResponse(action="accept", content={"colour": "red"}),
    ),
]
