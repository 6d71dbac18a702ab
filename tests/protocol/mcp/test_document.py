"""The page on MCP servers says what the code does: methods, bounds, waits, variables."""

import re
from pathlib import Path
from typing import get_args

from tests.support.methods import METHODS
from threadhost.adapters.configuration.mcp_servers import HANDED_ON
from threadhost.adapters.mcp import (
    limits,
    own_servers,
    rate_limiter,
    server,
    watched,
    weight,
    words,
)
from threadhost.adapters.mcp.server_config import STARTUP_TIMEOUT_S, TOOL_TIMEOUT_S
from threadhost.events.elicitation import Outcome

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "mcp.md").read_text()
MIB = 1024 * 1024


def test_the_page_names_every_method() -> None:
    section = PAGE.partition("## Methods\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([\w/]+)", section, re.MULTILINE))
    assert named == {name for name in METHODS if "mcpServer" in name}


def test_the_page_names_every_variable_that_a_program_has() -> None:
    [listed] = re.findall(r"of the host's own (.*); nothing else", PAGE)
    assert tuple(re.findall(r"`(\w+)`", listed)) == HANDED_ON


def test_the_page_has_the_bounds_of_the_code() -> None:
    levels = f"{limits.DEPTH_MAX} levels, {limits.CONTAINERS_MAX:,} objects and arrays"
    texts = limits.TEXT_BYTES_MAX // MIB
    bytes_per_s = rate_limiter.BYTES_PER_S // MIB
    rows = (
        f"| {limits.MESSAGE_BYTES_MAX // MIB} MiB, {levels}, {limits.VALUES_MAX:,} values |",
        f"| {limits.HTTP_BYTES_MAX // MIB} MiB, not compressed |",
        f"| {rate_limiter.MESSAGES_PER_S:,} messages and {bytes_per_s} MiB a second;",
        f"; what it asks counts as {rate_limiter.REQUEST_COUNTS} |",
        f"the texts of one result, those of resources in it among them | {texts} MiB |",
        f"| {words.TEXT_CHARS_MAX // 1024} KiB, {words.LINE_CHARS_MAX} characters |",
        f"| {limits.PAGES_MAX}, about {weight.LIST_WEIGHT_MAX // MIB} MiB in memory |",
        f"has not taken in | {watched.ANSWERS_WAITING_MAX} |",
        f"| {rate_limiter.MESSAGES_PER_S // rate_limiter.LISTENING_COUNTS} a second | they wait |",
        f"blocks of one result | {limits.BLOCKS_MAX:,} |",
        f"| {limits.TOOLS_MAX}, {limits.OFFER_BYTES_MAX // MIB} MiB of them, 64 KiB a schema |",
        f"calls of one server under way | {limits.CALLS_MAX} |",
        f"questions on behalf of one call | {limits.QUESTIONS_MAX} |",
    )
    assert [row for row in rows if row not in PAGE] == []
    assert limits.SCHEMA_BYTES_MAX == 64 * 1024


def test_the_page_has_the_waits_of_the_code() -> None:
    assert f"`startup_timeout_sec` ({STARTUP_TIMEOUT_S:g})" in PAGE
    assert f"`tool_timeout_sec` ({TOOL_TIMEOUT_S:g})" in PAGE
    assert f"after {server.WAIT_MIN_S:g} s, then" in PAGE
    assert f"at most after {server.WAIT_MAX_S:g} s" in PAGE
    assert f"it for {own_servers.IDLE_S:g} s" in PAGE


def test_the_page_names_every_outcome_of_a_question() -> None:
    assert [name for name in get_args(Outcome) if f"`{name}`" not in PAGE] == []
