#!/usr/bin/env python3
"""Runs conformance cases against a server or a client. See README.md beside it."""

from __future__ import annotations

import argparse
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

from conformance.cases import Case, CaseError, known_rules, load
from conformance.client_run import run_client_cases
from conformance.client_script import ClientScript
from conformance.report import report
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
    parser.add_argument("--jobs", type=int, default=12, help="cases at a time")
    parser.add_argument("--verbose", action="store_true", help="a line for each case")
    return parser.parse_args()


def main() -> int:
    options = parse()
    rules = known_rules(SPECIFICATION)
    passed = True

    def chosen(cases: list[Case]) -> list[Case]:
        return [case for case in cases if fnmatch(case.name, options.only)]

    try:
        if options.self_test:
            server_cases = load(HERE / "cases/server", ServerScript, rules)
            client_cases = load(HERE / "cases/client", ClientScript, rules)
            passed = self_test(HERE, server_cases, client_cases, options.jobs)
        if options.server_command or options.server_address:
            cases = chosen(load(HERE / "cases/server", ServerScript, rules))
            started = time.monotonic()
            subject = ServerUnderTest(options.server_command, options.server_address)
            outcomes = run_server_cases(subject, cases, options.jobs)
            passed = report("server", outcomes, time.monotonic() - started, options.verbose) and passed
        for client in options.client:
            name, _, command = client.partition("=")
            cases = chosen(load(HERE / "cases/client", ClientScript, rules))
            started = time.monotonic()
            outcomes = run_client_cases(command, cases, options.jobs)
            passed = report(name, outcomes, time.monotonic() - started, options.verbose) and passed
    except CaseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
