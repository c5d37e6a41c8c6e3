"""Frames made and taken apart by hand, without the code under test."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

HELLO, REQUEST, RESPONSE, ITEM, CREDIT, CANCEL, PING, PONG, GOAWAY, DRAINED = range(1, 11)
STREAM, IDEMPOTENT = 1, 2
NOT_EXECUTED = 1


class Raw(NamedTuple):
    type: int
    flags: int
    meta_len: int
    id: int
    aux: int
    body: bytes


def frame(type: int, *, flags: int = 0, meta_len: int = 0, id: int = 0, aux: int = 0, body: bytes = b"") -> bytes:
    return struct.pack(">IBBHII", len(body), type, flags, meta_len, id, aux) + body


def setting(key: int, value: bytes) -> bytes:
    return struct.pack(">HH", key, len(value)) + value


def hello(*settings: bytes) -> bytes:
    return frame(HELLO, body=b"".join(settings))


def server_hello(max_inflight: int = 64, max_frame: int = 1 << 20, min_ping_ms: int = 0) -> bytes:
    return hello(
        setting(1, max_frame.to_bytes(4, "big")),
        setting(2, max_inflight.to_bytes(2, "big")),
        setting(7, min_ping_ms.to_bytes(4, "big")),
        setting(9, bytes(16)),
    )


def response(slot: int, payload: bytes = b"", status: int = 0, retry_after_ms: int = 0, not_executed: bool = False) -> bytes:
    flags = NOT_EXECUTED if not_executed else 0
    return frame(RESPONSE, flags=flags, id=slot, aux=retry_after_ms << 8 | status, body=payload)


def item(slot: int, payload: bytes = b"") -> bytes:
    return frame(ITEM, id=slot, body=payload)


def goaway(reason: int, grace_ms: int = 0, text: bytes = b"") -> bytes:
    return frame(GOAWAY, aux=reason, body=grace_ms.to_bytes(4, "big") + text)


def take_frames(data: bytes) -> list[Raw]:
    """Bytes that are nothing but whole frames."""
    found = []
    while data:
        length, type, flags, meta_len, id, aux = struct.unpack_from(">IBBHII", data)
        assert len(data) >= 16 + length, "a frame that is cut short"
        found.append(Raw(type, flags, meta_len, id, aux, data[16 : 16 + length]))
        data = data[16 + length :]
    return found


def unhex(text: str) -> bytes:
    """Bytes as the vectors write them: blanks mean nothing, (0A0B)*3 is repeated."""

    def repeat(match: re.Match[str]) -> str:
        return match[1] * int(match[2])

    return bytes.fromhex(re.sub(r"\(([0-9A-Fa-f ]*)\)\*(\d+)", repeat, text))
