"""TLS, tokens, certificates and roles of a real cutoverd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import Certificates
from support.cutoverd import Cutoverd, run

from cutover import TLS, AsyncCutover, Cutover, FailedPrecondition, Options, PermissionDenied, Unauthenticated, Unavailable, v1


class Guarded:
    """A server with TLS that knows an operator and a viewer by their tokens, and the certificate of ``client``."""

    def __init__(self, folder: Path) -> None:
        self.certificates = Certificates(folder)
        self.folder = folder
        self.operator = run(folder, "token", "create", "--role", "operator", "--name", "olga").split()[-1]
        self.viewer = run(folder, "token", "create", "--role", "viewer", "--name", "vera").split()[-1]
        run(folder, "identity", "grant", "cutover:operator", "--role", "operator")
        self.tls = TLS(ca_file=self.certificates.path("ca"))
        settings = {
            "tls_certificate_file": self.certificates.path("server"),
            "tls_key_file": self.certificates.key("server"),
            "tls_client_ca_file": self.certificates.path("ca"),
            "tls_client_certificates": "optional",
        }
        self.server = Cutoverd(
            folder,
            tcp=True,
            settings=tuple(f"{name}={value}" for name, value in settings.items()),
            tls=self.tls,
            token=self.operator,
        )
        self.address = self.server.address


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    guarded = Guarded(tmp_path_factory.mktemp("guarded"))
    yield guarded
    guarded.server.kill()


def test_an_operator_stops_a_task_over_tls(guarded: Guarded) -> None:
    with Cutover(guarded.address, tls=guarded.tls, token=guarded.operator) as client:
        task = client.create_task("shop")
        stop = client.stop(task.id, mode=v1.STOP_MODE_GRACEFUL)
        assert stop.stop.actor == "olga"
        assert client.echo(bytes(700_000)) == bytes(700_000)


def test_a_role_is_demanded_and_named(guarded: Guarded) -> None:
    with Cutover(guarded.address, tls=guarded.tls, token=guarded.operator) as client:
        task = client.create_task("shop")
        with pytest.raises(PermissionDenied) as caught:
            client.stop(task.id, mode=v1.STOP_MODE_FORCED, reason="now")
        assert (caught.value.reason, caught.value.detail("role")) == ("ROLE_MISSING", "force")
    with Cutover(guarded.address, tls=guarded.tls, token=guarded.viewer) as client:
        assert client.get_task(task.id).status == v1.TASK_STATUS_CONFIGURATION
        with pytest.raises(PermissionDenied) as caught:
            client.stop(task.id)
        assert caught.value.not_executed and caught.value.detail("method") == "cutover.v1.StopService/StopTask"


@pytest.mark.parametrize("token", [None, "cut_abcdefghijkl_" + "A" * 43, "nonsense"])
def test_a_stranger_is_turned_away_until_he_has_a_token(guarded: Guarded, token: str | None) -> None:
    with Cutover(guarded.address, tls=guarded.tls, token=token) as client:
        for _ in range(2):
            with pytest.raises(Unauthenticated) as caught:
                client.list_tasks()
            assert caught.value.not_executed and (token is None or token not in str(caught.value))
        client.use_token(guarded.viewer)
        client.list_tasks()


def test_asyncio_with_a_token_and_with_a_certificate(guarded: Guarded) -> None:
    certificates = guarded.certificates
    own = TLS(certificates.path("ca"), None, certificates.path("client"), certificates.key("client"))

    async def main() -> None:
        async with AsyncCutover(guarded.address, tls=guarded.tls, token=guarded.operator) as client:
            tasks = await asyncio.gather(*(client.create_task(f"shop {n}") for n in range(20)))
        async with AsyncCutover(guarded.address, tls=own) as client:
            events = [event async for event in client.batch_stop(task.id for task in tasks)]
            assert events[-1].summary.stopped == 20
            with pytest.raises(FailedPrecondition):
                await client.resume_task(tasks[0].id)

    asyncio.run(main())


def test_plaintext_is_no_way_in(guarded: Guarded) -> None:
    with Cutover(guarded.address, token=guarded.operator, options=Options(patience_s=0.5)) as client:
        with pytest.raises(Unavailable):
            client.list_tasks(timeout=5)


def test_a_token_that_is_revoked_ends_its_connections(guarded: Guarded) -> None:
    token = run(guarded.folder, "token", "create", "--role", "viewer", "--name", "mallory").split()[-1]
    name = token.split("_")[1]
    with Cutover(guarded.address, tls=guarded.tls, token=token) as client:
        # A running server takes changes up within two seconds.
        ends = time.monotonic() + 20
        while True:
            try:
                client.list_tasks()
                break
            except Unauthenticated:
                assert time.monotonic() < ends
                time.sleep(0.1)
                client.use_token(token)
        run(guarded.folder, "token", "revoke", name)
        with pytest.raises(Unauthenticated), client.watch(timeout=30) as watch:
            for _ in watch:
                continue
