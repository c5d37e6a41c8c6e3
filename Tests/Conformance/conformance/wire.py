"""Frames and settings, written from proto/PROTOCOL.md: no implementation's code, and free to write what is wrong."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from .notation import error_message, hex_bytes, payload_bytes, read_message

PREFACE: Final = bytes.fromhex("B552504301000000")
HEADER_BYTES: Final = 16
NEVER: Final = 0xFFFFFF

TYPES: Final = {
    "HELLO": 1, "REQUEST": 2, "RESPONSE": 3, "ITEM": 4, "CREDIT": 5,
    "CANCEL": 6, "PING": 7, "PONG": 8, "GOAWAY": 9, "DRAINED": 10,
}  # fmt: skip
TYPE_NAMES: Final = {number: name for name, number in TYPES.items()}

STATUSES: Final = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

REASONS: Final = (
    "drain", "protocol", "frame-size", "version", "unsupported", "flow-control", "too-many-faults", "timeout", "idle",
    "unauthenticated", "overloaded", "maximum-age", "revoked",
)  # fmt: skip

CANCELS: Final = {"user": 1, "deadline": 2, "hedge-lost": 3}
CANCEL_NAMES: Final = {number: name for name, number in CANCELS.items()}

# The settings of HELLO: key, and bytes of the number; 0 for text and bytes.
SETTINGS: Final = {
    "max_frame": (1, 4), "max_inflight": (2, 2), "stream_credit": (3, 4), "features": (4, 8), "auth": (5, 0),
    "agent": (6, 0), "min_ping_ms": (7, 4), "idle_ms": (8, 4), "instance": (9, 0), "schema": (10, 8), "versions": (11, 0),
}  # fmt: skip
SETTING_NAMES: Final = {key: name for name, (key, _) in SETTINGS.items()}

# Methods that cases call by a short name.
METHODS: Final = {
    "Echo": ("cutover.v1.Echo/Echo", 5),
    "Health": ("cutover.v1.Health/Check", 1),
    "Get": ("cutover.v1.TaskService/GetTask", None),
    "Create": ("cutover.v1.TaskService/CreateTask", None),
    "Watch": ("cutover.v1.TaskService/WatchTasks", None),
}


def method_number(name: str) -> int:
    """The number of a method by its short or full name, or in hexadecimal."""
    full, number = METHODS.get(name, (name, None))
    if number is not None:
        return number
    if "/" not in full:
        return int(full, 16)
    number = 0x811C9DC5
    for byte in full.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


_METHOD_NAMES: Final = {method_number(name): name for name in METHODS}


@dataclass(frozen=True)
class Frame:
    """A frame as it came."""

    raw: bytes

    @property
    def type(self) -> int:
        return self.raw[4]

    @property
    def flags(self) -> int:
        return self.raw[5]

    @property
    def meta_len(self) -> int:
        return int.from_bytes(self.raw[6:8])

    @property
    def id(self) -> int:
        return int.from_bytes(self.raw[8:12])

    @property
    def aux(self) -> int:
        return int.from_bytes(self.raw[12:16])

    @property
    def body(self) -> bytes:
        return self.raw[HEADER_BYTES:]

    @property
    def name(self) -> str:
        return TYPE_NAMES.get(self.type, f"type {self.type:02X}")


def frame_length(header: bytes) -> int:
    """Bytes of the whole frame whose header this is."""
    return HEADER_BYTES + int.from_bytes(header[:4])


def encode_hello(settings: dict[str, Any]) -> bytes:
    """The body of a HELLO; a value may be a number, a text, or ``hex:`` and bytes."""
    out = b""
    for name, value in settings.items():
        key, width = SETTINGS[name]
        data = setting_bytes(value, width)
        out += struct.pack(">HH", key, len(data)) + data
    return out


def setting_bytes(value: Any, width: int) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(width)
    text = str(value)
    return hex_bytes(text[4:]) if text.startswith("hex:") else text.encode()


def decode_hello(body: bytes) -> dict[str, Any] | None:
    """The settings by name, or by number when they are unknown; None when the body breaks the rules."""
    settings: dict[str, Any] = {}
    at = 0
    while at < len(body):
        if at + 4 > len(body):
            return None
        key, length = struct.unpack_from(">HH", body, at)
        value = body[at + 4 : at + 4 + length]
        at += 4 + length
        name = SETTING_NAMES.get(key, f"{key:04X}")
        if at > len(body) or name in settings:
            return None
        _, width = SETTINGS.get(name, (0, 0))
        if width and width != length:
            return None
        settings[name] = int.from_bytes(value) if width else value.hex().upper()
    return settings


def encode_metadata(entries: list[list[str]]) -> bytes:
    """Pairs of a key and a value; a value is text, or ``hex:`` and bytes."""
    out = b""
    for key, value in entries:
        data = setting_bytes(value, 0)
        out += bytes([len(key.encode())]) + key.encode() + struct.pack(">H", len(data)) + data
    return out


def decode_metadata(block: bytes) -> list[list[str]]:
    """Keys and values, values as text; what is no whole entry is left out."""
    entries: list[list[str]] = []
    at = 0
    while at < len(block):
        key_end = at + 1 + block[at]
        length = int.from_bytes(block[key_end : key_end + 2])
        key, value = block[at + 1 : key_end], block[key_end + 2 : key_end + 2 + length]
        entries.append([key.decode("ascii", "replace"), value.decode("utf-8", "replace")])
        at = key_end + 2 + length
    return entries


def encode(spec: dict[str, Any]) -> bytes:
    """A frame from its fields by name. ``length``, ``flags``, ``meta_len``, ``id``, ``aux`` and ``body`` overrule what follows from them."""
    if "hex" in spec:
        return hex_bytes(spec["hex"])
    kind = spec["type"]
    number = TYPES[kind] if kind in TYPES else int(kind, 16)
    flags, aux, meta, body = _parts(kind, spec)
    if "body" in spec:
        body = hex_bytes(spec["body"])
    header = struct.pack(
        ">IBBHII",
        spec.get("length", len(body)),
        number,
        spec.get("flags", flags),
        spec.get("meta_len", len(meta)),
        spec.get("id", spec.get("slot", 0)),
        spec.get("aux", aux),
    )
    return header + body


def _parts(kind: str, spec: dict[str, Any]) -> tuple[int, int, bytes, bytes]:
    """Flags, aux, metadata and body."""
    meta = hex_bytes(spec["metadata_hex"]) if "metadata_hex" in spec else encode_metadata(spec.get("metadata", []))
    payload = error_message(spec["error"]) if "error" in spec else payload_bytes(spec.get("payload", ""))
    if kind == "HELLO":
        return 0, 0, b"", encode_hello(spec.get("settings", {})) + hex_bytes(spec.get("more", ""))
    if kind == "REQUEST":
        flags = (1 if spec.get("stream") else 0) | (2 if spec.get("idempotent") else 0)
        prefix = struct.pack(">II", spec.get("timeout_ms", 0), spec.get("credit", 0))
        return flags, method_number(spec.get("method", "Echo")), meta, prefix + meta + payload
    if kind == "RESPONSE":
        status = spec.get("status", "OK")
        code = STATUSES.index(status) if isinstance(status, str) else status
        return (1 if spec.get("not_executed") else 0), spec.get("retry_after_ms", 0) << 8 | code, meta, meta + payload
    if kind == "ITEM":
        return 0, 0, meta, meta + payload
    if kind == "CREDIT":
        return 0, spec.get("bytes", 0), b"", b""
    if kind == "CANCEL":
        return 0, CANCELS.get(spec.get("reason", "user"), 0), b"", b""
    if kind in ("PING", "PONG"):
        return 0, 0, b"", hex_bytes(spec.get("opaque", "0102030405060708"))
    if kind == "GOAWAY":
        reason = spec.get("reason", "drain")
        code = REASONS.index(reason) if isinstance(reason, str) else reason
        return 0, code, b"", struct.pack(">I", spec.get("grace_ms", 0)) + setting_bytes(spec.get("text", ""), 0)
    return 0, 0, b"", b""


def fields(frame: Frame) -> dict[str, Any]:
    """What a frame says, by name."""
    name = frame.name
    found: dict[str, Any] = {"type": name, "flags": frame.flags, "meta_len": frame.meta_len, "id": frame.id, "aux": frame.aux}
    body = frame.body
    if name in ("REQUEST", "RESPONSE", "ITEM", "CREDIT", "CANCEL"):
        found["slot"] = frame.id
    if name == "HELLO":
        found["settings"] = decode_hello(body)
    elif name == "REQUEST":
        found |= {"stream": bool(frame.flags & 1), "idempotent": bool(frame.flags & 2)}
        found["method"] = _METHOD_NAMES.get(frame.aux, f"{frame.aux:08X}")
        found |= {"timeout_ms": int.from_bytes(body[:4]), "credit": int.from_bytes(body[4:8])}
        found |= _content(body[8:], frame.meta_len)
    elif name == "RESPONSE":
        status = frame.aux & 0xFF
        found["status"] = STATUSES[status] if status < len(STATUSES) else status
        found |= {"retry_after_ms": frame.aux >> 8, "not_executed": bool(frame.flags & 1)}
        found |= _content(body, frame.meta_len)
        if status:
            found["error"] = _error(body[frame.meta_len :])
    elif name == "ITEM":
        found |= _content(body, frame.meta_len)
    elif name == "CREDIT":
        found["bytes"] = frame.aux
    elif name == "CANCEL":
        found["reason"] = CANCEL_NAMES.get(frame.aux, frame.aux)
    elif name in ("PING", "PONG"):
        found["opaque"] = body.hex().upper()
    elif name == "GOAWAY":
        found["reason"] = REASONS[frame.aux] if frame.aux < len(REASONS) else frame.aux
        found |= {"grace_ms": int.from_bytes(body[:4]), "text": body[4:].decode("utf-8", "replace")}
    return found


def _content(body: bytes, meta_len: int) -> dict[str, Any]:
    payload = body[meta_len:]
    return {"metadata": decode_metadata(body[:meta_len]), "payload": payload.hex().upper(), "payload_bytes": len(payload)}


def _error(payload: bytes) -> dict[str, Any] | None:
    parts = read_message(payload)
    if parts is None:
        return None
    texts = {1: "message", 2: "reason"}
    error: dict[str, Any] = {"message": "", "reason": "", "details": []}
    for number, value in parts:
        if number in texts:
            error[texts[number]] = value.decode("utf-8", "replace")
        elif number == 3:
            pair = dict(read_message(value) or [])
            error["details"].append([pair.get(1, b"").decode("utf-8", "replace"), pair.get(2, b"").decode("utf-8", "replace")])
    return error


def breach(frame: Frame, sender: str, max_frame: int) -> str | None:
    """What of the rules of frames (FRAME-1 to FRAME-11) a frame breaks, or None. The runner holds every frame of its peer to them."""
    name, length = frame.name, len(frame.body)
    if length > max_frame:
        return f"[FRAME-2] a body of {length} bytes, more than {max_frame}"
    if frame.type & 0x80:
        return None
    if frame.type not in TYPE_NAMES:
        return f"[FRAME-4] unknown type {frame.type:02X}"
    allowed = {"client": (1, 2, 5, 6, 7, 8, 10), "server": (1, 3, 4, 7, 8, 9)}[sender]
    if frame.type not in allowed:
        return f"[FRAME-5] {name} from a {sender}"
    if frame.flags & ~{"REQUEST": 3, "RESPONSE": 1}.get(name, 0):
        return f"[FRAME-6] flags {frame.flags:02X}"
    if frame.meta_len and name not in ("REQUEST", "RESPONSE", "ITEM"):
        return f"[FRAME-7] meta_len {frame.meta_len}"
    if frame.meta_len > length - (8 if name == "REQUEST" else 0):
        return f"[FRAME-8] meta_len {frame.meta_len} in {length} bytes"
    if (frame.id != 0) != (name in ("REQUEST", "RESPONSE", "ITEM", "CREDIT", "CANCEL")):
        return f"[FRAME-9] id {frame.id}"
    if frame.aux and name not in ("REQUEST", "RESPONSE", "CREDIT", "CANCEL", "GOAWAY"):
        return f"[FRAME-10] aux {frame.aux:08X}"
    fixed = {"PING": (8, 8), "PONG": (8, 8), "CREDIT": (0, 0), "CANCEL": (0, 0), "DRAINED": (0, 0), "GOAWAY": (4, 260)}
    lowest, highest = fixed.get(name, (8 if name == "REQUEST" else 0, max_frame))
    if not lowest <= length <= highest:
        return f"[FRAME-11] a body of {length} bytes"
    return None
