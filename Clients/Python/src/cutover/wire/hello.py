"""HELLO: the settings that each side sends once, first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from . import limits
from .frame import GoAwayReason, Violation
from .text import printable

_MUST_UNDERSTAND: Final = 0x8000


@dataclass(frozen=True, slots=True)
class Hello:
    """The settings of one side; None stands for a key that was not sent."""

    max_frame: int | None = None
    max_inflight: int | None = None
    stream_credit: int | None = None
    features: int | None = None
    # Never shown: it is a secret.
    auth: bytes | None = field(default=None, repr=False)
    agent: str | None = None
    min_ping_ms: int | None = None
    idle_ms: int | None = None
    instance: bytes | None = None
    schema: int | None = None
    versions: tuple[int, int] | None = None

    def encode(self) -> bytes:
        """The body of the HELLO frame of a client."""
        if self.auth is not None and len(self.auth) > limits.AUTH_BYTES:
            raise ValueError(f"the token is longer than {limits.AUTH_BYTES} bytes")
        out = bytearray()
        numbers = ((1, self.max_frame, 4), (2, self.max_inflight, 2), (3, self.stream_credit, 4), (4, self.features, 8))
        for key, number, size in numbers:
            if number is not None:
                out += _setting(key, number.to_bytes(size, "big"))
        if self.auth is not None:
            out += _setting(5, self.auth)
        if self.agent is not None:
            out += _setting(6, self.agent.encode()[: limits.AGENT_BYTES])
        return bytes(out)

    @classmethod
    def decode(cls, body: bytes) -> Hello:
        """The settings of a server. Raises :class:`Violation`."""
        found = _settings(body)
        for key in found:
            if key & _MUST_UNDERSTAND:
                raise Violation(GoAwayReason.UNSUPPORTED, f"HELLO key {key:#06x} must be understood and is not known")
        if len(found.get(5, b"")) > limits.AUTH_BYTES:
            raise Violation(GoAwayReason.PROTOCOL, "HELLO key 5 is too long")
        versions = _bytes(found, 11, 2)
        if versions is not None and versions[0] > versions[1]:
            raise Violation(GoAwayReason.PROTOCOL, "HELLO names a lowest version above the highest")
        return cls(
            max_frame=_number(found, 1, 4, limits.MAX_FRAME_FLOOR, limits.MAX_FRAME_CEILING),
            max_inflight=_number(found, 2, 2, limits.INFLIGHT_FLOOR, limits.INFLIGHT_CEILING),
            stream_credit=_number(found, 3, 4),
            features=_number(found, 4, 8),
            agent=_agent(found),
            min_ping_ms=_number(found, 7, 4),
            idle_ms=_number(found, 8, 4),
            instance=_bytes(found, 9, 16),
            schema=_number(found, 10, 8),
            versions=None if versions is None else (versions[0], versions[1]),
        )


def _setting(key: int, value: bytes) -> bytes:
    return key.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def _settings(body: bytes) -> dict[int, bytes]:
    if len(body) > limits.HELLO_BYTES:
        raise Violation(GoAwayReason.FRAME_SIZE, f"a HELLO of {len(body)} bytes")
    found: dict[int, bytes] = {}
    count = at = 0
    while at < len(body):
        count += 1
        if count > limits.HELLO_SETTINGS:
            raise Violation(GoAwayReason.PROTOCOL, f"a HELLO of more than {limits.HELLO_SETTINGS} settings")
        start = at + 4
        key = int.from_bytes(body[at : at + 2], "big")
        at = start + int.from_bytes(body[at + 2 : start], "big")
        if start > len(body) or at > len(body):
            raise Violation(GoAwayReason.PROTOCOL, "a HELLO that ends within a setting")
        if key in found and key in _KNOWN:
            raise Violation(GoAwayReason.PROTOCOL, f"HELLO key {key} twice")
        found[key] = body[start:at]
    return found


_KNOWN: Final = range(1, 12)


def _bytes(found: dict[int, bytes], key: int, size: int) -> bytes | None:
    value = found.get(key)
    if value is not None and len(value) != size:
        raise Violation(GoAwayReason.PROTOCOL, f"HELLO key {key} of {len(value)} bytes instead of {size}")
    return value


def _number(
    found: dict[int, bytes], key: int, size: int, lowest: int = 0, highest: int | None = None
) -> int | None:
    value = _bytes(found, key, size)
    if value is None:
        return None
    number = int.from_bytes(value, "big")
    if number < lowest or (highest is not None and number > highest):
        raise Violation(GoAwayReason.PROTOCOL, f"HELLO key {key} is {number}, out of its range")
    return number


def _agent(found: dict[int, bytes]) -> str | None:
    value = found.get(6)
    if value is None:
        return None
    if len(value) > limits.AGENT_BYTES:
        raise Violation(GoAwayReason.PROTOCOL, f"HELLO key 6 of {len(value)} bytes")
    return printable(value)
