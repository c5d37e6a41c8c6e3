"""Proof that cases can fail: a server and a client that are wrong in one way each must fail the case that is about it."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from .cases import Case
from .client_run import run_client_cases
from .report import Outcome
from .server_run import ServerUnderTest, run_server_cases

# A fault, and the case that must find it.
SERVER_FAULTS: Final = {
    "takes-critical-keys": "hello/critical-key",
    "waits-for-a-whole-preface": "preface/one-wrong-byte",
    "no-word-for-http": "preface/http-get",
    "takes-any-length": "frames/longer-than-max-frame",
    "skips-no-extension": "frames/extension-is-skipped",
    "ends-without-goaway": "frames/response-from-a-client",
    "another-reason": "frames/unknown-type-0B",
    "grace-for-violations": "frames/unknown-type-7F",
    "never-hangs-up": "frames/unknown-type-00",
    "serves-on": "frames/nothing-behind-a-violation",
    "dies-of-violations": "frames/ping-of-7-bytes",
    "answers-twice": "calls/echo",
    "forgets-not-executed": "calls/unknown-method",
    "keeps-no-deadline": "calls/deadline-while-it-runs",
    "sends-without-credit": "streams/no-credit-no-item",
    "pong-of-zeroes": "life/ping",
    "stays-when-drained": "life/drained-unasked",
}

CLIENT_FAULTS: Final = {
    "another-preface": "hello/greeting",
    "takes-anything": "breaches/unknown-type-0B",
    "answers-breaches": "breaches/ping-of-7-bytes",
    "takes-answers-for-nothing": "frames/response-twice",
    "sends-no-cancel": "calls/deadline",
    "frees-cancelled-slots": "calls/cancel",
    "counts-no-credit": "streams/item-beyond-credit",
    "grants-nothing": "streams/a-long-stream-with-little-credit",
    "never-says-drained": "life/drain",
    "stays-on-drained-connections": "life/drain-for-age",
    "never-sends-again": "retries/not-executed",
    "sends-everything-again": "retries/lost-and-not-idempotent",
    "waits-for-nothing": "retries/not-executed-and-overloaded",
    "hopes-for-ever": "retries/no-retry-can-help",
}


def self_test(folder: Path, server_cases: list[Case], client_cases: list[Case], jobs: int) -> list[Outcome]:
    """An outcome for each fault, and for each case with a side that is right: a fault that its case does not notice is a failure."""
    servers = {case.name: case for case in server_cases}
    clients = {case.name: case for case in client_cases}
    python = f"{sys.executable} {folder}/wrong"

    def server(fault: str, names: list[str]) -> list[Outcome]:
        subject = ServerUnderTest(f"{python}/server.py {{address}} {fault}")
        return run_server_cases(subject, [servers[name] for name in names], jobs)

    def client(fault: str, names: list[str]) -> list[Outcome]:
        return run_client_cases(f"{python}/client.py {fault}", [clients[name] for name in names], 2)

    with ThreadPoolExecutor(jobs) as pool:
        right = [pool.submit(server, "", list(SERVER_FAULTS.values())), pool.submit(client, "", list(CLIENT_FAULTS.values()))]
        tried = [(servers[name], fault, pool.submit(server, fault, [name])) for fault, name in SERVER_FAULTS.items()]
        tried += [(clients[name], fault, pool.submit(client, fault, [name])) for fault, name in CLIENT_FAULTS.items()]
        outcomes = [outcome for run in right for outcome in run.result()]
        for case, fault, run in tried:
            noticed = any(outcome.failure is not None for outcome in run.result())
            outcomes.append(Outcome(case, None if noticed else f'does not notice the fault "{fault}"'))
    return outcomes
