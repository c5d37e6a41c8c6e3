"""Comparing what came with what a case expects."""

from __future__ import annotations

from typing import Any

from .notation import payload_bytes


def mismatch(expected: dict[str, Any], found: dict[str, Any]) -> str | None:
    """The first field that differs, in words; None when all that is expected is there.

    A value is compared as it is; ``{"min": a, "max": b}`` is a range, and ``"*"`` is anything.
    """
    for name, value in expected.items():
        if name not in found:
            return f"no {name}"
        actual = found[name]
        if value == "*":
            continue
        if name == "payload":
            value = payload_bytes(value).hex().upper()
        if isinstance(value, dict) and value.keys() <= {"min", "max"}:
            if not isinstance(actual, int) or actual < value.get("min", actual) or actual > value.get("max", actual):
                return f"{name} is {actual}, not {value.get('min', '')}..{value.get('max', '')}"
        elif isinstance(value, dict):
            if not isinstance(actual, dict):
                return f"{name} is {actual}"
            inner = mismatch(value, actual)
            if inner is not None:
                return f"{name}: {inner}"
        elif isinstance(value, list) and not isinstance(actual, list):
            if actual not in value:
                return f"{name} is {actual}, not one of {value}"
        elif value != actual:
            return f"{name} is {_short(actual)}, not {_short(value)}"
    return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
