"""One connection, as the runner sees it: bytes out, frames in, and a transcript of both."""

from __future__ import annotations

import select
import socket
import time
from typing import Final

from . import wire

# What of a frame a report shows.
_SHOWN_BYTES: Final = 64
_LINES_KEPT: Final = 40


class Failure(Exception):
    """A case failed; the text says what was expected and what came."""


class Ended(Failure):
    """The peer ended the connection."""


class Transcript:
    """The last things that passed on the connections of a case."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._lines: list[str] = []

    def note(self, text: str) -> None:
        self._lines.append(f"{(time.monotonic() - self._start) * 1000:7.0f} ms  {text}")
        if len(self._lines) > _LINES_KEPT:
            del self._lines[0]

    def note_bytes(self, name: str, arrow: str, data: bytes) -> None:
        more = f" ... {len(data)} bytes" if len(data) > _SHOWN_BYTES else ""
        self.note(f"{name} {arrow} {data[:_SHOWN_BYTES].hex(' ', -4).upper()}{more}")

    @property
    def lines(self) -> list[str]:
        return self._lines


class Peer:
    """A socket with a name. ``sender`` is what the other side is: its frames are held to the rules of frames."""

    def __init__(self, name: str, link: socket.socket, sender: str, transcript: Transcript) -> None:
        self.name = name
        self.sender = sender
        self.sent_at = time.monotonic()
        # What this side announced as its max_frame.
        self.max_frame = 16_777_215
        self._link = link
        self._link.setblocking(False)
        self._buffer = b""
        self._transcript = transcript
        self._is_ended = False

    def fileno(self) -> int:
        return self._link.fileno()

    def send(self, data: bytes, within_s: float = 10.0) -> None:
        """Sends all of it. What the other side closed in the meantime is no failure: what it said last is still to be read."""
        self._transcript.note_bytes(self.name, "sent", data)
        # Before it is sent: what the other side must wait for cannot begin sooner, however late this thread goes on.
        self.sent_at = time.monotonic()
        ends = self.sent_at + within_s
        view = memoryview(data)
        while view:
            try:
                sent = self._link.send(view)
                view = view[sent:]
            except BlockingIOError:
                left = ends - time.monotonic()
                if left <= 0 or not select.select([], [self._link], [], left)[1]:
                    raise Failure(f"{self.name}: the peer did not read {len(view)} bytes in {within_s} s") from None
            except OSError:
                break

    def send_until_blocked(self, data: bytes, most: int) -> int:
        """Sends the same bytes again and again until the other side takes no more for 300 ms; how many bytes went out."""
        total = 0
        while total < most:
            try:
                total += self._link.send(data)
            except BlockingIOError:
                if not select.select([], [self._link], [], 0.3)[1]:
                    break
            except OSError:
                break
        self._transcript.note(f"{self.name} sent {total} bytes")
        return total

    def half_close(self) -> None:
        self._transcript.note(f"{self.name} half-closed")
        try:
            self._link.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._link.close()

    def has_bytes(self, within_s: float) -> bool:
        """Whether bytes, or the end, come within the time."""
        if self._buffer or self._is_ended:
            return True
        return bool(select.select([self._link], [], [], max(within_s, 0))[0])

    def read_exactly(self, count: int, ends: float) -> bytes:
        """So many bytes. Raises :class:`Ended` at the end of the stream, :class:`Failure` when they do not come in time."""
        while len(self._buffer) < count:
            self._fill(ends)
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def read_frame(self, ends: float) -> wire.Frame:
        """The next frame, which keeps the rules of frames. ``ends`` is a time of the monotonic clock."""
        while len(self._buffer) < wire.HEADER_BYTES:
            self._fill(ends)
        length = wire.frame_length(self._buffer)
        if length > wire.HEADER_BYTES + 0xFFFFFF:
            raise Failure(f"{self.name}: no frame: {self._buffer[:_SHOWN_BYTES].hex(' ', -4).upper()}")
        frame = wire.Frame(self.read_exactly(length, ends))
        self._transcript.note_bytes(self.name, f"got  {frame.name}", frame.raw)
        wrong = wire.breach(frame, self.sender, self.max_frame)
        if wrong is not None:
            raise Failure(f"{self.name}: the {self.sender} broke {wrong}")
        return frame

    def expect_end(self, ends: float) -> None:
        """The end of the stream, or a reset, with nothing before it."""
        while True:
            if self._buffer:
                raise Failure(f"{self.name}: bytes instead of the end: {self._buffer[:_SHOWN_BYTES].hex(' ', -4).upper()}")
            try:
                self._fill(ends)
            except Ended:
                return

    def rest(self, ends: float) -> bytes:
        """Everything up to the end of the stream."""
        while True:
            try:
                self._fill(ends)
            except Ended:
                taken, self._buffer = self._buffer, b""
                return taken

    def _fill(self, ends: float) -> None:
        if self._is_ended:
            raise Ended(f"{self.name}: the peer ended the connection")
        left = ends - time.monotonic()
        if left <= 0 or not select.select([self._link], [], [], left)[0]:
            part = f", only {self._buffer[:_SHOWN_BYTES].hex(' ', -4).upper()}" if self._buffer else ""
            raise Failure(f"{self.name}: nothing came in time{part}")
        try:
            data = self._link.recv(262_144)
        except BlockingIOError:
            return
        except OSError as error:
            self._transcript.note(f"{self.name} was reset ({error.strerror})")
            data = b""
        if not data:
            self._is_ended = True
            self._transcript.note(f"{self.name} ended by the peer")
            raise Ended(f"{self.name}: the peer ended the connection")
        self._buffer += data
