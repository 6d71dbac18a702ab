"""`threadhost gc`: the plan, and the deletion by the rules of retention."""

import pytest

from tests.adapters.cli.conftest import Command, Grown
from tests.support import program
from tests.support.databases import changed

RULES = '[retention.rules.all]\nof = "trees"\nkeep_newest = 1\n'


def test_gc_dry_run_lists_the_threads_that_gc_then_deletes(grown: Grown, command: Command) -> None:
    (grown.home / "config.toml").write_text(RULES)
    command("threads", "hold", grown.root, "--reason", "case")
    done = command("gc", "--dry-run")
    assert (done.code, done.err.splitlines()[-1][:14]) == (0, "would delete: ")
    assert f"{grown.root}  " in done.out
    assert "all: stays, under legal hold" in done.out
    command("threads", "release", grown.root, "--reason", "over")
    plan = command("gc", "--dry-run", "--json").document
    assert [(e["threadId"], e["threads"], e["stays"]) for e in plan["data"]] == [
        (grown.root, 2, None)
    ]
    assert "all: would be deleted  (2 threads, " in command("gc", "--dry-run").out
    done = command("gc")
    assert done.code == 0
    assert done.out.startswith(f"{grown.root}  ")
    assert "  all: deleted  (2 threads, " in done.out
    assert done.out.count("\n") == 1
    assert done.err.splitlines()[-1] == f"deleted: 2 threads, {plan['bytes']} bytes"
    assert command("threads", "list").out.split()[0] == grown.alone


def test_gc_says_that_more_was_deleted_than_it_names(
    grown: Grown, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.jsonrpc.methods.retention.NAMED_MAX", 0)
    (grown.home / "config.toml").write_text(RULES)
    assert command("gc").out == "... more, which are not named\n"
    assert command("gc", "--json").document["deleted"] == []


def test_gc_without_rules_names_the_table_of_the_configuration_to_add(command: Command) -> None:
    done = command("gc")
    assert (done.code, done.out) == (1, "")
    assert "add a table `[retention.rules.NAME]`" in done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[retention]\nevry_minutes = 1", "no such key: `retention.evry_minutes`; did you mean"),
        ("[retention\n", "config.toml"),
        (None, "config.toml"),
    ],
)
@pytest.mark.parametrize(
    "words_of",
    [
        ("gc",),
        ("threads", "hold", "ROOT", "--reason", "case"),
        ("import", "codex", "--from", "HOME"),
    ],
)
def test_every_command_that_needs_the_configuration_names_a_file_that_cannot_be_read(
    grown: Grown, command: Command, text: str | None, words: str, words_of: tuple[str, ...]
) -> None:
    file = grown.home / "config.toml"
    file.mkdir() if text is None else file.write_text(text)
    codex = grown.home.parent / "codex"
    (codex / "sessions").mkdir(parents=True, exist_ok=True)
    places = {"ROOT": grown.root, "HOME": str(codex)}
    done = command(*(places.get(word, word) for word in words_of))
    assert (done.code, done.out) == (1, "")
    assert words in done.err
    assert "fault of threadhost" not in done.err


@pytest.mark.parametrize(
    "words_of", [("gc",), ("serve", "--listen", "ws://127.0.0.1:0")], ids=["gc", "serve"]
)
def test_a_table_that_another_program_changed_is_not_reported_as_a_fault_of_threadhost(
    grown: Grown, words_of: tuple[str, ...]
) -> None:
    with changed(grown.home / "threadhost.db") as database:
        database.execute("ALTER TABLE sealed_end RENAME COLUMN one TO another")
    done = program.run_here(*words_of, "--home", str(grown.home))
    assert done.returncode == 1
    assert "fault of threadhost" not in done.stderr
    assert "threadhost: the log's database refuses a statement of the host: " in done.stderr
    assert "run `threadhost doctor` to see what changed it" in done.stderr
