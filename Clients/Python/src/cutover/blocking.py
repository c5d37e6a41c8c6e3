"""Calls and streams that block the thread that makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic

from .call import Call, metadata_bytes, parse, request_bytes
from .endpoint import TLS, Endpoint
from .engine import Engine
from .method import Method, Request, Response, StreamMethod, UnaryMethod
from .options import Options


class _Waiter:
    """One thread that waits. ``wake`` is called under the lock of the engine only, so that it is never released twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        if self._lock.locked():
            self._lock.release()

    def wait(self) -> None:
        self._lock.acquire()


class BlockingStream(Generic[Response]):
    """The messages of a stream, in their order. Iterate it, and close it when you leave before its end.

    What the server may send ahead is bounded: it gets credit as messages are read.
    """

    def __init__(self, channel: BlockingChannel, method: StreamMethod[Request, Response], call: Call, waiter: _Waiter) -> None:
        # Keeps the client alive while its stream is read.
        self._channel = channel
        self._method = method
        self._call = call
        self._waiter = waiter

    def __iter__(self) -> BlockingStream[Response]:
        return self

    def __next__(self) -> Response:
        while True:
            payload = self._channel.engine.take_item(self._call)
            if payload is not None:
                return parse(self._method, payload)
            if self._call.is_done:
                self._call.result()
                raise StopIteration
            self._waiter.wait()

    def close(self) -> None:
        """Ends the stream; the server is told. Does nothing when it has ended."""
        self._channel.engine.cancel(self._call)

    def __enter__(self) -> BlockingStream[Response]:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._call.is_done:
            self._channel.engine.abandon(self._call)


class BlockingChannel:
    """Calls to one server, from any number of threads."""

    def __init__(self, endpoint: Endpoint, options: Options, tls: TLS | None, token: bytes | None) -> None:
        self.engine = Engine(endpoint, options, tls, token)

    def call(
        self,
        method: UnaryMethod[Request, Response],
        request: Request,
        timeout: float | None,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> Response:
        waiter = _Waiter()
        call = _call(method, request, waiter.wake, metadata, None)
        try:
            self.engine.start(call, timeout)
            while not call.is_done:
                waiter.wait()
        except BaseException:
            self.engine.cancel(call)
            raise
        return parse(method, call.result())

    def stream(
        self,
        method: StreamMethod[Request, Response],
        request: Request,
        timeout: float | None,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> BlockingStream[Response]:
        waiter = _Waiter()
        call = _call(method, request, waiter.wake, metadata, self.engine.stream_credit)
        self.engine.start(call, timeout)
        return BlockingStream(self, method, call, waiter)

    def use_token(self, token: bytes | None) -> None:
        self.engine.use_token(token)

    def close(self) -> None:
        self.engine.close()

    def __del__(self) -> None:
        engine = getattr(self, "engine", None)
        if engine is not None:
            engine.stop_soon()


def _call(
    method: Method[Request, Response],
    request: Request,
    wake: Callable[[], None],
    metadata: Mapping[str, str | bytes] | None,
    credit: int | None,
) -> Call:
    return Call(
        method.number,
        request_bytes(method, request),
        wake,
        metadata=metadata_bytes(metadata),
        credit=credit,
        idempotent=method.idempotent,
    )
