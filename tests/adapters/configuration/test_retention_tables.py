"""Tables of retention in a configuration file, and faults in them."""

from pathlib import Path

import pytest

from tests.support.configured import loaded
from threadhost.actors.retention import DAY_MS, HOUR_MS, RetentionPolicy, Rule
from threadhost.adapters.configuration.toml_file import ConfigError

RULE = "[retention.rules.r]\n"


def test_rules_are_read_in_their_order(tmp_path: Path) -> None:
    text = """
    [retention]
    every_minutes = 120
    [retention.rules.old-trees]
    of = "trees"
    idle_days = 30
    archived = true
    [retention.rules.a]
    of = "threads"
    keep_newest = 0
    keep_bytes = 1_000_000
    followed = true
    """
    old = Rule("old-trees", "trees", idle_ms=30 * DAY_MS, archived=True)
    a = Rule("a", "threads", keep_newest=0, keep_bytes=1_000_000, followed=True)
    assert loaded(tmp_path, text).retention == RetentionPolicy((old, a), 2 * HOUR_MS)


def test_a_retention_table_without_rules_means_no_retention(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").retention is None
    assert loaded(tmp_path, "[retention]\nevery_minutes = 5\n").retention is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[retention]\nevry_minutes = 1",
            "`retention.evry_minutes`; did you mean `every_minutes`?",
        ),
        (f"{RULE}of = 'trees'\nidle_day = 1", "`retention.rules.r.idle_day`; did you mean"),
        (f"{RULE}idle_days = 1", "`retention.rules.r.of` is missing"),
        (f"{RULE}of = 'tree'\nidle_days = 1", "`retention.rules.r.of`: should be 'threads',"),
        (f"{RULE}of = 'trees'\nidle_days = 0", "`retention.rules.r.idle_days`: should be greater"),
        (f"{RULE}of = 'trees'\nidle_days = true", "`retention.rules.r.idle_days`: should be a va"),
        (f"{RULE}of = 'trees'\nidle_days = '90'", "`retention.rules.r.idle_days`: should be a va"),
        (f"{RULE}of = 'trees'\nidle_days = nan", "`retention.rules.r.idle_days`: should be "),
        (f"{RULE}of = 'trees'\nidle_days = inf", "`retention.rules.r.idle_days`: should be less"),
        (f"{RULE}of = 'trees'\nkeep_newest = -1", "`retention.rules.r.keep_newest`: should be gr"),
        (
            f"{RULE}of = 'trees'",
            "`retention.rules.r`: a rule without a condition would delete everything; add one of",
        ),
        (f"{RULE}of = 'ephemeral'\nkeep_newest = 1", "of `ephemeral` threads say `idle_days`"),
        ("[retention.rules.'a b']\nof = 'trees'\nidle_days = 1", "retention.rules.a b"),
    ],
)
def test_a_fault_in_the_retention_table_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert words in str(refused.value)
