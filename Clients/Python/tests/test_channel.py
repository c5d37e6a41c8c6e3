"""The channel with a clock and a server by hand: no socket, no thread, no waiting."""

from __future__ import annotations

from typing import Any

import pytest
from support import frames
from support.frames import Raw

from cutover.call import Call, CallState
from cutover.channel import Channel, Link
from cutover.errors import (
    NEVER_RETRY,
    Cancelled,
    CutoverError,
    DeadlineExceeded,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from cutover.options import Options
from cutover.wire.connection import State


class Bench:
    """A channel, and everything around it."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.dials: list[Link] = []
        self.hung_up: list[Link] = []
        self.options = Options(**options)
        self.channel = Channel(self.options, b"cut_token", self, lambda: 1.0)

    def dial(self, link: Link) -> None:
        self.dials.append(link)

    def hang_up(self, link: Link) -> None:
        self.hung_up.append(link)

    def call(self, *, timeout: float | None = None, **more: Any) -> Call:
        deadline = None if timeout is None else self.now + timeout
        call = Call(77, b"payload", lambda: None, deadline=deadline, **more)
        self.channel.start(call, self.now)
        return call

    def connect(self) -> Link:
        """The last dial succeeds, and the server says HELLO."""
        link = self.dials[-1]
        self.channel.connected(link, self.now)
        self.receive(link, frames.server_hello())
        return link

    def receive(self, link: Link, data: bytes) -> None:
        self.channel.received(link, data, self.now)

    def sent(self, link: Link) -> list[Raw]:
        assert link.connection is not None
        data = link.connection.output(1 << 30)
        self.channel.sent(link, len(data), self.now)
        return frames.take_frames(data.removeprefix(b"\xb5RPC\1\0\0\0"))

    def requests(self, link: Link) -> list[Raw]:
        return [frame for frame in self.sent(link) if frame.type == frames.REQUEST]

    def pass_time(self, seconds: float) -> None:
        """To each time at which the channel wants to be looked at, up to the end."""
        end = self.now + seconds
        while (when := self.channel.next_time) is not None and when <= end:
            self.now = max(self.now, when)
            self.channel.tick(self.now)
        self.now = end

    def assert_clean(self) -> None:
        """No call, timer or connection is left behind."""
        assert not self.channel._live and not self.channel._waiting
        assert all(link.connection is not None for link in self.channel.links)


def failure(call: Call) -> CutoverError:
    assert call.is_done and call.error is not None
    return call.error


def test_the_first_call_connects_and_goes_out_with_hello() -> None:
    bench = Bench()
    call = bench.call(timeout=0.5)
    assert len(bench.dials) == 1
    link = bench.dials[0]
    bench.channel.connected(link, bench.now)
    hello, request = bench.sent(link)
    assert frames.setting(5, b"cut_token") in hello.body
    assert request.body[:4] == (500).to_bytes(4, "big")
    bench.receive(link, frames.server_hello() + frames.response(1, b"answer"))
    assert call.is_done and call.result() == b"answer"
    bench.call()
    assert len(bench.dials) == 1 and len(bench.requests(link)) == 1
    bench.receive(link, frames.response(1))
    bench.assert_clean()


def test_a_deadline_is_the_clients_own() -> None:
    bench = Bench()
    bench.call()
    link = bench.connect()
    call = bench.call(timeout=2.0)
    bench.sent(link)
    bench.pass_time(1.9)
    assert not call.is_done
    bench.pass_time(0.2)
    assert isinstance(failure(call), DeadlineExceeded) and not failure(call).not_executed
    assert bench.sent(link) == [Raw(frames.CANCEL, 0, 0, 2, 2, b"")]
    # What comes after is nobody's.
    bench.receive(link, frames.response(2, b"late"))
    assert link.connection is not None and link.connection.state is State.OPEN


def test_a_deadline_below_a_millisecond_is_not_sent_as_none() -> None:
    bench = Bench()
    bench.call()
    link = bench.connect()
    bench.sent(link)
    bench.call(timeout=0.0001)
    (request,) = bench.requests(link)
    assert request.body[:4] == (1).to_bytes(4, "big")
    bench.call(timeout=1e9)
    (request,) = bench.requests(link)
    assert request.body[:4] == b"\xff\xff\xff\xff"


def test_giving_up_tells_the_server_once() -> None:
    bench = Bench()
    call = bench.call(timeout=5.0)
    link = bench.connect()
    bench.sent(link)
    bench.channel.cancel(call, bench.now)
    bench.channel.cancel(call, bench.now)
    assert bench.sent(link) == [Raw(frames.CANCEL, 0, 0, 1, 1, b"")]
    assert isinstance(failure(call), Cancelled)
    assert len(bench.channel._timers) == 0 or bench.channel._timers.next_time is None
    bench.assert_clean()


def test_more_calls_than_slots_wait_in_their_order() -> None:
    bench = Bench(max_inflight=16)
    calls = [bench.call() for _ in range(40)]
    link = bench.connect()
    assert [frame.id for frame in bench.requests(link)] == list(range(1, 17))
    bench.receive(link, frames.response(3, b"third"))
    assert [frame.id for frame in bench.requests(link)] == [3]
    assert calls[16].state is CallState.RUNNING and calls[17].state is CallState.WAITING
    bench.channel.cancel(calls[17], bench.now)
    bench.receive(link, frames.response(1))
    assert calls[18].state is CallState.RUNNING


def test_no_more_calls_wait_than_allowed() -> None:
    bench = Bench(max_waiting=3)
    calls = [bench.call() for _ in range(4)]
    assert [call.is_done for call in calls] == [False, False, False, True]
    error = failure(calls[3])
    assert isinstance(error, ResourceExhausted) and error.not_executed


def test_a_request_that_the_server_does_not_take_fails_at_once() -> None:
    bench = Bench()
    call = Call(77, bytes((1 << 20) - 7), lambda: None)
    bench.channel.start(call, bench.now)
    bench.connect()
    assert failure(call).reason == "MESSAGE_TOO_LARGE"
    fits = Call(77, bytes((1 << 20) - 8), lambda: None)
    bench.channel.start(fits, bench.now)
    assert fits.state is CallState.RUNNING


# --- Attempts


def test_what_was_not_executed_is_sent_again_after_a_wait() -> None:
    bench = Bench()
    call = bench.call(timeout=60.0)
    link = bench.connect()
    waits = []
    for attempt in range(1, 6):
        (request,) = bench.requests(link)
        assert (b"\7attempt" in request.body) == (attempt > 1)
        bench.receive(link, frames.response(1, status=8, not_executed=True))
        assert link.connection is not None
        before = bench.now
        while not call.is_done and call.state is not CallState.RUNNING:
            bench.pass_time(0.01)
        waits.append(round(bench.now - before, 2))
    # With the longest jitter: 50 ms, doubled each time; five attempts in all.
    assert waits[:4] == pytest.approx([0.05, 0.1, 0.2, 0.4], abs=0.015)
    assert isinstance(failure(call), ResourceExhausted)
    bench.assert_clean()


def test_the_server_says_how_long_to_wait_at_least() -> None:
    bench = Bench()
    call = bench.call(timeout=10.0)
    link = bench.connect()
    bench.sent(link)
    bench.receive(link, frames.response(1, status=8, not_executed=True, retry_after_ms=3000))
    bench.pass_time(2.9)
    assert bench.requests(link) == []
    bench.pass_time(0.2)
    (request,) = bench.requests(link)
    # What is left of the time goes along.
    assert 6_800 < int.from_bytes(request.body[:4], "big") <= 7_000
    # A wait beyond the deadline is not begun.
    bench.receive(link, frames.response(1, status=8, not_executed=True, retry_after_ms=8000))
    assert isinstance(failure(call), ResourceExhausted)


@pytest.mark.parametrize(
    ("status", "not_executed", "retry_after_ms"),
    [(14, False, 0), (8, False, 0), (7, True, NEVER_RETRY), (1, True, 0), (4, True, 0), (14, True, NEVER_RETRY)],
)
def test_what_is_not_sent_again(status: int, not_executed: bool, retry_after_ms: int) -> None:
    bench = Bench()
    call = bench.call(idempotent=True)
    link = bench.connect()
    bench.receive(link, frames.response(1, status=status, not_executed=not_executed, retry_after_ms=retry_after_ms))
    assert failure(call).status == status


def test_a_lost_connection_repeats_only_what_is_idempotent() -> None:
    bench = Bench()
    safe, unsafe = bench.call(idempotent=True), bench.call()
    link = bench.connect()
    first, second = bench.requests(link)
    assert (first.flags, second.flags) == (frames.IDEMPOTENT, 0)
    bench.channel.disconnected(link, "reset", bench.now)
    assert bench.hung_up == [link]
    assert isinstance(failure(unsafe), Unavailable) and failure(unsafe).reason == "CONNECTION_LOST"
    assert not safe.is_done and len(bench.dials) == 1
    bench.pass_time(0.06)
    assert len(bench.dials) == 2
    link = bench.connect()
    assert len(bench.requests(link)) == 1
    bench.receive(link, frames.response(1, b"done"))
    assert safe.result() == b"done"
    bench.assert_clean()


def test_a_call_that_was_never_sent_survives_any_loss() -> None:
    bench = Bench()
    call = bench.call()
    bench.channel.dial_failed(bench.dials[-1], "refused", bench.now)
    for _ in range(5):
        bench.pass_time(5.0)
        if call.is_done:
            break
        bench.channel.dial_failed(bench.dials[-1], "refused", bench.now)
    # The patience of 15 s has run out.
    error = failure(call)
    assert isinstance(error, Unavailable) and error.not_executed and str(error) == "UNAVAILABLE (CANNOT_CONNECT): refused"


def test_connecting_again_waits_longer_each_time_and_begins_anew_after_success() -> None:
    bench = Bench(patience_s=1000.0)
    bench.call()
    waits = []
    for attempt in range(9):
        bench.channel.dial_failed(bench.dials[-1], "refused", bench.now)
        before, dials = bench.now, len(bench.dials)
        while len(bench.dials) == dials:
            bench.pass_time(0.005)
        waits.append(bench.now - before)
    assert waits == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], abs=0.01)
    link = bench.connect()
    bench.receive(link, frames.response(1))
    assert wait_after_loss(bench, link) == pytest.approx(0.05, abs=0.01)


def wait_after_loss(bench: Bench, link: Link) -> float:
    bench.channel.disconnected(link, "reset", bench.now)
    bench.call()
    before, dials = bench.now, len(bench.dials)
    while len(bench.dials) == dials:
        bench.pass_time(0.005)
    return bench.now - before


def test_hello_alone_is_no_success_but_an_age_is() -> None:
    bench = Bench()
    bench.call()
    assert wait_after_loss(bench, bench.connect()) == pytest.approx(0.05, abs=0.01)
    assert wait_after_loss(bench, bench.connect()) == pytest.approx(0.1, abs=0.01)
    link = bench.connect()
    bench.pass_time(1.0)
    assert wait_after_loss(bench, link) == pytest.approx(0.05, abs=0.01)


def test_a_connection_that_is_drained_at_once_is_not_replaced_at_once() -> None:
    bench = Bench()
    bench.call()
    bench.receive(bench.connect(), frames.goaway(0, 5000))
    bench.call()
    assert len(bench.dials) == 1
    bench.pass_time(0.051)
    assert len(bench.dials) == 2


def test_the_budget_pays_for_one_loss_of_a_full_connection() -> None:
    bench = Bench(max_inflight=120)
    calls = [bench.call(idempotent=True) for _ in range(120)]
    for failed in (0, 120):
        bench.pass_time(1)
        link = bench.dials[-1]
        bench.channel.connected(link, bench.now)
        bench.receive(link, frames.server_hello(max_inflight=120))
        assert len(bench.requests(link)) == 120
        bench.channel.disconnected(link, "reset", bench.now)
        assert sum(call.is_done for call in calls) == failed


def test_a_breach_by_the_server_is_a_lost_connection() -> None:
    bench = Bench()
    call = bench.call()
    link = bench.connect()
    bench.receive(link, frames.item(1))
    assert isinstance(failure(call), Unavailable) and "broke the protocol" in failure(call).message
    assert bench.hung_up == [link]


# --- Drain


def test_a_drain_fails_no_call() -> None:
    bench = Bench()
    old = bench.call()
    first = bench.connect()
    bench.sent(first)
    bench.pass_time(1.0)
    bench.receive(first, frames.goaway(0, 5000))
    fresh = bench.call()
    assert [frame.type for frame in bench.sent(first)] == [frames.DRAINED]
    # Without a wait.
    assert len(bench.dials) == 2
    second = bench.connect()
    assert len(bench.requests(second)) == 1
    bench.receive(first, frames.response(1, b"old"))
    bench.channel.disconnected(first, "closed", bench.now)
    bench.receive(second, frames.response(1, b"fresh"))
    assert (old.result(), fresh.result()) == (b"old", b"fresh")
    assert bench.hung_up == [first]
    bench.call()
    assert len(bench.dials) == 2


def test_a_server_cannot_make_a_client_keep_connections() -> None:
    bench = Bench()
    calls = []
    for _ in range(40):
        bench.call()
        link = bench.connect()
        bench.receive(link, frames.response(1))
        calls.append(bench.call())
        bench.receive(link, frames.goaway(0, 0xFFFFFFFF))
        bench.channel.tick(bench.now)
    assert len(bench.channel.links) <= 17
    assert sum(call.is_done for call in calls) >= 23


# --- Refusals


def test_a_refused_token_is_not_tried_again_until_there_is_another() -> None:
    bench = Bench()
    early = bench.call(idempotent=True)
    link = bench.connect()
    waiting = [bench.call() for _ in range(3)]
    bench.receive(link, frames.goaway(9, 0, b"the credentials were refused"))
    for call in (early, *waiting):
        error = failure(call)
        assert isinstance(error, Unauthenticated) and error.not_executed
    later = bench.call()
    assert isinstance(failure(later), Unauthenticated)
    bench.pass_time(60)
    assert len(bench.dials) == 1
    bench.channel.use_token(b"cut_other")
    bench.call()
    bench.pass_time(1)
    assert len(bench.dials) == 2
    bench.channel.connected(bench.dials[-1], bench.now)
    assert frames.setting(5, b"cut_other") in bench.sent(bench.dials[-1])[0].body


def test_an_overloaded_server_is_asked_again_and_a_wrong_version_is_not() -> None:
    bench = Bench()
    call = bench.call()
    link = bench.connect()
    bench.receive(link, frames.goaway(10))
    assert not call.is_done
    bench.pass_time(1)
    link = bench.connect()
    bench.receive(link, frames.goaway(3, 0, b"only version 2"))
    assert isinstance(failure(call), Unavailable) and failure(call).retry_after_ms == NEVER_RETRY


def test_what_cannot_get_better_fails_at_once() -> None:
    bench = Bench()
    call = bench.call()
    bench.channel.dial_failed(bench.dials[-1], "its certificate is not trusted", bench.now, is_final=True)
    assert isinstance(failure(call), Unavailable)
    # The next call looks again, but not at once.
    bench.call()
    assert len(bench.dials) == 1
    bench.pass_time(0.1)
    assert len(bench.dials) == 2


def test_a_role_that_is_missing_is_told_with_its_details() -> None:
    bench = Bench()
    call = bench.call()
    link = bench.connect()
    detail = b"\x0a\x04role\x12\x05force"
    payload = b"\x0a\x02no\x12\x0cROLE_MISSING\x1a" + bytes([len(detail)]) + detail
    bench.receive(link, frames.response(1, payload, status=7, not_executed=True, retry_after_ms=NEVER_RETRY))
    error = failure(call)
    assert isinstance(error, PermissionDenied)
    assert (error.reason, error.detail("role"), error.detail("x")) == ("ROLE_MISSING", "force", None)


# --- Streams


def test_credit_is_granted_as_messages_are_read() -> None:
    bench = Bench(stream_credit=1000)
    call = bench.call(credit=1000)
    link = bench.connect()
    (request,) = bench.requests(link)
    assert request.body[4:8] == (1000).to_bytes(4, "big")
    for _ in range(4):
        bench.receive(link, frames.item(1, bytes(200)))
    # Nothing was read, so nothing is granted.
    assert bench.sent(link) == []
    for _ in range(3):
        assert bench.channel.take_item(call, bench.now) == bytes(200)
    assert bench.sent(link) == [Raw(frames.CREDIT, 0, 0, 1, 600, b"")]
    bench.receive(link, frames.response(1))
    assert call.is_done and bench.channel.take_item(call, bench.now) == bytes(200)
    assert bench.channel.take_item(call, bench.now) is None
    assert bench.sent(link) == []


def test_what_a_server_sends_ahead_is_bounded() -> None:
    bench = Bench(stream_credit=1000)
    call = bench.call(credit=1000)
    link = bench.connect()
    for _ in range(100):
        bench.receive(link, frames.item(1, bytes(200)))
    assert sum(len(payload) for payload, _ in call.items) == 1000
    assert isinstance(failure(call), Unavailable)


def test_a_stream_delivers_what_came_before_its_error() -> None:
    bench = Bench()
    call = bench.call(credit=1000, idempotent=True)
    link = bench.connect()
    bench.receive(link, frames.item(1, b"a") + frames.item(1, b"b"))
    assert bench.channel.take_item(call, bench.now) == b"a"
    bench.channel.disconnected(link, "reset", bench.now)
    assert call.is_done
    assert bench.channel.take_item(call, bench.now) == b"b"
    with pytest.raises(Unavailable):
        call.result()


def test_a_stream_of_which_nothing_was_read_begins_anew() -> None:
    bench = Bench()
    call = bench.call(credit=1000, idempotent=True)
    link = bench.connect()
    bench.receive(link, frames.item(1, b"a"))
    bench.channel.disconnected(link, "reset", bench.now)
    assert not call.is_done and bench.channel.take_item(call, bench.now) is None
    bench.pass_time(1)
    link = bench.connect()
    bench.receive(link, frames.item(1, b"a") + frames.response(1))
    assert bench.channel.take_item(call, bench.now) == b"a"
    assert call.result() == b""


# --- The end


def test_close_cancels_drains_and_waits_for_the_server() -> None:
    bench = Bench()
    running = bench.call()
    link = bench.connect()
    bench.sent(link)
    bench.channel.close(bench.now)
    assert isinstance(failure(running), Cancelled)
    assert [frame.type for frame in bench.sent(link)] == [frames.CANCEL, frames.DRAINED]
    assert bench.channel.links == [link] and bench.hung_up == []
    assert isinstance(failure(bench.call()), Cancelled)
    bench.receive(link, frames.response(1, status=1))
    bench.channel.disconnected(link, "closed", bench.now)
    assert bench.channel.links == [] and bench.hung_up == [link]
    assert bench.channel.next_time is None


def test_close_gives_up_what_is_being_made() -> None:
    bench = Bench()
    call = bench.call()
    bench.channel.close(bench.now)
    assert isinstance(failure(call), Cancelled)
    assert bench.hung_up == bench.dials and bench.channel.links == []
    # The connection that comes too late is closed.
    bench.channel.connected(bench.dials[0], bench.now)
    assert bench.hung_up == bench.dials * 2


def test_many_calls_leave_nothing_behind() -> None:
    bench = Bench()
    bench.call(timeout=10.0)
    link = bench.connect()
    bench.receive(link, frames.response(1))
    for _ in range(5000):
        bench.call(timeout=10.0)
        bench.sent(link)
        bench.receive(link, frames.response(1))
    assert len(bench.channel._timers) < 200
    bench.assert_clean()
