"""Timers as a heap; what is cancelled is forgotten in time. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Timer:
    """Something to be done at a time, unless it is cancelled."""

    __slots__ = ("when", "order", "action")

    def __init__(self, when: float, order: int, action: Callable[[float], None]) -> None:
        self.when = when
        self.order = order
        self.action: Callable[[float], None] | None = action

    def __lt__(self, other: Timer) -> bool:
        return (self.when, self.order) < (other.when, other.order)


class Timers:
    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._order = 0
        self._cancelled = 0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when: float, action: Callable[[float], None]) -> Timer:
        self._order += 1
        timer = Timer(when, self._order, action)
        heapq.heappush(self._heap, timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        if timer.action is None:
            return
        timer.action = None
        self._cancelled += 1
        # A call that is answered cancels its deadline, which lies far ahead: without this they would pile up.
        if self._cancelled > 64 and self._cancelled * 2 > len(self._heap):
            self._heap = [kept for kept in self._heap if kept.action is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    @property
    def next_time(self) -> float | None:
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0].when if self._heap else None

    def run(self, now: float) -> None:
        """Does what is due."""
        while (when := self.next_time) is not None and when <= now:
            timer = heapq.heappop(self._heap)
            if timer.action is not None:
                action, timer.action = timer.action, None
                action(now)
