"""`threadhost jobs`: reading jobs from a home, and changing them through a host."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import threadhost
from tests.adapters.cli.conftest import Command, Grown
from tests.support.program import COMMAND, environment, run_here, serving

HANG = '@echo {"steps": [{"hang": true}]}'
UNKNOWN = "01a20000-0000-7000-8000-000000000000"


async def run_job(home: Path, folder: Path, instruction: str, **more: str) -> str:
    """Run a job to its end on a host of its own; the job's id."""
    async with threadhost.open(home) as host, host.connect("jobs") as client:
        thread = await client.start_thread(cwd=str(folder))
        notes = client.notifications("job/completed")
        asked = {"threadId": thread.id, "inputPath": "in.csv", "instruction": instruction, **more}
        job: str = (await client.call("job/create", asked))["job"]["id"]
        await anext(notes)
    return job


@pytest.fixture
def job(grown: Grown, tmp_path: Path) -> str:
    (tmp_path / "in.csv").write_text("name\nAnn\nBob\n")
    return asyncio.run(run_job(grown.home, tmp_path, "Hello {name}"))


def test_jobs_of_a_home_are_listed_without_a_host(job: str, grown: Grown, command: Command) -> None:
    [line] = command("jobs", "list").out.splitlines()
    assert line.startswith(job)
    assert line.endswith(f"completed  2 of 2, 0 failed  agent-job-{job[-8:]}")
    assert command("jobs", "list", "--json").document["data"][0]["id"] == job
    assert command("jobs", "list", "--home", str(grown.home), "--limit", "1").err == ""


def test_one_job_is_shown_with_its_rows_by_the_beginning_of_its_id(
    job: str, command: Command
) -> None:
    lines = command("jobs", "show", job[:20]).out.splitlines()
    assert lines[0] == f"job            {job}"
    assert lines[1] == "status         completed: 2 rows completed, 0 failed"
    assert lines[-1] == 'row-2          completed  {"answer":"Hello Bob"}'
    document = command("jobs", "show", job, "--limit", "1", "--json").document
    assert document["more"] is True
    assert document["items"][0]["row"] == {"name": "Ann"}
    assert command("jobs", "show", job, "--status", "failed", "--json").document["items"] == []
    assert command("jobs", "show", job, "--status", "failed").err == "none of its rows is failed\n"


@pytest.mark.few(1)
@pytest.mark.parametrize("part", ["beginning", "end", "upper case", "name"])
def test_a_job_is_selected_by_a_part_of_its_id_or_by_its_name(
    job: str, command: Command, part: str
) -> None:
    word = {
        "beginning": job[:13],
        "end": job[-6:],
        "upper case": job[-8:].upper(),
        "name": f"agent-job-{job[-8:]}",
    }[part]
    assert command("jobs", "show", word).out.startswith(f"job            {job}\n")


@pytest.mark.slices
def test_an_ambiguous_name_or_beginning_of_an_id_lists_all_jobs_that_match(
    grown: Grown, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "in.csv").write_text("name\nAnn\n")
    ids = [asyncio.run(run_job(grown.home, tmp_path, "Hello", name=n)) for n in ("a b", "a b", "z")]
    assert command("jobs", "show", "z").out.startswith(f"job            {ids[2]}\n")
    for word, relation in ((ids[0][:3], "begins the ids of"), ("a b", "is the name of")):
        done = command("jobs", "show", word)
        which = ", ".join(sorted(ids[:2] if word == "a b" else ids, reverse=True))
        assert (done.code, done.out) == (1, "")
        assert done.err == f"threadhost: {word} {relation} {which}; give the id of one of them\n"


def test_an_unknown_job_is_refused_with_the_command_that_lists_jobs(
    job: str, grown: Grown, command: Command
) -> None:
    lists = f"`threadhost jobs list --home {grown.home}` lists those there are"
    for verb in ("show", "watch", "cancel", "export", "delete"):
        done = command("jobs", verb, UNKNOWN)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"threadhost: {grown.home} has no job {UNKNOWN}; {lists}\n"
    for odd in ("xyz", "%", "0_", "agent-job-", job[1:-1], job[:-1] + "g"):
        assert f"has no job {odd}; {lists}" in command("jobs", "show", odd).err
    assert "JOB: '' names no job; give an id that" in command("jobs", "show", "").err


def test_commands_that_change_a_job_need_a_running_host(
    job: str, grown: Grown, command: Command
) -> None:
    start = f"`threadhost serve --home {grown.home}` starts one, and jobs go on in it"
    for verb in ("watch", "export", "cancel", "pause", "resume", "retry", "delete"):
        done = command("jobs", verb, job, *["--yes"] * (verb == "delete"))
        assert done.code == 1
        assert done.err == f"threadhost: no host runs on {grown.home}; {start}\n"


def test_deleting_a_job_needs_a_confirmation(
    job: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = command("jobs", "delete", job)
    assert done.code == 1
    assert "deleting asks for confirmation, and there is no terminal; give --yes" in done.err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    done = command("jobs", "delete", job)
    assert done.code == 1
    question = f"delete {job} with its rows and results for good? [y/N] "
    assert done.err == f"{question}threadhost: nothing was deleted\n"
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert "no host runs on" in command("jobs", "delete", job).err


class Terminal(io.StringIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_jobs_run_refuses_bad_options_before_a_job_starts(command: Command, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("name\nAnn\n")
    (tmp_path / "out.csv").write_text("mine")
    (tmp_path / "list.json").write_text("[]")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.json").write_text('{"title": "' + "x" * 2**16 + '"}')
    for option, value, fault in (
        ("--schema", str(tmp_path / "pipe"), "pipe is a pipe; only a regular file is read"),
        ("--schema", "/dev/zero", "/dev/zero is a device; only a regular file is read"),
        ("--schema", "large.json", "has 65549 bytes, which is more than 65536; give"),
        ("--name", "x\udcff", "--name: `x\ufffd` is not UTF-8; give text in UTF-8"),
        ("--output", "out.csv", "out.csv exists; --force replaces it, or name another --output"),
        ("--schema", "none.json", "none.json cannot be read: No such file or directory"),
        ("--schema", "in.csv", "in.csv is not JSON: "),
        ("--schema", "list.json", "list.json is not a JSON Schema of an object; give one"),
        ("--workers", "0", "`0` is too small"),
    ):
        given = str(tmp_path / value) if "." in value else value
        file = str(tmp_path / "in.csv")
        done = command("jobs", "run", file, "--instruction", "Hello", option, given)
        assert done.code in (1, 2)
        assert fault in done.err
    assert (tmp_path / "out.csv").read_text() == "mine"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A served home beside an input table, in the working folder of the commands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("name\nAnn\nBob\n")
    with serving(tmp_path / "h", "--listen", f"unix://{tmp_path}/s") as host:
        host.address()
        yield tmp_path / "h"


def jobs(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run_here("jobs", *words, "--home", str(home))


@pytest.mark.slices
def test_jobs_run_processes_a_file_and_writes_the_resulting_rows(home: Path) -> None:
    words = ("run", "in.csv", "--instruction", "Hello {name}", "-o", "out.csv")
    done = jobs(home, *words)
    assert (done.stderr, done.returncode) == ("", 0)
    where = home.parent.resolve() / "out.csv"
    assert done.stdout.splitlines()[-1] == (
        f"completed: 2 rows completed, 0 failed; written to {where}"
    )
    with where.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["result_json"] for row in rows] == [
        '{"answer":"Hello Ann"}',
        '{"answer":"Hello Bob"}',
    ]
    assert "exists; --force" in jobs(home, *words).stderr
    again = jobs(home, *words, "--force", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["job"]["exportFailed"] is False
    assert again.stdout.count("completedItems") == 1


@pytest.mark.slices
def test_a_refusal_of_the_host_to_run_a_job_is_printed_in_its_words(home: Path) -> None:
    (home.parent / "bad.csv").write_text("a,a\n")
    done = jobs(home, "run", "bad.csv", "--instruction", "x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "threadhost: csv header a is duplicated\n"


@pytest.mark.slices
def test_ctrl_c_leaves_the_job_running_in_its_host_and_prints_how_to_watch_the_job(
    home: Path,
) -> None:
    words = ("jobs", "run", "in.csv", "--instruction", f"Hello\n{HANG}", "--home", str(home))
    with subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home.parent,
        env=environment(PYTHONUNBUFFERED="1"),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("0 of 2")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    [job] = json.loads(jobs(home, "list", "--json").stdout)["data"]
    again = f"`threadhost jobs watch {job['id']} --home {home}` shows it"
    assert errors == f"job {job['id']} goes on in its host; {again}\n"
    assert job["status"] in ("pending", "running")
    cancelled = jobs(home, "cancel", job["id"][:20])
    assert cancelled.stdout.startswith(f"{job['id']}  cancelled: 0 rows completed")
    watched = jobs(home, "watch", job["id"])
    assert watched.returncode == 3
    twice = jobs(home, "cancel", job["id"])
    assert twice.stderr == f"threadhost: job {job['id']} is over: it is cancelled\n"
    assert twice.returncode == 1
    assert watched.stdout.splitlines()[-1].startswith("cancelled: ")


@pytest.mark.slices
def test_a_detached_job_is_paused_resumed_exported_and_deleted_by_commands(home: Path) -> None:
    words = ("run", "in.csv", "--instruction", f"Hello\n{HANG}", "--detach", "--json")
    begun = json.loads(jobs(home, *words, "--priority", "7").stdout)["job"]
    job = begun["id"]
    assert begun["priority"] == 7
    assert json.loads(jobs(home, "pause", job, "--json").stdout)["job"]["paused"] is True
    assert json.loads(jobs(home, "resume", job, "--json").stdout)["job"]["paused"] is False
    to = home.parent / "rows.jsonl"
    told = jobs(home, "export", job, "-o", str(to)).stdout
    assert told == f"2 rows written to {to}, as jsonl\n"
    sheet = home.parent / "rows.xlsx"
    assert jobs(home, "export", job, "-o", str(sheet)).stdout.endswith("rows.xlsx, as csv\n")
    assert [json.loads(line)["status"] for line in to.read_text().splitlines()] != []
    assert "it exists" in jobs(home, "export", job, "-o", str(to)).stderr
    assert jobs(home, "delete", job, "--yes").stdout == f"deleted {job}\n"
    assert jobs(home, "list").stderr == "this home has no jobs yet\n"


@pytest.mark.slices
def test_a_retried_job_replaces_the_file_that_it_wrote_but_no_other(home: Path) -> None:
    (home.parent / "none.json").write_text('{"required": ["never"]}')
    words = ("--instruction", "Hello {name}", "--schema", "none.json", "--attempts", "1")
    begun = jobs(home, "run", "in.csv", *words, "-o", "f.csv")
    assert (begun.stderr, begun.returncode) == ("", 3)
    [job] = json.loads(jobs(home, "list", "--json").stdout)["data"]
    where = home.parent.resolve() / "f.csv"
    first = where.stat().st_ino
    assert jobs(home, "retry", job["id"]).returncode == 0
    again = jobs(home, "watch", job["id"])
    assert (again.stderr, again.returncode) == ("", 3)
    assert again.stdout.endswith(f"written to {where}\n")
    assert where.stat().st_ino != first

    where.write_text("corrected by hand")
    assert jobs(home, "retry", job["id"]).returncode == 0
    refused = jobs(home, "watch", job["id"])
    why = (
        f"failed to write csv output {where}: it exists; replace it with `force`,"
        " or name another file"
    )
    assert (refused.returncode, "written to" in refused.stdout) == (1, False)
    assert refused.stderr.startswith(f"threadhost: {why}; `threadhost jobs export {job['id']}")
    assert f"export error   {why}" in jobs(home, "show", job["id"]).stdout
    assert where.read_text() == "corrected by hand"
