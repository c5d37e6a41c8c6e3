"""The channel on asyncio: sockets, one timer, futures. Every rule is in ``channel`` and ``wire``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from socket import SOCK_STREAM
from typing import Final, Generic

from .call import Call, metadata_bytes, parse, request_bytes
from .channel import Channel, Link
from .endpoint import TLS, Endpoint, check_alpn, check_plaintext_token, dial_error
from .errors import Cancelled
from .method import Request, Response, StreamMethod, UnaryMethod
from .options import Options

# Bytes handed to the transport at one time.
_CHUNK: Final = 262_144
# How long a client that is closed waits for the server to close too.
_CLOSE_S: Final = 1.0


class _Socket(asyncio.Protocol):
    """One connection of the channel."""

    def __init__(self, channel: AsyncChannel, link: Link) -> None:
        self._channel = channel
        self._link = link
        self.transport: asyncio.Transport | None = None
        self.is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._channel.connected(self._link, self, transport)

    def data_received(self, data: bytes) -> None:
        self._channel.received(self._link, data)

    def connection_lost(self, error: Exception | None) -> None:
        self._channel.disconnected(self._link, self, error)

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        self._channel.flush_soon()


class AsyncStream(Generic[Response]):
    """The messages of a stream, in their order. Iterate it, and close it when you leave before its end.

    What the server may send ahead is bounded: it gets credit as messages are read. Cancelling the task that waits for a message ends
    the stream.
    """

    def __init__(self, channel: AsyncChannel, method: StreamMethod[Request, Response], call: Call, ready: asyncio.Event) -> None:
        self._channel = channel
        self._method = method
        self._call = call
        self._ready = ready

    def __aiter__(self) -> AsyncStream[Response]:
        return self

    async def __anext__(self) -> Response:
        while True:
            payload = self._channel.take_item(self._call)
            if payload is not None:
                return parse(self._method, payload)
            if self._call.is_done:
                self._call.result()
                raise StopAsyncIteration
            self._ready.clear()
            try:
                await self._ready.wait()
            except asyncio.CancelledError:
                self._channel.cancel(self._call)
                raise

    async def aclose(self) -> None:
        """Ends the stream; the server is told. Does nothing when it has ended."""
        self._channel.cancel(self._call)

    async def __aenter__(self) -> AsyncStream[Response]:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if not self._call.is_done:
            self._channel.abandon(self._call)


class AsyncChannel:
    """Calls to one server, on the event loop that makes the first of them."""

    def __init__(self, endpoint: Endpoint, options: Options, tls: TLS | None, token: bytes | None) -> None:
        self._endpoint = endpoint
        self._options = options
        self._context = None if tls is None else tls.context()
        self._server_name = None if tls is None else tls.name_for(endpoint)
        self._has_token = token is not None
        self._core = Channel(options, token, self, random.random)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: dict[Link, _Socket] = {}
        self._dials: dict[Link, asyncio.Task[None]] = {}
        # Connections that are being closed; they are waited for at the end.
        self._closing: set[_Socket] = set()
        self._is_flush_due = False
        self._timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Event = asyncio.Event()

    # --- Calls

    async def call(
        self,
        method: UnaryMethod[Request, Response],
        request: Request,
        timeout: float | None,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> Response:
        loop = self._bind()
        answered: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not answered.done():
                answered.set_result(None)

        call = self._start(method, request, wake, timeout, metadata, None)
        try:
            await answered
        except asyncio.CancelledError:
            self.cancel(call)
            raise
        return parse(method, call.result())

    def stream(
        self,
        method: StreamMethod[Request, Response],
        request: Request,
        timeout: float | None,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> AsyncStream[Response]:
        self._bind()
        ready = asyncio.Event()
        call = self._start(method, request, ready.set, timeout, metadata, self._options.stream_credit)
        return AsyncStream(self, method, call, ready)

    def _start(
        self,
        method: UnaryMethod[Request, Response] | StreamMethod[Request, Response],
        request: Request,
        wake: Callable[[], None],
        timeout: float | None,
        metadata: Mapping[str, str | bytes] | None,
        credit: int | None,
    ) -> Call:
        now = self._now
        call = Call(
            method.number,
            request_bytes(method, request),
            wake,
            metadata=metadata_bytes(metadata),
            deadline=None if timeout is None else now + timeout,
            credit=credit,
            idempotent=method.idempotent,
        )
        self._core.start(call, now)
        self.flush_soon()
        return call

    def cancel(self, call: Call) -> None:
        if not call.is_done:
            self._core.cancel(call, self._now)
            self.flush_soon()

    def abandon(self, call: Call) -> None:
        """As ``cancel``, for a stream that was forgotten; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.cancel, call)

    def take_item(self, call: Call) -> bytes | None:
        payload = self._core.take_item(call, self._now)
        if payload is not None:
            self.flush_soon()
        return payload

    def use_token(self, token: bytes | None) -> None:
        self._has_token = token is not None
        self._core.use_token(token)

    async def close(self) -> None:
        if self._loop is None:
            self._core.abort(Cancelled("the client was closed"))
            return
        self._bind()
        if not self._core.is_closed:
            self._core.close(self._now)
            self._flush()
            await self._wait_until_gone()
            self._core.abort(Cancelled("the client was closed"))
        await self._wait_until_gone()
        await asyncio.gather(*self._dials.values(), return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait_until_gone(self) -> None:
        self._gone.clear()
        if self._core.links or self._closing:
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._gone.wait()
            except TimeoutError:
                return

    # --- Connections

    def dial(self, link: Link) -> None:
        self._dials[link] = self._bind().create_task(self._connect(link))

    def hang_up(self, link: Link) -> None:
        dial = self._dials.get(link)
        socket = self._sockets.pop(link, None)
        if socket is not None and socket.transport is not None:
            self._closing.add(socket)
            socket.transport.abort()
        elif dial is not None:
            dial.cancel()
        self._notice_end()

    async def _connect(self, link: Link) -> None:
        loop = self._bind()
        try:
            async with asyncio.timeout(self._options.timing.setup_s):
                if self._endpoint.path is None:
                    await self._open(link)
                else:
                    await loop.create_unix_connection(
                        lambda: _Socket(self, link),
                        self._endpoint.path,
                        ssl=self._context,
                        server_hostname=self._server_name,
                    )
        except Exception as error:
            self._dial_failed(link, error)
        finally:
            del self._dials[link]

    async def _open(self, link: Link) -> None:
        """Tries the addresses of the host, each with its share of the time."""
        loop = self._bind()
        ends = self._now + self._options.timing.setup_s
        endpoint = self._endpoint
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=SOCK_STREAM)
        for left in range(len(found), 0, -1):
            family, _, _, _, address = found[-left]
            try:
                async with asyncio.timeout((ends - self._now) / left):
                    await loop.create_connection(
                        lambda: _Socket(self, link),
                        str(address[0]),
                        endpoint.port,
                        family=family,
                        ssl=self._context,
                        server_hostname=self._server_name,
                    )
                return
            except (OSError, TimeoutError):
                if left == 1:
                    raise

    def _dial_failed(self, link: Link, error: Exception) -> None:
        failure = dial_error(self._endpoint, error)
        self._core.dial_failed(link, failure.text, self._now, is_final=failure.is_final)
        self.flush_soon()

    def connected(self, link: Link, socket: _Socket, transport: asyncio.Transport) -> None:
        self._closing.add(socket)
        try:
            if self._context is not None:
                check_alpn(self._endpoint, transport.get_extra_info("ssl_object").selected_alpn_protocol())
            elif self._has_token and not self._options.allow_plaintext_token:
                check_plaintext_token(self._endpoint, transport.get_extra_info("peername"))
        except Exception as error:
            self._dial_failed(link, error)
            transport.abort()
            return
        self._closing.discard(socket)
        self._sockets[link] = socket
        self._core.connected(link, self._now)
        self.flush_soon()

    def received(self, link: Link, data: bytes) -> None:
        self._core.received(link, data, self._now)
        self.flush_soon()

    def disconnected(self, link: Link, socket: _Socket, error: Exception | None) -> None:
        self._closing.discard(socket)
        if self._sockets.pop(link, None) is not None:
            cause = dial_error(self._endpoint, error).text if error is not None else "the server closed the connection"
            self._core.disconnected(link, f"the connection was lost: {cause}", self._now)
            self.flush_soon()
        self._notice_end()

    def _notice_end(self) -> None:
        if self._core.is_closed and not self._core.links and not self._closing:
            self._gone.set()

    # --- Turns of the loop

    @property
    def _now(self) -> float:
        return self._bind().time()

    def _bind(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError("this client belongs to another event loop: make one for each loop")
        return loop

    def flush_soon(self) -> None:
        """Frames of one turn of the loop go out in one write (CONN-5)."""
        if not self._is_flush_due and self._loop is not None:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        now = self._now
        for link in list(self._core.links):
            socket = self._sockets.get(link)
            connection = link.connection
            if socket is None or socket.transport is None or connection is None:
                continue
            while connection.has_output and not socket.is_paused:
                data = connection.output(_CHUNK)
                socket.transport.write(data)
                self._core.sent(link, len(data), now)
        when = self._core.next_time
        if when is not None and (self._timer is None or when < self._timer.when()):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._bind().call_at(when, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._core.tick(self._now)
        self._flush()
