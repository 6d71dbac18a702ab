"""The findings of a check of a log, and the verdict that they lead to."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.seal import End

FINDINGS_MAX = 1000


class About(StrEnum):
    """The subject of a finding."""

    EVENT = "event"
    BLOB = "blob"
    HEAD = "head"
    TABLE = "table"
    SEAL = "seal"
    KEY = "key"
    """The key of a stream that was not deleted is missing."""
    ERASED = "erased"
    """The key of a deleted stream still exists."""
    VIEW = "view"
    COPY = "copy"
    """A copy or a note, which may be missing."""
    UNSEEN = "unseen"
    """Something that could not be examined."""


class Verdict(StrEnum):
    """The overall result: the first of these that any finding demands."""

    NOT_SOUND = "not sound"
    NOT_SEEN = "could not look"
    KEY_MISSING = "key missing"
    BESIDE = "sound, but not what lies beside it"
    SOUND = "sound"


OF_THE_LOG = frozenset((About.EVENT, About.BLOB, About.HEAD, About.TABLE, About.SEAL))
ASKED_BY = {
    Verdict.NOT_SOUND: OF_THE_LOG,
    Verdict.NOT_SEEN: {About.UNSEEN},
    Verdict.KEY_MISSING: {About.KEY},
    Verdict.BESIDE: {About.ERASED, About.VIEW, About.COPY},
}


class Finding(NamedTuple):
    """Something that is wrong: where, and why."""

    position: int | None
    stream: str | None
    about: About
    reason: str

    def __str__(self) -> str:
        place = [] if self.position is None else [f"position {self.position}"]
        place += [self.stream] if self.stream else []
        return ", ".join(place or [self.about]) + f": {self.reason}"


class Verification(NamedTuple):
    """The result of a check: how many events, where the log ends, and the findings by position.

    `end` is the end of the log as its rows say; whoever stores it elsewhere can later tell whether
    the log up to there is unchanged. `finding_count` counts all findings, of which `FINDINGS_MAX`
    are kept. `not_looked` names what was not examined, and why. `chains` are those at the positions
    asked for. `heads` are the heads of streams as the events say. `beside` lists what the database
    has besides the log, by kind and name. `erased` are the streams whose keys must be gone.
    """

    events: int
    end: End
    findings: Sequence[Finding]
    finding_count: int = 0
    purged: int = 0
    not_looked: Sequence[str] = ()
    chains: Mapping[int, bytes] = {}
    heads: Mapping[str, StreamHead] = {}
    beside: Mapping[tuple[str, str], str | None] = {}
    erased: frozenset[str] = frozenset()

    @property
    def verdict(self) -> Verdict:
        """The overall result."""
        about = {finding.about for finding in self.findings}
        return next((v for v, asks in ASKED_BY.items() if asks & about), Verdict.SOUND)

    @property
    def is_sound(self) -> bool:
        """Whether the log is as written, whatever was found beside it."""
        return not any(finding.about in OF_THE_LOG for finding in self.findings)

    def with_findings(
        self, findings: Iterable[Finding], not_looked: Iterable[str]
    ) -> "Verification":
        """Return the result with findings about what is beside the log."""
        added = list(findings)
        return self._replace(
            findings=in_order([*self.findings, *added]),
            finding_count=self.finding_count + len(added),
            not_looked=[*self.not_looked, *not_looked],
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the first `FINDINGS_MAX` by position; those without a position come last."""
    last = float("inf")
    return sorted(findings, key=lambda f: last if f.position is None else f.position)[:FINDINGS_MAX]
