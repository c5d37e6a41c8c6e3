"""What became of cases, for people."""

from __future__ import annotations

from dataclasses import dataclass, field

from .cases import Case


@dataclass
class Outcome:
    """How one case ended. ``failure`` is None when it passed."""

    case: Case
    failure: str | None = None
    is_skipped: bool = False
    seconds: float = 0.0
    transcript: list[str] = field(default_factory=list)


@dataclass
class Result:
    """All cases of one subject, and how long they took together."""

    subject: str
    outcomes: list[Outcome]
    seconds: float

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failure is not None]

    @property
    def skipped(self) -> int:
        return sum(outcome.is_skipped for outcome in self.outcomes)

    @property
    def passed(self) -> int:
        return len(self.outcomes) - len(self.failed) - self.skipped

    @property
    def rules(self) -> set[str]:
        return {rule for outcome in self.outcomes if not outcome.is_skipped for rule in outcome.case.rules}


def report(result: Result, verbose: bool) -> None:
    """Prints what failed, with the bytes that passed; with ``verbose``, a line for each case."""
    for outcome in sorted(result.failed, key=lambda one: one.case.name):
        rules = " ".join(f"[{rule}]" for rule in outcome.case.rules)
        print(f"FAILED {result.subject} {outcome.case.name} {rules}\n    {outcome.failure}")
        for line in outcome.transcript:
            print(f"    | {line}")
    if verbose:
        for outcome in sorted(result.outcomes, key=lambda one: one.case.name):
            word = "failed" if outcome.failure else "skipped" if outcome.is_skipped else "passed"
            print(f"{word} {result.subject} {outcome.case.name} ({outcome.seconds:.2f} s)")


def summary(results: list[Result]) -> bool:
    """Prints a table with a line for each subject; True when nothing failed and something was run."""
    print(f"{'subject':<16} {'cases':>6} {'passed':>7} {'failed':>7} {'skipped':>8} {'rules':>6} {'seconds':>8}")
    for one in results:
        counts = f"{len(one.outcomes):>6} {one.passed:>7} {len(one.failed):>7} {one.skipped:>8} {len(one.rules):>6}"
        print(f"{one.subject:<16} {counts} {one.seconds:>8.1f}", flush=True)
    empty = [one.subject for one in results if one.passed == 0]
    if empty:
        print(f"no case passed for {', '.join(empty)}")
    return not empty and not any(one.failed for one in results)
