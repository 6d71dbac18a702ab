"""`thread/inject_items`: adds items to the history of a model, after a check."""

from typing import Any, cast

from threadhost.actors.injection import InjectItems
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INVALID_PARAMS, received, refusal
from threadhost.adapters.jsonrpc.methods.common import canonical, idempotency, thread_scope
from threadhost.adapters.jsonrpc.models.injection import (
    ThreadInjectItemsParams,
    ThreadInjectItemsResponse,
)
from threadhost.adapters.jsonrpc.registry import method

Item = dict[str, Any]
TEXT, LIST, MAP = (str,), (list,), (dict,)
BODY, ANY = (str, list), (str, list, dict)
NAMES: dict[type, str] = {str: "a string", list: "a sequence", dict: "a map"}
CALL = {"call_id": TEXT, "name": TEXT}
FIELDS: dict[str, dict[str, tuple[type, ...]]] = {
    "message": {"role": TEXT, "content": BODY},
    "reasoning": {"summary": LIST},
    "function_call": {**CALL, "arguments": TEXT},
    "function_call_output": {"output": BODY},
    "custom_tool_call": {**CALL, "input": TEXT},
    "custom_tool_call_output": {"call_id": TEXT, "output": BODY},
    "local_shell_call": {"action": MAP, "status": TEXT},
    "tool_search_call": {"arguments": ANY, "execution": TEXT},
    "tool_search_output": {"execution": TEXT, "status": TEXT, "tools": LIST},
    "web_search_call": {},
    "image_generation_call": {"result": TEXT, "status": TEXT},
    "compaction": {"encrypted_content": TEXT},
}
"""The types of items that models take, and the required fields of each."""


@method("thread/inject_items", ThreadInjectItemsParams, scope=thread_scope)
async def inject_items(params: ThreadInjectItemsParams, call: Call) -> ThreadInjectItemsResponse:
    """Add items to the history that a thread's model sees, loaded or stored; no turn shows them."""
    items_max = call.app.settings.limits.injected_items_max
    if len(params.items) > items_max:
        words = f"too many items: {len(params.items)}, expected at most {items_max}"
        data = {"code": "too_many_items", "max": items_max, "actual": len(params.items)}
        raise refusal("tooManyItems", words, code=INVALID_PARAMS, data=data)
    items = [_checked(number, item) for number, item in enumerate(params.items)]
    command = InjectItems(
        [item for item in items if item["type"] in FIELDS],
        [item for item in items if item["type"] not in FIELDS],
    )
    key = await idempotency(params, call)
    await call.app.host.threads.amend(canonical(params.thread_id), command, call.origin, key)
    return ThreadInjectItemsResponse()


def _checked(number: int, item: object) -> Item:
    """An item with the fields that its type requires. Raises RpcError with the first fault."""
    fault = _fault(item)
    if fault is not None:
        words = f"items[{number}] is not a valid response item: {fault}"
        raise refusal("invalidItem", words)
    return cast("Item", item)


def _fault(item: object) -> str | None:
    if not isinstance(item, dict):
        return f"invalid type: {received(item)}, expected internally tagged enum ResponseItem"
    if "type" not in item:
        return "missing field `type`"
    if not isinstance(item["type"], str):
        return f"invalid type: {received(item['type'])}, expected a string (at `type`)"
    for name, types in FIELDS.get(item["type"], {}).items():
        if name not in item:
            return f"missing field `{name}`"
        if not isinstance(item[name], types):
            expected = " or ".join(NAMES[type_] for type_ in types)
            return f"invalid type: {received(item[name])}, expected {expected} (at `{name}`)"
    return None
