"""What models are told of agents: how one ended, and what one says to another."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.events.input_items import message_item

NOTIFICATION = "<subagent_notification>"
"""How the words begin by which a model hears that an agent ended."""
WITH_TEXT = ("completed", "errored")
ROOT = "/root"
"""The path of a tree's root; those of agents begin with it."""
TYPES: Mapping[str, str] = {"task": "NEW_TASK", "followup": "NEW_TASK", "note": "MESSAGE"}
"""What a message between agents is called, by its kind."""
FINAL_ANSWER = "FINAL_ANSWER"


def status_payload(status: str, text: str | None) -> object:
    """How an agent stands, as models are told: a word, or what it said under a word."""
    return {status: text} if status in WITH_TEXT else status


def end_of(child_id: str, status: str, text: str | None) -> dict[str, Any]:
    """The input item by which a model hears how an agent ended."""
    body = to_json({"agent_path": child_id, "status": status_payload(status, text)}).decode()
    return message_item("user", f"{NOTIFICATION}\n{body}\n</subagent_notification>")


def words_in(content: Iterable[Mapping[str, Any]]) -> str:
    """What the parts of a message say in words."""
    texts = (part.get("text") for part in content)
    return "\n".join(text for text in texts if isinstance(text, str))


def agent_message(author: str, recipient: str, type_: str, payload: str) -> dict[str, Any]:
    """What one agent says to another, as an input item."""
    head = f"Message Type: {type_}\nTask name: {recipient}\nSender: {author}\nPayload:\n"
    return message_item("user", head + payload)


def final_words(status: str, text: str | None) -> str:
    """How an agent ended, as its final answer."""
    if status == "completed":
        return text or ""
    words = {"errored": "The agent failed", "shutdown": "The agent was shut down"}
    begins = words.get(status, "The agent was interrupted")
    return f"{begins}: {text}" if text else f"{begins}."
