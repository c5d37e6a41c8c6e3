"""The adapter of the Python client's blocking engine: a thread for each call. The protocol is in Tests/Conformance/README.md."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from adapter import Terms, options, say, say_end, word
from cutover import CutoverError
from cutover.blocking import BlockingChannel
from cutover.call import Call
from cutover.endpoint import Endpoint


class Running:
    """A call and the thread that makes it. ``call`` is known once the engine has it."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.begun = threading.Event()
        self.thread: threading.Thread | None = None
        # How many messages of a held stream may be read.
        self.turns = threading.Semaphore(0)


class Channel(BlockingChannel):
    """Notes which call each thread makes, so that another thread can give it up as a closed stream or Ctrl-C would."""

    def note_calls(self) -> threading.local:
        here, start = threading.local(), self.engine.start

        def noted(call: Call, timeout: float | None) -> None:
            start(call, timeout)
            here.running.call = call
            here.running.begun.set()

        self.engine.start = noted  # type: ignore[method-assign]
        return here


class BlockingAdapter:
    """One client at a time."""

    def __init__(self) -> None:
        self._channel: Channel | None = None
        self._here = threading.local()
        self._running: dict[int, Running] = {}
        self._is_closing = False

    def run(self) -> None:
        say("ready")
        for line in sys.stdin:
            self._obey(line.split())

    def _obey(self, words: list[str]) -> None:
        verb, rest = words[0], words[1:]
        if verb == "open":
            settings, token = options(rest[1:])
            self._channel = Channel(Endpoint.parse(rest[0]), settings, None, None if token is None else token.encode())
            self._here = self._channel.note_calls()
            say("opened")
        elif verb in ("call", "stream"):
            self._begin(Terms(rest), self._call if verb == "call" else self._stream)
        elif verb == "take":
            self._running[int(rest[0])].turns.release(int(rest[1]))
        elif verb == "cancel":
            running = self._running[int(rest[0])]
            if self._channel is not None and running.call is not None:
                self._channel.engine.cancel(running.call)
        elif verb == "close":
            self._close()

    def _begin(self, terms: Terms, make: Callable[[Terms, Running, Channel], None]) -> None:
        assert self._channel is not None
        running, channel = Running(), self._channel

        def run() -> None:
            self._here.running = running
            try:
                make(terms, running, channel)
            finally:
                running.begun.set()

        self._running[terms.call] = running
        running.thread = threading.Thread(target=run, daemon=True)
        running.thread.start()
        # Calls go out in the order of the lines.
        running.begun.wait()

    def _close(self) -> None:
        self._is_closing = True
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        for running in self._running.values():
            running.turns.release()
            if running.thread is not None:
                running.thread.join()
        self._running.clear()
        self._is_closing = False
        say("closed")

    def _call(self, terms: Terms, _: Running, channel: Channel) -> None:
        try:
            answer = channel.call(terms.unary(), terms.request, terms.timeout, terms.metadata)
            say_end(terms.call, None, answer.payload)
        except CutoverError as error:
            say_end(terms.call, error)

    def _stream(self, terms: Terms, running: Running, channel: Channel) -> None:
        try:
            with channel.stream(terms.stream(), terms.request, terms.timeout, terms.metadata) as stream:
                while not self._is_closing:
                    if terms.holds:
                        running.turns.acquire()
                    try:
                        item = next(stream)
                    except StopIteration:
                        break
                    say("item", terms.call, word(item.payload))
            say_end(terms.call, None)
        except CutoverError as error:
            say_end(terms.call, error)


if __name__ == "__main__":
    BlockingAdapter().run()
