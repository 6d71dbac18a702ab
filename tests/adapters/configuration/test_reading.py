"""A configuration file that cannot be read: each fault has its message and its line."""

import os
import socket
from pathlib import Path

import pytest

from tests.support.configured import loaded
from tests.support.each import each
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.configuration.record import NO_CONFIGURATION
from threadhost.adapters.configuration.toml_file import FILE_BYTES_MAX, ConfigError, line_of

SECRET = "sk-0123456789abcdef"


def fault(path: Path) -> str:
    """The error for a file, without its path."""
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    said = str(refused.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said.removeprefix(str(path))


def fault_of(folder: Path, text: str | bytes) -> str:
    """The error for a file with this text."""
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return fault(path)


def test_a_missing_configuration_file_is_a_fault_only_if_it_was_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert load(path, {}, must_exist=False) == NO_CONFIGURATION
    assert fault(path) == ": No such file or directory"
    with pytest.raises(ConfigError, match="no such file, and so no profile `fast`"):
        load(path, {}, profile="fast", must_exist=False)


def test_a_folder_in_the_place_of_the_configuration_file_is_refused(tmp_path: Path) -> None:
    assert fault(tmp_path) == ": is a folder, and no file to read settings from"


def test_a_pipe_in_the_place_of_the_configuration_file_is_refused_without_waiting(
    tmp_path: Path,
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert fault(tmp_path / "pipe") == ": is a pipe, and no file to read settings from"


def test_a_device_in_the_place_of_the_configuration_file_is_refused() -> None:
    assert fault(Path("/dev/zero")) == ": is a device, and no file to read settings from"


def test_a_socket_is_refused_in_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)
        listening.bind("s")
        assert fault(tmp_path / "s").startswith(": ")


def test_a_link_that_leads_nowhere_is_a_fault_even_where_no_file_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(tmp_path / "gone")
    assert fault(path) == ": is a link that leads nowhere"
    with pytest.raises(ConfigError, match="leads nowhere"):
        load(path, {}, must_exist=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch(0o000)
    assert fault(path) == ": Permission denied"


def test_a_name_that_no_file_can_have_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="no file can have that name"):
        load(Path("a\0b"), {})


def test_a_hundred_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert fault(path) == ": is larger than 1 MiB"


def test_a_file_of_exactly_the_maximum_size_is_read(tmp_path: Path) -> None:
    text = 'model = "m"\n#'
    whole = text + "x" * (FILE_BYTES_MAX - len(text))
    assert loaded(tmp_path, whole).model == "m"
    assert fault_of(tmp_path, whole + "x") == ": is larger than 1 MiB"


def test_bytes_that_are_not_utf_8_are_named_by_their_line(tmp_path: Path) -> None:
    assert fault_of(tmp_path, b'model = "m"\nname = "\xff"\n') == ", line 2: is not UTF-8"


def test_a_byte_order_mark_and_lines_of_windows_are_no_fault(tmp_path: Path) -> None:
    assert loaded(tmp_path, b'\xef\xbb\xbfmodel = "m"\r\nservice_tier = "x"\r\n').model == "m"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('model = "a"\nmodel = "b"', 2),
        ('model = "a"\n\n\nmodel = "b"\n', 4),
        ("[tui]\n[tui]\n", 2),
        ("tui = {a = 1, a = 2}", 1),
        ("tui = 1\n[tui]\n", 2),
    ],
)
def test_a_key_or_table_that_is_given_twice_is_named_by_the_second_line(
    tmp_path: Path, text: str, line: int
) -> None:
    assert fault_of(tmp_path, text) == f", line {line}: says a key or a table a second time"


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model = ", ", line 1: invalid value"),
        ("a = 1\nmodel", ", line 2: expected '=' after a key in a key/value pair"),
        ("tui = " + "[" * 50_000, ": is nested too deeply"),
        ("tui = " + "{a=" * 50_000, ": is nested too deeply"),
        ("a." * 20_000 + "a = 1", ": is nested too deeply"),
        ("[" + "'a' . " * 20_000 + "a]", ": is nested too deeply"),
        ("tui = {" + '"a" . ' * 20_000 + "a = 1}", ": is nested too deeply"),
        ("a" + " " * 500_000 + ".b = 1", ": no such key: `a`"),
        ("tui = " + "9" * 50_000, ": holds a number with too many digits"),
        (f'model = "{SECRET}', ", line 1: illegal character '\\n'"),
        (f"model = {SECRET}", ", line 1: invalid value"),
    ],
)
def test_a_syntax_error_is_named_by_its_line_without_the_text_of_the_file(
    tmp_path: Path, text: str, words: str
) -> None:
    assert fault_of(tmp_path, text) == words


TEXT = """\
model = "m"
# [model_providers.a]
"quoted.key" = 1

[model_providers.a]
base_url = "x"
  auth.command = "y"

[model_providers."b.c".auth]
args = [
    "one",
]
[[hooks.Stop]]
x = 1
"""


@each(
    ("place", "line"),
    [
        (("model",), 1),
        (("quoted.key",), 3),
        (("model_providers", "a"), 5),
        (("model_providers", "a", "base_url"), 6),
        (("model_providers", "a", "missing"), 5),
        (("model_providers", "a", "auth", "command"), 7),
        (("model_providers", "b.c", "auth", "args", "0"), 10),
        (("hooks", "Stop", "x"), 14),
        (("elsewhere",), None),
    ],
)
def test_the_line_of_a_key_is_that_of_the_key_or_of_the_table_around_it(
    place: tuple[str, ...], line: int | None
) -> None:
    assert line_of(TEXT, place) == line
