"""Keeping a view of a home's log in a database: the eventsourcing library's runner, and its end."""

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
"""The group of entry points by which installed packages offer projections of their own."""
NAMED = "of:"
"""Before the names of others' projections: none of them is mistaken for our views."""
Apply = Callable[[Connection, Sequence[Recorded]], DamageReport]
Report = Callable[[DamageReport], None]


class ViewSpec(NamedTuple):
    """What is kept: a name for its position, its tables, the rules they follow, who writes them."""

    name: str
    tables: MetaData
    rules: str
    projection: Callable[[SqlView], Projection[SqlView]]


class PagedProjection(Projection[SqlView]):
    """Takes what was read at once in one transaction, instead of one for each event."""

    def __init__(self, view: SqlView, kinds: tuple[str, ...], apply: Apply, report: Report) -> None:
        super().__init__(view)
        self.topics = kinds
        self._apply = apply
        self._report = report
        self._page: list[Recorded] = []

    def process_event(self, domain_event: object, tracking: Tracking) -> None:
        """Keep the event for its page; with the last of that, write them all."""
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
        """The last event that the view has taken."""
        return self._view.max_tracking_id(APPLICATION) or 0

    @property
    def head(self) -> int:
        """The last event of the log that it has to take."""
        recorder: HomeRecorder = self._runner.app.recorder
        return recorder.newest_of(self._topics)

    def wait(self, timeout_s: float, until: int | None = None) -> bool:
        """Wait so long, or until the view is at a position; whether it is there.

        Raises what ended the following.
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

    Raises StoreError, in the block too: for a log or a database that cannot be used, for tables
    that are not this view's, for a projection that fails.
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
    """The projection that an installed package offers under a name. Raises TargetUnusable."""
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
    except (StoreError, BrokenPipeError):  # who reads what is said has enough
        raise
    except Exception as error:
        raise TargetUnusable(f"the projection {spec.name} failed: {_words(error)}") from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
