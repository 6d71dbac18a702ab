"""The table of clients leaves out none that is installed and no test of one."""

import json

from tests.clients.tried import CLIENTS, HELPERS, HERE, NPM_LIST, pinned, sentences

OWN = {"test_tried.py", "test_fuzz.py"}


def test_every_client_that_is_installed_is_in_the_table() -> None:
    dependencies = json.loads(NPM_LIST.read_text())["dependencies"]
    assert {client.name for client in CLIENTS} == {*pinned(), *dependencies} - HELPERS


def test_every_file_of_tests_belongs_to_one_client() -> None:
    files = sorted(file for client in CLIENTS for file in client.files)
    assert files == sorted({path.name for path in HERE.glob("test_*.py")} - OWN)


def test_every_client_of_the_table_has_at_least_two_tests() -> None:
    assert [client.name for client in CLIENTS if len(sentences(client)) < 2] == []
