"""The vectors of the specification, as far as they are about a client."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support import frames
from support.frames import unhex

from cutover.errors import of_response
from cutover.method import method_number
from cutover.status import Status
from cutover.wire import metadata
from cutover.wire.connection import CancelReason, ClientConnection, State
from cutover.wire.frame import Frame, FrameReader, FrameType, Violation
from cutover.wire.hello import Hello
from cutover.wire.text import printable

FOLDER = Path(os.environ.get("CUTOVER_VECTORS", Path(__file__).parents[3] / "proto/vectors"))
Vector = dict[str, Any]


def vectors(kind: str, sender: str | None = None) -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        for vector in json.loads(path.read_text()).get("vectors", []):
            if vector["kind"] == kind and (sender is None or vector.get("from", sender) == sender):
                found.append(pytest.param(vector, id=f"{path.stem}:{vector['name']}"))
    return found


def test_there_are_vectors() -> None:
    """Without them the tests below would be empty."""
    assert len(vectors("frame", "server")) > 40
    assert len(vectors("connection", "server")) > 90
    assert len(vectors("hello")) > 50


def fields(frame: Frame) -> dict[str, Any]:
    """What a vector says of a frame, without metadata, which this client skips."""
    payload = frame.body[frame.meta_len :].hex().upper()
    if frame.type == FrameType.HELLO:
        return {"type": "HELLO", "settings": payload}
    if frame.type == FrameType.RESPONSE:
        return {
            "type": "RESPONSE",
            "slot": frame.id,
            "status": Status.read(frame.aux & 0xFF),
            "retry_after_ms": frame.aux >> 8,
            "not_executed": bool(frame.flags & 1),
            "payload": payload,
        }
    if frame.type == FrameType.ITEM:
        return {"type": "ITEM", "slot": frame.id, "payload": payload}
    if frame.type == FrameType.GOAWAY:
        grace_ms = int.from_bytes(frame.body[:4], "big")
        return {"type": "GOAWAY", "reason": frame.aux, "grace_ms": grace_ms, "text": printable(frame.body[4:])}
    return {"type": FrameType(frame.type).name, "opaque": payload}


@pytest.mark.parametrize("step", [1, 5, 1 << 30])
@pytest.mark.parametrize("vector", vectors("frame", "server"))
def test_frames(vector: Vector, step: int) -> None:
    data = unhex(vector["bytes"])
    reader = FrameReader(vector.get("max_frame", 1 << 20))
    found: dict[str, Any] = {"frames": []}
    try:
        for at in range(0, len(data), step):
            reader.feed(data[at : at + step])
            while (frame := reader.next()) is not None:
                found["frames"].append(fields(frame))
        if reader.has_begun:
            found["incomplete"] = True
    except Violation as violation:
        found["violation"] = violation.reason
    expected = dict(vector["expect"])
    expected["frames"] = [{k: v for k, v in one.items() if k != "metadata"} for one in expected.get("frames", [])]
    for one in expected["frames"]:
        for key in ("payload", "settings", "opaque"):
            if key in one:
                one[key] = unhex(one[key]).hex().upper()
    assert found == expected


@pytest.mark.parametrize("vector", vectors("hello"))
def test_hello(vector: Vector) -> None:
    body = unhex(vector["bytes"])
    if "violation" in vector["expect"]:
        with pytest.raises(Violation) as caught:
            Hello.decode(body)
        assert caught.value.reason == vector["expect"]["violation"]
        return
    hello = Hello.decode(body)
    # This client keeps no credentials of a server, which has none.
    expected = {key: value for key, value in vector["expect"]["hello"].items() if key != "auth"}
    found: dict[str, Any] = {}
    for key in ("max_frame", "max_inflight", "stream_credit", "features", "agent", "min_ping_ms", "idle_ms"):
        found[key] = getattr(hello, key)
    found["features"] = None if hello.features is None else f"{hello.features:016X}"
    found["schema"] = None if hello.schema is None else f"{hello.schema:016X}"
    found["instance"] = None if hello.instance is None else hello.instance.hex().upper()
    found["versions"] = None if hello.versions is None else list(hello.versions)
    assert {key: value for key, value in found.items() if value is not None} == expected


@pytest.mark.parametrize("vector", vectors("metadata"))
def test_metadata_that_a_client_sends(vector: Vector) -> None:
    entries = vector["expect"].get("entries")
    if entries is None:
        return
    assert metadata.encode([(key, unhex(value)) for key, value in entries]) == unhex(vector["bytes"])


@pytest.mark.parametrize("vector", vectors("error"))
def test_errors(vector: Vector) -> None:
    error = of_response(5, unhex(vector["bytes"]), False, 0)
    expected = vector["expect"]
    if expected.get("unreadable"):
        expected = {"message": "", "reason": "", "details": []}
    found = {"message": error.message, "reason": error.reason, "details": [list(pair) for pair in error.details]}
    assert found == expected


@pytest.mark.parametrize("vector", vectors("method"))
def test_methods(vector: Vector) -> None:
    number = vector["expect"]["number"]
    assert method_number(unhex(vector["bytes"]).decode()) == (int(number, 16) if isinstance(number, str) else number)


class Client:
    """A connection whose client does what a vector says that it did."""

    def __init__(self, state: str) -> None:
        self.now = 0.0
        self.connection: ClientConnection[str] = ClientConnection(Hello(max_frame=1 << 20, max_inflight=16), self.now)
        self.sent()
        if state == "open":
            self.connection.receive(frames.server_hello(max_inflight=16), self.now)

    def sent(self) -> list[int]:
        data = self.connection.output(1 << 30)
        self.connection.sent(len(data), self.now)
        return [frame.type for frame in frames.take_frames(data.removeprefix(b"\xb5RPC\1\0\0\0"))]

    def do(self, data: bytes) -> None:
        for frame in frames.take_frames(data):
            if frame.type == frames.REQUEST:
                credit = int.from_bytes(frame.body[4:8], "big") if frame.flags & frames.STREAM else None
                self.connection.request("call", frame.aux, frame.body[8:], now=self.now, credit=credit)
            elif frame.type == frames.CANCEL:
                self.connection.cancel(frame.id, CancelReason.USER, self.now)
            elif frame.type == frames.CREDIT:
                self.connection.grant(frame.id, frame.aux, self.now)
            elif frame.type == frames.PING:
                self.now += 30
                self.connection.tick(self.now)
            elif frame.type == frames.DRAINED:
                self.connection.drain(self.now)
            else:
                assert frame.type == frames.PONG
            self.sent()

    def take(self, data: bytes) -> tuple[list[str], int | None]:
        """The actions for the frames of a server, and what they broke."""
        actions: list[str] = []
        for frame in frames.take_frames(data):
            if self.connection.is_ended:
                break
            before = self.connection.in_flight
            events = self.connection.receive(_bytes(frame), self.now)
            for event in events:
                violation = getattr(event, "violation", None)
                if violation is not None:
                    return actions, int(violation)
            if frame.type & 0x80:
                continue
            actions.append(self._action(frame.type, before))
        return actions, None

    def _action(self, type: int, in_flight: int) -> str:
        if type == frames.HELLO:
            return "accept"
        if type == frames.RESPONSE:
            assert self.connection.in_flight == in_flight - 1
            return "end"
        if type == frames.GOAWAY:
            if self.connection.is_ended:
                return "close"
            return "drain" if frames.DRAINED in self.types() else "nothing"
        if type == frames.PING:
            # Its bytes stay unsent: a vector says when a PONG went out.
            return "pong" if frames.PONG in self.types() else "?"
        return {frames.ITEM: "deliver", frames.PONG: "note"}[type]

    def types(self) -> list[int]:
        return [frame.type for frame in frames.take_frames(self.connection.output(1 << 30))]


def _bytes(raw: frames.Raw) -> bytes:
    return frames.frame(raw.type, flags=raw.flags, meta_len=raw.meta_len, id=raw.id, aux=raw.aux, body=raw.body)


@pytest.mark.parametrize("vector", vectors("connection", "server"))
def test_connections(vector: Vector) -> None:
    client = Client(vector["state"])
    for step in vector.get("before", []):
        if step["from"] == "client":
            client.do(unhex(step["bytes"]))
        else:
            client.take(unhex(step["bytes"]))
    expected = vector["expect"]
    if expected.get("closed"):
        assert client.connection.state is State.ENDED
        return
    actions, violation = client.take(unhex(vector["bytes"]))
    assert actions == expected["actions"]
    assert violation == expected.get("violation")


@pytest.mark.parametrize("vector", vectors("session"))
def test_the_session_is_what_this_client_sends(vector: Vector) -> None:
    now = 0.0
    hello = Hello(max_frame=1 << 20, max_inflight=64, agent="doc/1")
    connection: ClientConnection[str] = ClientConnection(hello, now)
    expected = bytearray()
    found = bytearray()

    def sent() -> bytes:
        data = connection.output(1 << 30)
        connection.sent(len(data), now)
        return data

    for step in vector["steps"]:
        data = unhex(step["bytes"])
        if step["from"] == "server":
            connection.receive(data, now)
            continue
        expected += data
        type = data[4] if not step["about"] == "preface" else 0
        if type == frames.REQUEST:
            (frame,) = frames.take_frames(data)
            prefix, rest = frame.body[:8], frame.body[8:]
            connection.request(
                "call",
                frame.aux,
                rest[frame.meta_len :],
                now=now,
                metadata=rest[: frame.meta_len],
                timeout_ms=int.from_bytes(prefix[:4], "big"),
                credit=int.from_bytes(prefix[4:], "big") if frame.flags & frames.STREAM else None,
                idempotent=bool(frame.flags & frames.IDEMPOTENT),
            )
        elif type == frames.CREDIT:
            connection.grant(1, 64, now)
        elif type == frames.CANCEL:
            connection.cancel(1, CancelReason.USER, now)
        elif type == frames.PING:
            connection.tick(now := now + 30)
        found += sent()
    found += sent()
    # The eight bytes of a PING are the client's own.
    ping = frames.frame(frames.PING, body=(1).to_bytes(8, "big"))
    assert found.replace(ping, ping[:16] + bytes.fromhex("0102030405060708")) == expected
