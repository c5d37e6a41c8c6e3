from __future__ import annotations

import pytest
from support import frames

from cutover.wire.frame import GoAwayReason, Violation
from cutover.wire.hello import Hello


def refusal(*settings: bytes) -> GoAwayReason:
    with pytest.raises(Violation) as caught:
        Hello.decode(b"".join(settings))
    return caught.value.reason


def test_what_a_client_says_of_itself() -> None:
    hello = Hello(max_frame=1 << 20, max_inflight=64, auth=b"cut_x", agent="doc/1")
    settings = (
        frames.setting(1, b"\0\x10\0\0"),
        frames.setting(2, b"\0\x40"),
        frames.setting(5, b"cut_x"),
        frames.setting(6, b"doc/1"),
    )
    assert hello.encode() == b"".join(settings)
    assert "cut_x" not in repr(hello)
    with pytest.raises(ValueError, match="token"):
        Hello(auth=bytes(4097)).encode()


def test_settings_of_a_server() -> None:
    body = b"".join((frames.setting(11, b"\1\2"), frames.setting(0x7FFF, b"?"), frames.setting(9, bytes(range(16)))))
    hello = Hello.decode(body)
    assert (hello.versions, hello.instance, hello.max_frame) == ((1, 2), bytes(range(16)), None)
    assert Hello.decode(frames.setting(6, b"a\x1b[2J\xff")).agent == "a?[2J\N{REPLACEMENT CHARACTER}"


def test_what_is_refused() -> None:
    assert refusal(frames.setting(0x8000, b"")) is GoAwayReason.UNSUPPORTED
    assert refusal(frames.setting(1, bytes(3))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(1, (65_535).to_bytes(4, "big"))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(1, (1 << 24).to_bytes(4, "big"))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(2, b"\0\x0f")) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(7, bytes(4)), frames.setting(7, bytes(4))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(11, b"\2\1")) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(6, bytes(65))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(5, bytes(4097))) is GoAwayReason.PROTOCOL
    assert refusal(frames.setting(7, bytes(4))[:-1]) is GoAwayReason.PROTOCOL
    assert refusal(b"\0\1\0") is GoAwayReason.PROTOCOL
    assert refusal(*[frames.setting(100 + n, b"") for n in range(65)]) is GoAwayReason.PROTOCOL
    assert Hello.decode(b"".join(frames.setting(100 + n, b"") for n in range(64))) == Hello()
