from __future__ import annotations

from cutover.timers import Timers


def test_timers_run_in_their_order_and_not_when_cancelled() -> None:
    timers = Timers()
    ran: list[str] = []
    timers.at(3.0, lambda now: ran.append(f"c {now}"))
    timers.at(1.0, lambda now: ran.append(f"a {now}"))
    gone = timers.at(2.0, lambda now: ran.append("b"))
    timers.at(1.0, lambda now: ran.append(f"a2 {now}"))
    timers.cancel(gone)
    assert timers.next_time == 1.0
    timers.run(2.5)
    assert ran == ["a 2.5", "a2 2.5"] and timers.next_time == 3.0
    timers.run(3.0)
    assert ran[-1] == "c 3.0" and timers.next_time is None


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    kept = timers.at(5.0, lambda now: None)
    for n in range(10_000):
        timers.cancel(timers.at(100.0 + n, lambda now: None))
    assert len(timers) < 200 and timers.next_time == 5.0
    timers.cancel(kept)
    timers.cancel(kept)
    assert timers.next_time is None and len(timers) == 0
