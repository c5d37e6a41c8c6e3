"""One call over all its attempts."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Mapping
from copy import copy
from enum import Enum
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from .errors import CutoverError, InternalError
from .method import Method, Request, Response
from .timers import Timer
from .wire import metadata as wire_metadata

if TYPE_CHECKING:
    from .channel import Link


class CallState(Enum):
    # For a connection, or for a slot of it.
    WAITING = 1
    RUNNING = 2
    # Before a further attempt.
    PAUSING = 3
    DONE = 4


class Call:
    """What the channel knows of a call. ``wake`` is called when its owner has something to look at."""

    __slots__ = (
        "attempts", "credit", "deadline", "deadline_timer", "error", "idempotent", "items", "link", "metadata", "number",
        "owed", "pause_timer", "payload", "response", "slot", "state", "taken", "waiting_since", "wake",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        payload: bytes,
        wake: Callable[[], None],
        *,
        metadata: bytes = b"",
        deadline: float | None = None,
        credit: int | None = None,
        idempotent: bool = False,
    ) -> None:
        self.number = number
        self.payload = payload
        self.wake = wake
        self.metadata = metadata
        # In the monotonic time of the channel.
        self.deadline = deadline
        # A stream's initial credit; None for a unary call.
        self.credit = credit
        self.idempotent = idempotent
        self.state = CallState.WAITING
        self.attempts = 0
        self.waiting_since = 0.0
        self.link: Link | None = None
        self.slot = 0
        self.deadline_timer: Timer | None = None
        self.pause_timer: Timer | None = None
        # The outcome.
        self.response = b""
        self.error: CutoverError | None = None
        # Of a stream: messages that came and what each cost, whether one was read, and the credit owed for what was read.
        self.items: deque[tuple[bytes, int]] = deque()
        self.taken = False
        self.owed = 0

    @property
    def is_done(self) -> bool:
        return self.state is CallState.DONE

    def result(self) -> bytes:
        """The payload of the answer of a call that is done; empty for a stream. Raises what the call failed with."""
        if self.error is not None:
            # A copy, for the calls that one lost connection took with it share its error, and raising leaves traces in it.
            raise copy(self.error)
        return self.response

    def attempt_metadata(self) -> bytes:
        """The metadata of the next attempt, which says of itself that it is a further one."""
        if self.attempts == 0:
            return self.metadata
        attempt = wire_metadata.encode([("attempt", str(self.attempts + 1).encode())])
        return self.metadata + attempt


def request_bytes(method: Method[Request, Response], request: Request) -> bytes:
    """The payload of a request, with a request id if the method changes something and none was given (RETRY-10)."""
    if not isinstance(request, method.request):
        raise TypeError(f"{method.name} takes a {method.request.__name__}, not a {type(request).__name__}")
    if method.idempotent and not method.read_only and not getattr(request, "request_id", "given"):
        named = method.request()
        named.CopyFrom(request)
        setattr(named, "request_id", new_request_id())
        request = named
    return request.SerializeToString()


def new_request_id() -> str:
    """A new random UUID."""
    return str(uuid.uuid4())



def metadata_bytes(metadata: Mapping[str, str | bytes] | None) -> bytes:
    """The wire form of a call's metadata. Raises ValueError when it breaks the protocol's rules."""
    if not metadata:
        return b""
    pairs = [(key, value.encode() if isinstance(value, str) else value) for key, value in metadata.items()]
    wire_metadata.encode([*pairs, ("attempt", b"00")])
    return wire_metadata.encode(pairs)


def parse(method: Method[Request, Response], payload: bytes) -> Response:
    """The answer, or one message of a stream."""
    try:
        return method.response.FromString(payload)
    except DecodeError:
        raise InternalError(
            f"the answer of {method.name} does not unpack; is the server of another version?", reason="MALFORMED_PAYLOAD"
        ) from None
