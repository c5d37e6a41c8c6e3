from __future__ import annotations

from typing import Any

import pytest
from support import frames
from support.frames import Raw

from cutover.wire.connection import Answered, CancelReason, ClientConnection, Delivered, Draining, Ended, Event, Opened, State
from cutover.wire.frame import GoAwayReason
from cutover.wire.hello import Hello

SENT_FIRST = b"\xb5RPC\1\0\0\0"


class Driven:
    """A connection, a clock, and the server's side of it by hand."""

    def __init__(self, server_hello: bytes | None = frames.server_hello(), max_inflight: int = 64) -> None:
        self.now = 100.0
        self.connection: ClientConnection[str] = ClientConnection(Hello(max_frame=65_536, max_inflight=max_inflight), self.now)
        if server_hello is not None:
            events = self.receive(server_hello)
            assert len(events) == 1 and isinstance(events[0], Opened)
            self.sent()

    def receive(self, data: bytes) -> list[Event[str]]:
        return self.connection.receive(data, self.now)

    def sent(self) -> list[Raw]:
        """What was sent since, without the preface."""
        data = self.connection.output(1 << 30)
        self.connection.sent(len(data), self.now)
        return frames.take_frames(data.removeprefix(SENT_FIRST))

    def call(self, name: str, **more: Any) -> int:
        return self.connection.request(name, 77, b"payload", now=self.now, **more)

    def tick(self, seconds: float) -> list[Event[str]]:
        self.now += seconds
        return self.connection.tick(self.now)


def ended(events: list[Event[str]]) -> Ended[str]:
    (event,) = events
    assert isinstance(event, Ended)
    return event


def test_a_call_before_the_server_has_said_a_word() -> None:
    driven = Driven(server_hello=None)
    slot = driven.call("early", timeout_ms=500, idempotent=True)
    data = driven.connection.output(1 << 20)
    assert data.startswith(SENT_FIRST)
    hello, request = driven.sent()
    assert hello.type == frames.HELLO
    assert request == Raw(frames.REQUEST, frames.IDEMPOTENT, 0, slot, 77, b"\0\0\1\xf4\0\0\0\0payload")
    opened, answered = driven.receive(frames.server_hello() + frames.response(slot, b"done"))
    assert isinstance(opened, Opened)
    assert answered == Answered("early", 0, 0, False, b"done")


def test_only_so_much_is_sent_early() -> None:
    driven = Driven(server_hello=None)
    assert not driven.connection.can_request(65_537)
    for _ in range(16):
        assert driven.connection.can_request(65_536)
        driven.call("early")
    assert not driven.connection.can_request(8)
    driven.receive(frames.server_hello())
    assert driven.connection.can_request(65_537)


def test_the_lower_limit_of_both_sides_holds() -> None:
    driven = Driven(frames.server_hello(max_inflight=20))
    for _ in range(20):
        assert driven.connection.can_request(8)
        driven.call("x")
    assert not driven.connection.can_request(8)
    driven = Driven(frames.hello(), max_inflight=17)
    assert [driven.call("x") for _ in range(17)] == list(range(1, 18))
    assert not driven.connection.can_request(8)
    # A server that names no max_frame takes the least.
    assert driven.connection.max_body == 65_536


def test_the_lowest_free_slot_is_used() -> None:
    driven = Driven()
    assert [driven.call("x") for _ in range(4)] == [1, 2, 3, 4]
    driven.receive(frames.response(3) + frames.response(2))
    assert [driven.call("x") for _ in range(3)] == [2, 3, 5]


def test_outcome_of_a_call() -> None:
    driven = Driven()
    slot = driven.call("a")
    (event,) = driven.receive(frames.response(slot, b"why", status=8, retry_after_ms=0xFFFFFF, not_executed=True))
    assert event == Answered("a", 8, 0xFFFFFF, True, b"why")
    slot = driven.call("b")
    body = b"\1k\0\1vanswer"
    (event,) = driven.receive(frames.frame(frames.RESPONSE, id=slot, meta_len=5, body=body))
    assert event == Answered("b", 0, 0, False, b"answer")


def test_a_cancelled_call_keeps_its_slot_and_is_not_heard_of_again() -> None:
    driven = Driven()
    slot = driven.call("a", credit=1000)
    driven.sent()
    driven.connection.cancel(slot, CancelReason.DEADLINE, driven.now)
    assert driven.sent() == [Raw(frames.CANCEL, 0, 0, slot, 2, b"")]
    driven.connection.cancel(slot, CancelReason.USER, driven.now)
    driven.connection.grant(slot, 100, driven.now)
    assert driven.sent() == []
    assert driven.call("b") == 2
    assert driven.receive(frames.item(slot, b"crossed") + frames.response(slot, status=1)) == []
    assert driven.call("c") == slot


def test_credit_of_a_stream() -> None:
    driven = Driven()
    slot = driven.call("s", credit=200)
    assert driven.sent()[0].body == b"\0\0\0\0\0\0\0\xc8payload"
    # An empty item costs 64; the balance goes below 0 by one frame.
    events = driven.receive(frames.item(slot) + frames.item(slot, bytes(100)) + frames.item(slot, bytes(5000)))
    assert events == [Delivered("s", b"", 64), Delivered("s", bytes(100), 100), Delivered("s", bytes(5000), 5000)]
    driven.connection.grant(slot, 4964, driven.now)
    assert driven.sent() == [Raw(frames.CREDIT, 0, 0, slot, 4964, b"")]
    # The balance is 0 now, which is no credit.
    over = ended(driven.receive(frames.item(slot)))
    assert over.violation is GoAwayReason.FLOW_CONTROL
    assert over.calls == ["s"]


def test_credit_never_passes_its_ceiling() -> None:
    driven = Driven()
    slot = driven.call("s", credit=1000)
    driven.sent()
    driven.connection.grant(slot, 2**31, driven.now)
    assert [frame.aux for frame in driven.sent()] == [2**31 - 1 - 1000]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frames.response(2), GoAwayReason.PROTOCOL),
        (frames.response(65), GoAwayReason.PROTOCOL),
        (frames.item(1), GoAwayReason.PROTOCOL),
        (frames.item(9), GoAwayReason.PROTOCOL),
        (frames.server_hello(), GoAwayReason.PROTOCOL),
        (frames.frame(frames.PONG, body=bytes(8)), GoAwayReason.PROTOCOL),
        (frames.frame(frames.PING, body=bytes(8)) * 2, GoAwayReason.PROTOCOL),
        (frames.frame(frames.ITEM, id=1, body=bytes(65_537)), GoAwayReason.FRAME_SIZE),
    ],
)
def test_a_breach_ends_the_connection_and_loses_its_calls(data: bytes, reason: GoAwayReason) -> None:
    driven = Driven()
    driven.call("a")
    end = ended(driven.receive(data))
    assert (end.violation, end.calls, end.not_executed, end.goaway) == (reason, ["a"], False, None)
    # Nothing more is parsed, and nothing sent.
    assert driven.receive(frames.response(1)) == []
    assert not driven.connection.has_output
    assert driven.connection.next_time is None
    assert not driven.connection.can_request(8)


@pytest.mark.parametrize("data", [frames.response(1), frames.item(1), frames.frame(frames.PING, body=bytes(8))])
def test_nothing_comes_before_hello(data: bytes) -> None:
    driven = Driven(server_hello=None)
    driven.call("early")
    assert ended(driven.receive(data)).violation is GoAwayReason.PROTOCOL


def test_a_ping_is_answered_ahead_of_calls() -> None:
    driven = Driven()
    driven.call("a")
    driven.receive(frames.frame(frames.PING, body=b"12345678"))
    pong, request = driven.sent()
    assert pong == Raw(frames.PONG, 0, 0, 0, 0, b"12345678")
    assert request.type == frames.REQUEST
    driven.receive(frames.frame(frames.PING, body=b"abcdefgh"))
    assert driven.sent()[0].body == b"abcdefgh"


def test_silence_is_asked_about_once_and_then_ends_it() -> None:
    driven = Driven()
    assert driven.tick(29.9) == [] and driven.sent() == []
    driven.tick(0.1)
    (ping,) = driven.sent()
    assert ping.type == frames.PING
    assert driven.connection.next_time == pytest.approx(driven.now + 10)
    assert driven.receive(frames.frame(frames.PONG, body=ping.body)) == []
    driven.tick(30)
    assert [frame.type for frame in driven.sent()] == [frames.PING]
    assert driven.tick(9.9) == []
    assert "silent" in ended(driven.tick(0.2)).text


def test_a_server_that_owes_a_pong_is_not_asked_again() -> None:
    driven = Driven()
    slot = driven.call("s", credit=10_000)
    driven.sent()
    driven.tick(30)
    assert [frame.type for frame in driven.sent()] == [frames.PING]
    # Any byte is a sign of life, but only a PONG is an answer.
    driven.receive(frames.item(slot))
    assert driven.tick(39.9) == [] and driven.sent() == []
    assert "silent" in ended(driven.tick(0.2)).text


def test_the_server_says_how_often_it_may_be_asked() -> None:
    driven = Driven(frames.server_hello(min_ping_ms=120_000))
    assert driven.tick(119) == [] and driven.sent() == []
    driven.tick(1)
    assert [frame.type for frame in driven.sent()] == [frames.PING]


def test_a_drain_is_answered_and_its_calls_go_on() -> None:
    driven = Driven()
    slot = driven.call("a")
    driven.sent()
    (event,) = driven.receive(frames.goaway(0, 3000, b"bye\x07"))
    assert event == Draining(0, "bye?")
    assert [frame.type for frame in driven.sent()] == [frames.DRAINED]
    assert not driven.connection.can_request(8)
    assert driven.receive(frames.goaway(8)) == []
    driven.receive(frames.frame(frames.PING, body=bytes(8)))
    assert [frame.type for frame in driven.sent()] == [frames.PONG]
    assert driven.receive(frames.response(slot, b"x")) == [Answered("a", 0, 0, False, b"x")]
    # A server that then does not close is left.
    assert driven.tick(7.9) == []
    assert "not closed" in ended(driven.tick(0.2)).text


@pytest.mark.parametrize("reason", [0, 8, 11])
def test_a_drain_before_hello_is_the_end(reason: int) -> None:
    driven = Driven(server_hello=None)
    end = ended(driven.receive(frames.goaway(reason)))
    assert (end.goaway, end.not_executed) == (reason, False)


@pytest.mark.parametrize(
    ("reason", "not_executed"),
    [(1, False), (2, False), (3, True), (4, False), (5, False), (6, False), (7, False), (9, True), (10, True), (99, False)],
)
def test_other_reasons_end_the_connection(reason: int, not_executed: bool) -> None:
    driven = Driven()
    driven.call("a")
    end = ended(driven.receive(frames.goaway(reason, 0, b"text")))
    assert (end.goaway, end.not_executed, end.calls, end.violation) == (reason, not_executed, ["a"], None)
    assert end.text.endswith(": text")


def test_set_up_has_a_deadline() -> None:
    driven = Driven(server_hello=None)
    driven.receive(frames.server_hello()[:10])
    assert driven.tick(4.9) == []
    assert "HELLO" in ended(driven.tick(0.2)).text


def test_a_frame_has_a_deadline_however_slowly_it_drips() -> None:
    driven = Driven()
    slot = driven.call("a")
    driven.sent()
    data = frames.response(slot, bytes(100))
    for byte in data[:9]:
        assert driven.receive(bytes([byte])) == []
        assert driven.tick(1) == []
    end = ended(driven.tick(1.1))
    assert "began a frame" in end.text and end.calls == ["a"]


def test_a_server_that_reads_nothing_is_left() -> None:
    driven = Driven()
    driven.call("a")
    assert driven.tick(29) == []
    assert "takes no bytes" in ended(driven.tick(1.1)).text


def test_no_call_is_begun_behind_a_megabyte_of_output() -> None:
    driven = Driven()
    while driven.connection.can_request(60_008):
        driven.connection.request("x", 1, bytes(60_000), now=driven.now)
    assert 1 << 20 <= len(driven.connection.output(1 << 30)) < (1 << 20) + 61_000


def test_the_end_of_the_stream_loses_the_calls() -> None:
    driven = Driven()
    driven.call("a")
    end = ended(driven.connection.lost("reset"))
    assert (end.text, end.calls) == ("reset", ["a"])
    assert driven.connection.state is State.ENDED
    assert driven.connection.lost("again") == []
