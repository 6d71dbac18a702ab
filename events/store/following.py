"""Keeps a view of a home's log in a database with the eventsourcing library's runner."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path

from eventsourcing.persistence import Tracking
from eventsourcing.projection import BaseProjectionRunner, Projection
from sqlalchemy import Connection, MetaData
from sqlalchemy.schema import CreateTable

from threadhost.events.base import Recorded
from threadhost.events.damage import DamageReport
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.domain_events import fact_of, more_follow
from threadhost.events.store.errors import StoreError, StoreMismatch, StoreUnreadable
from threadhost.events.store.library import APPLICATION, HomeLog, HomeRecorder, home_env
from threadhost.events.store.sqlite.faults import translate_unreadable
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.target import SqlView, TargetUnusable, open_target, translate_errors

ENTRY_POINTS = "threadhost.projections"
"""The group of entry points by which installed packages offer their own projections."""
NAMED = "of:"
"""The prefix of the names of installed projections: it tells them from our own views."""
Apply = Callable[[Connection, Sequence[Recorded]], DamageReport]
Report = Callable[[DamageReport], None]


class ViewSpec(NamedTuple):
    """A view to keep: its name, its tables, the digest of its rules, and its projection."""

    name: str
    tables: MetaData
    rules: str
    projection: Callable[[SqlView], Projection[SqlView]]


class PagedProjection(Projection[SqlView]):
    """Writes the events that were read together in one transaction, instead of one for each."""

    def __init__(self, view: SqlView, kinds: tuple[str, ...], apply: Apply, report: Report) -> None:
        super().__init__(view)
        self.topics = kinds
        self._apply = apply
        self._report = report
        self._page: list[Recorded] = []

    def process_event(self, domain_event: object, tracking: Tracking) -> None:
        """Collect the event; with the last one of its page, write the whole page."""
        self._page.append(fact_of(domain_event))
        if more_follow(domain_event):
            return
        page, self._page = self._page, []
        with self.view.transaction(tracking) as connection:
            damages = self._apply(connection, page)
        if damages:
            self._report(damages)


class ViewFollower:
    """A view that follows a log, on threads of its own."""

    def __init__(
        self, runner: BaseProjectionRunner[HomeLog], view: SqlView, topics: Sequence[str]
    ) -> None:
        self._runner = runner
        self._view = view
        self._topics = topics

    @property
    def position(self) -> int:
        """The position of the last event that the view has applied."""
        return self._view.max_tracking_id(APPLICATION) or 0

    @property
    def head(self) -> int:
        """The position of the last event in the log that the view has to apply."""
        recorder: HomeRecorder = self._runner.app.recorder
        return recorder.newest_of(self._topics)

    def wait(self, timeout_s: float, until: int | None = None) -> bool:
        """Wait for `timeout_s`, or until the view reaches a position; returns whether it did.

        Raises the error that ended the following.
        """
        if until is None:
            self._runner.run_forever(timeout_s)
            return False
        try:
            self._runner.wait(until or None, timeout_s)
        except TimeoutError:
            return False
        return True


@contextmanager
def follow_view(
    home: Path, key_file: Path | None, url: str, spec: ViewSpec, *, rebuild: bool = False
) -> Iterator[ViewFollower]:
    """Keep a view of a home's log in a database for as long as the block lasts.

    Raises StoreError, also within the block: the log or the database cannot be used, the tables are
    not this view's, or the projection fails.
    """
    with closing(ReadOnlyLog.open(home, key_file)) as log, _in_our_words(spec, home):
        view = SqlView(open_target(url, home), spec.name, log.rows.link_at)
        with closing(view):
            view.prepare(spec.tables, APPLICATION, spec.rules, rebuild=rebuild)
            projection = spec.projection(view)
            runner = BaseProjectionRunner(
                projection=projection,
                application_class=HomeLog,
                tracking_recorder=view,
                topics=projection.topics,
                env=home_env(home, key_file),
            )
            with runner:
                yield ViewFollower(runner, view, projection.topics)


def installed_projection(name: str) -> ViewSpec:
    """Load the projection that an installed package offers by this name. Raises TargetUnusable."""
    points = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in points:
        names = ", ".join(sorted(points)) or "none"
        raise TargetUnusable(f"no installed package offers a projection {name}; offered: {names}")
    try:
        projection = points[name].load()
    except Exception as error:
        raise TargetUnusable(f"{points[name].value} cannot be loaded: {_words(error)}") from error
    tables = getattr(projection, "metadata", None)
    if not (isinstance(projection, type) and issubclass(projection, Projection)):
        raise TargetUnusable(f"{points[name].value} is no Projection of the eventsourcing library")
    if not isinstance(tables, MetaData):
        raise TargetUnusable(f"{points[name].value}.metadata has to be the MetaData of its tables")
    return ViewSpec(f"{NAMED}{name}", tables, _rules_of(tables), projection)


def _rules_of(tables: MetaData) -> str:
    statements = "\n".join(str(CreateTable(table)) for table in tables.sorted_tables)
    return sha256(statements.encode()).hexdigest()


@contextmanager
def _in_our_words(spec: ViewSpec, home: Path) -> Iterator[None]:
    try:
        with translate_errors("the database"), translate_unreadable():
            yield
    except StoreUnreadable as error:
        raise StoreMismatch(f"the log in {home} cannot be read: {error}") from error
    except (StoreError, BrokenPipeError):  # the reader of our output has enough
        raise
    except Exception as error:
        raise TargetUnusable(f"the projection {spec.name} failed: {_words(error)}") from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
