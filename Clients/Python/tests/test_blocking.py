"""The blocking client against a scripted server."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import frames
from support.peer import Wire, peer

from cutover import Cancelled, Cutover, CutoverError, DeadlineExceeded, Options, Unavailable, v1
from cutover.channel import Channel
from cutover.engine import Engine
from cutover.v1 import methods


def echoing(wire: Wire) -> None:
    wire.begin()
    wire.echo()


def test_calls_of_many_threads_share_one_connection() -> None:
    with peer(echoing) as server, Cutover(server.address) as client, ThreadPoolExecutor(32) as pool:
        payloads = [f"{n}".encode() * 10 for n in range(2000)]
        assert list(pool.map(client.echo, payloads)) == payloads
        assert server.connections == 1


def test_messages_larger_than_any_buffer() -> None:
    payload = os.urandom((1 << 20) - 100)
    with peer(echoing) as server, Cutover(server.address) as client, ThreadPoolExecutor(8) as pool:
        assert all(answer == payload for answer in pool.map(client.echo, [payload] * 40))


def test_a_message_that_the_socket_takes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = os.urandom(900_000)
    turns = 0
    real = Engine._turn

    def counted(engine: Engine) -> bool:
        nonlocal turns
        turns += 1
        return real(engine)

    monkeypatch.setattr(Engine, "_turn", counted)

    def late(wire: Wire) -> None:
        wire.begin()
        # Until the client is blocked; nothing but room in its socket can wake it.
        time.sleep(0.3)
        wire.echo()

    with peer(late, tmp_path) as server, Cutover(server.address) as client:
        assert client.echo(payload) == payload
        # It slept while it was blocked.
        assert turns < 100


def test_a_deadline_ends_the_waiting_and_tells_the_server(tmp_path: Path) -> None:
    seen: list[frames.Raw] = []

    def silent(wire: Wire) -> None:
        wire.begin()
        seen.extend(wire.until_closed())

    with peer(silent, tmp_path) as server, Cutover(server.address) as client:
        with pytest.raises(DeadlineExceeded) as caught:
            client.echo(b"x", timeout=0.2)
        assert not caught.value.not_executed
    assert [(frame.type, frame.aux) for frame in seen] == [(frames.REQUEST, 5), (frames.CANCEL, 2), (frames.DRAINED, 0)]


def test_ctrl_c_ends_a_call_and_tells_the_server(tmp_path: Path) -> None:
    seen: list[frames.Raw] = []

    def interrupting(wire: Wire) -> None:
        wire.begin()
        wire.expect(frames.REQUEST)
        os.kill(os.getpid(), signal.SIGINT)
        cancel = wire.expect(frames.CANCEL)
        seen.append(cancel)
        wire.send(frames.response(cancel.id, status=1))
        wire.echo()

    with peer(interrupting, tmp_path) as server, Cutover(server.address) as client:
        with pytest.raises(KeyboardInterrupt):
            client.echo(b"x", timeout=None)
        # The client goes on.
        assert client.echo(b"y") == b"y"
        assert server.connections == 1
    assert [frame.aux for frame in seen] == [1]


def test_an_interrupt_in_the_middle_of_the_core_costs_a_connection_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ctrl-C can tear: a caller within the lock, with half of its work done."""
    waits = threading.Event()

    def slow(wire: Wire) -> None:
        wire.begin()
        if wire.number == 1:
            wire.expect(frames.REQUEST)
            waits.set()
            wire.until_closed()
        else:
            wire.echo()

    real = Channel.start

    def torn(channel: Channel, *arguments: object) -> None:
        real(channel, *arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with peer(slow) as server, Cutover(server.address) as client, ThreadPoolExecutor(1) as pool:
        other = pool.submit(client.echo, b"other")
        waits.wait(10)
        monkeypatch.setattr(Channel, "start", torn)
        with pytest.raises(KeyboardInterrupt):
            client.echo(b"torn")
        monkeypatch.setattr(Channel, "start", real)
        with pytest.raises(Unavailable, match="interrupted"):
            other.result(10)
        assert client.echo(b"after") == b"after"
        assert server.connections == 2


def streaming(wire: Wire, sizes: list[int]) -> None:
    """Sends items as far as there is credit, like an honest server."""
    request = wire.expect(frames.REQUEST)
    credit = int.from_bytes(request.body[4:8], "big")
    for size in sizes:
        while credit <= 0:
            credit += wire.expect(frames.CREDIT).aux
        body = v1.BatchStopEvent(item=v1.BatchItem(task_id="x" * size)).SerializeToString()
        wire.send(frames.item(request.id, body))
        credit -= max(64, len(body))
    wire.send(frames.response(request.id))


def test_a_stream_flows_as_it_is_read() -> None:
    sizes = [n * 7 % 3000 for n in range(500)]

    def script(wire: Wire) -> None:
        wire.begin()
        streaming(wire, sizes)
        wire.until_closed()

    with peer(script) as server, Cutover(server.address, options=Options(stream_credit=4096)) as client:
        with client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest()) as stream:
            time.sleep(0.2)
            # Nothing was read: no more has come than the credit and one message.
            assert sum(cost for _, cost in stream._call.items) <= 4096 + 3100
            assert [len(event.item.task_id) for event in stream] == sizes
            assert list(stream) == []


@pytest.mark.parametrize("leave", ["close", "forget"])
def test_a_stream_that_is_left_is_cancelled(leave: str) -> None:
    cancels: list[int] = []

    cancelled = threading.Event()

    def script(wire: Wire) -> None:
        wire.begin()
        request = wire.expect(frames.REQUEST)
        wire.send(frames.item(request.id, v1.BatchStopEvent().SerializeToString()))
        cancels.append(wire.expect(frames.CANCEL).aux)
        cancelled.set()
        wire.send(frames.item(request.id), frames.response(request.id, status=1))
        wire.echo()

    with peer(script) as server, Cutover(server.address) as client:
        stream = client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest())
        next(stream)
        if leave == "close":
            stream.close()
            with pytest.raises(Cancelled):
                next(stream)
        else:
            del stream
            gc.collect()
        assert cancelled.wait(10)
        assert client.echo(b"x") == b"x"
    assert cancels == [1]


def test_a_drain_loses_no_call() -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        for _ in range(50):
            wire.echo(1)
        wire.send(frames.goaway(0, 5000, b"restart"))
        # Until DRAINED a server takes calls.
        wire.echo()

    with peer(script) as server, Cutover(server.address) as client, ThreadPoolExecutor(16) as pool:
        payloads = [f"{n}".encode() for n in range(1000)]
        assert list(pool.map(client.echo, payloads)) == payloads
        assert server.connections > 10


def test_lost_calls_that_are_idempotent_are_sent_again() -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        if wire.number < 3:
            wire.expect(frames.REQUEST)
        else:
            wire.echo()

    with peer(script) as server, Cutover(server.address) as client:
        assert client.echo(b"x") == b"x"
        assert server.connections == 3


def test_a_server_that_pings_an_idle_client_is_answered() -> None:
    answered = threading.Event()

    def script(wire: Wire) -> None:
        wire.begin()
        wire.echo(1)
        wire.send(frames.frame(frames.PING, body=b"are you?"))
        assert wire.expect(frames.PONG).body == b"are you?"
        answered.set()
        wire.echo()

    with peer(script) as server, Cutover(server.address) as client:
        client.echo()
        assert answered.wait(10)


@pytest.mark.parametrize(
    "hostile",
    [
        lambda wire: wire.send(os.urandom(4096)),
        lambda wire: wire.send(frames.frame(frames.ITEM, id=1, body=bytes(64))),
        lambda wire: wire.send(frames.response(2)),
        lambda wire: wire.send((1 << 31).to_bytes(4, "big") + bytes(12)),
        lambda wire: wire.send(frames.server_hello()),
        lambda wire: wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        lambda wire: None,
    ],
)
def test_a_hostile_server_fails_the_call_and_nothing_else(hostile: Callable[[Wire], None]) -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        wire.expect(frames.REQUEST)
        hostile(wire)

    with peer(script) as server, Cutover(server.address) as client:
        with pytest.raises(Unavailable):
            client.call(methods.BatchStopService.GetBatchStop, v1.GetBatchStopRequest())
        # It was sent five times, and each time to a new connection.
        assert server.connections == 5


@pytest.mark.parametrize("hello", [b"", frames.server_hello()[:20], frames.goaway(10), frames.hello(frames.setting(0x8001, b""))])
def test_a_server_that_is_no_server_is_given_up(hello: bytes) -> None:
    def script(wire: Wire) -> None:
        wire.read_bytes(8)
        wire.send(hello)

    with peer(script) as server, Cutover(server.address) as client:
        with pytest.raises(CutoverError) as caught:
            client.health(timeout=1.0)
        assert isinstance(caught.value, (Unavailable, DeadlineExceeded))


def test_a_server_that_never_reads_holds_nobody() -> None:
    done = threading.Event()

    def script(wire: Wire) -> None:
        wire.begin()
        done.wait(20)

    with peer(script) as server:
        client = Cutover(server.address, options=Options(max_waiting=16))
        payload = bytes(1 << 19)
        with ThreadPoolExecutor(64) as pool:
            calls = [pool.submit(client.echo, payload, timeout=0.5) for _ in range(64)]
            failures = [call.exception(10) for call in calls]
        assert all(isinstance(failure, CutoverError) for failure in failures)
        begins = time.monotonic()
        client.close()
        assert time.monotonic() - begins < 5
        done.set()


def test_no_server_at_all() -> None:
    with Cutover("127.0.0.1:1", options=Options(patience_s=0.3)) as client:
        with pytest.raises(Unavailable, match="Connection refused") as caught:
            client.health(timeout=None)
        assert caught.value.not_executed and caught.value.reason == "CANNOT_CONNECT"
        with pytest.raises(DeadlineExceeded, match="Connection refused"):
            client.health(timeout=0.1)
    with Cutover("x" * 70) as client, pytest.raises(Unavailable, match="label"):
        client.health(timeout=None)
    with Cutover("unix:/nonexistent/socket", options=Options(patience_s=0)) as client:
        with pytest.raises(Unavailable, match="No such file"):
            client.health()


def test_a_closed_client_says_so() -> None:
    with peer(echoing) as server:
        client = Cutover(server.address)
        client.echo()
        client.close()
        client.close()
        with pytest.raises(Cancelled, match="closed"):
            client.echo()


def test_closing_ends_the_calls_of_other_threads() -> None:
    arrived = threading.Event()

    def script(wire: Wire) -> None:
        wire.begin()
        wire.expect(frames.REQUEST)
        arrived.set()
        wire.until_closed()

    with peer(script) as server, ThreadPoolExecutor(1) as pool:
        client = Cutover(server.address)
        call = pool.submit(client.echo, b"x", timeout=None)
        assert arrived.wait(10)
        client.close()
        assert isinstance(call.exception(10), Cancelled)


def test_a_forgotten_client_leaves_no_thread() -> None:
    """The fixture ``no_thread_is_left`` is what judges."""
    with peer(echoing) as server:
        client = Cutover(server.address)
        client.echo()
        del client
        gc.collect()
