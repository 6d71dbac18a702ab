"""How a command reports an unexpected exception."""

import pytest

from threadhost.adapters.cli.failing import FAILED, OUR_FAULT, fail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("can't start new thread"), "threadhost: out of threads; try again later\n"),
        (MemoryError(), "threadhost: out of memory; try again later\n"),
    ],
    ids=["threads", "memory"],
)
def test_a_shortage_of_threads_or_memory_is_reported_without_blaming_the_program(
    capsys: pytest.CaptureFixture[str], error: Exception, words: str
) -> None:
    assert fail(error) == FAILED
    assert capsys.readouterr().err == words


def test_an_unexpected_exception_is_reported_as_a_fault_of_threadhost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fail(RuntimeError("odd")) == OUR_FAULT
    assert "a fault of threadhost, please report it: RuntimeError" in capsys.readouterr().err
