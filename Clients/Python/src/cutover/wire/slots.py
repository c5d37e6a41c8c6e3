"""The slots of a connection: which are busy, with what, and how much credit each stream has left."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

from . import limits
from .frame import GoAwayReason, Violation

C = TypeVar("C")


class Slot(Generic[C]):
    """A busy slot. ``call`` is whatever the owner put in; None once nobody waits for it any more."""

    __slots__ = ("call", "credit", "is_stream")

    def __init__(self, call: C, is_stream: bool, credit: int) -> None:
        self.call: C | None = call
        self.is_stream = is_stream
        self.credit = credit


class SlotTable(Generic[C]):
    """Slots 1 to ``size``; the lowest free one is taken first (SLOT-5)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._busy: dict[int, Slot[C]] = {}
        # Slots that were used and are free again, as a heap; those above ``_highest`` were never used.
        self._free: list[int] = []
        self._highest = 0

    def __len__(self) -> int:
        return len(self._busy)

    @property
    def lowest_free(self) -> int | None:
        if self._free:
            return self._free[0]
        return self._highest + 1 if self._highest < self.size else None

    def take(self, call: C, is_stream: bool, credit: int) -> int:
        """Makes the lowest free slot busy. The caller has checked that there is one."""
        if self._free:
            number = heapq.heappop(self._free)
        else:
            self._highest += 1
            number = self._highest
        self._busy[number] = Slot(call, is_stream, credit)
        return number

    def get(self, number: int) -> Slot[C] | None:
        return self._busy.get(number)

    def answered(self, number: int) -> Slot[C]:
        """Frees the slot of a RESPONSE (CLI-2, CLI-3)."""
        slot = self._busy.pop(number, None)
        if slot is None:
            raise Violation(GoAwayReason.PROTOCOL, f"a RESPONSE for slot {number}, which is free")
        heapq.heappush(self._free, number)
        return slot

    def delivered(self, number: int, length: int) -> tuple[Slot[C], int]:
        """Takes an ITEM off the credit of its stream (CLI-4 to CLI-6). Returns what it cost, too."""
        slot = self._busy.get(number)
        if slot is None or not slot.is_stream:
            raise Violation(GoAwayReason.PROTOCOL, f"an ITEM for slot {number}, which is no stream")
        if slot.credit <= 0:
            raise Violation(GoAwayReason.FLOW_CONTROL, f"an ITEM beyond the credit of slot {number}")
        cost = max(limits.ITEM_COST_FLOOR, length)
        slot.credit -= cost
        return slot, cost

    def clear(self) -> list[C]:
        """Frees everything; the calls that somebody still waits for."""
        calls = [slot.call for slot in self._busy.values() if slot.call is not None]
        self._busy.clear()
        self._free.clear()
        self._highest = 0
        return calls
