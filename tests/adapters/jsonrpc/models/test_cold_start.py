"""The first answers of a host import no models of turns and items."""

import subprocess
import sys

FIRST_ANSWERS = """
import sys
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams
from threadhost.adapters.jsonrpc.models.policy import sandbox_policy
from threadhost.adapters.jsonrpc.models.status import IdleStatus
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadStartedNotification
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams, ThreadStartResponse

InitializeParams.from_wire({"clientInfo": {"name": "n", "version": "1"}})
ThreadStartParams.from_wire({"cwd": "/", "sandbox": "read-only"})
thread = Thread(
    id="a", session_id="a", preview="", ephemeral=False, model_provider="echo", created_at=1,
    updated_at=1, status=IdleStatus(), cwd="/", cli_version="1", source="vscode",
)
ThreadStartResponse(
    thread=thread, model="m", model_provider="echo", cwd="/", approval_policy="never",
    approvals_reviewer="user", sandbox=sandbox_policy("read-only"),
).encode()
ThreadStartedNotification(thread=thread).encode()
print(*(name.rpartition(".")[2] for name in sys.modules if ".jsonrpc.models." in name))
"""

LATER = {"turn", "turn_error", "item", "message_items", "tool_items", "user_input", "settings"}


def test_starting_a_thread_imports_no_models_of_turns_and_items() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_ANSWERS], capture_output=True, text=True, check=True
    )
    imported = set(ran.stdout.split())
    assert "thread_start" in imported
    assert imported.isdisjoint(LATER)
