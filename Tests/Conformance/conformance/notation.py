"""How cases write bytes and numbers."""

from __future__ import annotations

import re

_REPEATED = re.compile(r"\(([0-9A-Fa-f ]*)\)\*(\d+)")


def hex_bytes(text: str) -> bytes:
    """Hexadecimal; blanks mean nothing, and ``(0A0B)*3`` is ``0A0B0A0B0A0B``, as in proto/vectors."""
    plain = _REPEATED.sub(lambda match: match.group(1).replace(" ", "") * int(match.group(2)), text)
    return bytes.fromhex(plain)


def payload_bytes(text: str) -> bytes:
    """A payload: hexadecimal; ``echo:`` and hexadecimal for an Echo message; ``fields:1=a,7=b`` for a message with texts."""
    kind, _, rest = text.partition(":")
    if kind == "echo":
        return message([(1, hex_bytes(rest))])
    if kind == "fields":
        pairs = [one.partition("=") for one in rest.split(",")]
        return message([(int(number), value.encode()) for number, _, value in pairs])
    return hex_bytes(text)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(fields: list[tuple[int, bytes]]) -> bytes:
    """A protobuf message of fields that hold bytes, texts or messages; empty ones are left out, as proto3 does."""
    return b"".join(varint(number << 3 | 2) + varint(len(value)) + value for number, value in fields if value)


def error_message(error: dict[str, object]) -> bytes:
    """``cutover.v1.ErrorInfo`` from message, reason, details and how many details of no importance come on top."""
    fields = [(1, str(error.get("message", "")).encode()), (2, str(error.get("reason", "")).encode())]
    details = error.get("details", [])
    assert isinstance(details, list)
    pairs = [(str(key), str(value)) for key, value in details]
    for key, value in pairs:
        fields.append((3, message([(1, key.encode()), (2, value.encode())])))
    return message(fields)


def read_message(payload: bytes) -> list[tuple[int, bytes]] | None:
    """The fields of a message, numbers as their varint; None when it is none."""
    fields: list[tuple[int, bytes]] = []
    at = 0
    while at < len(payload):
        tag, at = _read_varint(payload, at)
        if tag is None:
            return None
        kind = tag & 7
        if kind == 2:
            length, at = _read_varint(payload, at)
            if length is None or at + length > len(payload):
                return None
            fields.append((tag >> 3, payload[at : at + length]))
            at += length
        elif kind == 0:
            value, at = _read_varint(payload, at)
            if value is None:
                return None
            fields.append((tag >> 3, varint(value)))
        else:
            return None
    return fields


def _read_varint(data: bytes, at: int) -> tuple[int | None, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            return None, at
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    return None, at
