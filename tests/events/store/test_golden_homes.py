"""The home of each release, as it wrote it: whole, readable and usable for every later version."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.reader import Home as PlainHome
from tests.events.store.test_codec import holds
from tests.support.golden import golden_types
from tests.support.golden_home import GONE, KEPT, homes, unpacked
from tests.support.golden_release import changed, freeze, released
from tests.support.operator_lines import is_logged, logged_line
from tests.support.server import Host
from tests.support.store import now
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.base import KINDS, Damaged, Erased, newest_name
from threadhost.events.history import History
from threadhost.events.history_events import TYPES
from threadhost.events.ids import thread_stream
from threadhost.events.store.codec import encode
from threadhost.events.store.findings import Verdict
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

EACH = pytest.mark.parametrize("archive", homes(), ids=lambda path: path.name.partition(".tar")[0])
PAGE = 10_000


def test_every_release_has_a_home() -> None:
    assert [path.name for path in homes()] == [f"{name}.tar.xz" for name in golden_types()]


def test_the_files_of_a_published_release_are_unchanged() -> None:
    """What came later is a type `since` the next release, in the files of that."""
    assert {release: changed(release) for release in released() if changed(release)} == {}


def test_a_release_is_out_once_the_changelog_has_its_day(tmp_path: Path) -> None:
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("## [Unreleased]\n\n## [0.2.1] - 2027-01-02\n## [0.2.0] - 2027-01-01\n")
    assert released(changelog) == ["0.2"]
    changelog.write_text("## [0.2.0]\n- as [0.1.0] - 2027-01-01\n## [0.1.0] - soon\n")
    assert released(changelog) == []


@pytest.mark.parametrize("touched", ["events/0.1.jsonl", "homes/0.1.tar.xz"])
def test_a_frozen_file_may_not_change_appear_or_disappear(tmp_path: Path, touched: str) -> None:
    for path in ("events/0.1.jsonl", "homes/0.1.tar.xz", "events/0.2.jsonl"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("as it came out")
    assert len(changed("0.1", tmp_path)) == 2
    freeze("0.1", tmp_path)
    (tmp_path / "events/0.2.jsonl").write_text("more")
    assert changed("0.1", tmp_path) == []
    (tmp_path / touched).write_text("and more")
    assert [line.split()[1] for line in changed("0.1", tmp_path)] == [touched, touched]
    (tmp_path / touched).unlink()
    assert [line.split()[1] for line in changed("0.1", tmp_path)] == [touched]


@EACH
def test_a_home_holds_every_type_that_its_release_writes(archive: Path, tmp_path: Path) -> None:
    """Where one is missing the release is not out yet: `make golden` writes its home anew."""
    with closing(ReadOnlyLog.open(unpacked(archive, tmp_path))) as log:
        kinds = {newest_name(fact.kind) for fact in now(log.read(0, PAGE))}
    release = archive.name.partition(".tar")[0]
    assert {kind for kind, type_ in KINDS.items() if type_.since == release} <= kinds


@EACH
def test_a_home_is_sound_by_itself_and_with_all_that_lies_beside_its_log(
    archive: Path, tmp_path: Path
) -> None:
    home = unpacked(archive, tmp_path)
    assert inspect(LogPlace.of(home), InspectionOptions()).verdict is Verdict.SOUND


@EACH
def test_every_event_of_a_home_is_read_as_it_was_written(archive: Path, tmp_path: Path) -> None:
    """Beside a reader that knows nothing of this program."""
    home = unpacked(archive, tmp_path)
    plain = PlainHome(home)
    with closing(ReadOnlyLog.open(home)) as log:
        facts = now(log.read(0, PAGE))
    assert not [fact for fact in facts if isinstance(fact.event, Damaged)]
    for fact, written in zip(facts, plain.events, strict=True):
        assert KINDS[fact.kind].stream == fact.stream.partition("-")[0]
        assert isinstance(fact.event, Erased) == (written.body is None)
        if not isinstance(fact.event, Damaged | Erased):
            assert holds(json.loads(encode([fact.event])[0]), written.body)
    plain.close()
    assert plain.broken == []


@EACH
def test_deleted_threads_of_a_home_are_erased_and_the_others_have_their_history(
    archive: Path, tmp_path: Path
) -> None:
    with closing(ReadOnlyLog.open(unpacked(archive, tmp_path))) as log:
        gone = [fact.event for fact in now(log.read_stream(thread_stream(GONE)))]
        history = History(now(log.read_stream(thread_stream(KEPT), types=TYPES)))
    assert {type(event) for event in gone} >= {Erased}
    assert history.lines


@EACH
async def test_a_host_serves_a_home_and_deletes_what_is_in_it(
    archive: Path, tmp_path: Path
) -> None:
    async with Host(unpacked(archive, tmp_path)) as host:
        client = await host.client()
        read = await client.ok("thread/read", {"threadId": KEPT, "includeTurns": True})
        listed = await client.ok("thread/list", {"modelProviders": []})
        await client.ok("thread/delete", {"threadId": KEPT})
    shown = [thread for thread in [read["thread"], *listed["data"]] if thread["id"] == KEPT]
    assert [thread["reasoningEffort"] for thread in shown] == ["low"] * 2
    assert GONE not in {thread["id"] for thread in listed["data"]}
    assert inspect(LogPlace.of(host.home), InspectionOptions()).verdict is Verdict.SOUND


async def test_a_home_of_version_0_1_is_upgraded_once_and_the_operator_is_informed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (archive,) = (path for path in homes() if path.name.startswith("0.1."))
    home = unpacked(archive, tmp_path)
    with closing(ReadOnlyLog.open(home)) as log:
        before = [(fact.stream, fact.meta, fact.chain) for fact in now(log.read(0, PAGE))]
    async with Host(home):
        assert logged_line(caplog, "log.upgrading")["count"] == len(before)
        assert logged_line(caplog, "log.upgraded")["count"] == len(before)
    with closing(ReadOnlyLog.open(home)) as log:
        after = now(log.read(0, len(before)))
        assert [(fact.stream, fact.meta, fact.chain) for fact in after] == before
    caplog.clear()
    async with Host(home):
        assert not is_logged(caplog, "log.upgrading")
