"""TLS of both clients against a scripted server."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import frames
from support.certificates import Certificates
from support.peer import Wire, peer

from cutover import TLS, AsyncCutover, Cutover, Options, Unauthenticated, Unavailable

TOKEN = "cut_abcdefghijkl_" + "x" * 43
# Makes some calls by either client: address, TLS, token, payloads. Returns the answers.
Calls = Callable[[str, TLS | None, str | None, list[bytes]], list[bytes]]


def blocking(address: str, tls: TLS | None, token: str | None, payloads: list[bytes]) -> list[bytes]:
    options = Options(patience_s=1)
    with Cutover(address, tls=tls, token=token, options=options) as client, ThreadPoolExecutor(8) as pool:
        return list(pool.map(client.echo, payloads))


def on_asyncio(address: str, tls: TLS | None, token: str | None, payloads: list[bytes]) -> list[bytes]:
    async def main() -> list[bytes]:
        async with AsyncCutover(address, tls=tls, token=token, options=Options(patience_s=1)) as client:
            return list(await asyncio.gather(*map(client.echo, payloads)))

    return asyncio.run(main())


pytestmark = pytest.mark.parametrize("calls", [blocking, on_asyncio])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def echoing(wire: Wire) -> None:
    wire.begin()
    wire.echo()


def test_many_calls_of_all_sizes(calls: Calls, certificates: Certificates, tmp_path: Path) -> None:
    payloads = [os.urandom(size) for size in (0, 1, 1000, 16_384, 16_385, 200_000, (1 << 20) - 100)] * 6
    for folder, tls in (
        (None, TLS(ca_file=certificates.path("ca"))),
        (tmp_path, TLS(ca_file=certificates.path("ca"), server_name="localhost")),
    ):
        with peer(echoing, folder, certificates.server_context()) as server:
            assert calls(server.address, tls, TOKEN, payloads) == payloads
            assert server.connections == 1


def test_the_token_is_in_hello(calls: Calls, certificates: Certificates) -> None:
    found: list[bytes] = []

    def script(wire: Wire) -> None:
        wire.begin()
        assert wire.hello is not None
        found.append(wire.hello.body)
        wire.echo()

    with peer(script, tls=certificates.server_context()) as server:
        calls(server.address, TLS(ca_file=certificates.path("ca")), TOKEN, [b""])
    with peer(script) as server:
        calls(server.address, None, TOKEN, [b""])
        calls(server.address, None, None, [b""])
    setting = frames.setting(5, TOKEN.encode())
    assert [setting in body for body in found] == [True, True, False]


def test_a_refused_token_fails_the_call_once(calls: Calls) -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        wire.send(frames.goaway(9, 0, b"the credentials were not accepted"))
        wire.until_closed()

    with peer(script) as server:
        with pytest.raises(Unauthenticated, match="not accepted") as caught:
            calls(server.address, None, TOKEN, [b"x"])
        assert caught.value.not_executed and TOKEN not in str(caught.value)
        assert server.connections == 1


def test_a_server_that_nobody_vouches_for(calls: Calls, certificates: Certificates) -> None:
    with peer(echoing, tls=certificates.server_context("stranger")) as server:
        with pytest.raises(Unavailable, match="not trusted"):
            calls(server.address, TLS(ca_file=certificates.path("ca")), TOKEN, [b"x"])
    with peer(echoing, tls=certificates.server_context()) as server:
        with pytest.raises(Unavailable, match="not trusted"):
            calls(server.address, TLS(ca_file=certificates.path("ca"), server_name="other"), TOKEN, [b"x"])


@pytest.mark.parametrize("alpn", [None, "h2"])
def test_a_server_of_another_protocol(calls: Calls, certificates: Certificates, alpn: str | None) -> None:
    heard = threading.Event()

    def script(wire: Wire) -> None:
        if wire.read_bytes(1):
            heard.set()

    with peer(script, tls=certificates.server_context(alpn=alpn)) as server:
        with pytest.raises(Unavailable, match="cutover/1|TLS failed"):
            calls(server.address, TLS(ca_file=certificates.path("ca")), TOKEN, [b"x"])
    assert not heard.is_set()


def test_an_older_tls_is_refused(calls: Calls, certificates: Certificates) -> None:
    context = certificates.server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with peer(echoing, tls=context) as server:
        with pytest.raises(Unavailable, match="TLS failed"):
            calls(server.address, TLS(ca_file=certificates.path("ca")), TOKEN, [b"x"])


def test_a_plaintext_server_is_no_tls_server(calls: Calls, certificates: Certificates) -> None:
    def script(wire: Wire) -> None:
        wire.read_bytes(1)
        wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with peer(script) as server:
        with pytest.raises(Unavailable, match="TLS failed|closed"):
            calls(server.address, TLS(ca_file=certificates.path("ca")), TOKEN, [b"x"])


def test_the_certificate_of_the_client(calls: Calls, certificates: Certificates) -> None:
    with peer(echoing, tls=certificates.server_context(ask=True)) as server:
        own = TLS(certificates.path("ca"), None, certificates.path("client"), certificates.key("client"))
        assert calls(server.address, own, None, [b"x"]) == [b"x"]
        with pytest.raises(Unavailable):
            calls(server.address, TLS(ca_file=certificates.path("ca")), None, [b"x"])
