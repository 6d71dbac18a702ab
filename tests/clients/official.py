"""How the official Python SDK is told to start this host in the place of codex."""

import sys
from pathlib import Path
from typing import Any

import pytest

sdk = pytest.importorskip("openai_codex", reason="`make test-clients` installs the SDK")

PROGRAM = Path(sys.executable).parent / "threadhost"


def config(folder: Path) -> Any:
    """The SDK's configuration for a host whose home is in this folder."""
    home = str(folder / "home")
    command = (str(PROGRAM), "app-server", "--home", home, "--listen", "stdio://")
    return sdk.CodexConfig(launch_args_override=command, cwd=str(folder))
