"""What models read about agents: how an agent ended, and what one agent says to another."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.events.input_items import message_item

NOTIFICATION = "<subagent_notification>"
"""The marker that opens the text by which a model learns that an agent ended."""
WITH_TEXT = ("completed", "errored")
ROOT = "/root"
"""The path of a tree's root; the paths of agents begin with it."""
TYPES: Mapping[str, str] = {"task": "NEW_TASK", "followup": "NEW_TASK", "note": "MESSAGE"}
"""The type of a message between agents, by its kind, as models read it."""
FINAL_ANSWER = "FINAL_ANSWER"


def status_payload(status: str, text: str | None) -> object:
    """Return the status of an agent as models read it: a word, or its text under that word."""
    return {status: text} if status in WITH_TEXT else status


def end_of(child_id: str, status: str, text: str | None) -> dict[str, Any]:
    """Return the input item by which a model learns how an agent ended."""
    body = to_json({"agent_path": child_id, "status": status_payload(status, text)}).decode()
    return message_item("user", f"{NOTIFICATION}\n{body}\n</subagent_notification>")


def words_in(content: Iterable[Mapping[str, Any]]) -> str:
    """Join the texts in the parts of a message."""
    texts = (part.get("text") for part in content)
    return "\n".join(text for text in texts if isinstance(text, str))


def agent_message(author: str, recipient: str, type_: str, payload: str) -> dict[str, Any]:
    """Return a message from one agent to another as an input item."""
    head = f"Message Type: {type_}\nTask name: {recipient}\nSender: {author}\nPayload:\n"
    return message_item("user", head + payload)


def final_words(status: str, text: str | None) -> str:
    """Return how an agent ended, as its final answer."""
    if status == "completed":
        return text or ""
    words = {"errored": "The agent failed", "shutdown": "The agent was shut down"}
    begins = words.get(status, "The agent was interrupted")
    return f"{begins}: {text}" if text else f"{begins}."
