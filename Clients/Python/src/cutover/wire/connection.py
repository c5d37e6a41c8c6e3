"""The client's side of one connection as a pure state machine: bytes and times in, events and bytes out.

Its owner moves the bytes. Each method that can be reached by the passing of time takes ``now``, in seconds of a monotonic clock.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Generic, NamedTuple, TypeVar

from . import limits
from .frame import (
    FLAG_IDEMPOTENT,
    FLAG_NOT_EXECUTED,
    FLAG_STREAM,
    PREFACE,
    Frame,
    FrameReader,
    FrameType,
    GoAwayReason,
    Violation,
    encode,
)
from .hello import Hello
from .output import OutputQueue
from .slots import SlotTable
from .text import printable

C = TypeVar("C")

_DRAINS: Final = {GoAwayReason.DRAIN, GoAwayReason.IDLE, GoAwayReason.MAXIMUM_AGE}
_NOT_EXECUTED: Final = {GoAwayReason.VERSION, GoAwayReason.UNAUTHENTICATED, GoAwayReason.OVERLOADED}


class CancelReason:
    USER: Final = 1
    DEADLINE: Final = 2


class State(Enum):
    AWAITING_HELLO = 1
    OPEN = 2
    DRAINED = 3
    ENDED = 4


class Opened(NamedTuple):
    """The server's HELLO was accepted."""

    hello: Hello


class Answered(NamedTuple, Generic[C]):
    """A RESPONSE for a call that somebody waits for."""

    call: C
    status: int
    retry_after_ms: int
    not_executed: bool
    payload: bytes


class Delivered(NamedTuple, Generic[C]):
    """An ITEM of a stream that somebody reads; ``cost`` is what it took off the credit."""

    call: C
    payload: bytes
    cost: int


class Draining(NamedTuple):
    """The server wants to go. DRAINED was sent: calls in flight are answered, new ones belong elsewhere."""

    reason: int
    text: str


class Ended(NamedTuple, Generic[C]):
    """The connection is over; the owner closes it. ``calls`` are those that were not answered."""

    text: str
    # The reason of the server's GOAWAY, if that was it.
    goaway: int | None
    # What the server broke, if that was it.
    violation: GoAwayReason | None
    not_executed: bool
    calls: list[C]


Event = Opened | Answered[C] | Delivered[C] | Draining | Ended[C]


class Timing(NamedTuple):
    """How long a connection waits for what; seconds."""

    setup_s: float = limits.SETUP_S
    frame_s: float = limits.FRAME_S
    stall_s: float = limits.SEND_STALL_S
    keepalive_s: float = limits.KEEPALIVE_S
    pong_s: float = limits.PONG_S


class ClientConnection(Generic[C]):
    """One connection, from the preface to its end. ``C`` is what the owner knows a call by."""

    def __init__(self, hello: Hello, now: float, timing: Timing = Timing()) -> None:
        self._hello = hello
        self._timing = timing
        self.state = State.AWAITING_HELLO
        self.server = Hello()
        self._max_frame = limits.EARLY_BODY
        self._slots: SlotTable[C] = SlotTable(limits.EARLY_SLOTS)
        self._reader = FrameReader(hello.max_frame or limits.MAX_FRAME_UNSAID)
        self._events: list[Event[C]] = []
        self._output = OutputQueue()
        self._output.append(PREFACE + encode(FrameType.HELLO, body=hello.encode()))
        # How much must have been sent for the last PONG to be out (CLI-8).
        self._pong_end = 0
        self._setup_ends = now + timing.setup_s
        self._frame_begun: float | None = None
        self._heard = now
        self._pong_owed = False
        self._silence_after_ping: float | None = None
        self._pings = 0
        self._stalled_since = now
        self._drain_ends: float | None = None

    # --- Calls

    @property
    def in_flight(self) -> int:
        return len(self._slots)

    @property
    def is_ended(self) -> bool:
        return self.state is State.ENDED

    @property
    def is_drained(self) -> bool:
        """Whether DRAINED was sent: that the connection ends is no failure then."""
        return self._drain_ends is not None

    @property
    def max_body(self) -> int:
        """The greatest frame body that the server takes; before its HELLO, what may be sent early (HELLO-11)."""
        return self._max_frame

    def can_request(self, body: int) -> bool:
        """Whether a call whose REQUEST has so many bytes of body can be sent now."""
        if self.state not in (State.AWAITING_HELLO, State.OPEN):
            return False
        return (
            body <= self._max_frame
            and self._slots.lowest_free is not None
            and len(self._output) < limits.OUTPUT_PAUSE
        )

    def request(
        self,
        call: C,
        method: int,
        payload: bytes,
        *,
        now: float,
        metadata: bytes = b"",
        timeout_ms: int = 0,
        credit: int | None = None,
        idempotent: bool = False,
    ) -> int:
        """Sends a REQUEST and returns its slot; ``credit`` makes it a stream. The caller has asked ``can_request``."""
        flags = (0 if credit is None else FLAG_STREAM) | (FLAG_IDEMPOTENT if idempotent else 0)
        slot = self._slots.take(call, credit is not None, credit or 0)
        prefix = timeout_ms.to_bytes(4, "big") + (credit or 0).to_bytes(4, "big")
        body = b"".join((prefix, metadata, payload))
        self._send(encode(FrameType.REQUEST, flags=flags, meta_len=len(metadata), id=slot, aux=method, body=body), now)
        return slot

    def cancel(self, slot: int, reason: int, now: float) -> None:
        """Gives a call up. Its slot stays busy until the RESPONSE has come (SLOT-3), of which no event tells."""
        busy = self._slots.get(slot)
        if busy is not None and busy.call is not None:
            busy.call = None
            self._send(encode(FrameType.CANCEL, id=slot, aux=reason), now)

    def grant(self, slot: int, credit: int, now: float) -> None:
        """Lets the server send so much more of a stream; nothing happens when it has ended."""
        busy = self._slots.get(slot)
        if busy is not None and busy.call is not None and credit > 0:
            credit = min(credit, limits.CREDIT_BALANCE - busy.credit)
            busy.credit += credit
            self._send(encode(FrameType.CREDIT, id=slot, aux=credit), now)

    def drain(self, now: float) -> None:
        """Sends DRAINED: no REQUEST follows, and the server closes after its last RESPONSE (DRAIN-5)."""
        if self.state is State.OPEN:
            self._drained(0, now)

    # --- Bytes

    def output(self, most: int) -> bytes:
        """What is to be sent next, up to ``most`` bytes. It stays until ``sent`` says that it is out."""
        return self._output.peek(most)

    @property
    def has_output(self) -> bool:
        return len(self._output) > 0

    def sent(self, count: int, now: float) -> None:
        """So many bytes were handed to the network."""
        self._output.sent(count)
        self._stalled_since = now

    def receive(self, data: bytes, now: float) -> list[Event[C]]:
        """Takes in what the server sent."""
        if self.is_ended or not data:
            return self._take_events()
        self._heard = now
        self._silence_after_ping = None
        self._reader.feed(data)
        try:
            while not self.is_ended and (frame := self._reader.next()) is not None:
                self._take(frame, now)
                self._frame_begun = None
        except Violation as violation:
            self._end(f"the server broke the protocol: {violation.text}", violation=violation.reason)
        if not self._reader.has_begun:
            self._frame_begun = None
        elif self._frame_begun is None:
            self._frame_begun = now
        return self._take_events()

    def lost(self, why: str) -> list[Event[C]]:
        """The connection was closed or broke."""
        self._end(why)
        return self._take_events()

    def give_up(self, why: str) -> None:
        """Ends the connection; ``tick`` tells of it."""
        self._end(why)

    # --- Time

    @property
    def next_time(self) -> float | None:
        """When ``tick`` has something to do at the earliest; None when only bytes matter."""
        if self._events:
            return 0.0
        if self.is_ended:
            return None
        times = [self._setup_ends] if self.state is State.AWAITING_HELLO else [self._keepalive_time]
        if self._frame_begun is not None:
            times.append(self._frame_begun + self._timing.frame_s)
        if self.has_output:
            times.append(self._stalled_since + self._timing.stall_s)
        if self._drain_ends is not None:
            times.append(self._drain_ends)
        return min(times)

    @property
    def _keepalive_time(self) -> float:
        if self._silence_after_ping is not None:
            return self._silence_after_ping + self._timing.pong_s
        # Is a PONG still owed, no second PING may be sent (KEEP-2): silence then counts from the last byte.
        more = self._timing.pong_s if self._pong_owed else 0.0
        return self._heard + self._timing.keepalive_s + more

    def tick(self, now: float) -> list[Event[C]]:
        """Does what has become due."""
        if self.state is State.AWAITING_HELLO and now >= self._setup_ends:
            self._end("the server did not say HELLO in time")
        elif self._frame_begun is not None and now >= self._frame_begun + self._timing.frame_s:
            self._end("the server began a frame and did not end it in time")
        elif self.has_output and now >= self._stalled_since + self._timing.stall_s:
            self._end("the server takes no bytes any more")
        elif self._drain_ends is not None and now >= self._drain_ends:
            self._end("the drained connection was not closed in time")
        elif self.state in (State.OPEN, State.DRAINED) and now >= self._keepalive_time:
            self._keep_alive(now)
        return self._take_events()

    # --- Within

    def _take_events(self) -> list[Event[C]]:
        events = self._events
        self._events = []
        return events

    def _send(self, data: bytes, now: float) -> None:
        if not self.has_output:
            self._stalled_since = now
        self._output.append(data)
        if len(self._output) > limits.OUTPUT_CEILING:
            self._end("too many bytes wait to be sent")

    def _end(self, text: str, goaway: int | None = None, violation: GoAwayReason | None = None) -> None:
        if self.is_ended:
            return
        self.state = State.ENDED
        self._output.clear()
        self._events.append(Ended(text, goaway, violation, goaway in _NOT_EXECUTED, self._slots.clear()))

    def _keep_alive(self, now: float) -> None:
        if self._pong_owed:
            self._end("the server has fallen silent")
        else:
            self._pings += 1
            self._pong_owed = True
            self._silence_after_ping = now
            self._send(encode(FrameType.PING, body=self._pings.to_bytes(8, "big")), now)

    def _drained(self, grace_ms: int, now: float) -> None:
        self._send(encode(FrameType.DRAINED), now)
        self.state = State.DRAINED
        self._drain_ends = now + grace_ms / 1000 + limits.DRAIN_SLACK_S

    def _take(self, frame: Frame, now: float) -> None:
        if self.state is State.AWAITING_HELLO:
            if frame.type == FrameType.HELLO:
                self._accept(Hello.decode(frame.body))
            elif frame.type == FrameType.GOAWAY:
                self._go_away(frame, now)
            else:
                raise Violation(GoAwayReason.PROTOCOL, f"a frame of type {frame.type:#04x} before HELLO")
        elif frame.type == FrameType.RESPONSE:
            self._response(frame)
        elif frame.type == FrameType.ITEM:
            slot, cost = self._slots.delivered(frame.id, len(frame.body))
            if slot.call is not None:
                self._events.append(Delivered(slot.call, frame.body[frame.meta_len :], cost))
        elif frame.type == FrameType.PING:
            if self._pong_end > self._output.total_sent:
                raise Violation(GoAwayReason.PROTOCOL, "a PING before the PONG for the last one")
            if not self.has_output:
                self._stalled_since = now
            self._pong_end = self._output.append_urgent(encode(FrameType.PONG, body=frame.body))
        elif frame.type == FrameType.PONG:
            if not self._pong_owed:
                raise Violation(GoAwayReason.PROTOCOL, "a PONG without PING")
            self._pong_owed = False
        elif frame.type == FrameType.GOAWAY:
            self._go_away(frame, now)
        else:
            raise Violation(GoAwayReason.PROTOCOL, "a second HELLO")

    def _accept(self, hello: Hello) -> None:
        self.server = hello
        self.state = State.OPEN
        ours = self._hello.max_inflight or limits.INFLIGHT_CEILING
        self._slots.size = min(ours, hello.max_inflight or ours)
        self._max_frame = hello.max_frame or limits.MAX_FRAME_UNSAID
        # A client keeps at least min_ping_ms between its PINGs (KEEP-4).
        keepalive = max(self._timing.keepalive_s, (hello.min_ping_ms or 0) / 1000)
        self._timing = self._timing._replace(keepalive_s=keepalive)
        self._events.append(Opened(hello))

    def _response(self, frame: Frame) -> None:
        slot = self._slots.answered(frame.id)
        if slot.call is None:
            return
        status = frame.aux & 0xFF
        answer = Answered(
            slot.call,
            status,
            frame.aux >> 8,
            bool(frame.flags & FLAG_NOT_EXECUTED),
            frame.body[frame.meta_len :],
        )
        self._events.append(answer)

    def _go_away(self, frame: Frame, now: float) -> None:
        grace_ms = int.from_bytes(frame.body[:4], "big")
        text = printable(frame.body[4:])
        if frame.aux in _DRAINS and self.state is not State.AWAITING_HELLO:
            if self.state is State.OPEN:
                self._drained(grace_ms, now)
                self._events.append(Draining(frame.aux, text))
            elif self._drain_ends is not None:
                # It was we who wanted to go, and now the server does too.
                self._drain_ends = max(self._drain_ends, now + grace_ms / 1000 + limits.DRAIN_SLACK_S)
            return
        name = GoAwayReason(frame.aux).name if frame.aux in GoAwayReason._value2member_map_ else str(frame.aux)
        words = f"the server ended the connection ({name.lower().replace('_', ' ')})"
        self._end(f"{words}: {text}" if text else words, frame.aux)
