from __future__ import annotations

import pytest

from cutover.errors import NEVER_RETRY, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable
from cutover.retry import RetryBudget, may_repeat, wait_s


def test_which_failures_may_be_repeated() -> None:
    assert may_repeat(ResourceExhausted("", not_executed=True), lost=False, idempotent=False)
    assert may_repeat(Unavailable(""), lost=True, idempotent=True)
    assert not may_repeat(Unavailable(""), lost=True, idempotent=False)
    assert not may_repeat(Unavailable(""), lost=False, idempotent=True)
    for final in (Cancelled, DeadlineExceeded):
        assert not may_repeat(final("", not_executed=True), lost=False, idempotent=True)
    assert not may_repeat(Unavailable("", not_executed=True, retry_after_ms=NEVER_RETRY), lost=True, idempotent=True)


def test_waits_are_between_half_and_the_whole() -> None:
    assert [wait_s(n, lambda: 0.0) for n in (1, 2, 3)] == pytest.approx([0.025, 0.05, 0.1])
    assert [wait_s(n, lambda: 1.0) for n in (1, 2, 3, 8, 5000)] == pytest.approx([0.05, 0.1, 0.2, 5.0, 5.0])
    assert wait_s(1, lambda: 1.0, 700) == pytest.approx(0.7)


def test_the_budget_is_a_tenth_of_the_calls_after_a_reserve() -> None:
    budget = RetryBudget(16)
    assert [budget.take() for _ in range(101)] == [True] * 100 + [False]
    for _ in range(11):
        budget.first_attempt()
    assert [budget.take(), budget.take()] == [True, False]
    for _ in range(5000):
        budget.first_attempt()
    assert [budget.take() for _ in range(101)].count(True) == 100


def test_the_budget_pays_for_a_whole_connection() -> None:
    budget = RetryBudget(1024)
    assert [budget.take() for _ in range(1025)] == [True] * 1024 + [False]
