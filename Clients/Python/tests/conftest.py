from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cutoverd import Cutoverd


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test began ends with it; those of a client that was only forgotten end soon after."""
    before = set(threading.enumerate())
    yield
    ends = time.monotonic() + 10
    while left := [thread for thread in threading.enumerate() if thread not in before]:
        assert time.monotonic() < ends, f"threads left behind: {left}"
        left[0].join(0.1)


@pytest.fixture
def cutoverd(tmp_path: Path) -> Iterator[Cutoverd]:
    """A server on a Unix socket."""
    server = Cutoverd(tmp_path)
    try:
        yield server
    finally:
        server.kill()
