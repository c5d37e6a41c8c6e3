"""Runs the cases for clients: some adapter processes side by side, each with one case after another."""

from __future__ import annotations

import queue
import time
from concurrent.futures import ThreadPoolExecutor

from .adapter import Adapter
from .cases import Case
from .client_script import ClientScript
from .listener import Listener
from .peer import Failure, Transcript
from .report import Outcome

# How long a client may take to close when its server is gone.
_CLOSE_S = 10.0


def run_client_cases(command: str, cases: list[Case], jobs: int) -> list[Outcome]:
    """The outcome of each case, and of the end of each adapter that did not end well."""
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)
    with ThreadPoolExecutor(jobs) as pool:
        workers = [pool.submit(_work, command, waiting) for _ in range(min(jobs, len(cases)))]
        return [outcome for worker in workers for outcome in worker.result()]


def _work(command: str, waiting: queue.SimpleQueue[Case]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    adapter: Adapter | None = None
    while True:
        try:
            case = waiting.get_nowait()
        except queue.Empty:
            break
        try:
            if adapter is None:
                adapter = Adapter(command)
        except Failure as failure:
            outcomes.append(Outcome(case, str(failure)))
            continue
        outcome = _run(case, adapter)
        outcomes.append(outcome)
        if outcome.failure is not None:
            # Whatever state it is in: the next case gets a fresh one.
            adapter.kill()
            adapter = None
    if adapter is not None:
        wrong = adapter.stop()
        if wrong is not None:
            outcomes.append(Outcome(Case("adapter/end", (), []), wrong))
    return outcomes


def _run(case: Case, adapter: Adapter) -> Outcome:
    outcome = Outcome(case)
    started = time.monotonic()
    transcript = adapter.transcript = Transcript()
    listener = Listener(case.address)
    script = ClientScript(adapter, listener, started + case.deadline_s, transcript)
    try:
        adapter.open(listener.address, case.client, script.ends({}))
        script.run(case.steps)
        if not script.is_shut:
            adapter.command("close")
        script.close()
        listener.close()
        adapter.expect_closed(time.monotonic() + _CLOSE_S)
    except Failure as failure:
        outcome.failure = str(failure)
    finally:
        script.close()
        listener.dispose()
    outcome.seconds = time.monotonic() - started
    outcome.transcript = transcript.lines
    return outcome
