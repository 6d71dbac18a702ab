"""The head of a request: one head, or a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from threadhost.adapters.models.http1_request import head_of

HEADERS = [("Host", "a.b"), ("Authorization", "Bearer sk-1")]


def test_a_request_head_is_written_from_its_method_target_and_headers() -> None:
    head = b"POST /v1/x?q=1 HTTP/1.1\r\nHost: a.b\r\nAuthorization: Bearer sk-1\r\n\r\n"
    assert head_of("POST", "/v1/x?q=1", HEADERS) == head


@each(
    ("target", "header"),
    [
        ("/x y", ("a", "b")),
        ("/x\r\nInjected: 1", ("a", "b")),
        ("/x HTTP/1.1\r\nInjected: 1\r\n\r\nPOST /y", ("a", "b")),
        ("/ä", ("a", "b")),
        ("", ("a", "b")),
        ("/x", ("a", "b\r\nInjected: 1")),
        ("/x", ("a", "b\nInjected: 1")),
        ("/x", ("a", "b\rInjected: 1")),
        ("/x", ("a", "b\r\n\r\nGET / HTTP/1.1")),
        ("/x", ("a", "b\x00")),
        ("/x", ("a", "é")),
        ("/x", ("a: 1\r\nInjected", "b")),
        ("/x", ("a b", "c")),
        ("/x", ("", "b")),
        ("/x", ("a:", "b")),
    ],
)
def test_a_target_or_header_that_no_head_can_hold_is_refused_and_not_repeated(
    target: str, header: tuple[str, str]
) -> None:
    with pytest.raises(ValueError, match="no line of an HTTP head can hold") as refused:
        head_of("POST", target, [*HEADERS, header])
    assert "Injected" not in str(refused.value)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_a_request_head_has_as_many_lines_as_were_given(target: str, name: str, value: str) -> None:
    try:
        head = head_of("POST", target, [("Host", "a"), (name, value)])
    except ValueError:
        return
    lines = head.decode().split("\r\n")
    assert lines == [f"POST {target} HTTP/1.1", "Host: a", f"{name}: {value}", "", ""]
