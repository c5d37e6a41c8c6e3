"""What became of cases, for people."""

from __future__ import annotations

import sys
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


def report(subject: str, outcomes: list[Outcome], seconds: float, verbose: bool) -> bool:
    """Prints the failures and a summary; True when there was none."""
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    for outcome in sorted(failed, key=lambda one: one.case.name):
        rules = " ".join(f"[{rule}]" for rule in outcome.case.rules)
        print(f"FAILED {subject} {outcome.case.name} {rules}\n    {outcome.failure}")
        for line in outcome.transcript:
            print(f"    | {line}")
    if verbose:
        for outcome in sorted(outcomes, key=lambda one: one.case.name):
            word = "failed" if outcome.failure else "skipped" if outcome.is_skipped else "passed"
            print(f"{word} {subject} {outcome.case.name} ({outcome.seconds:.2f} s)")
    skipped = sum(outcome.is_skipped for outcome in outcomes)
    rules_tested = {rule for outcome in outcomes if not outcome.is_skipped for rule in outcome.case.rules}
    passed = len(outcomes) - len(failed) - skipped
    note = f", {skipped} skipped" if skipped else ""
    print(
        f"{subject}: {passed} of {len(outcomes)} cases passed{note}, for {len(rules_tested)} rules, in {seconds:.1f} s",
        flush=True,
    )
    sys.stdout.flush()
    return not failed
