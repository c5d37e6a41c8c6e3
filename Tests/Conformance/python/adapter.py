"""The adapter of the Python client on asyncio. The protocol is in Tests/Conformance/README.md."""

from __future__ import annotations

import asyncio
import sys
import threading

from cutover import AsyncCutover, CutoverError, Options, Status
from cutover.method import StreamMethod, UnaryMethod
from cutover.v1 import EchoRequest, EchoResponse
from cutover.wire.connection import Timing

_output = threading.Lock()


def say(*words: object) -> None:
    with _output:
        print(*words, flush=True)


def word(data: bytes) -> str:
    return data.hex().upper() or "-"


def data(text: str) -> bytes:
    return b"" if text == "-" else bytes.fromhex(text)


def say_end(call: int, error: CutoverError | None, payload: bytes = b"") -> None:
    if error is None:
        say("end", call, 0, 0, 0, "-", "-", 0, word(payload))
    else:
        texts = word(error.reason.encode()), word(error.message.encode())
        say("end", call, int(error.status), error.retry_after_ms, int(error.not_executed), *texts, len(error.details), "-")


def options(words: list[str]) -> tuple[Options, str | None]:
    """Options of the client, and the token, from ``name=value`` words."""
    given = dict(one.split("=", 1) for one in words)
    token = given.pop("token", None)
    timing = Timing()
    for name, field in (("keepalive_ms", "keepalive_s"), ("keepalive_timeout_ms", "pong_s")):
        if name in given:
            timing = timing._replace(**{field: int(given.pop(name)) / 1000})
    return Options(timing=timing, **{name: int(value) for name, value in given.items()}), token


class Terms:
    """The words of a call or a stream."""

    def __init__(self, words: list[str]) -> None:
        self.call = int(words[0])
        self.name, self.number = words[1], int(words[2])
        self.idempotent = words[3] == "1"
        self.timeout = int(words[4]) / 1000 or None
        self.request = EchoRequest(payload=data(words[5]))
        rest = words[6:]
        self.holds = "hold" in rest
        self.metadata = {key: data(value) for key, _, value in (one.partition("=") for one in rest if "=" in one)}

    def unary(self) -> UnaryMethod[EchoRequest, EchoResponse]:
        return UnaryMethod(self.name, self.number, EchoRequest, EchoResponse, self.idempotent, False)

    def stream(self) -> StreamMethod[EchoRequest, EchoResponse]:
        return StreamMethod(self.name, self.number, EchoRequest, EchoResponse, self.idempotent, False)


class AsyncAdapter:
    """One client at a time, on one event loop; each call is a task."""

    def __init__(self) -> None:
        self._client: AsyncCutover | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._turns: dict[int, asyncio.Semaphore] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 26)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        say("ready")
        while line := await reader.readline():
            await self._obey(line.decode().split())

    async def _obey(self, words: list[str]) -> None:
        verb, rest = words[0], words[1:]
        if verb == "open":
            settings, token = options(rest[1:])
            self._client = AsyncCutover(rest[0], options=settings, token=token)
            say("opened")
        elif verb in ("call", "stream"):
            terms = Terms(rest)
            if terms.holds:
                self._turns[terms.call] = asyncio.Semaphore(0)
            run = self._call if verb == "call" else self._stream
            self._tasks[terms.call] = asyncio.create_task(run(terms))
            # A task that is cancelled before it began would say nothing.
            await asyncio.sleep(0)
        elif verb == "take":
            for _ in range(int(rest[1])):
                self._turns[int(rest[0])].release()
        elif verb == "cancel":
            self._tasks[int(rest[0])].cancel()
        elif verb == "close":
            await self._close()

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        self._turns.clear()
        say("closed")

    async def _call(self, terms: Terms) -> None:
        assert self._client is not None
        try:
            answer = await self._client.call(terms.unary(), terms.request, timeout=terms.timeout, metadata=terms.metadata)
            say_end(terms.call, None, answer.payload)
        except CutoverError as error:
            say_end(terms.call, error)
        except asyncio.CancelledError:
            say("end", terms.call, int(Status.CANCELLED), 0, 0, "-", "-", 0, "-")

    async def _stream(self, terms: Terms) -> None:
        assert self._client is not None
        turns = self._turns.get(terms.call)
        try:
            stream = self._client.stream(terms.stream(), terms.request, timeout=terms.timeout, metadata=terms.metadata)
            async with stream:
                while True:
                    if turns is not None:
                        await turns.acquire()
                    try:
                        item = await anext(stream)
                    except StopAsyncIteration:
                        break
                    say("item", terms.call, word(item.payload))
            say_end(terms.call, None)
        except CutoverError as error:
            say_end(terms.call, error)
        except asyncio.CancelledError:
            say("end", terms.call, int(Status.CANCELLED), 0, 0, "-", "-", 0, "-")


if __name__ == "__main__":
    asyncio.run(AsyncAdapter().run())
