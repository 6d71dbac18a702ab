"""The benchmark of growth: homes that are seeded are as a host leaves them, plots can be drawn."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import growth
from benchmarks.plot import svg
from benchmarks.seed import EVENTS_A_THREAD, seed
from tests.support.store import database_of, opened
from threadhost.events.fold import fold_thread
from threadhost.events.ids import thread_stream
from threadhost.events.store.sqlite.verify import verify
from threadhost.projections import all_views
from threadhost.projections.listing import ThreadQuery, thread_page
from threadhost.projections.rebuild import dump, rebuild

FIGURES = {"thread/list (ms)": 1.5, "events in the log": 10}


async def test_a_seeded_home_is_sound_and_its_views_equal_rebuilt_ones(tmp_path: Path) -> None:
    ids = await seed(tmp_path / "home", 3)
    views = all_views()
    async with opened(tmp_path / "home", views) as log:
        assert verify(database_of(log)).findings == []
        assert log.position == 3 * EVENTS_A_THREAD
        listed = await thread_page(log.reads, ThreadQuery(sort="created_at", descending=False))
        assert [row.id for row in listed] == ids
        state = fold_thread(await log.read_stream(thread_stream(ids[1])))
        assert (state.turns, state.turn, state.incarnation) == (1, None, 1)
        before = list(await dump(log.reads, views))
        await rebuild(log, views)
        assert list(await dump(log.reads, views)) == before


def test_a_plot_is_svg_with_a_line_for_each_name() -> None:
    drawn = ET.fromstring(svg("t <1>", "x", "y", {"a": [(10, 1), (1000, 20)], "b": [(10, 0.2)]}))
    lines = drawn.findall(".//{*}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 1]
    assert len(drawn.findall(".//{*}circle")) == 3
    first, last = (point.split(",") for point in lines[0].attrib["points"].split())
    assert float(first[0]) < float(last[0])
    assert float(first[1]) > float(last[1])


def test_the_report_names_its_command_and_how_much_more_the_largest_costs() -> None:
    found = {10: FIGURES, 1000: {**FIGURES, "thread/list (ms)": 3.0}}
    table, plot = growth.report(found, "here, today", "the command")
    assert "| thread/list (ms) | 1.5 | 3 | 2 |" in table
    assert "`the command`" in table
    assert "here, today" in table
    assert "thread/list: 3" in plot
    assert "events" not in plot


@pytest.mark.slow
def test_a_small_home_is_measured_in_all_figures(tmp_path: Path) -> None:
    found = growth.measured(tmp_path / "home", 30)
    assert found["events in the log"] == 300
    assert all(value > 0 for value in found.values())
