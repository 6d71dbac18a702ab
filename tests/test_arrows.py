"""The import contracts: each goes red when it is broken, and no door is locked."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINTER = Path(sys.executable).parent / "lint-imports"
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
PACKAGES: list[str] = TOOLS["setuptools"]["packages"]
CONTRACTS: list[str] = [contract["name"] for contract in TOOLS["importlinter"]["contracts"]]

# One forbidden import for each contract, in the order of pyproject.toml.
FORBIDDEN = {
    "projections/a.py": "import threadhost.adapters.cli",
    "actors/b.py": "from threadhost import projections",
    "events/c.py": "from threadhost.actors import runtime",
    "adapters/cli/d.py": "from threadhost import open",
    "adapters/joining/s.py": "from threadhost.adapters import jsonrpc",
    "events/e.py": "import eventsourcing.persistence",
    "actors/f.py": "import pykka",
    "actors/runtime/g.py": "def late():\n    from sqlalchemy import select",
    "events/store/m.py": "def late():\n    import sqlite3",
    "actors/n.py": "from threadhost.events.store.sqlite import o",
    "adapters/models/h.py": "import httpx",
    "adapters/models/l.py": "import pydantic_ai.messages",
    "adapters/mcp/p.py": "from mcp.client.session import ClientSession",
    "adapters/jsonrpc/q.py": "import jsonschema",
    "adapters/r.py": "import zstandard",
    "adapters/i.py": "from websockets.asyncio.server import serve",
    "adapters/jsonrpc/k.py": "import jwt",
    "adapters/j.py": "import rich.console",
    "adapters/p.py": "import uvloop",
}
ALLOWED = {
    "__init__.py": "import threadhost.adapters.cli",
    "adapters/event_loop.py": "import uvloop",
    "adapters/codex/packed.py": "import zstandard",
    "adapters/cli/a.py": "import rich\nimport threadhost.actors.runtime",
    "adapters/jsonrpc/transports/__init__.py": "import jwt\nimport websockets",
    "adapters/mcp/http.py": "import httpx2\nimport mcp.client",
    "adapters/mcp/session.py": "import mcp\nimport mcp_types",
    "adapters/mcp/stdio.py": "import anyio\nimport mcp.shared",
    "adapters/models/http1_answer.py": "import httptools",
    "adapters/models/counted_network.py": "import httpcore",
    "adapters/models/httpx_transport.py": "import httpx",
    "adapters/models/pydantic_ai_request.py": "import pydantic_ai.messages",
    "adapters/models/pydantic_ai_source.py": "import pydantic_ai",
    "adapters/tables/parquet_output.py": "import pyarrow.parquet",
    "adapters/tables/result_schema.py": "import jsonschema\nimport referencing",
    "adapters/tables/schema_keywords.py": "import jsonschema.validators",
    "actors/runtime/c.py": "import pykka\nfrom threadhost.events.store import d",
    "events/store/d.py": "import eventsourcing.persistence\nimport sqlalchemy",
    "events/store/sqlite/o.py": "import sqlite3",
    "events/store/log.py": "from threadhost.events.store.sqlite import o",
    "projections/e.py": "import sqlalchemy\nfrom threadhost.events import store",
}


def broken_contracts(folder: Path, planted: dict[str, str]) -> list[str]:
    """Names of the contracts that break in a package of the same shape with these files in it."""
    package = folder / "threadhost"
    for name in PACKAGES:
        home = folder.joinpath(*name.split("."))
        home.mkdir(parents=True)
        (home / "__init__.py").touch()
    for name, text in planted.items():
        (package / name).write_text(text + "\n")
    done = subprocess.run(
        [LINTER, "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    return re.findall(r"^(.*) BROKEN$", done.stdout, re.MULTILINE)


@pytest.mark.slices
def test_each_contract_fails_on_a_planted_import(tmp_path: Path) -> None:
    assert len(FORBIDDEN) == len(CONTRACTS)
    assert broken_contracts(tmp_path, FORBIDDEN) == CONTRACTS


@pytest.mark.slices
def test_every_allowed_import_passes_the_contracts(tmp_path: Path) -> None:
    assert broken_contracts(tmp_path, ALLOWED) == []
