"""Servers that flood the client or hold it up: what is legal is borne in bounded memory, and no caller is held past its deadline."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from support import frames
from support.peer import Wire, peer

from cutover import Cutover, CutoverError, DeadlineExceeded, NotFound, Options, Unavailable, v1
from cutover.v1 import methods
from cutover.wire.connection import Timing

MIB = 1 << 20
# Which the client does not send again by itself.
ONCE = replace(methods.Echo.Echo, idempotent=False)
PING = frames.frame(frames.PING, body=b"are you?")


@contextmanager
def attacked(attack: Callable[[Wire, int], None], options: Options | None = None) -> Iterator[Cutover]:
    """A client whose first connection is attacked once a call is under way; each further one answers every call."""

    def script(wire: Wire) -> None:
        wire.begin()
        if wire.number == 1:
            attack(wire, wire.expect(frames.REQUEST).id)
        else:
            wire.echo()

    with peer(script) as server, Cutover(server.address, options=options) as client:
        yield client


def once(client: Cutover, timeout: float = 20.0) -> None:
    client.call(ONCE, v1.EchoRequest(), timeout=timeout)


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    """That Python's memory grows by so many bytes at most, at any time."""
    tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        yield
        _, peak = tracemalloc.get_traced_memory()
        assert peak - before < most
    finally:
        tracemalloc.stop()


def test_garbage_ends_the_connection() -> None:
    garbage = b"\xa5" * (16 * MIB)

    def attack(wire: Wire, slot: int) -> None:
        wire.send(garbage)
        wire.until_closed()

    # The deadline of a frame would end it, too.
    with attacked(attack, Options(timing=Timing(frame_s=60))) as client, memory_within(6 * MIB):
        with pytest.raises(Unavailable) as caught:
            once(client, timeout=5.0)
        assert not caught.value.not_executed
        assert client.echo(b"b") == b"b"


def test_extensions_without_end_are_skipped_and_not_kept() -> None:
    large = frames.frame(0x80, flags=0xFF, meta_len=0xFFFF, id=7, aux=7, body=bytes(MIB))
    small = frames.frame(0xFE) * 4096

    def attack(wire: Wire, slot: int) -> None:
        for _ in range(64):
            wire.send(large)
        for _ in range(16):
            wire.send(small)
        wire.send(frames.response(slot))
        wire.until_closed()

    with attacked(attack) as client, memory_within(8 * MIB):
        once(client)


def test_pings_one_by_one_are_answered_and_pings_together_are_a_breach() -> None:
    answered = 0

    def attack(wire: Wire, slot: int) -> None:
        nonlocal answered
        for _ in range(1000):
            wire.send(PING)
            assert wire.expect(frames.PONG).body == b"are you?"
            answered += 1
        wire.send(PING * 1000)
        wire.until_closed()

    with attacked(attack) as client:
        with pytest.raises(Unavailable, match="a PING before the PONG"):
            once(client)
        assert answered == 1000
        assert client.echo(b"b") == b"b"


def test_goaways_without_end_are_one_drain() -> None:
    said: list[int] = []

    def attack(wire: Wire, slot: int) -> None:
        for _ in range(100):
            wire.send(frames.goaway(0, 0xFFFFFFFF, b"x" * 256) * 100)
        wire.send(frames.response(slot))
        wire.send(frames.frame(frames.PING, body=b"the last"))
        while (frame := wire.read()) is not None:
            said.append(frame.type)
            if frame.type == frames.PONG:
                return

    with attacked(attack) as client:
        once(client)
        assert client.echo(b"b") == b"b"
    assert said == [frames.DRAINED, frames.PONG]


def test_huge_errors_are_cut() -> None:
    text = "é".encode() * 20_000

    def field(number: int, data: bytes) -> bytes:
        size, length = len(data), b""
        while size > 0x7F:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + data

    detail = field(3, field(1, b"k") + field(2, text))
    payload = field(1, text) + field(2, text) + detail + field(3, field(1, b"k")) * 10_000

    def attack(wire: Wire, slot: int) -> None:
        wire.send(frames.response(slot, payload, status=5))
        wire.until_closed()

    with attacked(attack) as client, pytest.raises(NotFound) as caught:
        once(client)
    error = caught.value
    assert error.message == "é" * 512 and len(error.reason.encode()) == 1024
    assert len(error.details) == 32 and len(error.details[0][1].encode()) == 1024


def test_a_hello_without_end_is_given_up() -> None:
    connections = 0

    def script(wire: Wire) -> None:
        nonlocal connections
        connections += 1
        if wire.number > 1:
            wire.begin()
            wire.echo()
            return
        wire.read_bytes(8)
        wire.send(frames.frame(frames.HELLO, body=bytes(8192))[:16])
        while True:
            wire.send(b"\0")
            time.sleep(0.005)

    options = Options(timing=Timing(setup_s=0.2))
    with peer(script) as server, Cutover(server.address, options=options) as client:
        assert client.echo(b"b") == b"b"
        assert connections == 2


def test_an_answer_without_its_end_holds_no_caller() -> None:
    part = frames.response(1, bytes(MIB))[:-1]

    def attack(wire: Wire, slot: int) -> None:
        wire.send(part)
        wire.until_closed()

    with attacked(attack) as client, memory_within(4 * MIB):
        with pytest.raises(DeadlineExceeded):
            once(client, timeout=0.3)


def test_metadata_of_any_length_is_no_answers_harm() -> None:
    """Blocks that lie about their lengths are taken for none (META-5)."""

    def attack(wire: Wire, slot: int) -> None:
        for block in (b"\xff", b"\1a\xff\xff", b"\0\0\0" * 21_000, b"\1a\0\0" * 65):
            wire.send(frames.frame(frames.RESPONSE, meta_len=len(block), id=slot, body=block))
            slot = wire.expect(frames.REQUEST).id
        wire.send(frames.response(slot))
        wire.until_closed()

    with attacked(attack) as client:
        for _ in range(5):
            once(client)


def test_what_does_not_unpack_fails_the_call_alone() -> None:
    def attack(wire: Wire, slot: int) -> None:
        wire.send(frames.response(slot, b"\xff" * 100))
        wire.send(frames.response(wire.expect(frames.REQUEST).id))
        wire.until_closed()

    with attacked(attack) as client:
        with pytest.raises(CutoverError, match="INTERNAL"):
            once(client)
        once(client)
