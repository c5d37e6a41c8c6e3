"""What waits to be sent on a connection, frame by frame."""

from __future__ import annotations

from collections import deque


class OutputQueue:
    """Whole frames in their order; the first may have been sent in part."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        # How much of the first frame is out.
        self._head_sent = 0
        self._size = 0
        self.total_sent = 0

    def __len__(self) -> int:
        return self._size

    def append(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._size += len(frame)

    def append_urgent(self, frame: bytes) -> int:
        """Puts a frame ahead of all that was not begun. Returns what ``total_sent`` will be when it is out."""
        before = len(self._frames[0]) - self._head_sent if self._head_sent else 0
        self._frames.insert(1 if self._head_sent else 0, frame)
        self._size += len(frame)
        return self.total_sent + before + len(frame)

    def peek(self, most: int) -> bytes:
        """What is to be sent next, up to ``most`` bytes."""
        if len(self._frames) == 1 and not self._head_sent and self._size <= most:
            return self._frames[0]
        parts = []
        size = -self._head_sent
        for frame in self._frames:
            parts.append(frame)
            size += len(frame)
            if size >= most:
                break
        return b"".join(parts)[self._head_sent : self._head_sent + most]

    def sent(self, count: int) -> None:
        """So many bytes of it are out."""
        self._size -= count
        self.total_sent += count
        self._head_sent += count
        while self._frames and self._head_sent >= len(self._frames[0]):
            self._head_sent -= len(self._frames.popleft())

    def clear(self) -> None:
        self._frames.clear()
        self._head_sent = self._size = 0
