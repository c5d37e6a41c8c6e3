"""What a client may be told about its connections and calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .wire import limits
from .wire.connection import Timing
from .wire.hello import Hello

_AGENT: Final = "cutover-python/1"


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of a client beyond address, TLS and token; the defaults are those of the specification.

    Attributes:
        max_frame: The greatest message that is accepted, in bytes; 65,536 to 16,777,215.
        max_inflight: Calls in flight on a connection, 16 to 65,535; the server may hold to fewer.
        stream_credit: How many bytes of a stream may wait to be read, 64 to 16,777,216.
        max_waiting: Calls that may wait for a connection or a slot; one more fails at once.
        patience_s: How long a call waits for a server that cannot be reached, in seconds; its own deadline may end it sooner.
        resume_s: How long a watch or a batch whose server was lost tries to be taken up again, in seconds.
        allow_plaintext_token: Send the token without TLS to an address that is neither loopback nor a Unix socket.
        timing: How long a connection waits for what.
    """

    max_frame: int = limits.MAX_FRAME_DEFAULT
    max_inflight: int = limits.INFLIGHT_DEFAULT
    stream_credit: int = limits.CREDIT_DEFAULT
    max_waiting: int = 16_384
    patience_s: float = 15.0
    resume_s: float = 60.0
    allow_plaintext_token: bool = False
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        ranges = (
            ("max_frame", self.max_frame, limits.MAX_FRAME_FLOOR, limits.MAX_FRAME_CEILING),
            ("max_inflight", self.max_inflight, limits.INFLIGHT_FLOOR, limits.INFLIGHT_CEILING),
            ("stream_credit", self.stream_credit, limits.CREDIT_FLOOR, limits.CREDIT_CEILING),
            ("max_waiting", self.max_waiting, 1, 1_000_000),
        )
        for name, value, lowest, highest in ranges:
            if not lowest <= value <= highest:
                raise ValueError(f"{name} is {value}; use {lowest} to {highest}")

    def hello(self, token: bytes | None) -> Hello:
        return Hello(
            max_frame=self.max_frame,
            max_inflight=self.max_inflight,
            stream_credit=self.stream_credit,
            auth=token,
            agent=_AGENT,
        )
