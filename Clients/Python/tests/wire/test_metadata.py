from __future__ import annotations

import pytest

from cutover.wire import metadata


def test_entries_as_bytes() -> None:
    assert metadata.encode([("a", b"b"), ("a", b"")]) == b"\1a\0\1b\1a\0\0"
    assert metadata.encode([]) == b""


@pytest.mark.parametrize(
    "entries",
    [
        [("A", b"")],
        [("", b"")],
        [("é", b"")],
        [("a" * 65, b"")],
        [("a", bytes(8193))],
        [("a", bytes(4096)), ("b", bytes(4096))],
        [(f"k{n}", b"") for n in range(65)],
    ],
)
def test_what_must_not_be_sent(entries: list[tuple[str, bytes]]) -> None:
    with pytest.raises(ValueError, match="metadata"):
        metadata.encode(entries)
