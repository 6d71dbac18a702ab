"""Whether several want the same: known from who asked, and forgotten after a while."""

from threadhost.events.contention import LATELY_S, Contention


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_one_repeated_caller_is_no_contention() -> None:
    contention = Contention(Clock())
    for _ in range(3):
        contention.note("a")
    assert not contention.is_contended


def test_a_second_caller_counts_as_contention_for_a_while() -> None:
    clock = Clock()
    contention = Contention(clock)
    contention.note("a")
    contention.note("b")
    clock.now_s += LATELY_S / 2
    assert contention.is_contended
    contention.note("b")
    clock.now_s += LATELY_S / 2
    assert not contention.is_contended


def test_a_returning_caller_counts_as_contention_again() -> None:
    clock = Clock()
    contention = Contention(clock)
    for who in ("a", "b"):
        contention.note(who)
    clock.now_s += 2 * LATELY_S
    contention.note("a")
    assert contention.is_contended
