#!/usr/bin/env python3
"""Runs conformance cases against a server or a client. See README.md beside it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

from conformance.cases import Case, CaseError, known_rules, load
from conformance.client_run import run_client_cases
from conformance.client_script import ClientScript
from conformance.peer import Failure
from conformance.report import Outcome, Result, report, summary
from conformance.selftest import self_test
from conformance.server_run import ServerUnderTest, run_server_cases
from conformance.server_script import ServerScript

HERE = Path(__file__).resolve().parent
SPECIFICATION = HERE.parents[1] / "proto/PROTOCOL.md"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server-command", help="starts the server under test; {address} and {folder} are filled in")
    parser.add_argument("--server-address", help="a server that runs: host:port or unix:/path")
    parser.add_argument("--client", action="append", default=[], metavar="NAME=COMMAND", help="an adapter; may be repeated")
    parser.add_argument("--self-test", action="store_true", help="prove that cases fail when the other side is wrong")
    parser.add_argument("--only", default="*", help="cases whose file/name fits this pattern")
    parser.add_argument("--jobs", type=int, default=6, help="cases of one subject at a time; all subjects are run side by side")
    parser.add_argument("--verbose", action="store_true", help="a line for each case")
    return parser.parse_args()


def subjects(options: argparse.Namespace) -> list[tuple[str, Callable[[], list[Outcome]]]]:
    """What is under test, each with what runs its cases. Raises :class:`CaseError`."""
    rules = known_rules(SPECIFICATION)
    server_cases = load(HERE / "cases/server", ServerScript, rules)
    client_cases = load(HERE / "cases/client", ClientScript, rules)

    def chosen(cases: list[Case]) -> list[Case]:
        return [case for case in cases if fnmatch(case.name, options.only)]

    def client(command: str) -> Callable[[], list[Outcome]]:
        return lambda: run_client_cases(command, chosen(client_cases), options.jobs)

    found: list[tuple[str, Callable[[], list[Outcome]]]] = []
    if options.server_command or options.server_address:
        subject = ServerUnderTest(options.server_command, options.server_address)
        found.append(("server", lambda: run_server_cases(subject, chosen(server_cases), options.jobs)))
    for named in options.client:
        name, _, command = named.partition("=")
        found.append((name, client(command)))
    if options.self_test:
        found.append(("self-test", lambda: self_test(HERE, server_cases, client_cases, options.jobs)))
    return found


def run(subject: str, cases: Callable[[], list[Outcome]]) -> Result:
    started = time.monotonic()
    try:
        outcomes = cases()
    except Failure as failure:
        outcomes = [Outcome(Case("subject/start", (), []), str(failure))]
    return Result(subject, outcomes, time.monotonic() - started)


def main() -> int:
    options = parse()
    try:
        under_test = subjects(options)
    except CaseError as error:
        print(error, file=sys.stderr)
        return 2
    if not under_test:
        print("name a server, a client or --self-test; see --help", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(len(under_test)) as pool:
        results = list(pool.map(lambda one: run(*one), under_test))
    for result in results:
        report(result, options.verbose)
    return 0 if summary(results) else 1


if __name__ == "__main__":
    sys.exit(main())
