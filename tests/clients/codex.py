"""The codex program as npm installs it, with a folder of its own, against a host at an address."""

import os
import re
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.clients.npm_packages import MODULES, WHERE
from tests.clients.terminal import Terminal, terminal

CODEX = MODULES / ".bin" / "codex"
RUN_S = 20

needs_codex = pytest.mark.skipif(not CODEX.exists(), reason=WHERE)


def ended(answer: str) -> str:
    """How the screen shows this answer once its turn has ended and every command is taken."""
    return rf"• {re.escape(answer)}\s+Worked for"


@dataclass
class Codex:
    """The program for one person, whose folder is empty at first."""

    folder: Path
    address: str
    secrets: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with nobody at the keyboard."""
        return subprocess.run(
            self._command(words),
            env=self._env(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_S,
        )

    def screen(self, *words: str) -> AbstractContextManager[Terminal]:
        """The program with a person before it."""
        return terminal(self._command(words), self.folder, self._env())

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [str(CODEX), *words, "--remote", self.address]

    def _env(self) -> dict[str, str]:
        own = self.folder / "codex"
        own.mkdir(parents=True, exist_ok=True)
        path = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        return {**path, "HOME": str(self.folder), "CODEX_HOME": str(own), **self.secrets}
