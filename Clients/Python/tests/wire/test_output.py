from __future__ import annotations

import random

from cutover.wire.output import OutputQueue


def test_urgent_frames_go_ahead_of_all_that_was_not_begun() -> None:
    queue = OutputQueue()
    queue.append(b"aaaa")
    queue.append(b"bbbb")
    assert queue.append_urgent(b"!!") == 2
    assert queue.peek(100) == b"!!aaaabbbb"
    queue.sent(3)
    assert queue.append_urgent(b"??") == 3 + 3 + 2
    assert queue.peek(100) == b"aaa??bbbb"
    queue.sent(9)
    assert (len(queue), queue.total_sent, queue.peek(9)) == (0, 12, b"")


def test_nothing_is_lost_or_moved_however_it_is_sent() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    queue = OutputQueue()
    frames = [bytes([n % 256]) * chance.randint(1, 40) for n in range(500)]
    sent = bytearray()
    for frame in frames:
        queue.append(frame)
        while chance.random() < 0.6 and len(queue):
            data = queue.peek(chance.randint(1, 100))
            count = chance.randint(1, len(data))
            sent += data[:count]
            queue.sent(count)
    sent += queue.peek(len(queue))
    assert bytes(sent) == b"".join(frames), f"seed {seed}"
