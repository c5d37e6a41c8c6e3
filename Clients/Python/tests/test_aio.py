"""The asyncio client against a scripted server."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import pytest
from support import frames
from support.peer import Wire, peer

from cutover import AsyncCutover, Cancelled, CutoverError, DeadlineExceeded, Options, Unavailable, v1
from cutover.v1 import methods

P = ParamSpec("P")


def running(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs a test on a loop of its own, and demands that it leaves no task behind."""

    @wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        async def main() -> None:
            await asyncio.wait_for(test(*arguments, **named), 30)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"

        asyncio.run(main())

    return run


def echoing(wire: Wire) -> None:
    wire.begin()
    wire.echo()


@running
async def test_calls_at_the_same_time_share_one_connection() -> None:
    with peer(echoing) as server:
        async with AsyncCutover(server.address) as client:
            payloads = [f"{n}".encode() * 10 for n in range(3000)]
            assert await asyncio.gather(*map(client.echo, payloads)) == payloads
        assert server.connections == 1


@running
async def test_messages_larger_than_any_buffer() -> None:
    payload = os.urandom((1 << 20) - 100)
    with peer(echoing) as server:
        async with AsyncCutover(server.address) as client:
            answers = await asyncio.gather(*(client.echo(payload) for _ in range(40)))
            assert all(answer == payload for answer in answers)


@running
async def test_a_deadline_ends_the_waiting_and_tells_the_server(tmp_path: Path) -> None:
    seen: list[frames.Raw] = []

    def silent(wire: Wire) -> None:
        wire.begin()
        seen.extend(wire.until_closed())

    with peer(silent, tmp_path) as server:
        async with AsyncCutover(server.address) as client:
            with pytest.raises(DeadlineExceeded):
                await client.echo(b"x", timeout=0.2)
    assert [(frame.type, frame.aux) for frame in seen] == [(frames.REQUEST, 5), (frames.CANCEL, 2), (frames.DRAINED, 0)]


@running
async def test_cancelling_the_task_tells_the_server() -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    cancels: list[int] = []

    def script(wire: Wire) -> None:
        wire.begin()
        wire.expect(frames.REQUEST)
        loop.call_soon_threadsafe(arrived.set)
        cancel = wire.expect(frames.CANCEL)
        cancels.append(cancel.aux)
        wire.send(frames.response(cancel.id, status=1))
        wire.echo()

    with peer(script) as server:
        async with AsyncCutover(server.address) as client:
            call = asyncio.create_task(client.echo(b"x"))
            await arrived.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await client.echo(b"y") == b"y"
    assert cancels == [1]


@running
async def test_a_stream_flows_as_it_is_read() -> None:
    sizes = [n * 7 % 3000 for n in range(500)]

    def script(wire: Wire) -> None:
        wire.begin()
        request = wire.expect(frames.REQUEST)
        credit = int.from_bytes(request.body[4:8], "big")
        for size in sizes:
            while credit <= 0:
                credit += wire.expect(frames.CREDIT).aux
            body = v1.BatchStopEvent(item=v1.BatchItem(task_id="x" * size)).SerializeToString()
            wire.send(frames.item(request.id, body))
            credit -= max(64, len(body))
        wire.send(frames.response(request.id))
        wire.until_closed()

    with peer(script) as server:
        async with AsyncCutover(server.address, options=Options(stream_credit=4096)) as client:
            async with client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest()) as stream:
                await asyncio.sleep(0.2)
                assert sum(cost for _, cost in stream._call.items) <= 4096 + 3100
                assert [len(event.item.task_id) async for event in stream] == sizes


@running
async def test_a_stream_that_is_left_is_cancelled() -> None:
    cancels: list[int] = []

    def script(wire: Wire) -> None:
        wire.begin()
        while (frame := wire.read()) is not None:
            if frame.type == frames.REQUEST and frame.flags & frames.STREAM:
                wire.send(frames.item(frame.id, v1.BatchStopEvent().SerializeToString()))
            elif frame.type == frames.REQUEST:
                wire.send(frames.response(frame.id, frame.body[8:]))
            elif frame.type == frames.CANCEL:
                cancels.append(frame.aux)
                wire.send(frames.item(frame.id), frames.response(frame.id, status=1))
            else:
                assert frame.type == frames.DRAINED
                return

    with peer(script) as server:
        async with AsyncCutover(server.address) as client:
            stream = client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest())
            await anext(stream)
            await stream.aclose()
            with pytest.raises(Cancelled):
                await anext(stream)
            stream = client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest())
            await anext(stream)
            del stream
            gc.collect()
            async for _ in client.stream(methods.BatchStopService.BatchStop, v1.BatchStopRequest()):
                break
            assert await client.echo(b"x") == b"x"
    assert cancels == [1, 1, 1]


@running
async def test_a_drain_loses_no_call() -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        wire.echo(50)
        wire.send(frames.goaway(0, 5000, b"restart"))
        wire.echo()

    with peer(script) as server:
        async with AsyncCutover(server.address, options=Options(max_inflight=16)) as client:
            payloads = [f"{n}".encode() for n in range(1000)]
            assert await asyncio.gather(*map(client.echo, payloads)) == payloads
        assert server.connections > 10


@running
async def test_lost_calls_that_are_idempotent_are_sent_again() -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        if wire.number < 3:
            wire.expect(frames.REQUEST)
        else:
            wire.echo()

    with peer(script) as server:
        async with AsyncCutover(server.address) as client:
            assert await client.echo(b"x") == b"x"
        assert server.connections == 3


@pytest.mark.parametrize(
    "hostile",
    [
        lambda wire: wire.send(os.urandom(4096)),
        lambda wire: wire.send(frames.frame(frames.ITEM, id=1, body=bytes(64))),
        lambda wire: wire.send((1 << 31).to_bytes(4, "big") + bytes(12)),
        lambda wire: wire.send(frames.frame(frames.PING, body=bytes(8)) * 1000),
        lambda wire: None,
    ],
)
@running
async def test_a_hostile_server_fails_the_call_and_nothing_else(hostile: Callable[[Wire], None]) -> None:
    def script(wire: Wire) -> None:
        wire.begin()
        wire.expect(frames.REQUEST)
        hostile(wire)

    with peer(script) as server:
        async with AsyncCutover(server.address) as client:
            with pytest.raises(Unavailable):
                await client.call(methods.BatchStopService.GetBatchStop, v1.GetBatchStopRequest())
        assert server.connections == 5


@running
async def test_a_server_that_never_reads_holds_nobody() -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def script(wire: Wire) -> None:
        wire.begin()
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result(20)

    with peer(script) as server:
        client = AsyncCutover(server.address, options=Options(max_waiting=16))
        calls = [client.echo(bytes(1 << 19), timeout=0.5) for _ in range(64)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(failure, CutoverError) for failure in failures)
        begins = time.monotonic()
        await client.aclose()
        assert time.monotonic() - begins < 5
        done.set()
        await asyncio.sleep(0.1)


@running
async def test_an_idle_client_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer runs but that of the keepalive, half a minute away."""
    with peer(echoing) as server:
        async with AsyncCutover(server.address) as client:
            await client.echo()
            await asyncio.sleep(0.1)
            turns = 0
            loop = asyncio.get_running_loop()
            real = loop.call_at

            def counting(*arguments: Any, **named: Any) -> asyncio.TimerHandle:
                nonlocal turns
                turns += 1
                return real(*arguments, **named)

            monkeypatch.setattr(loop, "call_at", counting)
            begins = time.process_time()
            await asyncio.sleep(0.5)
            assert turns == 1, "only the sleep of this test"
            assert time.process_time() - begins < 0.2


@running
async def test_no_server_at_all() -> None:
    async with AsyncCutover("127.0.0.1:1", options=Options(patience_s=0.3)) as client:
        with pytest.raises(Unavailable, match="Connection refused|Connect call failed") as caught:
            await client.health(timeout=None)
        assert caught.value.not_executed and caught.value.reason == "CANNOT_CONNECT"
    async with AsyncCutover("x" * 70) as client:
        with pytest.raises(Unavailable, match="label"):
            await client.health(timeout=None)
    async with AsyncCutover("unix:/nonexistent/socket", options=Options(patience_s=0)) as client:
        with pytest.raises(Unavailable, match="No such file"):
            await client.health()


@running
async def test_a_closed_client_says_so() -> None:
    with peer(echoing) as server:
        client = AsyncCutover(server.address)
        waiting = asyncio.create_task(client.echo())
        await waiting
        await client.aclose()
        await client.aclose()
        with pytest.raises(Cancelled, match="closed"):
            await client.echo()


def test_a_client_belongs_to_one_loop() -> None:
    with peer(echoing) as server:
        client = AsyncCutover(server.address)

        async def once() -> None:
            await client.echo()
            await client.aclose()

        asyncio.run(once())
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(once())


@pytest.mark.parametrize("turns", range(8))
def test_a_client_that_is_closed_while_it_connects_leaves_nothing_open(turns: int) -> None:
    """The peer waits for the end of whatever was connected, and would fail if none came."""

    def script(wire: Wire) -> None:
        wire.until_closed()

    async def main() -> None:
        client = AsyncCutover(server.address)
        call = asyncio.create_task(client.echo())
        for _ in range(turns):
            await asyncio.sleep(0)
        await client.aclose()
        with pytest.raises(Cancelled):
            await call

    with peer(script) as server:
        asyncio.run(main())
