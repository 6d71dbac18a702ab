"""A small well-behaved MCP server over stdio, written without the library, for tests and docs.

What it does it notes in the file that is named to it, a line each, so that a test can wait for it.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

TOOLS: dict[str, dict[str, Any]] = {
    "echo": {"description": "Say it again.", "annotations": {"readOnlyHint": True}},
    "change": {"description": "Change something.", "annotations": {"destructiveHint": True}},
    "fail": {"description": "Fail.", "annotations": {"readOnlyHint": True}},
    "rich": {"description": "Text, a picture and more.", "annotations": {"readOnlyHint": True}},
    "slow": {"description": "Answer when told.", "annotations": {"readOnlyHint": True}},
    "ask": {"description": "Ask the user.", "annotations": {"readOnlyHint": True}},
    "env": {"description": "Tell the environment.", "annotations": {"readOnlyHint": True}},
    "long": {"description": "Say much.", "annotations": {"readOnlyHint": True}},
    "die": {"description": "End.", "annotations": {"readOnlyHint": True}},
}
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
ASKED = {
    "message": "Which colour?",
    "requestedSchema": {
        "type": "object",
        "properties": {"colour": {"type": "string"}},
        "required": ["colour"],
    },
}
PICTURE = "iVBORw0KGgo="


class Server:
    """Answers line by line; calls that take their time have a thread each."""

    def __init__(self, notes: Path | None) -> None:
        self._notes = notes
        self._lock = threading.Lock()
        self._answers: dict[str, list[Any]] = {}
        self._came = threading.Condition()
        self._cancelled: dict[Any, threading.Event] = {}
        self._number = 0

    def note(self, words: str) -> None:
        """Tell the test."""
        if self._notes is not None:
            with self._lock, self._notes.open("a") as file:
                file.write(f"{words}\n")

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        line = json.dumps({"jsonrpc": "2.0", **message})
        with self._lock:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def run(self) -> None:
        """Until the end of the input."""
        self.note(f"started {os.getpid()}")
        for line in sys.stdin:
            self.take(json.loads(line))
        self.note("ended")

    def take(self, message: dict[str, Any]) -> None:
        """Handle one message."""
        method, number = message.get("method"), message.get("id")
        if method is None:
            with self._came:
                self._answers.setdefault(str(number), []).append(message.get("result"))
                self._came.notify_all()
        elif method == "notifications/cancelled":
            cancelled = message["params"]["requestId"]
            self.note(f"cancelled {cancelled}")
            self._cancelled.setdefault(cancelled, threading.Event()).set()
        elif number is not None:
            threading.Thread(target=self._answer, args=(message,), daemon=True).start()

    def _answer(self, message: dict[str, Any]) -> None:
        params = message.get("params") or {}
        handler = getattr(self, "on_" + message["method"].replace("/", "_"), None)
        if handler is None:
            error = {"code": -32601, "message": "no such method"}
            self.say({"id": message["id"], "error": error})
            return
        result = handler(params, message["id"])
        if result is not None:
            self.say({"id": message["id"], "result": result})

    # -- methods --

    def on_initialize(self, params: dict[str, Any], number: Any) -> dict[str, Any]:
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {"listChanged": True}, "resources": {}},
            "serverInfo": {"name": "tiny", "version": "1"},
        }

    def on_tools_list(self, params: dict[str, Any], number: Any) -> dict[str, Any]:
        return {"tools": [{"name": n, "inputSchema": SCHEMA, **tool} for n, tool in TOOLS.items()]}

    def on_resources_list(self, params: dict[str, Any], number: Any) -> dict[str, Any]:
        return {"resources": [{"name": "poem", "uri": "tiny://poem"}]}

    def on_resources_templates_list(self, params: dict[str, Any], number: Any) -> dict[str, Any]:
        return {"resourceTemplates": [{"name": "any", "uriTemplate": "tiny://{name}"}]}

    def on_resources_read(self, params: dict[str, Any], number: Any) -> dict[str, Any]:
        return {"contents": [{"uri": params["uri"], "text": "roses are red"}]}

    def on_tools_call(self, params: dict[str, Any], number: Any) -> dict[str, Any] | None:
        name, arguments = params["name"], params.get("arguments") or {}
        self.note(f"called {name}")
        found: dict[str, Any] | None = getattr(self, f"tool_{name}")(arguments, params, number)
        return found

    # -- tools --

    def tool_echo(self, arguments: dict[str, Any], *_: Any) -> dict[str, Any]:
        return text(arguments.get("text", ""))

    def tool_change(self, *_: Any) -> dict[str, Any]:
        return text("changed")

    def tool_fail(self, *_: Any) -> dict[str, Any]:
        return {**text("it went wrong"), "isError": True}

    def tool_rich(self, *_: Any) -> dict[str, Any]:
        picture = {"type": "image", "data": PICTURE, "mimeType": "image/png"}
        link = {"type": "resource_link", "uri": "tiny://poem", "name": "poem"}
        return {"content": [{"type": "text", "text": "look"}, picture, link]}

    def tool_slow(
        self, arguments: dict[str, Any], params: dict[str, Any], number: Any
    ) -> dict[str, Any] | None:
        token = (params.get("_meta") or {}).get("progressToken")
        told = {"progressToken": token, "progress": 1, "total": 2, "message": "half of it"}
        self.say({"method": "notifications/progress", "params": told})
        self._cancelled.setdefault(number, threading.Event()).wait()
        return None

    def tool_ask(self, *_: Any) -> dict[str, Any]:
        self._number += 1
        asked = f"ask-{self._number}"
        self.say({"id": asked, "method": "elicitation/create", "params": ASKED})
        with self._came:
            self._came.wait_for(lambda: asked in self._answers)
        return text(json.dumps(self._answers[asked][0]))

    def tool_env(self, *_: Any) -> dict[str, Any]:
        return text(json.dumps(dict(os.environ)))

    def tool_long(self, arguments: dict[str, Any], *_: Any) -> dict[str, Any]:
        return text("x" * int(arguments.get("text", "1000")))

    def tool_die(self, *_: Any) -> dict[str, Any]:
        os._exit(3)


def text(said: str) -> dict[str, Any]:
    """A result that is no more than a text."""
    return {"content": [{"type": "text", "text": said}]}


if __name__ == "__main__":
    Server(Path(sys.argv[1]) if len(sys.argv) > 1 else None).run()
