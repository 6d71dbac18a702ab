"""Bearer tokens: the configured one, signed ones, and their files."""

import base64
import hmac
import json
import logging
import os
from dataclasses import replace
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.operator_lines import logged_line
from threadhost.adapters.config import WsAuth
from threadhost.adapters.jsonrpc.transports import tokens
from threadhost.adapters.jsonrpc.transports.tokens import (
    EXPIRED,
    INVALID_JWT,
    INVALID_TOKEN,
    NOT_YET,
    OTHER_AUDIENCE,
    OTHER_ISSUER,
    CapabilityToken,
    SignedToken,
    TokenUnusable,
    token_fault,
)

NOW_S = 1_800_000_000
SECRET = b"0123456789abcdef0123456789abcdef"
KNOWN = CapabilityToken(sha256(b"right").digest())
SIGNED = SignedToken(SECRET, lambda: NOW_S * 1000)
HS256 = b'{"alg":"HS256"}'
STRICT = replace(SIGNED, issuer="us", audience="host")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sealed(header: bytes, payload: bytes, key: bytes = SECRET, digest: Any = sha256) -> str:
    """A token made by hand, for any kind of fault in it."""
    said = f"{b64(header)}.{b64(payload)}"
    return f"{said}.{b64(hmac.new(key, said.encode(), digest).digest())}"


def unsigned(header: bytes, payload: bytes) -> str:
    return f"{b64(header)}.{b64(payload)}."


def signed(**claims: Any) -> str:
    said = {"exp": NOW_S + 60, **claims}
    kept = {name: value for name, value in said.items() if value is not ...}
    return sealed(HS256, json.dumps(kept).encode())


def test_only_the_known_token_is_accepted() -> None:
    assert KNOWN("right") is None
    for other in ("", "righ", "right ", "rights", "RIGHT", "wrong", sha256(b"right").hexdigest()):
        assert KNOWN(other) == INVALID_TOKEN, other


@each(("sub", "subject"), [(..., ""), ("ann", "ann"), (7, ""), (None, ""), ("a\ud800", "a?")])
def test_the_subject_of_a_signed_token_is_its_sub_claim(sub: Any, subject: str) -> None:
    assert SIGNED.subject(signed(sub=sub)) == subject
    assert SIGNED.subject("none") == KNOWN.subject("right") == ""


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return one == two

    monkeypatch.setattr(tokens, "compare_digest", compare)
    assert KNOWN("right") is None
    assert KNOWN("x" * 5000) == INVALID_TOKEN
    # Digests, so that not even the length of the right one shows.
    assert {len(side) for pair in compared for side in pair} == {32}


@each(
    ("claims", "fault"),
    [
        ({}, None),
        ({"exp": NOW_S - 29}, None),
        ({"exp": NOW_S - 30}, EXPIRED),
        ({"exp": NOW_S - 120}, EXPIRED),
        ({"exp": -(10**30)}, EXPIRED),
        ({"exp": 10**30}, None),
        ({"exp": ...}, INVALID_JWT),
        ({"exp": None}, INVALID_JWT),
        ({"exp": str(NOW_S + 60)}, INVALID_JWT),
        ({"exp": NOW_S + 60.5}, INVALID_JWT),
        ({"exp": float("inf")}, INVALID_JWT),
        ({"exp": float("nan")}, INVALID_JWT),
        ({"exp": True}, INVALID_JWT),
        ({"exp": [NOW_S + 60]}, INVALID_JWT),
        ({"nbf": NOW_S}, None),
        ({"nbf": NOW_S + 30}, None),
        ({"nbf": NOW_S + 31}, NOT_YET),
        ({"nbf": 10**30}, NOT_YET),
        ({"nbf": "x"}, INVALID_JWT),
        ({"nbf": None}, INVALID_JWT),
        ({"iat": NOW_S + 9999, "sub": 5, "jti": 5, "iss": "x", "aud": "x", "more": {}}, None),
    ],
    ids=str,
)
def test_a_signed_token_is_valid_only_within_its_time(
    claims: dict[str, Any], fault: str | None
) -> None:
    assert SIGNED(signed(**claims)) == fault


@pytest.mark.parametrize("skew", [0, 1, 30, 3600])
def test_the_skew_is_granted_to_the_second_on_both_ends(skew: int) -> None:
    check = replace(SIGNED, skew_seconds=skew)
    assert check(signed(exp=NOW_S - skew + 1)) is None
    assert check(signed(exp=NOW_S - skew)) == EXPIRED
    assert check(signed(nbf=NOW_S + skew)) is None
    assert check(signed(nbf=NOW_S + skew + 1)) == NOT_YET


@each(
    ("claims", "fault"),
    [
        ({"iss": "us", "aud": "host"}, None),
        ({"iss": "us", "aud": ["other", "host"]}, None),
        ({"aud": "host"}, OTHER_ISSUER),
        ({"iss": "Us", "aud": "host"}, OTHER_ISSUER),
        ({"iss": ["us"], "aud": "host"}, OTHER_ISSUER),
        ({"iss": "us"}, OTHER_AUDIENCE),
        ({"iss": "us", "aud": None}, OTHER_AUDIENCE),
        ({"iss": "us", "aud": "hosts"}, OTHER_AUDIENCE),
        ({"iss": "us", "aud": []}, OTHER_AUDIENCE),
        ({"iss": "us", "aud": ["other", ["host"]]}, OTHER_AUDIENCE),
        ({"iss": "us", "aud": {"host": 1}}, OTHER_AUDIENCE),
        ({"iss": "x", "aud": "x", "exp": NOW_S - 31}, EXPIRED),
    ],
    ids=str,
)
def test_a_token_is_of_the_right_issuer_and_for_this_audience(
    claims: dict[str, Any], fault: str | None
) -> None:
    assert STRICT(signed(**claims)) == fault


CLAIMS = json.dumps({"exp": NOW_S + 60}).encode()
FORGED = {
    "none": unsigned(b'{"alg":"none"}', CLAIMS),
    "the algorithm none with a signature": sealed(b'{"alg":"none"}', CLAIMS),
    "None": unsigned(b'{"alg":"None"}', CLAIMS),
    "no alg": sealed(b"{}", CLAIMS),
    "other alg": sealed(b'{"alg":"HS512"}', CLAIMS, digest=sha512),
    "public key alg": sealed(b'{"alg":"RS256"}', CLAIMS),
    "alg in lower case": sealed(b'{"alg":"hs256"}', CLAIMS),
    "other key": sealed(HS256, CLAIMS, key=SECRET[::-1]),
    "empty key": sealed(HS256, CLAIMS, key=b""),
    "no signature": unsigned(HS256, CLAIMS),
    "two parts": unsigned(HS256, CLAIMS)[:-1],
    "four parts": sealed(HS256, CLAIMS) + ".x",
    "other payload": unsigned(HS256, b" " + CLAIMS) + sealed(HS256, CLAIMS).rpartition(".")[2],
    "unknown critical header": sealed(b'{"alg":"HS256","crit":["x"],"x":1}', CLAIMS),
    "detached": sealed(b'{"alg":"HS256","crit":["b64"],"b64":false}', CLAIMS),
    "claims in a list": sealed(HS256, b"[1]"),
    "claims that are no JSON": sealed(HS256, b"{"),
    "claims that are no UTF-8": sealed(HS256, b"\xff"),
    "deep header": sealed(b"[" * 5000, CLAIMS),
    "deep claims": sealed(HS256, b'{"exp":' + b"[" * 5000),
    "long number": sealed(HS256, b'{"exp":' + b"9" * 5000 + b"}"),
    "empty": "",
    "not base64": "!.!.!",
    "the secret itself": SECRET.decode(),
}


@each("token", FORGED.values(), ids=list(FORGED))
def test_a_token_that_is_not_signed_with_the_secret_is_refused(token: str) -> None:
    assert SIGNED(token) == INVALID_JWT


def test_a_token_that_is_signed_by_hand_is_accepted() -> None:
    assert SIGNED(sealed(HS256, CLAIMS)) is None


@given(st.text(st.characters(codec="ascii")), st.binary(max_size=40), st.binary(max_size=40))
def test_any_text_that_is_no_token_is_refused_without_an_error(
    text: str, header: bytes, body: bytes
) -> None:
    for token in (text, sealed(header, body, key=b"x"), sealed(HS256, body)):
        assert SIGNED(token) == INVALID_JWT
    assert KNOWN(text) == (None if text == "right" else INVALID_TOKEN)


def written(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_the_file_of_a_token_may_end_in_a_line_break(tmp_path: Path) -> None:
    file = written(tmp_path / "t", b" right\r\n")
    check = token_fault(WsAuth("capability-token", token_file=file), lambda: 0)
    assert check is not None
    assert check("right") is None
    assert check("right\r\n") == INVALID_TOKEN


def test_a_configured_digest_admits_its_token_and_not_the_digest_itself() -> None:
    digest = sha256(b"right").digest()
    check = token_fault(WsAuth("capability-token", token_sha256=digest), lambda: 0)
    assert check is not None
    assert check("right") is None
    assert check(digest.hex()) == INVALID_TOKEN


@pytest.mark.parametrize(("given", "granted"), [(None, 30), (0, 0), (90, 90)])
def test_the_settings_of_signed_tokens_reach_their_check(
    tmp_path: Path, given: int | None, granted: int
) -> None:
    file = written(tmp_path / "s", SECRET + b"\n")
    auth = WsAuth("signed-bearer-token", None, None, file, "us", "host", given)
    check = token_fault(auth, SIGNED.now_ms)
    assert check == SignedToken(SECRET, SIGNED.now_ms, "us", "host", granted)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\xff" * 40, "does not hold text"),
        (b"x" * 65_537, "has 65537 bytes, which is more than 65536; give the right file"),
        (b"short", "a shared secret has at least 32 bytes, this one 5"),
        (b" " * 40 + b"x" * 31, "a shared secret has at least 32 bytes, this one 31"),
    ],
)
def test_a_file_that_cannot_hold_the_secret_is_named(
    tmp_path: Path, data: bytes, words: str
) -> None:
    file = written(tmp_path / "secret", data)
    with pytest.raises(TokenUnusable) as refused:
        token_fault(WsAuth("signed-bearer-token", shared_secret_file=file), lambda: 0)
    assert str(file) in str(refused.value)
    assert words in str(refused.value)


def test_a_token_file_that_is_missing_or_no_regular_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, words in (
        (tmp_path / "no", f"cannot read {tmp_path}/no: No such file"),
        (tmp_path, f"{tmp_path} is a folder; only a regular file is read"),
        (tmp_path / "pipe", f"{tmp_path}/pipe is a pipe; only a regular file is read"),
        (Path("/dev/zero"), "/dev/zero is a device; only a regular file is read"),
    ):
        for auth in (
            WsAuth("capability-token", token_file=path),
            WsAuth("signed-bearer-token", shared_secret_file=path),
        ):
            with pytest.raises(TokenUnusable, match=words):
                token_fault(auth, lambda: 0)


def test_a_link_to_the_secret_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(written(tmp_path / "secret", SECRET))
    auth = WsAuth("capability-token", token_file=tmp_path / "link")
    assert isinstance(token_fault(auth, lambda: 0), CapabilityToken)


@pytest.mark.parametrize(
    ("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True), (0o620, True)]
)
def test_a_token_file_that_other_users_can_read_or_change_is_warned_of(
    tmp_path: Path, mode: int, *, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path / "t", b"right", mode)
    with caplog.at_level(logging.WARNING):
        token_fault(WsAuth("capability-token", token_file=file), lambda: 0)
    assert [str(file) in record.getMessage() for record in caplog.records] == [True] * warns
    assert "right" not in caplog.text
    assert not warns or logged_line(caplog, "token_file.open")["file"] == str(file)


def test_the_repr_of_a_token_check_shows_no_secret() -> None:
    assert SECRET.decode() not in repr(SIGNED)
    assert sha256(b"right").hexdigest() not in repr(KNOWN)
