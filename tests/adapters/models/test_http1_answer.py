"""Answers of HTTP/1.1, unusual ones too, however their bytes are cut."""

import pytest

from tests.support.each import each
from threadhost.adapters.models.http1_answer import (
    FRAMING_BYTES_MAX,
    AnswerParser,
    MalformedResponse,
)

OK = b"HTTP/1.1 200 OK\r\n"
TWO = b"content-length: 2\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
SIZES = (1, 7, 100_000)
HI = b"2\r\nhi\r\n0\r\n\r\n"


def parser() -> AnswerParser:
    return AnswerParser(bytes_max=1_000_000, early_heads_max=3)


def read(data: bytes, size: int) -> tuple[AnswerParser, str | None]:
    """An answer in pieces of this size up to the end of its connection, and its fault."""
    answer = parser()
    try:
        for at in range(0, len(data), size):
            answer.feed(data[at : at + size])
        keeps_alive = answer.keeps_alive
        if not answer.is_over:
            answer.end()
    except MalformedResponse as odd:
        return answer, str(odd)
    answer.keeps_alive = keeps_alive
    return answer, None


# What it says, and whether the connection may serve again.
TAKEN: dict[str, tuple[bytes, bytes, bool]] = {
    "a length": (OK + TWO + b"\r\nhi", b"hi", True),
    "no length": (OK + b"\r\nhi", b"hi", False),
    "chunks": (OK + CHUNKED + b"\r\n" + HI, b"hi", True),
    "chunks in capitals": (OK + b"Transfer-Encoding: Chunked \r\n\r\n" + HI, b"hi", True),
    "large sizes of chunks": (
        OK + CHUNKED + b"\r\nA\r\n0123456789\r\n0\r\n\r\n",
        b"0123456789",
        True,
    ),
    "spaces after the size of a chunk": (OK + CHUNKED + b"\r\n2  \r\nhi\r\n0\r\n\r\n", b"hi", True),
    "an extension of a chunk": (OK + CHUNKED + b'\r\n2;a="b"\r\nhi\r\n0;c\r\n\r\n', b"hi", True),
    "trailers": (OK + CHUNKED + b"\r\n2\r\nhi\r\n0\r\nx-status: 500\r\n\r\n", b"hi", True),
    "lines that end in a line feed": (
        b"HTTP/1.1 200 OK\n" + b"content-length: 2\n\nhi",
        b"hi",
        True,
    ),
    "a chunked body behind such lines": (
        b"HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n" + HI,
        b"hi",
        True,
    ),
    "no reason": (b"HTTP/1.1 200\r\n" + TWO + b"\r\nhi", b"hi", True),
    "an empty header": (OK + b"x-a:\r\nx-b: \r\n" + TWO + b"x-c:\r\n\r\nhi", b"hi", True),
    "blank lines before the head": (b"\r\n\r\n" + OK + TWO + b"\r\nhi", b"hi", True),
    "letters beyond ASCII": (OK + b"x-a: \xe9\r\n" + TWO + b"\r\nhi", b"hi", True),
    "a connection that will be closed": (
        OK + TWO + b"connection: x, Close\r\n\r\nhi",
        b"hi",
        False,
    ),
    "an older version": (b"HTTP/1.0 200 OK\r\n" + TWO + b"\r\nhi", b"hi", False),
    "informational heads before the final one": (
        b"HTTP/1.1 103 Hints\r\nx: y\r\n\r\n" * 3 + OK + TWO + b"\r\nhi",
        b"hi",
        True,
    ),
    "an informational head with a length": (
        b"HTTP/1.1 100 Go\r\ncontent-length: 9\r\n\r\n" + OK + TWO + b"\r\nhi",
        b"hi",
        True,
    ),
    "a status without a body": (b"HTTP/1.1 204 No\r\n" + CHUNKED + b"\r\n", b"", True),
    "an offer of another protocol": (OK + b"upgrade: h2c\r\n" + TWO + b"\r\nhi", b"hi", True),
    # What follows an answer belongs to no request: it must not become the next one's answer.
    "an unrequested second answer": (OK + TWO + b"\r\nhi" + OK + TWO + b"\r\nno", b"hi", False),
    "the beginning of an unrequested answer": (OK + TWO + b"\r\nhiHTTP", b"hi", False),
    "more bytes than its length": (OK + TWO + b"\r\nhi!", b"hi", False),
    "bytes behind the last chunk": (OK + CHUNKED + b"\r\n" + HI + b"x", b"hi", False),
    "a body after a status without one": (b"HTTP/1.1 204 No\r\n\r\nhi", b"", False),
}

OTHER_CODING = "a transfer encoding other than chunked"
REFUSED: dict[str, tuple[bytes, str]] = {
    # Two readers could see two ends.
    "two lengths": (OK + TWO + b"content-length: 3\r\n\r\nhi", "Content-Length"),
    "a length twice": (OK + TWO + TWO + b"\r\nhi", "Content-Length"),
    "a list of lengths": (OK + b"content-length: 2, 2\r\n\r\nhi", "Content-Length"),
    "a length and chunks": (OK + TWO + CHUNKED + b"\r\n" + HI, "Transfer-Encoding"),
    "chunks and a length": (OK + CHUNKED + TWO + b"\r\n" + HI, "Content-Length"),
    "a length in a trailer": (
        OK + CHUNKED + b"\r\n2\r\nhi\r\n0\r\n" + TWO + b"\r\n",
        "Content-Length",
    ),
    **{
        f"the length {length!r}": (OK + b"content-length: %b\r\n\r\nhi" % length, "Content-Length")
        for length in (b"", b"+2", b"-2", b"0x2", b"2 2", b"1_0", b"9" * 30)
    },
    **{
        f"the coding {coding!r}": (
            OK + b"transfer-encoding: %b\r\n\r\n" % coding + HI,
            OTHER_CODING,
        )
        for coding in (
            b"identity",
            b"gzip, chunked",
            b"chunked, gzip",
            b"xchunked",
            b"chunked,",
            b", chunked",
            b"chunked;q=1",
            b"chunked\t",
        )
    },
    "a coding twice": (OK + CHUNKED + CHUNKED + b"\r\n" + HI, OTHER_CODING),
    "no coding": (OK + b"transfer-encoding:\r\n\r\nhi", "Transfer-Encoding"),
    "a space before a colon": (OK + b"transfer-encoding : chunked\r\n\r\n" + HI, "header"),
    "a header of two lines": (OK + b"x-a: 1\r\n 2\r\n" + TWO + b"\r\nhi", "whitespace"),
    "a coding on a second line": (OK + b"transfer-encoding:\r\n chunked\r\n\r\n" + HI, "header"),
    "a second line of no header": (OK + b" x-a: 1\r\n" + TWO + b"\r\nhi", "space"),
    "a carriage return in a value": (OK + b"x-a: 1\rcontent-length: 9\r\n" + TWO + b"\r\nhi", "LF"),
    "a NUL in a value": (OK + b"x-a: 1\x002\r\n" + TWO + b"\r\nhi", "header value"),
    "a name of two words": (OK + b"x a: 1\r\n" + TWO + b"\r\nhi", "header token"),
    "no name": (OK + b": 1\r\n" + TWO + b"\r\nhi", "header token"),
    "a line without a colon": (OK + b"nonsense\r\n" + TWO + b"\r\nhi", "header token"),
    **{
        f"a chunk that begins {size!r}": (OK + CHUNKED + b"\r\n%bhi\r\n0\r\n\r\n" % size, "chunk")
        for size in (b" 2\r\n", b"+2\r\n", b"0x2\r\n", b"\r\n", b"2\n", b"2\r", b"f" * 18 + b"\r\n")
    },
    "a chunk longer than its size": (OK + CHUNKED + b"\r\n2\r\nhi!\r\n0\r\n\r\n", "chunk"),
    "a chunk without its end": (OK + CHUNKED + b"\r\n2\r\nhi0\r\n\r\n", "chunk"),
    "a chunk that ends in a line feed": (OK + CHUNKED + b"\r\n2\r\nhi\n0\r\n\r\n", "chunk"),
    "a line feed in an extension": (OK + CHUNKED + b"\r\n2;a\nhi\r\n0\r\n\r\n", "chunk"),
    # No answers of HTTP/1.1.
    "two digits of a status": (b"HTTP/1.1 20 OK\r\n\r\n", "status"),
    "four digits of a status": (b"HTTP/1.1 2000 OK\r\n\r\n", "status"),
    "a status of letters": (b"HTTP/1.1 2x0 OK\r\n\r\n", "status"),
    "a status that is too low": (b"HTTP/1.1 099 OK\r\n" + TWO + b"\r\nhi", "status 99"),
    "a switch to another protocol": (b"HTTP/1.1 101 Go\r\nupgrade: a\r\n\r\nhi", "status 101"),
    "too many informational heads": (
        b"HTTP/1.1 100 Go\r\n\r\n" * 4 + OK + TWO + b"\r\nhi",
        "heads",
    ),
    "another protocol": (b"SSH-2.0-x\r\n\r\n", "HTTP"),
    "a request": (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
    "a version without a dot": (b"HTTP/11 200 OK\r\n\r\n", "dot"),
    # The end is missing.
    "nothing": (b"", "cut off"),
    "half a head": (OK + b"content-le", "cut off"),
    "an informational head alone": (b"HTTP/1.1 100 Go\r\n\r\n", "cut off"),
    "half a body": (OK + b"content-length: 9\r\n\r\nhalf", "cut off"),
    "a body without its last chunk": (OK + CHUNKED + b"\r\n2\r\nhi\r\n", "cut off"),
    "half a last chunk": (OK + CHUNKED + b"\r\n2\r\nhi\r\n0\r\n", "cut off"),
}


@each("name", TAKEN)
def test_an_http_answer_is_read_however_its_bytes_are_cut(name: str) -> None:
    data, body, keeps_alive = TAKEN[name]
    for size in SIZES:
        answer, fault = read(data, size)

        assert fault is None
        assert (b"".join(answer.pieces), answer.is_over) == (body, True)
        assert answer.keeps_alive is keeps_alive


@each("name", REFUSED)
def test_an_http_answer_without_a_certain_end_is_refused_however_its_bytes_are_cut(
    name: str,
) -> None:
    data, words = REFUSED[name]
    for size in SIZES:
        answer, fault = read(data, size)

        assert not answer.is_over
        assert fault is not None
        assert words.lower() in fault.lower()


def test_the_body_before_a_fault_in_the_framing_is_kept() -> None:
    answer, fault = read(OK + CHUNKED + b"\r\n5\r\nhello\r\nnope\r\n", 100)

    assert fault is not None
    assert answer.pieces == [b"hello"]


def test_headers_are_named_in_lower_case_and_the_last_of_a_name_counts() -> None:
    answer, _ = read(OK + b"X-A: 1 \t\r\nx-a:\t2\r\nX-B: \r\n" + TWO + b"\r\nhi", 100)

    assert answer.headers == {"x-a": "2", "x-b": "", "content-length": "2"}
    assert (answer.status, answer.reason) == (200, "OK")


def test_headers_and_reasons_of_informational_answers_are_dropped() -> None:
    early = b"HTTP/1.1 103 Hints\r\nx-a: 1\r\ntransfer-encoding: chunked\r\n\r\n"
    answer, _ = read(early + b"HTTP/1.1 500\r\n" + TWO + b"\r\nhi", 100)

    assert (answer.status, answer.reason, answer.headers) == (500, "", {"content-length": "2"})


def test_a_trailer_is_no_header() -> None:
    answer, _ = read(OK + CHUNKED + b"\r\n2\r\nhi\r\n0\r\nx-a: 1\r\n\r\n", 100)

    assert "x-a" not in answer.headers


@pytest.mark.parametrize(
    "beginning",
    [
        OK + b"x: ",
        OK + CHUNKED + b"\r\n" + b"0" * 10,
        OK + CHUNKED + b"\r\n2;",
        OK + CHUNKED + b"\r\n0\r\nx: ",
    ],
)
def test_framing_without_end_is_refused(beginning: bytes) -> None:
    answer = parser()
    answer.feed(beginning)
    more = b"0" if beginning.endswith(b"0") else b"y"
    answer.feed(more * (FRAMING_BYTES_MAX - len(beginning)))
    with pytest.raises(MalformedResponse, match="does not end"):
        answer.feed(more)


def test_framing_between_pieces_of_a_body_has_no_total_limit() -> None:
    answer = parser()
    answer.feed(OK + CHUNKED + b"\r\n")
    for _ in range(2 * FRAMING_BYTES_MAX // 4096):
        answer.feed(b"1;" + b"x" * 4096)
        answer.feed(b"\r\ny\r\n")

    assert set(answer.pieces) == {b"y"}


def test_an_answer_beyond_its_limit_is_refused() -> None:
    answer = AnswerParser(bytes_max=100, early_heads_max=0)
    answer.feed(OK + b"\r\n")
    with pytest.raises(MalformedResponse):
        answer.feed(b"x" * 100)
    assert answer.is_too_large
