"""When a call may be sent again, and how long to wait before (PROTOCOL.md, Retries). Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .errors import NEVER_RETRY, CutoverError
from .status import Status

MAX_ATTEMPTS: Final = 5
_FIRST_S: Final = 0.05
_LONGEST_S: Final = 5.0
_FINAL: Final = {Status.CANCELLED, Status.DEADLINE_EXCEEDED}


def may_repeat(error: CutoverError, lost: bool, idempotent: bool) -> bool:
    """RETRY-1 to RETRY-4. ``lost`` says that the connection broke before the RESPONSE."""
    if error.retry_after_ms == NEVER_RETRY or error.status in _FINAL:
        return False
    return error.not_executed or (lost and idempotent)


def wait_s(attempts: int, random: Callable[[], float], retry_after_ms: int = 0) -> float:
    """How long to wait after so many attempts (RETRY-6). ``random`` gives numbers from 0 to 1."""
    longest = min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempts - 1, 32))
    return max(longest * (0.5 + 0.5 * random()), retry_after_ms / 1000)


class RetryBudget:
    """Holds further attempts to a tenth of the calls, after a reserve for one connection that is full and lost (RETRY-8)."""

    def __init__(self, max_inflight: int) -> None:
        self._most = max(100.0, float(max_inflight))
        self._tokens = self._most

    def first_attempt(self) -> None:
        self._tokens = min(self._most, self._tokens + 0.1)

    def take(self) -> bool:
        """Takes the token of one further attempt; False when there is none."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
