"""Any value for any key of any table is accepted, or refused in one line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import run_here
from threadhost.adapters.configuration.checking import ANY, TABLES, Place
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.configuration.toml_file import ConfigError
from threadhost.adapters.models.select import model_client

CANARY = "a-value-of-theirs"
LINE_MAX = 600
VALUES = [
    *("true", "-1", "0", "1", "1180591620717411303424", "9223372036854775807", "1.5", "nan"),
    *('""', f'"{CANARY}"', '"\\u0000"', '"a\\nb"', '"/dev/null"', '"~nobody-at-all/x"', '"."'),
    *("[]", "[[]]", "[1]", "['']", f"['{CANARY}']", "[{a = 1}]", "{}", "{x = 1}", "{x = {}}"),
    *("{'' = ''}", f"{{x = '{CANARY}'}}", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"),
    *(f'"https://u:{CANARY}@h/?k={CANARY}"', f'"{"x" * 70_000}"'),
]
AROUND: dict[Place, str] = {
    ("model_providers", ANY): 'base_url = "http://127.0.0.1:1/v1"\n',
    ("mcp_servers", ANY): 'command = "x"\n',
    ("retention", "rules", ANY): 'of = "trees"\nidle_days = 1\n',
    ("model_providers", ANY, "auth"): 'command = "x"\n',
}
"""What a table has to have beside a key."""
NAMES_A_FILE = {"model_instructions_file", "config_file"}
IS_SHOWN_WRONG = NAMES_A_FILE | {"profile", "model", "model_provider", "listen", "rollouts"}
"""What names something is named in the fault, as it was written."""


def written(at: Place, key: str, value: str) -> str:
    """A file with this value for this key."""
    names = ".".join("n" if part == ANY else part for part in at)
    above = 'model_providers.n.base_url = "http://127.0.0.1:1/v1"\n' if len(at) > 2 else ""
    above = above if at[:1] == ("model_providers",) else ""
    around = "".join(
        f"{line}\n" for line in AROUND.get(at, "").splitlines() if line.split()[0] != key
    )
    return f"{above}[{names}]\n{around}{key} = {value}\n" if names else f"{key} = {value}\n"


def of_every_table() -> Iterator[tuple[Place, str]]:
    for at, kind in TABLES.items():
        yield from ((at, key) for key in kind.table.model_fields)


def fault_of(file: Path) -> tuple[str, bool]:
    """The error for a file, or an empty text; and whether it names a place in the file."""
    try:
        configuration = load(file, {"HOME": "/"})
        model_client("", None, {"OPENAI_API_KEY": "k"}, configuration=configuration)
    except ValueError as error:
        return str(error), isinstance(error, ConfigError) and f"{file}, line " in str(error)
    return repr(configuration), True


@pytest.mark.few(12)
@pytest.mark.parametrize(("at", "key"), list(of_every_table()))
def test_every_key_of_every_table_accepts_a_value_or_refuses_it_with_its_line(
    tmp_path: Path, at: Place, key: str
) -> None:
    file = tmp_path / "config.toml"
    for value in VALUES:
        file.write_text(text := written(at, key, value))
        words, is_of_file = fault_of(file)
        assert is_of_file or key in ("model", "model_provider"), text
        assert words.count("\n") <= (key in IS_SHOWN_WRONG), text
        assert len(words) < LINE_MAX, text
        assert CANARY not in words or key in IS_SHOWN_WRONG, text


@pytest.mark.few(1)
@pytest.mark.parametrize("value", ['"a\\nb"', f'"{CANARY}"', "[]", "1979-05-27", '"\\u001b[2J"'])
def test_config_check_and_config_show_agree_on_each_file_in_one_line(
    tmp_path: Path, value: str
) -> None:
    file = tmp_path / "config.toml"
    for at, key in of_every_table():
        file.write_text(text := written(at, key, value))
        checked = run_here("config", "check", str(file), OPENAI_API_KEY="k")
        shown = run_here("config", "show", "--config", str(file), OPENAI_API_KEY="k")
        assert checked.returncode == shown.returncode, text
        for done in (checked, shown):
            assert done.returncode in (0, 1), text
            assert done.returncode == 0 or done.stderr.count("\n") == 1, text
            assert "\x1b" not in done.stdout + done.stderr, text
            assert "Traceback" not in done.stderr, text
