"""Runs the cases for servers, many at a time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .cases import Case
from .peer import Failure, Transcript
from .report import Outcome
from .server_process import ServerProcess, serves
from .server_script import ServerScript


@dataclass(frozen=True)
class ServerUnderTest:
    """A command that starts one, or the address of one that runs."""

    command: str | None = None
    address: str | None = None


def run_server_cases(subject: ServerUnderTest, cases: list[Case], jobs: int) -> list[Outcome]:
    """The outcome of each case. Cases that need a server of their own are skipped for an address."""
    shared = ServerProcess(subject.command) if subject.command is not None else None
    address = shared.address if shared is not None else subject.address
    if address is None:
        raise ValueError("a command or an address")
    try:
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(lambda case: _run(case, subject, address), cases))
    finally:
        if shared is not None:
            shared.stop()


def _run(case: Case, subject: ServerUnderTest, address: str) -> Outcome:
    outcome = Outcome(case)
    if case.own_server and subject.command is None:
        outcome.is_skipped = True
        return outcome
    started = time.monotonic()
    transcript = Transcript()
    own: ServerProcess | None = None
    script: ServerScript | None = None
    try:
        if case.own_server and subject.command is not None:
            own = ServerProcess(subject.command)
        started = time.monotonic()
        script = ServerScript(
            own.address if own is not None else address,
            started + case.deadline_s,
            transcript,
            own.terminate if own is not None else None,
        )
        script.run(case.steps)
        if own is None and not serves(address):
            raise Failure("the server does not answer Health.Check any more")
    except Failure as failure:
        outcome.failure = str(failure)
    finally:
        if script is not None:
            script.close()
        if own is not None:
            own.stop()
    outcome.seconds = time.monotonic() - started
    outcome.transcript = transcript.lines
    return outcome
