"""The clients that are tried: which ones, in which versions, and what their tests say of them."""

import ast
import json
import re
from pathlib import Path
from typing import Literal, NamedTuple

HERE = Path(__file__).parent
LOCK = HERE.parents[1] / "requirements-clients.lock"
NPM_LIST, NPM_LOCK = HERE / "npm" / "package.json", HERE / "npm" / "package-lock.json"


class Client(NamedTuple):
    """A client, and the files of tests in which it is driven."""

    name: str
    registry: Literal["PyPI", "npm"]
    kind: str
    over: str
    pointed_here: str
    files: tuple[str, ...]
    result: str = "works unchanged"


CLIENTS = (
    Client(
        "@openai/codex",
        "npm",
        "the codex program: its terminal interface, and its commands",
        "websocket, also with a token; unix socket",
        "`codex --remote ws://127.0.0.1:4500`",
        (
            *("test_codex_tui.py", "test_codex_tui_commands.py", "test_codex_tui_approvals.py"),
            *("test_codex_commands.py", "test_codex_flags.py", "test_codex_rollouts.py"),
            *("test_codex_import.py", "test_beside_codex.py"),
        ),
    ),
    Client(
        "@agentclientprotocol/codex-acp",
        "npm",
        "the adapter for editors that speak ACP",
        "stdio",
        "`CODEX_PATH=/path/to/threadhost codex-acp`",
        ("test_codex_acp.py",),
    ),
    Client(
        "ai-sdk-provider-codex-cli",
        "npm",
        "the provider for the AI SDK",
        "stdio",
        '`createCodexAppServer({defaultSettings: {codexPath: "threadhost"}})`',
        ("test_ai_sdk.py",),
    ),
    Client(
        "openai-codex",
        "PyPI",
        "the official Python SDK",
        "stdio",
        '`CodexConfig(launch_args_override=("threadhost", "app-server"))`',
        (
            *("test_openai_codex.py", "test_openai_codex_threads.py"),
            *("test_openai_codex_client.py", "test_openai_codex_shared.py"),
        ),
    ),
    Client(
        "codex-app-server-sdk",
        "PyPI",
        "a Python SDK",
        "stdio; websocket with a token",
        '`CodexClient.connect_stdio(command=["threadhost", "app-server"])`, '
        "`CodexClient.connect_websocket(url=..., token=...)`",
        ("test_codex_app_server_sdk.py",),
    ),
    Client(
        "codex-app-server-client",
        "PyPI",
        "a Python SDK",
        "stdio",
        '`CodexAppServer(codex_bin="threadhost")`',
        ("test_codex_app_server_client.py",),
    ),
    Client(
        "codex-python-sdk-unofficial",
        "PyPI",
        "a strict Python SDK for version 0.128",
        "stdio",
        '`AppServerConfig(codex_bin="threadhost")`',
        ("test_codex_agent_sdk.py",),
        "works if a service tier is named: otherwise it sends null, and does not accept the answer"
        " `default`, which the reference also gives",
    ),
)
HELPERS = {"pyte", "wcwidth", "atheris", "ai", "zod"}
INTRODUCTION = """`make test-clients` installs them and drives each against a real server,
unchanged, as its users would; every line below the table is a test of it that passes. Where there
is no npm, the clients that come from there are skipped."""


def section() -> str:
    """The part of the page on compatibility that tells of them."""
    heads = ("client", "version", "what it is", "over", "pointed here by", "result")
    lines = [heads, ("---",) * len(heads), *map(_row, CLIENTS)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    lists = [f"`{c.name}`:\n\n" + "\n".join(f"- {s}" for s in sentences(c)) for c in CLIENTS]
    return "\n\n".join([INTRODUCTION, table, *lists])


def _row(client: Client) -> tuple[str, ...]:
    name = f"`{client.name}` ({client.registry})"
    return name, version(client), client.kind, client.over, client.pointed_here, client.result


def version(client: Client) -> str:
    """The version that is locked."""
    if client.registry == "npm":
        packages = json.loads(NPM_LOCK.read_text())["packages"]
        locked: str = packages[f"node_modules/{client.name}"]["version"]
        return locked
    return pinned()[client.name]


def pinned() -> dict[str, str]:
    """Versions by the names of all packages that are locked for Python."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))


def sentences(client: Client) -> list[str]:
    """What the names of its tests say, in their order."""
    functions = [
        node.name
        for file in client.files
        for node in ast.parse((HERE / file).read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    tests = [name.removeprefix("test_") for name in functions if name.startswith("test_")]
    return [name.replace("_", " ") for name in tests]
