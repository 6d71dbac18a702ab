"""Digests of sources: the same wherever they lie, another as soon as one of them is another."""

import subprocess
import sys
from pathlib import Path

from threadhost.events.sources import digest_of, digest_of_rules, files_of, rules_digest
from threadhost.projections import metadata, threads


def test_the_digest_of_the_rules_changes_with_source_files_only(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "a.py").write_text("a = 1\n")
    (tmp_path / "events" / "b.py").write_text("b = 1\n")
    before = digest_of_rules(tmp_path)
    (tmp_path / "events" / "notes.txt").write_text("nothing")
    assert digest_of_rules(tmp_path) == before
    (tmp_path / "events" / "b.py").write_text("b = 2\n")
    assert digest_of_rules(tmp_path) not in (before, rules_digest())


def test_another_process_computes_the_same_digest_with_any_hash_seed() -> None:
    program = "from threadhost.events.sources import rules_digest; print(rules_digest())"
    env = {"PYTHONHASHSEED": "7"}
    said = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True)
    assert said.stdout.decode().strip() == rules_digest()


def test_the_files_of_a_function_include_those_of_the_functions_it_uses() -> None:
    of_metadata = {Path(path).name for path in files_of(metadata.projection.handlers.values())}
    assert of_metadata == {"metadata.py", "ids.py"}
    of_threads = {Path(path).name for path in files_of(threads.projection.handlers.values())}
    assert {"threads.py", "case_folding.py", "fork.py"} <= of_threads


def test_a_text_given_beside_the_files_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    paths = [str(tmp_path / "a.py")]
    assert len({digest_of(paths), digest_of(paths, "x"), digest_of([], "x"), digest_of([])}) == 4
