"""What checking a log finds: each thing by itself, and what they come to."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.seal import End

FINDINGS_MAX = 1000


class About(StrEnum):
    """What a finding is about."""

    EVENT = "event"
    BLOB = "blob"
    HEAD = "head"
    TABLE = "table"
    SEAL = "seal"
    KEY = "key"
    """A key that is missing, of a stream that was not deleted."""
    ERASED = "erased"
    """A key that is there, of a stream that was."""
    VIEW = "view"
    COPY = "copy"
    """What is only a copy, or a note, and can be missing."""
    UNSEEN = "unseen"
    """What should have been looked at and could not be."""


class Verdict(StrEnum):
    """What all findings come to; the first of these that any of them asks for."""

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
    """Something that is not as it should be: where, and what is wrong."""

    position: int | None
    stream: str | None
    about: About
    reason: str

    def __str__(self) -> str:
        place = [] if self.position is None else [f"position {self.position}"]
        place += [self.stream] if self.stream else []
        return ", ".join(place or [self.about]) + f": {self.reason}"


class Verification(NamedTuple):
    """What verifying saw: how many events, where the log ends, what is wrong, by position.

    `end` is where the log ends as its rows say. Whoever keeps it elsewhere can tell later whether
    the log before it is still the same. `finding_count` counts the findings, of which
    `FINDINGS_MAX` are kept. `not_looked` names what was not looked at, and why. `chains` are those
    asked for, `heads` where the streams stand as the events say, `beside` what the database has
    that is not the log's, by kind and name, `erased` the streams whose keys are to be gone.
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
        """What it comes to."""
        about = {finding.about for finding in self.findings}
        return next((v for v, asks in ASKED_BY.items() if asks & about), Verdict.SOUND)

    @property
    def is_sound(self) -> bool:
        """Whether the log is what was written, whatever lies beside it."""
        return not any(finding.about in OF_THE_LOG for finding in self.findings)

    def with_findings(
        self, findings: Iterable[Finding], not_looked: Iterable[str]
    ) -> "Verification":
        """The same with what was seen beside the log."""
        added = list(findings)
        return self._replace(
            findings=in_order([*self.findings, *added]),
            finding_count=self.finding_count + len(added),
            not_looked=[*self.not_looked, *not_looked],
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The first so many, by position; those without one come last."""
    last = float("inf")
    return sorted(findings, key=lambda f: last if f.position is None else f.position)[:FINDINGS_MAX]
