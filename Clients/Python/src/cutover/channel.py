"""Calls over connections: slots, deadlines, drain, reconnecting, attempts. Pure but for its port, which moves bytes and wakes.

The owner tells it what happened (each time with ``now``), then sends what the links have to send, then sleeps until ``next_time``.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

from .call import Call, CallState
from .errors import NEVER_RETRY, Cancelled, CutoverError, DeadlineExceeded, ResourceExhausted, Unauthenticated, Unavailable
from .errors import of_response
from .options import Options
from .retry import MAX_ATTEMPTS, RetryBudget, may_repeat, wait_s
from .timers import Timer, Timers
from .wire import limits
from .wire.connection import Answered, CancelReason, ClientConnection, Delivered, Draining, Ended, Event, Opened, State
from .wire.frame import GoAwayReason

# A connection that has lasted so long from the server's HELLO has worked, answer or not (RETRY-9).
_WORKS_AFTER_S: Final = 1.0
# Connections that the server drains, or that were drained: a server cannot make a client keep more of them.
_MAX_DRAINING: Final = 16
_LONGEST_TIMEOUT_MS: Final = 0xFFFFFFFF


class Link:
    """A connection that is being made, or was made. ``connection`` is None while it is being made."""

    __slots__ = ("connection", "opened", "works")

    def __init__(self) -> None:
        self.connection: ClientConnection[Call] | None = None
        # When the server's HELLO came, and whether a RESPONSE or an ITEM has.
        self.opened: float | None = None
        self.works = False


class Port(Protocol):
    """What a channel needs done. It must not call back into the channel at once."""

    def dial(self, link: Link) -> None:
        """Make a connection, then call ``connected`` or ``dial_failed``."""

    def hang_up(self, link: Link) -> None:
        """Close a connection, or give up making it. Nothing is heard of it again."""


class Channel:
    """All calls of one client to one server."""

    def __init__(self, options: Options, token: bytes | None, port: Port, random: Callable[[], float]) -> None:
        self._options = options
        self._token = token
        self._port = port
        self._random = random
        self._timers = Timers()
        self._budget = RetryBudget(options.max_inflight)
        # Calls that are not done, and those of them that wait for a connection or a slot, in their order.
        self._live: dict[Call, None] = {}
        self._waiting: OrderedDict[Call, None] = OrderedDict()
        # All connections, oldest first; new calls go to the current one.
        self.links: list[Link] = []
        self._current: Link | None = None
        # Connections since the last one that worked (RETRY-9), and what went wrong last.
        self._connects = 0
        self._connect_error = ""
        self._dial_not_before = 0.0
        self._dial_timer: Timer | None = None
        # Set when the token was refused: it is not tried again (AUTH-4).
        self._refused: Unauthenticated | None = None
        self.is_closed = False

    # --- Calls

    def start(self, call: Call, now: float) -> None:
        if self.is_closed:
            self._settle(call, Cancelled("the client was closed", not_executed=True))
        elif self._refused is not None:
            self._settle(call, self._refused)
        elif len(self._waiting) >= self._options.max_waiting:
            text = f"{len(self._waiting)} calls wait for the server already"
            self._settle(call, ResourceExhausted(text, reason="TOO_MANY_CALLS", not_executed=True))
        else:
            if call.deadline is not None:
                call.deadline_timer = self._timers.at(call.deadline, lambda now: self._expire(call, now))
            self._live[call] = None
            self._budget.first_attempt()
            self._wait(call, now)

    def cancel(self, call: Call, now: float) -> None:
        """Gives a call up, as its caller wants."""
        self._give_up(call, CancelReason.USER, Cancelled("the call was cancelled"), now)

    def take_item(self, call: Call, now: float) -> bytes | None:
        """The next message of a stream if there is one, and credit for it (CREDIT-6)."""
        if not call.items:
            return None
        payload, cost = call.items.popleft()
        call.taken = True
        call.owed += cost
        connection = call.link.connection if call.link is not None else None
        if connection is not None and call.credit is not None and call.owed * 2 >= call.credit:
            connection.grant(call.slot, call.owed, now)
            call.owed = 0
        return payload

    # --- Connections

    def connected(self, link: Link, now: float) -> None:
        """The connection was made, with TLS if wanted."""
        if self.is_closed or link not in self.links:
            self._drop(link)
            return
        link.connection = ClientConnection(self._options.hello(self._token), now, self._options.timing)
        self._pump(now)

    def dial_failed(self, link: Link, why: str, now: float, *, is_final: bool = False) -> None:
        """The connection could not be made. ``is_final`` says that trying again cannot help."""
        if link not in self.links:
            return
        self._forget(link)
        self._connection_failed(why, now)
        if is_final:
            self._fail_waiting(Unavailable(why, reason="CANNOT_CONNECT", not_executed=True, retry_after_ms=NEVER_RETRY))
        else:
            patient = now - self._options.patience_s
            for call in [call for call in self._waiting if call.waiting_since <= patient]:
                self._settle(call, Unavailable(why, reason="CANNOT_CONNECT", not_executed=True))
        self._pump(now)

    def received(self, link: Link, data: bytes, now: float) -> None:
        if link.connection is not None:
            self._take(link, link.connection.receive(data, now), now)

    def sent(self, link: Link, count: int, now: float) -> None:
        """So many bytes of a link's output are out."""
        if link.connection is not None:
            link.connection.sent(count, now)
            if self._waiting:
                self._pump(now)

    def disconnected(self, link: Link, why: str, now: float) -> None:
        """The server closed the connection, or it broke."""
        if link.connection is not None:
            self._take(link, link.connection.lost(why), now)

    def use_token(self, token: bytes | None) -> None:
        """The token for connections made from now on; also takes a refusal back."""
        self._token = token
        self._refused = None

    def close(self, now: float) -> None:
        """Cancels all calls and ends all connections in order (DRAIN-5).

        The owner waits until there is no link any more, or calls ``abort``.
        """
        self.is_closed = True
        for call in list(self._live):
            self._give_up(call, CancelReason.USER, Cancelled("the client was closed"), now)
        for link in list(self.links):
            if link.connection is not None and link.connection.state in (State.OPEN, State.DRAINED):
                link.connection.drain(now)
            else:
                self._drop(link)

    def abort(self, error: CutoverError) -> None:
        """Ends everything at once, without a word to the server."""
        self.is_closed = True
        for call in list(self._live):
            call.link = None
            self._settle(call, error)
        for link in list(self.links):
            self._drop(link)

    # --- Time

    @property
    def next_time(self) -> float | None:
        """When ``tick`` has something to do at the earliest."""
        soonest = self._timers.next_time
        for link in self.links:
            if link.connection is not None:
                when = link.connection.next_time
                if when is not None and (soonest is None or when < soonest):
                    soonest = when
        return soonest

    def tick(self, now: float) -> None:
        """Does what has become due."""
        self._timers.run(now)
        for link in list(self.links):
            if link.connection is not None:
                self._take(link, link.connection.tick(now), now)

    # --- Within: sending

    def _wait(self, call: Call, now: float) -> None:
        call.state = CallState.WAITING
        call.waiting_since = now
        self._waiting[call] = None
        self._pump(now)

    def _pump(self, now: float) -> None:
        """Sends waiting calls, as far as there is a connection with room for them."""
        while self._waiting and not self.is_closed:
            link = self._current
            if link is None:
                self._dial(now)
                return
            if link.connection is None:
                return
            call = next(iter(self._waiting))
            if not self._send(call, link, link.connection, now):
                return

    def _send(self, call: Call, link: Link, connection: ClientConnection[Call], now: float) -> bool:
        """Whether the call does not wait any more."""
        metadata = call.attempt_metadata()
        body = 8 + len(metadata) + len(call.payload)
        if body > (connection.max_body if connection.state is State.OPEN else limits.MAX_FRAME_CEILING):
            text = f"the request is {body} bytes long, more than the server takes"
            error = ResourceExhausted(
                text, reason="MESSAGE_TOO_LARGE", not_executed=True, retry_after_ms=NEVER_RETRY
            )
            self._settle(call, error)
            return True
        if not connection.can_request(body):
            return False
        timeout_ms = 0
        if call.deadline is not None:
            # Rounded up, but not for a fraction of a microsecond, which is the clock's.
            timeout_ms = min(_LONGEST_TIMEOUT_MS, max(1, math.ceil(round((call.deadline - now) * 1000, 3))))
        del self._waiting[call]
        call.state = CallState.RUNNING
        call.attempts += 1
        call.link = link
        call.owed = 0
        call.slot = connection.request(
            call,
            call.number,
            call.payload,
            now=now,
            metadata=metadata,
            timeout_ms=timeout_ms,
            credit=call.credit,
            idempotent=call.idempotent,
        )
        return True

    # --- Within: connections

    def _dial(self, now: float) -> None:
        if now < self._dial_not_before:
            if self._dial_timer is None:
                self._dial_timer = self._timers.at(self._dial_not_before, self._dial_again)
            return
        link = Link()
        self.links.append(link)
        self._current = link
        self._port.dial(link)

    def _dial_again(self, now: float) -> None:
        self._dial_timer = None
        self._pump(now)

    def _connection_failed(self, why: str, now: float) -> None:
        self._connects += 1
        self._connect_error = why
        self._dial_not_before = now + wait_s(self._connects, self._random)

    def _forget(self, link: Link) -> None:
        self.links.remove(link)
        if link is self._current:
            self._current = None

    def _drop(self, link: Link) -> None:
        if link in self.links:
            self._forget(link)
        self._port.hang_up(link)

    def _take(self, link: Link, events: list[Event[Call]], now: float) -> None:
        for event in events:
            if isinstance(event, Answered):
                self._works(link)
                self._answered(event, now)
            elif isinstance(event, Delivered):
                self._works(link)
                event.call.items.append((event.payload, event.cost))
                event.call.wake()
            elif isinstance(event, Opened):
                link.opened = now
            elif isinstance(event, Draining):
                self._draining(link, now)
            else:
                self._ended(link, event, now)
        if self._waiting:
            self._pump(now)

    def _works(self, link: Link) -> None:
        if not link.works:
            link.works = True
            self._connects = 0
            self._connect_error = ""

    def _note_age(self, link: Link, now: float) -> None:
        if link.opened is not None and now - link.opened >= _WORKS_AFTER_S:
            self._works(link)

    def _draining(self, link: Link, now: float) -> None:
        if link is self._current:
            self._current = None
            self._note_age(link, now)
            if not link.works:
                self._connection_failed("the server drains each connection", now)
        drained = [other for other in self.links if other is not self._current]
        if len(drained) > _MAX_DRAINING and drained[0].connection is not None:
            # Its calls are told by ``tick``.
            drained[0].connection.give_up("the server drains too many connections")

    def _ended(self, link: Link, event: Ended[Call], now: float) -> None:
        self._drop(link)
        if link.connection is None or not link.connection.is_drained:
            self._note_age(link, now)
            self._connection_failed(event.text, now)
        error: CutoverError
        if event.goaway == GoAwayReason.UNAUTHENTICATED:
            error = self._refused = Unauthenticated(event.text, not_executed=True, retry_after_ms=NEVER_RETRY)
        else:
            final = NEVER_RETRY if event.goaway == GoAwayReason.VERSION else 0
            error = Unavailable(
                event.text, reason="CONNECTION_LOST", not_executed=event.not_executed, retry_after_ms=final
            )
        for call in event.calls:
            self._failed(call, error, lost=True, now=now)
        if error.retry_after_ms == NEVER_RETRY:
            self._fail_waiting(error)

    # --- Within: outcomes

    def _answered(self, event: Answered[Call], now: float) -> None:
        call = event.call
        call.link = None
        if event.status == 0:
            call.response = event.payload
            self._settle(call, None)
        else:
            error = of_response(event.status, event.payload, event.not_executed, event.retry_after_ms)
            self._failed(call, error, lost=False, now=now)

    def _failed(self, call: Call, error: CutoverError, *, lost: bool, now: float) -> None:
        """An attempt failed: there will be another one, or the call has failed."""
        call.link = None
        pause = wait_s(call.attempts, self._random, error.retry_after_ms)
        if (
            call.taken
            or call.attempts >= MAX_ATTEMPTS
            or not may_repeat(error, lost, call.idempotent)
            or (call.deadline is not None and now + pause >= call.deadline)
            or not self._budget.take()
        ):
            self._settle(call, error)
            return
        call.items.clear()
        call.state = CallState.PAUSING
        call.pause_timer = self._timers.at(now + pause, lambda now: self._wait(call, now))

    def _expire(self, call: Call, now: float) -> None:
        text = "no answer came in time"
        if call.state is CallState.WAITING:
            text = f"no call could be sent in time: {self._connect_error or 'too many are in flight'}"
        self._give_up(
            call, CancelReason.DEADLINE, DeadlineExceeded(text, not_executed=call.attempts == 0), now
        )

    def _give_up(self, call: Call, reason: int, error: CutoverError, now: float) -> None:
        if call.is_done:
            return
        if call.link is not None and call.link.connection is not None:
            call.link.connection.cancel(call.slot, reason, now)
            call.link = None
        call.items.clear()
        self._settle(call, error)

    def _fail_waiting(self, error: CutoverError) -> None:
        for call in list(self._waiting):
            self._settle(call, error)

    def _settle(self, call: Call, error: CutoverError | None) -> None:
        self._waiting.pop(call, None)
        self._live.pop(call, None)
        for timer in (call.deadline_timer, call.pause_timer):
            if timer is not None:
                self._timers.cancel(timer)
        call.deadline_timer = call.pause_timer = None
        call.state = CallState.DONE
        call.error = error
        call.wake()
