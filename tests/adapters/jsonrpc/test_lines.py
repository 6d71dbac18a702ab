"""Lines out of chunks of any size."""

from hypothesis import given
from hypothesis import strategies as st

from threadhost.adapters.jsonrpc.transports.lines import LineSplitter, Oversize


def split(chunks: list[bytes], line_bytes_max: int = 10) -> list[bytes | Oversize]:
    lines = LineSplitter(line_bytes_max)
    found = [line for chunk in chunks for line in lines.feed(chunk)]
    return [*found, *lines.finish()]


def test_lines_are_put_together_from_chunks() -> None:
    assert split([b"a\nb", b"c", b"d\n", b"\ne"]) == [b"a", b"bcd", b"", b"e"]


def test_an_oversize_line_is_reported_once_and_skipped_to_its_end() -> None:
    assert split([b"x" * 11, b"x" * 50, b"x\nok\n"]) == [Oversize(b"x" * 10), b"ok"]
    assert split([b"x" * 10 + b"\n" + b"y" * 11 + b"\nok"]) == [
        b"x" * 10,
        Oversize(b"y" * 10),
        b"ok",
    ]


def test_an_oversize_line_is_not_kept() -> None:
    lines = LineSplitter(10)
    for _ in range(100):
        list(lines.feed(b"x" * 9))
    assert lines.kept_bytes == 0


def test_an_oversize_line_at_the_end_is_reported_once() -> None:
    assert split([b"x" * 11]) == [Oversize(b"x" * 10)]


@given(st.lists(st.binary(max_size=6).map(lambda b: b.replace(b"x", b"\n"))))
def test_lines_are_the_same_however_the_stream_is_cut(chunks: list[bytes]) -> None:
    assert split(chunks) == split([b"".join(chunks)])
