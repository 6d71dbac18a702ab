"""Whether several want the same: known from who asked, and forgotten after a while."""

from threadhost.events.contention import LATELY_S, Contention


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_one_that_asks_again_and_again_is_alone() -> None:
    contention = Contention(Clock())
    for _ in range(3):
        contention.note("a")
    assert not contention.is_contended


def test_a_second_one_is_remembered_for_a_while() -> None:
    clock = Clock()
    contention = Contention(clock)
    contention.note("a")
    contention.note("b")
    clock.now_s += LATELY_S / 2
    assert contention.is_contended
    contention.note("b")
    clock.now_s += LATELY_S / 2
    assert not contention.is_contended


def test_whoever_comes_back_counts_again() -> None:
    clock = Clock()
    contention = Contention(clock)
    for who in ("a", "b"):
        contention.note(who)
    clock.now_s += 2 * LATELY_S
    contention.note("a")
    assert contention.is_contended
