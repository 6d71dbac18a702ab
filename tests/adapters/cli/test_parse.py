"""Reading the options of `serve`: the command line, then the environment, then the defaults."""

from pathlib import Path

import pytest

from tests.support.each import each
from threadhost.adapters.cli.home_store import command_line
from threadhost.adapters.cli.option import Option, count
from threadhost.adapters.cli.options import OF_CODEX, SERVE
from threadhost.adapters.cli.parse import (
    UsageError,
    complete,
    parse,
    settings_of,
    without_ignored,
)
from threadhost.adapters.cli.shared_options import ON_A_HOME
from threadhost.adapters.config import Settings, parse_listen


def settings(*words: str, **env: str) -> Settings:
    return settings_of(parse(words, SERVE, env), SERVE)


def test_without_options_the_home_is_the_default_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    assert settings() == Settings(Path("/somebody/.threadhost"), model="")


def test_every_default_in_the_table_of_options_is_what_the_host_uses_without_the_option() -> None:
    defaults = [w for o in SERVE if o.default for w in (o.flag, o.default)]
    assert settings(*defaults) == settings()


def test_a_value_may_follow_its_option_or_an_equals_sign() -> None:
    assert settings("--tree-depth-max", "3", "--tree-width-max=4", "--home=/x") == Settings(
        Path("/x"), tree_depth_max=3, tree_width_max=4, model=""
    )


def test_a_time_is_given_in_seconds_with_a_fraction_if_need_be() -> None:
    assert settings("--drain-timeout", "0.25").drain_timeout_ms == 250


def test_the_parser_distinguishes_arguments_from_values_of_options() -> None:
    options = (
        Option("PLACE", "PLACE", "Where.", read=count, is_required=True),
        Option("--limit", "N", "How many.", read=count, short="-n"),
        Option("--all", "", "All of them.", short="-a"),
    )
    for words in (["7", "-n", "5", "-a"], ["-n5", "--all", "7"], ["--limit=5", "-a", "--", "7"]):
        assert parse(words, options, {}) == {"place": 7, "limit": 5, "all": True}
    assert complete(parse(["7"], options, {}), options) == {
        "place": 7,
        "limit": None,
        "all": False,
    }


@each(
    ("words", "said"),
    [
        ([], "PLACE is missing; give where"),
        (["x"], "PLACE: `x` is not a valid number; give a whole number from 1 on"),
        (["1", "2"], "`2` is not expected here; leave it out"),
        (["1", "--all=yes"], "--all takes no value; leave out `=yes`"),
        (["1", "-x"], "no such option: -x; see --help"),
        (["1", "PLACE=2"], "`PLACE=2` is not expected here; leave it out"),
    ],
)
def test_superfluous_arguments_are_named(words: list[str], said: str) -> None:
    place = Option("PLACE", "PLACE", "Where.", read=count, is_required=True)
    with pytest.raises(UsageError) as refused:
        parse(words, (place, Option("--all", "", "All of them.")), {})
    assert str(refused.value) == said


@each(
    ("words", "right"),
    [
        (["1", "old"], "give --from DIR"),
        (["--from", "old", "1", "new"], "leave it out"),
        (["--from=old", "1", "new"], "leave it out"),
    ],
)
def test_a_superfluous_argument_is_refused_with_the_option_that_is_missing(
    words: list[str], right: str
) -> None:
    place = Option("PLACE", "PLACE", "Where.", read=count, is_required=True)
    source = Option("--from", "DIR", "Out of what.", is_required=True)
    with pytest.raises(UsageError, match=f"` is not expected here; {right}$"):
        parse(words, (source, place), {})


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/a/b/../c", "/a/c"),
        ("//a//b/./c/", "/a/b/c"),
        ("/a/..b", "/a/..b"),
        ("~/x", "/somebody/x"),
    ],
)
def test_a_path_has_one_spelling(written: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    assert str(settings("--home", written).home) == found


def test_a_path_with_two_dots_behind_a_link_is_resolved_as_the_system_does(tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    found = settings("--home", f"{tmp_path}/link/../home").home
    assert found == (tmp_path / "far" / "home").resolve()


def test_listen_may_be_given_again_and_of_other_options_the_last_value_counts() -> None:
    words = ("--listen", "stdio://", "--listen", "ws://127.0.0.1:0", "--model", "a", "--model", "b")
    found = settings(*words)
    assert [str(address) for address in found.listen] == ["stdio://", "ws://127.0.0.1:0"]
    assert found.model == "b"


def test_the_environment_stands_in_for_options_that_are_not_given() -> None:
    env = {
        "THREADHOST_HOME": "/e",
        "THREADHOST_LISTEN": "stdio:// unix:///s",
        "THREADHOST_MODEL": "m",
    }
    found = settings("--model", "echo", **env)
    assert found.home == Path("/e")
    assert found.listen == (parse_listen("stdio://"), parse_listen("unix:///s"))
    assert found.model == "echo"


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert settings(THREADHOST_HOME="", THREADHOST_STORE="") == settings()


def test_a_relative_home_is_made_absolute_once() -> None:
    assert settings("--home", "here").home == Path.cwd() / "here"


@each(
    ("words", "said"),
    [
        (["--hoem", "x"], "no such option: --hoem; did you mean --home?"),
        (["--zzz"], "no such option: --zzz; see --help"),
        (["here"], "`here` is not expected here; leave it out"),
        (["--home"], "--home needs a value; give --home DIR"),
        (["--home", "--store", "memory"], "--home needs a value; give --home DIR"),
        (["--store", "tape"], "--store: `tape` is unknown; give sqlite or memory"),
        (["-c", "a=b"], "no such option: -c; see --help"),
    ],
)
def test_an_unknown_or_incomplete_option_or_an_extra_argument_is_named(
    words: list[str], said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        settings(*words)
    assert str(refused.value) == said


def test_a_variable_that_is_not_utf_8_is_named() -> None:
    with pytest.raises(UsageError, match=r"THREADHOST_MODEL: `.*` is not UTF-8; give text"):
        settings(THREADHOST_MODEL="x\udcff")


@pytest.mark.parametrize("options", [SERVE, ON_A_HOME], ids=["serve", "others"])
def test_a_default_home_that_is_not_utf_8_is_a_usage_error(
    options: tuple[Option, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/x\udcff")
    with pytest.raises(UsageError, match=r"`/x.*/\.threadhost` is not UTF-8; give a path"):
        settings_of(complete(parse([], options, {}), options), options)
    assert command_line("jobs list", Path("/h")) == "`threadhost jobs list --home /h`"


def test_a_choice_that_the_environment_gets_wrong_names_the_variable() -> None:
    with pytest.raises(UsageError, match="THREADHOST_STORE: `tape` is unknown; give sqlite"):
        settings(THREADHOST_STORE="tape")


@each(
    ("words", "said"),
    [
        (["--listen", "tcp://x"], "--listen: `tcp://x` is not a listen address; give stdio://"),
        (["--tree-depth-max", "0"], "--tree-depth-max: `0` is too small; give a whole number"),
        (["--tree-depth-max", "9" * 30], "--tree-depth-max: `9999"),
        (["--tree-size-max", "1e3"], "--tree-size-max: `1e3` is not a valid number; give"),
        (["--drain-timeout", "soon"], "--drain-timeout: `soon` is not a time; give a number of"),
        (["--drain-timeout", "nan"], "--drain-timeout: `nan` is not a time; give a number of"),
        (["--idle-unload", "-1"], "--idle-unload: `-1` is not a time; give a number of seconds"),
        (["--initialize-timeout", "0"], "--initialize-timeout: `0` is too small; give a number"),
        (["--listen", "stdio://", "--listen", "stdio://"], "the listen address stdio:// is given"),
        (["--home", ""], "--home: '' is not a path; give one"),
        (["--key-file="], "--key-file: '' is not a path; give one"),
        (["--profile", "x\udcff"], "--profile: `x\udcff` is not UTF-8; give text in UTF-8"),
        (["--home", "x\udcff"], "--home: `x\udcff` is not UTF-8; give text in UTF-8"),
        (["--listen", "unix://x\udcff"], "--listen: `unix://x\udcff` is not UTF-8; give text"),
        (["--model-url", "x"], "--model-url: model URL must be of the form http://HOST"),
    ],
)
def test_an_impossible_value_is_named_with_its_option(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        settings(*words)
    assert str(refused.value).startswith(said)


def test_options_for_codex_are_ignored() -> None:
    words = ["-c", "a=b", "-ca=b", "--config=x=y", "--enable", "f", "--disable", "g"]
    more = ["--session-source", "vscode", "--analytics-default-enabled", "--home", "/x"]
    assert parse([*words, *more], SERVE, {}, OF_CODEX) == {"home": Path("/x")}


def test_options_of_codex_may_stand_before_the_verb() -> None:
    assert without_ignored(["--config", "a=b", "-c", "x", "app-server", "-c", "y"]) == [
        "app-server",
        "-c",
        "y",
    ]


@pytest.mark.parametrize(
    "words",
    [["--config", "/c.toml"], ["--config=/c.toml"], ["--config=a=b", "--config", "/c.toml"]],
)
def test_config_with_an_equals_sign_inside_is_ignored_as_codexs_and_a_path_is_a_file(
    words: list[str],
) -> None:
    assert parse(words, SERVE, {}, OF_CODEX) == {"config": Path("/c.toml")}


def test_a_configuration_file_named_before_the_verb_is_not_ignored() -> None:
    words = ["--config", "c.toml", "app-server"]
    assert without_ignored(words) == words
    assert without_ignored(["--config=c.toml", "app-server"]) == ["--config=c.toml", "app-server"]


def test_a_configuration_file_and_a_profile_become_settings() -> None:
    found = settings("--config", "~/c.toml", "--profile", "p", HOME="/me")
    assert (found.config_file, found.profile) == (Path("~/c.toml").expanduser(), "p")
    assert settings(THREADHOST_CONFIG="/x", THREADHOST_PROFILE="q").config_file == Path("/x")
    with pytest.raises(UsageError, match="--config: `~nobody-at-all/c` names an unknown user"):
        settings("--config", "~nobody-at-all/c")
