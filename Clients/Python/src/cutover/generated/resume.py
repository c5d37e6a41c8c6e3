# Made by dev/generate. Do not change it.
"""Streams that are taken up again when the server was lost."""

from __future__ import annotations

import random
from time import monotonic, sleep
from typing import Generic

from ..blocking import BlockingChannel, BlockingStream
from ..errors import NEVER_RETRY, CutoverError, DeadlineExceeded, ResourceExhausted, Unavailable
from ..progress import M, Progress
from ..retry import wait_s


class ResumedStream(Generic[M]):
    """A stream without gap or repetition over any number of connections. Iterate it, and close it when you leave before its end.

    Raises what the server refuses, and :class:`Unavailable` when the server stays away for ``Options.resume_s``.
    """

    def __init__(self, channel: BlockingChannel, progress: Progress[M], timeout: float | None, resume_s: float) -> None:
        self._channel = channel
        self._progress = progress
        self._ends = None if timeout is None else monotonic() + timeout
        self._resume_s = resume_s
        self._stream: BlockingStream[M] | None = None
        self._has_begun = False
        self._is_closed = False
        # Since when the server has been away, and how often it was looked for since.
        self._away_since: float | None = None
        self._attempts = 0

    def __iter__(self) -> ResumedStream[M]:
        return self

    def __next__(self) -> M:
        while not self._progress.is_complete and not self._is_closed:
            try:
                message = self._receive()
            except CutoverError as error:
                notice = self._look_again(error)
                if notice is not None:
                    return notice
            else:
                self._has_begun = True
                self._away_since = None
                self._attempts = 0
                if self._progress.take(message):
                    return message
        self.close()
        raise StopIteration

    def _receive(self) -> M:
        if self._stream is None:
            left = None if self._ends is None else self._ends - monotonic()
            if left is not None and left <= 0:
                raise DeadlineExceeded("the stream did not end in time")
            method, request = self._progress.opening
            self._stream = self._channel.stream(method, request, left)
        try:
            return self._stream.__next__()
        except StopIteration:
            raise Unavailable("the server ended the stream early") from None

    def _look_again(self, error: CutoverError) -> M | None:
        """Waits before the next attempt, or raises the error. Returns what there is to tell the reader."""
        self._stream = None
        now = monotonic()
        self._away_since = self._away_since or now
        self._attempts += 1
        pause = wait_s(self._attempts, random.random, error.retry_after_ms)
        passes = isinstance(error, Unavailable) or (isinstance(error, ResourceExhausted) and error.not_executed)
        late = now + pause > self._away_since + self._resume_s or (self._ends is not None and now + pause > self._ends)
        if not self._has_begun or not passes or late or error.retry_after_ms == NEVER_RETRY:
            self._is_closed = True
            raise error
        sleep(pause)
        return self._progress.lost()

    def close(self) -> None:
        """Ends the stream; the server is told."""
        self._is_closed = True
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> ResumedStream[M]:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
