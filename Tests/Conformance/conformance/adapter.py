"""The program that drives the client under test: words in lines, over its stdin and stdout (README.md)."""

from __future__ import annotations

import queue
import shlex
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from . import wire
from .peer import Failure, Transcript

_START_S: Final = 60.0
_STOP_S: Final = 5.0


@dataclass(frozen=True)
class Event:
    """A line of the adapter: ``item`` or ``end`` of a call."""

    kind: str
    call: int
    fields: dict[str, Any]


class Adapter:
    """One adapter process. It is used for one case after another, each with a client of its own."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: deque[str] = deque(maxlen=20)
        self._events: list[Event] = []
        self.transcript = Transcript()
        self._threads = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._expect_word("ready", time.monotonic() + _START_S)

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line.rstrip("\n"))

    # --- Commands

    def command(self, line: str) -> None:
        assert self._process.stdin is not None
        shown = line if len(line) <= 200 else f"{line[:200]}... {len(line)} characters"
        self.transcript.note(f"adapter < {shown}")
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise Failure(self._death()) from None

    def open(self, address: str, options: dict[str, Any], ends: float) -> None:
        """Makes a client; the transcript and the events begin anew."""
        self._events.clear()
        words = [f"{name}={value}" for name, value in options.items()]
        self.command(" ".join(["open", address, *words]))
        self._expect_word("opened", ends)

    def expect_closed(self, ends: float) -> None:
        """The client, which was told to close, has closed."""
        self._expect_word("closed", ends)

    # --- Answers

    def event(self, call: int, ends: float) -> Event:
        """The next line about a call."""
        while True:
            for event in self._events:
                if event.call == call:
                    self._events.remove(event)
                    return event
            line = self._line(ends)
            if line is None:
                raise Failure(f"nothing was heard of call {call} in time")
            self._take(line)

    def no_event(self, call: int, for_s: float) -> None:
        ends = time.monotonic() + for_s
        while not any(event.call == call for event in self._events):
            line = self._line(ends)
            if line is None:
                return
            self._take(line)
        raise Failure(f"call {call}: {next(event for event in self._events if event.call == call)} instead of nothing")

    def _take(self, line: str) -> None:
        words = line.split(" ")
        try:
            self._events.append(parse(words))
        except (ValueError, IndexError):
            raise Failure(f"the adapter said {line[:200]!r}") from None

    def _expect_word(self, word: str, ends: float) -> None:
        while True:
            line = self._line(ends)
            if line is None:
                raise Failure(f"the adapter did not say {word!r} in time")
            if line == word:
                return
            self._take(line)

    def _line(self, ends: float) -> str | None:
        """The next line; None when none comes in time."""
        try:
            line = self._lines.get(timeout=max(ends - time.monotonic(), 0.001))
        except queue.Empty:
            return None
        if line is None:
            raise Failure(self._death())
        self.transcript.note(f"adapter > {line if len(line) <= 200 else line[:200] + '...'}")
        return line

    def _death(self) -> str:
        self._threads[1].join(2)
        code = self._process.poll()
        return f"the adapter ended (code {code}): " + "\n".join(self._errors)

    def stop(self) -> str | None:
        """Ends the process; what is wrong with its end, or None."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:
            pass
        try:
            code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "the adapter did not end with its input"
        return None if code == 0 else self._death()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def parse(words: list[str]) -> Event:
    """``item ID PAYLOAD``, or ``end ID STATUS RETRY_AFTER NOT_EXECUTED REASON MESSAGE DETAILS PAYLOAD``."""
    kind, call = words[0], int(words[1])
    if kind == "item":
        return Event(kind, call, {"payload": _bytes(words[2]).hex().upper()})
    if kind != "end" or len(words) != 9:
        raise ValueError(words)
    return Event(
        kind,
        call,
        {
            "status": wire.STATUSES[int(words[2])],
            "retry_after_ms": int(words[3]),
            "not_executed": words[4] == "1",
            "reason": _bytes(words[5]).decode(),
            "message": _bytes(words[6]).decode(),
            "details": int(words[7]),
            "payload": _bytes(words[8]).hex().upper(),
        },
    )


def _bytes(word: str) -> bytes:
    return b"" if word == "-" else bytes.fromhex(word)


def word(data: bytes) -> str:
    return data.hex().upper() or "-"
