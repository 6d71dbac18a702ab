"""Converts the table `[retention]` of the file to the rules of a host."""

from threadhost.actors.retention import DAY_MS, RetentionPolicy, Rule
from threadhost.adapters.configuration.retention_tables import RetentionTable, RuleTable
from threadhost.adapters.configuration.toml_file import Source

MINUTE_MS = 60_000
CONDITIONS = ("idle_days", "keep_newest", "keep_bytes", "archived")


def policy_of(source: Source, table: RetentionTable) -> RetentionPolicy:
    """The rules of the table. Raises ConfigError for a rule that matches everything, or nothing."""
    rules = [_rule(source, name, rule) for name, rule in table.rules.items()]
    return RetentionPolicy(tuple(rules), table.every_minutes * MINUTE_MS)


def _rule(source: Source, name: str, table: RuleTable) -> Rule:
    conditions = [key for key in CONDITIONS if getattr(table, key) is not None]
    place = ("retention", "rules", name)
    if not conditions:
        choices = ", ".join(f"`{key}`" for key in CONDITIONS)
        fault = "a rule without a condition would delete everything; add one of"
        raise source.fault(f"`{'.'.join(place)}`: {fault} {choices}", place)
    if table.of == "ephemeral" and conditions != ["idle_days"]:
        fault = f"`{'.'.join(place)}`: of `ephemeral` threads say `idle_days`, and nothing else"
        raise source.fault(fault, place)
    return Rule(
        name,
        table.of,
        None if table.idle_days is None else round(table.idle_days * DAY_MS),
        table.keep_newest,
        table.keep_bytes,
        table.archived,
        table.followed,
    )
