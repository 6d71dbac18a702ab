"""Converts a server's question to the form of the protocol, and the user's answer back."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.actors.ports import ElicitationAnswer
from threadhost.adapters.mcp.form_fields import field_of
from threadhost.events.words import truncate

FORM_BYTES_MAX = 64 * 1024
FIELDS_MAX = 64
TEXT_CHARS_MAX = 16 * 1024
_ACTIONS = frozenset({"accept", "decline", "cancel"})


def request_of(server: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The question for clients. Raises ValueError for one that they could not read."""
    head = {
        "serverName": server,
        "mode": "url" if params.get("mode") == "url" else "form",
        "_meta": None,
        "message": truncate(str(params.get("message", "")), TEXT_CHARS_MAX),
    }
    if head["mode"] == "url":
        url, elicitation_id = params.get("url"), params.get("elicitationId")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ValueError("the `url` of an elicitation must begin with https:// or http://")
        if len(url) > TEXT_CHARS_MAX:  # its beginning alone would be another page
            fault = f"the `url` of an elicitation has more than {TEXT_CHARS_MAX} characters"
            raise ValueError(fault)
        return {**head, "url": url, "elicitationId": str(elicitation_id)}
    return {**head, "requestedSchema": _form(params.get("requestedSchema"))}


def answer_of(answer: ElicitationAnswer) -> dict[str, Any]:
    """The answer for the server; without a user, or without an answer in time, it is `cancel`."""
    if answer.outcome == "policy":
        return {"action": "decline"}
    action = answer.outcome if answer.outcome in _ACTIONS else "cancel"
    answered: dict[str, Any] = {"action": action}
    return {**answered, "content": answer.content or {}} if action == "accept" else answered


def _form(schema: object) -> dict[str, Any]:
    fields = schema.get("properties", {}) if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(fields, dict) or len(fields) > FIELDS_MAX:
        raise ValueError(f"`requestedSchema` must be an object of at most {FIELDS_MAX} fields")
    form: dict[str, Any] = {
        "type": "object",
        "properties": {str(name): field_of(str(name), field) for name, field in fields.items()},
    }
    required = schema.get("required")
    if isinstance(required, list):
        form["required"] = [key for key in required if isinstance(key, str) and key in fields]
    if len(to_json(form)) > FORM_BYTES_MAX:
        raise ValueError(f"`requestedSchema` has more than {FORM_BYTES_MAX} bytes")
    return form
