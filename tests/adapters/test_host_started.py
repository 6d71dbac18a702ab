"""Events of a host about itself: its start, its clock, and the secrets that it leaves out."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.operator_lines import logged_line
from tests.support.store import events_of, now
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.adapters.app import open_app
from threadhost.adapters.build import commit
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.clock_watch import ClockWatch
from threadhost.adapters.config import Listen, Settings, WsAuth
from threadhost.adapters.host_record import HostRecord
from threadhost.adapters.host_started import identifier, started
from threadhost.adapters.models.select import model_client
from threadhost.adapters.version import PROTOCOL_VERSION, product_version
from threadhost.events.base import Event, Recorded
from threadhost.events.host import (
    ClockStepped,
    HostStarted,
    HostStopped,
    KeysRotated,
    LoopStalled,
)
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.sources import rules_digest
from threadhost.events.store.codec import decode, encode
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.rotation import KeyFiles, rotate
from threadhost.projections import all_views

SECRET = "a-secret-that-nobody-may-see"
NOON_MS = 1_763_798_400_000


def facts_of(home: Path) -> list[Recorded]:
    with closing(ReadOnlyLog.open(home)) as log:
        return now(log.read(0, 1_000))


async def log_after_a_run(home: Path, **changed: Any) -> list[Recorded]:
    """Run a host once; its log after that."""
    app = await open_app(Settings(home, listen=())._replace(**changed), env={})
    await app.close()
    return facts_of(home)


async def test_a_start_names_the_code_the_machine_and_the_settings(tmp_path: Path) -> None:
    first, *_, last = await log_after_a_run(tmp_path / "h", tree_depth_max=7)
    event = first.event
    assert isinstance(event, HostStarted)
    assert (event.version, event.protocol) == (product_version(), PROTOCOL_VERSION)
    assert (event.build, event.rules) == (commit(), rules_digest())
    assert event.python == f"cpython-{sys.version.split()[0]}"
    assert event.platform
    assert event.provider == "echo"
    assert event.endpoint_host == ""
    assert event.settings["tree_depth_max"] == 7
    assert event.settings["limits.frame_bytes_max"] == 16 * 1024 * 1024
    assert event.settings["limits.fields.name_bytes_max"] == 4096
    assert event.settings["user_input"] is False
    assert event.settings["turn_timeout_ms"] == 86_400_000
    assert isinstance(last.event, HostStopped)


URL = f"https://models.example.org:8443/{SECRET}/v1?key={SECRET}"


def test_a_start_records_the_host_name_of_an_endpoint_and_no_files_or_tokens() -> None:
    settings = Settings(
        Path(f"/{SECRET}"),
        listen=(Listen("unix", path=Path(SECRET)), Listen("ws", host=SECRET, port=1)),
        ws_auth=WsAuth("signed-bearer-token", shared_secret_file=Path(SECRET), issuer=SECRET),
        model=f"openai:{SECRET}",
        model_url=URL,
        config_file=Path(SECRET),
        profile=SECRET,
        key_file=Path(SECRET),
    )
    model = model_client(settings.model, URL, {"OPENAI_API_KEY": SECRET})
    event = started(settings, model, ThreadPolicy())
    assert (event.provider, event.endpoint_host) == ("openai", "models.example.org")
    assert event.settings["listen"] == "unix+ws"
    assert event.settings["ws_auth"] == "signed-bearer-token"
    assert event.settings["key_file"] is True
    (body,) = encode([event])
    assert SECRET not in body.decode()
    assert decode(1, event.kind, body) == event


class Named:
    """A model client of an embedding program, with a name that could be words."""

    default_model = "m"

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize("name", ["words of somebody", "é", "x" * 200, "a\nb"])
def test_a_model_name_that_could_be_words_is_recorded_as_a_digest(name: str) -> None:
    event = started(Settings(Path()), Named(name), ThreadPolicy())  # type: ignore[arg-type]
    assert event.provider == identifier(name) != name
    assert event.provider.startswith("sha256:")
    assert identifier("my-provider_2") == "my-provider_2"


async def test_each_start_has_a_greater_epoch_and_the_same_epoch_in_its_causation(
    tmp_path: Path,
) -> None:
    lives = [await log_after_a_run(tmp_path / "h") for _ in range(3)]
    starts = [fact for fact in lives[-1] if isinstance(fact.event, HostStarted)]
    epochs = [fact.event.epoch for fact in starts if isinstance(fact.event, HostStarted)]
    assert (epochs[0], len(set(epochs))) == (1, 3)
    assert epochs == sorted(epochs)
    ends = [f"start:{fact.stream}@{epoch}" for fact, epoch in zip(starts, epochs, strict=True)]
    assert [fact.meta.causation_id for fact in starts] == ends


@pytest.mark.slices
async def test_the_causation_of_a_timers_event_names_the_timer_and_its_due_time(
    tmp_path: Path,
) -> None:
    app = await open_app(Settings(tmp_path / "h", listen=()), env={})
    app.loop_stalled(40)
    await app.close()
    metas = {type(fact.event): fact.meta for fact in facts_of(tmp_path / "h")}
    for type_, name, late_ms in ((LoopStalled, "watchdog", 40), (HostStopped, "shutdown", 0)):
        meta = metas[type_]
        due_ms = int(meta.causation_id.removeprefix(f"timer:{name}@"))
        assert 0 <= meta.recorded_at_ms - due_ms - late_ms < 20_000


async def test_of_two_starts_on_the_same_log_position_one_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log.in_memory(all_views())
    record = HostRecord(log, SystemClock(), TimeOrderedIds())
    start = HostStarted(version="1", pid=1)
    await record.record_start(start)

    async def nothing(_: str) -> None:
        return None

    monkeypatch.setattr(log, "stream_head", nothing)
    with pytest.raises(WrongExpectedVersion):
        await record.record_start(start)
    await log.close()


async def test_a_rotation_of_the_host_key_is_recorded_once_at_the_next_start(
    tmp_path: Path,
) -> None:
    home = tmp_path / "h"
    await log_after_a_run(home)
    rotate(home, KeyFiles.of(home, None, None))
    await log_after_a_run(home)
    events = events_of(await log_after_a_run(home))
    rotations = [at for at, event in enumerate(events) if isinstance(event, KeysRotated)]
    assert [events[at] for at in rotations] == [KeysRotated(wrapping=2, keys=0)]
    assert isinstance(events[rotations[0] - 1], HostStarted)


def test_a_start_event_of_the_first_version_can_still_be_read() -> None:
    event = decode(1, "host.started.v1", b'{"version":"0.1.0","pid":4711}')
    assert event == HostStarted(version="0.1.0", pid=4711)


class SetClock(SystemClock):
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.wall_ms, self.run_s = NOON_MS, 100.0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.run_s

    def wait(self, seconds: float, wall_ms: int) -> None:
        """Let time pass, in which the wall clock moves by another amount."""
        self.run_s += seconds
        self.wall_ms += wall_ms


class RecordedEvents(HostRecord):
    """A record of a host that keeps its events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.start = "start:host-x@1"

    def note(self, event: Event, *_: object, **__: object) -> bool:
        self.events.append(event)
        return True


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def noted() -> RecordedEvents:
    return RecordedEvents()


def test_a_clock_that_keeps_time_is_not_recorded(clock: SetClock, noted: RecordedEvents) -> None:
    watch = ClockWatch(clock, noted)
    watch.compare(NOON_MS)
    for _ in range(1_000):
        clock.wait(5, 5_003)  # put right slowly, as far as it goes
        watch.look()
    assert noted.events == []


@pytest.mark.parametrize("step_ms", [-1_000, 1_000, -3_600_000, 86_400_000])
def test_a_clock_that_is_set_is_recorded_once(
    clock: SetClock, noted: RecordedEvents, step_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    watch = ClockWatch(clock, noted)
    clock.wait(5, 5_000 + step_ms)
    watch.look()
    clock.wait(5, 5_000)
    watch.look()
    now_ms = NOON_MS + 5_000
    assert noted.events == [ClockStepped(before_ms=now_ms, after_ms=now_ms + step_ms)]
    assert logged_line(caplog, "clock.stepped")["afterMs"] == now_ms + step_ms


def test_a_wall_clock_that_falls_behind_elapsed_time_is_recorded(
    clock: SetClock, noted: RecordedEvents, caplog: pytest.LogCaptureFixture
) -> None:
    watch = ClockWatch(clock, noted)
    clock.wait(3_605, 5_000)
    watch.look()
    due_ms, now_ms = NOON_MS + 3_605_000, NOON_MS + 5_000
    assert noted.events == [ClockStepped(before_ms=due_ms, after_ms=now_ms)]
    assert f"the wall clock shows {now_ms} instead of {due_ms}" in caplog.text


async def test_a_log_whose_newest_event_is_in_the_future_is_recorded_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour_ms = 3_600_000
    now_ms = SystemClock().now_ms()
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: now_ms + hour_ms)
    before = await log_after_a_run(tmp_path / "h")
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: now_ms)
    after = (await log_after_a_run(tmp_path / "h"))[len(before) :]
    step = ClockStepped(before_ms=now_ms + hour_ms, after_ms=now_ms)
    assert [type(event) for event in events_of(after)] == [HostStarted, ClockStepped, HostStopped]
    assert after[1].event == step
    assert {fact.meta.recorded_at_ms for fact in after} == {now_ms + hour_ms}
