"""Base URLs and proxies, as people write them."""

import pytest
from pydantic import SecretStr

from tests.support.each import each
from threadhost.adapters.models.http_origin import (
    HttpOrigin,
    Proxy,
    is_direct,
    parse_base_url,
    proxy_for,
)

OPENAI = HttpOrigin("https", "api.openai.com", 443)


@each(
    ("url", "origin", "target"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000", "/v1/responses"),
        ("https://api.openai.com/v1/", "https://api.openai.com", "/v1/responses"),
        (" HTTP://Host ", "http://host", "/responses"),
        ("http://[::1]:80/a?b=c", "http://[::1]", "/a/responses?b=c"),
        ("https://h:80", "https://h:80", "/responses"),
    ],
)
def test_a_base_url_is_parsed_into_origin_and_target(url: str, origin: str, target: str) -> None:
    base = parse_base_url(url)
    assert (str(base.origin), base.target("responses")) == (origin, target)


@each(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://secret",
        "http://",
        "http://secret:0",
        "http://secret:99999",
        "http://secret:x",
        "http://[secret",
        "http://secret\r\nx: y",
        "http://secret/a b",
        "http://secret/ä",
        "http://secret:pass@host/v1",
        "http://secret@host",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="model URL must") as refused:
        parse_base_url(url)
    assert "secret" not in str(refused.value)


@each(
    ("env", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, Proxy("http", "p", 1)),
        ({"https_proxy": "p:1"}, Proxy("http", "p", 1)),
        ({"https_proxy": "http://low", "HTTPS_PROXY": "http://up"}, Proxy("http", "low", 80)),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"ALL_PROXY": "http://p:1"}, Proxy("http", "p", 1)),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "x, .openai.com"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "api.openai.com"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "penai.com,"}, Proxy("http", "p", 1)),
    ],
)
def test_the_environment_names_the_proxy(env: dict[str, str], proxy: Proxy | None) -> None:
    assert proxy_for(OPENAI, env) == proxy


@each(
    ("host", "names", "is_reached_directly"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "x, 10.1.2.3", True),
        ("10.1.2.3", "10.9.2.3/8", True),
        ("11.1.2.3", "10.0.0.0/8,2", False),
        ("fd00::1", "[fd00::1]", True),
        ("fd00::1", "fd00::/8", True),
        ("fd00::1", "0.0.0.0/0", False),
        ("fd00::1", "*", True),
        ("a.10", "10", True),
    ],
)
def test_no_proxy_is_used_for_an_address_of_a_net_in_no_proxy(
    host: str, names: str, *, is_reached_directly: bool
) -> None:
    assert is_direct(HttpOrigin("http", host, 80), {"NO_PROXY": names}) is is_reached_directly


@each("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost"])
def test_loopback_is_reached_directly(host: str) -> None:
    assert proxy_for(HttpOrigin("http", host, 80), {"ALL_PROXY": "http://p:1"}) is None


@each(
    ("url", "proxy"),
    [
        ("socks5://p", Proxy("socks5", "p", 1080)),
        ("socks5h://p:1", Proxy("socks5h", "p", 1)),
        ("https://p", Proxy("https", "p", 443)),
        ("http://me:a%3Ab%40@p:1", Proxy("http", "p", 1, ("me", SecretStr("a:b@")))),
        ("socks5://me@p:1", Proxy("socks5", "p", 1, ("me", SecretStr("")))),
    ],
)
def test_proxies_of_other_kinds_and_with_a_login_are_accepted(url: str, proxy: Proxy) -> None:
    given = proxy_for(OPENAI, {"ALL_PROXY": url})

    assert given == proxy
    assert not proxy.is_plain
    assert "a:b@" not in str(given) + repr(given)


@pytest.mark.parametrize("url", ["socks4://p:1", "ftp://me:secret@p:1", "http://me:secret@:1"])
def test_an_invalid_proxy_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="proxy must be of the form") as refused:
        proxy_for(OPENAI, {"ALL_PROXY": url})
    assert "secret" not in str(refused.value)
