"""Frames: the 16-byte header, its rules, and the reader that enforces them before it keeps a byte of the body."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from . import limits

PREFACE: Final = b"\xb5RPC\x01\x00\x00\x00"
HEADER: Final = struct.Struct(">IBBHII")


class FrameType(IntEnum):
    HELLO = 1
    REQUEST = 2
    RESPONSE = 3
    ITEM = 4
    CREDIT = 5
    CANCEL = 6
    PING = 7
    PONG = 8
    GOAWAY = 9
    DRAINED = 10


FLAG_STREAM: Final = 1
FLAG_IDEMPOTENT: Final = 2
FLAG_NOT_EXECUTED: Final = 1
EXTENSION: Final = 0x80


class GoAwayReason(IntEnum):
    """Why a server ends a connection; also names what a :class:`Violation` breaks."""

    DRAIN = 0
    PROTOCOL = 1
    FRAME_SIZE = 2
    VERSION = 3
    UNSUPPORTED = 4
    FLOW_CONTROL = 5
    TOO_MANY_FAULTS = 6
    TIMEOUT = 7
    IDLE = 8
    UNAUTHENTICATED = 9
    OVERLOADED = 10
    MAXIMUM_AGE = 11


class Violation(Exception):
    """The server broke the protocol. The connection ends and nothing more of it is parsed."""

    def __init__(self, reason: GoAwayReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


class Frame(NamedTuple):
    type: int
    flags: int
    meta_len: int
    id: int
    aux: int
    body: bytes


def encode(
    type: int, *, flags: int = 0, meta_len: int = 0, id: int = 0, aux: int = 0, body: bytes = b""
) -> bytes:
    """A whole frame as bytes. The caller answers for the rules of its type."""
    return HEADER.pack(len(body), type, flags, meta_len, id, aux) + body


class _Rule(NamedTuple):
    flags: int
    has_metadata: bool
    has_slot: bool
    has_aux: bool
    shortest: int
    longest: int


# What a server may send. Every other known type goes the other way.
_FROM_SERVER: Final[dict[int, _Rule]] = {
    FrameType.HELLO: _Rule(0, False, False, False, 0, limits.HELLO_BYTES),
    FrameType.RESPONSE: _Rule(FLAG_NOT_EXECUTED, True, True, True, 0, limits.MAX_FRAME_CEILING),
    FrameType.ITEM: _Rule(0, True, True, False, 0, limits.MAX_FRAME_CEILING),
    FrameType.PING: _Rule(0, False, False, False, 8, 8),
    FrameType.PONG: _Rule(0, False, False, False, 8, 8),
    FrameType.GOAWAY: _Rule(0, False, False, True, 4, 4 + limits.GOAWAY_TEXT_BYTES),
}


def _check(length: int, type: int, flags: int, meta_len: int, id: int, aux: int, max_frame: int) -> None:
    """The rules that a header alone can break: FRAME-2 to FRAME-11."""
    if length > max_frame:
        raise Violation(GoAwayReason.FRAME_SIZE, f"a frame of {length} bytes; {max_frame} were allowed")
    if type & EXTENSION:
        return
    rule = _FROM_SERVER.get(type)
    if rule is None:
        if type in FrameType._value2member_map_:
            raise Violation(GoAwayReason.PROTOCOL, f"a frame of type {type:#04x}, which a server never sends")
        raise Violation(GoAwayReason.UNSUPPORTED, f"a frame of the unknown type {type:#04x}")
    if flags & ~rule.flags:
        raise Violation(GoAwayReason.PROTOCOL, f"undefined flags {flags:#04x} in a frame of type {type:#04x}")
    if meta_len and not rule.has_metadata:
        raise Violation(GoAwayReason.PROTOCOL, f"metadata in a frame of type {type:#04x}")
    if meta_len > length:
        raise Violation(GoAwayReason.FRAME_SIZE, f"{meta_len} bytes of metadata in a body of {length}")
    if rule.has_slot != (id != 0):
        raise Violation(GoAwayReason.PROTOCOL, f"id {id} in a frame of type {type:#04x}")
    if aux and not rule.has_aux:
        raise Violation(GoAwayReason.PROTOCOL, f"aux is not 0 in a frame of type {type:#04x}")
    if not rule.shortest <= length <= rule.longest:
        raise Violation(GoAwayReason.FRAME_SIZE, f"a body of {length} bytes in a frame of type {type:#04x}")


class FrameReader:
    """Cuts what a server sends into frames; holds at most what it was fed last and one unfinished frame."""

    def __init__(self, max_frame: int) -> None:
        self._max_frame = max_frame
        self._buffer = bytearray()
        self._at = 0
        # Bytes of an extension frame still to be dropped.
        self._skip = 0

    def feed(self, data: bytes) -> None:
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    @property
    def has_begun(self) -> bool:
        """Whether a frame was begun and is not whole yet."""
        return self._skip > 0 or len(self._buffer) > self._at

    def next(self) -> Frame | None:
        """The next whole frame, or None when more bytes are needed. Raises :class:`Violation`."""
        while True:
            if self._skip:
                dropped = min(self._skip, len(self._buffer) - self._at)
                self._at += dropped
                self._skip -= dropped
            start = self._at + HEADER.size
            if self._skip or len(self._buffer) < start:
                return None
            length, type, flags, meta_len, id, aux = HEADER.unpack_from(self._buffer, self._at)
            _check(length, type, flags, meta_len, id, aux, self._max_frame)
            if type & EXTENSION:
                self._at = start
                self._skip = length
                continue
            if len(self._buffer) < start + length:
                return None
            self._at = start + length
            return Frame(type, flags, meta_len, id, aux, bytes(self._buffer[start : self._at]))
