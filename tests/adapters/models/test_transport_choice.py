"""Which library carries a provider's calls: the configured one, or the one that its proxy needs."""

from importlib.util import find_spec

import pytest

from tests.support.model_calls import client_of
from threadhost.adapters.models import transports
from threadhost.adapters.models.extras import to_install
from threadhost.adapters.models.http_origin import parse_proxy
from threadhost.adapters.models.provider import Provider, TransportName
from threadhost.adapters.models.transports import EXTRA, transport_name

PROVIDER = Provider("test", "https://model.invalid")
ODD = ["socks5://p:1", "https://p:1", "http://me:secret-1@p:1"]
REMOTE = "https://model.invalid/v1"


@pytest.fixture
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the extra is installed."""
    absent = transports.NEEDS["httpx"]
    monkeypatch.setattr(
        transports, "find_spec", lambda name: None if name in absent else find_spec(name)
    )


@pytest.fixture
def _whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the extra is installed."""
    monkeypatch.setattr(transports, "find_spec", lambda name: name)


@pytest.mark.usefixtures("_bare")
def test_without_the_httpx_extra_httptools_is_the_transport() -> None:
    assert transport_name(PROVIDER, None) == "httptools"
    assert transport_name(PROVIDER, parse_proxy("http://p:1")) == "httptools"


@pytest.mark.usefixtures("_whole")
def test_with_the_httpx_extra_httptools_is_still_the_first_choice() -> None:
    assert transport_name(PROVIDER, None) == "httptools"
    assert transport_name(PROVIDER, parse_proxy("http://p:1")) == "httptools"


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("url", ODD)
@pytest.mark.parametrize("said", [None, "httpx"])
def test_a_proxy_that_httptools_cannot_use_needs_httpx(
    url: str, said: TransportName | None
) -> None:
    assert transport_name(PROVIDER._replace(transport=said), parse_proxy(url)) == "httpx"


@pytest.mark.usefixtures("_bare")
@pytest.mark.parametrize("url", ODD)
def test_a_proxy_that_needs_httpx_stops_the_start_without_the_extra(url: str) -> None:
    with pytest.raises(ValueError, match="not installed here") as refused:
        client_of(REMOTE, env={"ALL_PROXY": url})

    assert to_install(EXTRA) in str(refused.value)
    assert f"the proxy {parse_proxy(url)} (it " in str(refused.value)
    assert "secret-1" not in str(refused.value)


@pytest.mark.usefixtures("_bare")
def test_a_provider_that_asks_for_httpx_is_refused_without_the_extra() -> None:
    with pytest.raises(ValueError, match='`transport = "httpx"` needs httpx, h2, socksio'):
        client_of(REMOTE, transport="httpx")


@pytest.mark.usefixtures("_whole")
@pytest.mark.parametrize("url", ODD)
def test_httptools_is_refused_for_a_proxy_that_it_cannot_use(url: str) -> None:
    with pytest.raises(ValueError, match='needs `transport = "httpx"`: it ') as refused:
        client_of(REMOTE, env={"ALL_PROXY": url}, transport="httptools")
    assert "secret-1" not in str(refused.value)


@pytest.mark.usefixtures("_bare")
def test_loopback_needs_no_proxy_and_so_no_extra() -> None:
    client_of("http://127.0.0.1:1/v1", env={"ALL_PROXY": "socks5://p:1"})
