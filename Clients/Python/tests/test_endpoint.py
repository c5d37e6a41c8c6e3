from __future__ import annotations

import pytest

from cutover.endpoint import TLS, DialError, Endpoint, check_plaintext_token


def test_addresses() -> None:
    assert Endpoint.parse("unix:/run/c.sock") == Endpoint(path="/run/c.sock")
    assert Endpoint.parse("db1.internal") == Endpoint("db1.internal", 7450)
    assert Endpoint.parse("db1.internal:99") == Endpoint("db1.internal", 99)
    assert Endpoint.parse("[::1]:99") == Endpoint("::1", 99)
    assert str(Endpoint.parse("[::1]")) == "[::1]:7450"


@pytest.mark.parametrize("text", ["", "unix:", "unix:relative", "::1", "host:", "host:0", "host:65536", "host:x", ":1", "[::1]x:1", "h:٣"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        Endpoint.parse(text)


def test_a_token_stays_on_this_machine_without_tls() -> None:
    for peer in (("127.0.0.1", 1), ("127.9.9.9", 1), ("::1", 1, 0, 0)):
        check_plaintext_token(Endpoint("h"), peer)
    check_plaintext_token(Endpoint(path="/s"), "")
    for other in (("192.0.2.1", 1), ("2001:db8::1", 1, 0, 0), ("", 1), None):
        with pytest.raises(DialError, match="plaintext"):
            check_plaintext_token(Endpoint("h"), other)


def test_tls_needs_a_name() -> None:
    assert TLS().name_for(Endpoint("db1")) == "db1"
    assert TLS(server_name="x").name_for(Endpoint(path="/s")) == "x"
    with pytest.raises(ValueError, match="server_name"):
        TLS().name_for(Endpoint(path="/s"))
