"""A host that is a program runs on the quickest loop that is installed."""

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


def test_a_program_runs_on_the_loop_of_libuv_where_there_is_one() -> None:
    pytest.importorskip("uvloop")
    assert module_of_the_new_loop() == "uvloop"


def test_a_program_runs_on_the_standard_loop_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("threadhost.adapters.event_loop.find_spec", lambda _: None)
    assert module_of_the_new_loop().startswith(asyncio.__name__)


def test_what_work_gave_is_there_though_no_thread_is_left_at_its_end() -> None:
    with ExitStack() as scarce:

        async def work() -> str:
            await asyncio.to_thread(int)  # now there is a pool to wait for
            scarce.enter_context(no_threads_left())
            return "done"

        assert run_to_end(work(), new_event_loop) == "done"


@pytest.mark.filterwarnings("error")
def test_work_for_which_there_is_no_loop_says_that_and_no_more() -> None:
    def no_loop() -> asyncio.AbstractEventLoop:
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(OSError, match="Too many open files"):
        run_to_end(asyncio.sleep(0), no_loop)
    gc.collect()
