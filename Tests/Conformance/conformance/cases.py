"""Reading cases, and holding them to their own rules."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .script import Script

_KEYS = {"name", "about", "rules", "deadline_s", "own_server", "client", "address", "steps"}


class CaseError(Exception):
    """A case that cannot be run; the text says what is wrong with it."""


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: Its file and its name in it, such as ``hello/critical-setting``.
        rules: The rules of PROTOCOL.md that it tests.
        deadline_s: How long it may take in all.
        own_server: It needs a server for itself.
        client: Options of the client under test.
        address: ``unix`` or ``tcp``: where the runner listens.
    """

    name: str
    rules: tuple[str, ...]
    steps: list[dict[str, Any]]
    deadline_s: float = 30.0
    own_server: bool = False
    client: dict[str, Any] = field(default_factory=dict)
    address: str = "unix"


def known_rules(specification: Path) -> set[str]:
    """The ids of all rules, such as HELLO-4."""
    return set(re.findall(r"\*\*\[([A-Z]+-\d+)\]\*\*", specification.read_text()))


def load(folder: Path, kind: type[Script], rules: set[str]) -> list[Case]:
    """All cases below a folder, slow ones first. Raises :class:`CaseError`."""
    cases: list[Case] = []
    for file in sorted(folder.glob("*.json")):
        try:
            document = json.loads(file.read_text())
        except ValueError as error:
            raise CaseError(f"{file}: {error}") from None
        for one in document["cases"]:
            cases.append(_case(f"{file.stem}/{one.get('name')}", one, kind, rules))
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise CaseError(f"cases of the same name: {', '.join(sorted(twice))}")
    return sorted(cases, key=lambda case: -case.deadline_s)


def _case(name: str, one: dict[str, Any], kind: type[Script], rules: set[str]) -> Case:
    if not one.keys() <= _KEYS:
        raise CaseError(f"{name}: unknown {', '.join(one.keys() - _KEYS)}")
    unknown = [rule for rule in one.get("rules", []) if rule not in rules]
    if unknown or not one.get("rules"):
        raise CaseError(f"{name}: rules are ids of PROTOCOL.md, not {unknown}")
    if not one.get("steps"):
        raise CaseError(f"{name}: no steps")
    _check_steps(name, one["steps"], kind)
    return Case(
        name=name,
        rules=tuple(one["rules"]),
        steps=one["steps"],
        deadline_s=one.get("deadline_s", 30.0),
        own_server=one.get("own_server", False),
        client=one.get("client", {}),
        address=one.get("address", "unix"),
    )


def _check_steps(name: str, steps: list[dict[str, Any]], kind: type[Script]) -> None:
    for step in steps:
        try:
            verb = kind.verb(step)
        except ValueError as error:
            raise CaseError(f"{name}: {error}") from None
        if verb == "repeat":
            _check_steps(name, step["steps"], kind)
