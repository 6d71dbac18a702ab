"""Compressed rollouts are imported like others, within limits; broken ones are named."""

import sys
from pathlib import Path

import pytest
import zstandard

from tests.support.codex_home import CodexHome, encoded, meta, turn
from tests.support.importing import FIRST, counts, opened


def packed(path: Path, *, keep: bool = False) -> Path:
    """Compress a file as codex does, in its place or beside it; the compressed file."""
    target = path.with_name(f"{path.name}.zst")
    target.write_bytes(zstandard.compress(path.read_bytes()))
    if not keep:
        path.unlink()
    return target


async def test_a_thread_is_imported_once_whether_its_rollout_is_compressed_or_not(
    codex: CodexHome,
) -> None:
    path = codex.add(1)
    codex.child(2, 1)
    whole = path.read_bytes()
    file = packed(path)
    async with opened(codex) as host:
        assert (await host.import_codex())["counts"] == counts(total=2, done=2, imported=2)
        assert len((await host.read())["turns"]) == 1
        assert (await host.import_codex())["counts"]["unchanged"] == 2
        file.unlink()
        path.write_bytes(whole)
        assert (await host.import_codex())["counts"]["unchanged"] == 2
        path.write_bytes(whole + encoded(turn(2)))
        packed(path)
        assert [why for _, why in await host.left_files()] == [
            "it continued in codex after its import; the thread here is unchanged"
        ]


async def test_of_a_compressed_and_a_plain_rollout_the_one_that_was_written_since_is_imported(
    codex: CodexHome,
) -> None:
    path = codex.add(1)
    file = packed(path, keep=True)
    path.write_bytes(path.read_bytes() + encoded(turn(2)))
    codex.state([{"id": FIRST, "rollout_path": str(file)}])
    async with opened(codex) as host:
        [(left, why)] = await host.left_files()
        assert (left, why) == (file.name[-44:], f"thread {FIRST} has another file: {path}")
        assert len((await host.read())["turns"]) == 2


def goes_on(codex: CodexHome, end: int | None = None) -> Path:
    """A thread that continues another, from its end or an offset; the rollout of the other."""
    base = codex.add(1, [{**one, "ordinal": n} for n, one in enumerate(turn(1), 1)])
    text = base.read_bytes().replace(b'{"timestamp"', b'{"ordinal":0,"timestamp"', 1)
    base.write_bytes(text)
    at = {"thread_id": FIRST, "end_ordinal_exclusive": 9, "end_byte_offset": end or len(text)}
    codex.add(2, turn(2, "forked"), forked_from_id=FIRST, history_base=at)
    return base


async def test_a_history_may_continue_from_a_compressed_rollout(codex: CodexHome) -> None:
    packed(goes_on(codex))
    async with opened(codex) as host:
        assert (await host.import_codex())["faults"] == []
        assert len((await host.read(2))["turns"]) == 2


async def test_a_compressed_rollout_that_is_too_large_when_unpacked_is_not_imported(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.codex.home.ROLLOUT_BYTES_MAX", 50_000)
    path = codex.add(1)
    path.write_bytes(path.read_bytes() + b" " * 2_000_000)
    assert packed(path).stat().st_size < 50_000
    async with opened(codex) as host:
        assert [why for _, why in await host.left_files()] == [
            "it is compressed, and larger than 50000 bytes"
        ]


async def test_a_truncated_compressed_rollout_is_imported_as_far_as_it_can_be_read(
    codex: CodexHome,
) -> None:
    path = codex.add(1)
    file = packed(path)
    more = zstandard.compress(encoded(turn(2)))
    file.write_bytes(file.read_bytes() + more[: len(more) // 2])
    async with opened(codex) as host:
        assert (await host.import_codex())["counts"]["imported"] == 1
        assert (await host.read())["turns"][0]["status"] == "completed"


async def test_a_compressed_rollout_that_cannot_be_unpacked_is_named(codex: CodexHome) -> None:
    path = codex.add(1)
    path.rename(path.with_name(f"{path.name}.zst"))
    wide = codex.add(2)
    params = zstandard.ZstdCompressionParameters(window_log=30)
    file = packed(wide, keep=True)
    wide.unlink()
    stream = zstandard.ZstdCompressor(compression_params=params).compressobj()
    file.write_bytes(stream.compress(encoded([meta(2)])) + stream.flush())
    async with opened(codex) as host:
        left = [why for _, why in await host.left_files()]
        assert [why.partition(": ")[0] for why in left] == [
            "it is compressed, and cannot be unpacked"
        ] * 2


async def test_without_the_zstd_library_the_report_names_what_to_install(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(codex.add(1))
    codex.add(2)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    async with opened(codex) as host:
        why = (
            "it is compressed; `pip install 'threadhost[zstd]'` makes it"
            " readable, `zstd -d` unpacks it"
        )
        assert [one for _, one in await host.left_files()] == [why]
        assert len((await host.read(2))["turns"]) == 1


async def test_a_thread_whose_source_cannot_be_unpacked_yet_is_imported_later(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(goes_on(codex))
    async with opened(codex) as host:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "zstandard", None)
            left = [why for _, why in await host.left_files()]
        why = "compressed; `pip install 'threadhost[zstd]'` makes it readable, `zstd -d` unpacks it"
        assert left == [
            f"it is {why}",
            f"the history that it continues cannot be read: {file}: it is {why}",
        ]
        assert (await host.import_codex())["counts"]["imported"] == 2
        assert len((await host.read(2))["turns"]) == 2


async def test_a_history_that_is_too_long_is_reported_as_too_long_and_not_as_missing(
    codex: CodexHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = goes_on(codex).stat().st_size
    monkeypatch.setattr("threadhost.adapters.codex.home.ROLLOUT_BYTES_MAX", size + 100)
    async with opened(codex) as host:
        [(_, why)] = await host.left_files()
        assert "together with the history before it, it has more than" in why


@pytest.mark.few(1)
@pytest.mark.parametrize("offset", [2**63, 10**40, -1, 2**62])
async def test_a_history_that_continues_at_an_impossible_offset_is_reported_as_missing(
    codex: CodexHome, offset: int
) -> None:
    goes_on(codex, offset)
    async with opened(codex) as host:
        [fault] = (await host.import_codex())["faults"]
        assert fault["why"] == f"it continues the history of thread {FIRST}, which is missing"
