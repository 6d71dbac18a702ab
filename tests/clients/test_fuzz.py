"""A bounded run of the fuzzer that follows the envelope's branches; a fault that it has to find."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="no fuzzer here: make test-clients installs it")
ROOT = Path(__file__).parents[2]
SECONDS = 10
BRANCHES_MIN = 100
"""Fewer are seen if what is fuzzed is not watched."""
SEEDS = {
    "request": b'{"id":1,"method":"thread/start","params":{"cwd":"/"}}',
    "answer": b'{"id":"a","result":{}}',
    "error": b'{"id":2,"error":{"code":-1,"message":"m"}}',
    "notification": b'{"method":"initialized"}',
}
PLANTED = """
from tests.limits.envelope_fuzz import envelope, main
real = envelope._classified
def planted(value):
    if value.get("id") in range(3, 10):
        raise KeyError("planted")
    return real(value)
envelope._classified = planted
main()
"""


def fuzzed(corpus: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run of the fuzzer on some messages."""
    corpus.mkdir()
    for name, message in SEEDS.items():
        (corpus / name).write_bytes(message)
    where = [str(corpus), f"-max_total_time={SECONDS}", "-seed=1", f"-artifact_prefix={corpus}/"]
    command = [sys.executable, *words, *where]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.clients
@pytest.mark.timeout(90)
def test_no_bytes_make_the_envelope_raise_or_answer_wrongly(tmp_path: Path) -> None:
    ran = fuzzed(tmp_path / "corpus", "-m", "tests.limits.envelope_fuzz")
    assert ran.returncode == 0, ran.stderr[-2000:]
    branches = max(int(found) for found in re.findall(r"cov: (\d+)", ran.stderr))
    assert branches > BRANCHES_MIN, ran.stderr[-2000:]


@pytest.mark.clients
@pytest.mark.timeout(90)
def test_the_fuzzer_finds_a_fault_that_was_planted(tmp_path: Path) -> None:
    ran = fuzzed(tmp_path / "corpus", "-c", PLANTED)
    assert ran.returncode != 0
    assert "planted" in ran.stderr + ran.stdout
