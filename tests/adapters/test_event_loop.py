"""A host as a program runs on the quickest loop that is installed."""

import asyncio
import errno
import gc
from contextlib import ExitStack

import pytest

from tests.support.scarce import no_threads_left
from threadhost.adapters.event_loop import new_event_loop, run_to_end


def module_of_the_new_loop() -> str:
    loop = new_event_loop()
    try:
        return type(loop).__module__
    finally:
        loop.close()


def test_a_program_runs_on_libuvs_loop_if_installed() -> None:
    pytest.importorskip("uvloop")
    assert module_of_the_new_loop() == "uvloop"


def test_a_program_runs_on_the_standard_loop_if_libuvs_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("threadhost.adapters.event_loop.find_spec", lambda _: None)
    assert module_of_the_new_loop().startswith(asyncio.__name__)


def test_the_result_of_a_program_is_returned_though_no_thread_can_be_started_at_its_end() -> None:
    with ExitStack() as scarce:

        async def work() -> str:
            await asyncio.to_thread(int)  # now there is a pool to wait for
            scarce.enter_context(no_threads_left())
            return "done"

        assert run_to_end(work(), new_event_loop) == "done"


@pytest.mark.filterwarnings("error")
def test_a_program_for_which_no_loop_can_be_made_raises_only_that_error() -> None:
    def no_loop() -> asyncio.AbstractEventLoop:
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(OSError, match="Too many open files"):
        run_to_end(asyncio.sleep(0), no_loop)
    gc.collect()
