from __future__ import annotations

import random

import pytest
from support import frames

from cutover.wire.frame import Frame, FrameReader, GoAwayReason, Violation, encode

LIMIT = 65_536


def read(data: bytes, limit: int = LIMIT) -> list[Frame]:
    reader = FrameReader(limit)
    reader.feed(data)
    found = []
    while (frame := reader.next()) is not None:
        found.append(frame)
    return found


def test_the_first_golden_vector() -> None:
    payload = frames.unhex("00000002 03 00 0000 00000001 00000000 0801")
    assert read(payload) == [Frame(3, 0, 0, 1, 0, b"\x08\x01")]
    made = encode(2, id=1, aux=1, body=frames.unhex("000001F4 00000000"))
    assert made == frames.unhex("00000008 02 00 0000 00000001 00000001 000001F4 00000000")


def test_frames_are_the_same_however_the_network_cuts_them() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    data = b"".join(
        frames.item(chance.randint(1, 9), bytes(chance.randint(0, 300)))
        if chance.random() < 0.7
        else frames.frame(0x80 | chance.randint(0, 127), flags=255, id=5, aux=9, body=bytes(chance.randint(0, 300)))
        for _ in range(200)
    )
    whole = read(data)
    reader = FrameReader(LIMIT)
    found = []
    at = 0
    while at < len(data):
        cut = chance.choice([1, 3, 16, 17, 400])
        reader.feed(data[at : at + cut])
        at += cut
        while (frame := reader.next()) is not None:
            found.append(frame)
    assert found == whole, f"seed {seed}"
    assert not reader.has_begun


def test_a_length_is_judged_before_its_body_is_waited_for() -> None:
    reader = FrameReader(LIMIT)
    reader.feed(frames.frame(frames.ITEM, id=1, body=bytes(LIMIT + 1))[:16])
    with pytest.raises(Violation) as caught:
        reader.next()
    assert caught.value.reason is GoAwayReason.FRAME_SIZE
    reader = FrameReader(LIMIT)
    reader.feed(frames.frame(frames.ITEM, id=1, body=bytes(LIMIT)))
    assert reader.next() is not None


def test_an_extension_is_skipped_and_not_kept() -> None:
    reader = FrameReader(LIMIT)
    reader.feed(frames.frame(0x90, body=bytes(LIMIT))[:16])
    assert reader.next() is None
    for _ in range(LIMIT // 1024):
        reader.feed(bytes(1024))
        assert reader.next() is None
        assert len(reader._buffer) <= 1024
    assert not reader.has_begun
    with pytest.raises(Violation):
        read(frames.frame(0x90, body=bytes(LIMIT + 1)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frames.frame(frames.REQUEST, id=1, aux=1, body=bytes(8)), GoAwayReason.PROTOCOL),
        (frames.frame(frames.CREDIT, id=1, aux=1), GoAwayReason.PROTOCOL),
        (frames.frame(frames.CANCEL, id=1, aux=1), GoAwayReason.PROTOCOL),
        (frames.frame(frames.DRAINED), GoAwayReason.PROTOCOL),
        (frames.frame(0), GoAwayReason.UNSUPPORTED),
        (frames.frame(11), GoAwayReason.UNSUPPORTED),
        (frames.frame(0x7F), GoAwayReason.UNSUPPORTED),
        (frames.frame(frames.RESPONSE, flags=2, id=1), GoAwayReason.PROTOCOL),
        (frames.frame(frames.ITEM, flags=1, id=1), GoAwayReason.PROTOCOL),
        (frames.frame(frames.RESPONSE, meta_len=1, id=1), GoAwayReason.FRAME_SIZE),
        (frames.frame(frames.PING, meta_len=1, body=bytes(8)), GoAwayReason.PROTOCOL),
        (frames.frame(frames.RESPONSE, id=0), GoAwayReason.PROTOCOL),
        (frames.frame(frames.PONG, id=1, body=bytes(8)), GoAwayReason.PROTOCOL),
        (frames.frame(frames.ITEM, id=1, aux=1), GoAwayReason.PROTOCOL),
        (frames.frame(frames.PING, body=bytes(7)), GoAwayReason.FRAME_SIZE),
        (frames.frame(frames.GOAWAY, body=bytes(3)), GoAwayReason.FRAME_SIZE),
        (frames.frame(frames.GOAWAY, body=bytes(261)), GoAwayReason.FRAME_SIZE),
        (frames.frame(frames.HELLO, body=bytes(8193)), GoAwayReason.FRAME_SIZE),
    ],
)
def test_what_a_server_must_not_send(data: bytes, reason: GoAwayReason) -> None:
    with pytest.raises(Violation) as caught:
        read(data)
    assert caught.value.reason is reason
    # The header alone shows it: a body need not come.
    with pytest.raises(Violation):
        read(data[:16])
