"""Sockets and the thread below the blocking client: callers write, the thread reads and keeps time.

Every rule is in ``channel`` and ``wire``. The core is touched under one lock only. An interrupt (Ctrl-C) may tear the thread that it
hits out of the middle of that: whoever takes the lock next sees it, and begins with a fresh core.
"""

from __future__ import annotations

import random
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any, Final

from .call import Call
from .channel import Channel, Link
from .endpoint import TLS, DialError, Endpoint, check_alpn, check_plaintext_token, dial_error
from .errors import Cancelled, CutoverError, InternalError, Unavailable
from .options import Options

_CHUNK: Final = 262_144
# How long a client that is closed waits for the server to close too, and then for its threads.
_CLOSE_S: Final = 1.0
_JOIN_S: Final = 5.0
_WOULD_BLOCK: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Engine:
    """The core with its sockets and its thread. The thread ends when the channel does."""

    def __init__(self, endpoint: Endpoint, options: Options, tls: TLS | None, token: bytes | None) -> None:
        self._endpoint = endpoint
        self._options = options
        self._context = None if tls is None else tls.context()
        self._server_name = None if tls is None else tls.name_for(endpoint)
        self._token = token
        self._lock = threading.Lock()
        self._core = Channel(options, token, self, random.random)
        # Set while somebody is within the lock; still set when the lock is free, somebody was torn out of it.
        self._is_torn = False
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[Link, socket.socket] = {}
        self._dials: dict[Link, threading.Thread] = {}
        self._dialing: dict[Link, socket.socket] = {}
        # What was taken from a link but is not out yet, and the links whose sockets take no more now.
        self._unsent: dict[Link, bytes] = {}
        self._blocked: set[Link] = set()
        # Sockets that are new, blocked or not any more, or to be closed: the thread's to do, for the selector is its own.
        self._changed: set[Link] = set()
        self._to_close: list[socket.socket] = []
        # Streams that were forgotten.
        self._abandoned: deque[Call] = deque()
        self._sleeps_until = 0.0
        self._is_stopping = False
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)
        self._closes_by: float | None = None
        self._thread = threading.Thread(target=self._run, name="cutover", daemon=True)
        self._thread.start()

    # --- For callers

    @property
    def stream_credit(self) -> int:
        return self._options.stream_credit

    def start(self, call: Call, timeout: float | None) -> None:
        with self._lock:
            now = self._enter()
            call.deadline = None if timeout is None else now + timeout
            self._core.start(call, now)
            self._leave(now)

    def cancel(self, call: Call) -> None:
        if not call.is_done:
            with self._lock:
                now = self._enter()
                self._core.cancel(call, now)
                self._leave(now)

    def abandon(self, call: Call) -> None:
        """As ``cancel``, but takes no lock: for finalizers, which may run in the middle of anything."""
        self._abandoned.append(call)
        self._wake_thread()

    def take_item(self, call: Call) -> bytes | None:
        with self._lock:
            now = self._enter()
            payload = self._core.take_item(call, now)
            self._leave(now)
            return payload

    def use_token(self, token: bytes | None) -> None:
        with self._lock:
            now = self._enter()
            self._token = token
            self._core.use_token(token)
            self._leave(now)

    def close(self) -> None:
        """Ends everything; returns when the threads have ended."""
        self.stop_soon()
        self._thread.join(_JOIN_S)
        for dial in list(self._dials.values()):
            if dial.is_alive():
                dial.join(_JOIN_S)

    def stop_soon(self) -> None:
        """Tells the thread to end; takes no lock."""
        self._is_stopping = True
        self._wake_thread()

    # --- The lock

    def _enter(self) -> float:
        if self._is_torn:
            self._restart(Unavailable("the client was interrupted", reason="CONNECTION_LOST"))
        self._is_torn = True
        return time.monotonic()

    def _leave(self, now: float) -> None:
        for link in list(self._core.links):
            self._write(link, now)
        when = self._core.next_time
        if when is not None and when < self._sleeps_until:
            self._wake_thread()
        self._is_torn = False

    def _restart(self, error: CutoverError) -> None:
        old = self._core
        self._core = Channel(self._options, self._token, self, random.random)
        self._core.is_closed = old.is_closed
        old.abort(error)

    def _wake_thread(self) -> None:
        self._sleeps_until = 0.0
        try:
            self._wake_writer.send(b"\0")
        except OSError:
            # Full, so that it wakes up anyway; or closed, so that there is nobody to wake.
            return

    # --- Sockets, under the lock

    def dial(self, link: Link) -> None:
        thread = threading.Thread(target=self._connect, args=(link,), name="cutover-dial", daemon=True)
        self._dials[link] = thread
        thread.start()

    def hang_up(self, link: Link) -> None:
        dialing = self._dialing.pop(link, None)
        if dialing is not None:
            # Its thread closes it.
            _shut(dialing)
        connected = self._sockets.pop(link, None)
        self._unsent.pop(link, None)
        self._blocked.discard(link)
        if connected is not None:
            self._to_close.append(connected)
            self._wake_thread()

    def _write(self, link: Link, now: float) -> None:
        connection = link.connection
        connected = self._sockets.get(link)
        if connection is None or connected is None:
            return
        try:
            while data := self._unsent.pop(link, b"") or self._next_output(link, now):
                self._unsent[link] = data
                self._unsent[link] = data[connected.send(data) :]
        except _WOULD_BLOCK:
            if link not in self._blocked:
                self._blocked.add(link)
                self._changed.add(link)
                self._wake_thread()
        except OSError as error:
            self._lost(link, error, now)
        else:
            if link in self._blocked:
                self._blocked.discard(link)
                self._changed.add(link)

    def _next_output(self, link: Link, now: float) -> bytes:
        # TLS wants the very same bytes again after it was blocked, so what was taken once stays as it is.
        data = b"" if link.connection is None else link.connection.output(_CHUNK)
        if data:
            self._core.sent(link, len(data), now)
        return data

    def _read(self, link: Link, now: float) -> bool:
        """Whether there may be more to read."""
        connected = self._sockets.get(link)
        if connected is None:
            return False
        try:
            data = connected.recv(_CHUNK)
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            self._lost(link, error, now)
            return False
        if not data:
            self._lost(link, None, now)
            return False
        self._core.received(link, data, now)
        return isinstance(connected, ssl.SSLSocket) or len(data) == _CHUNK

    def _lost(self, link: Link, error: OSError | None, now: float) -> None:
        cause = dial_error(self._endpoint, error).text if error is not None else "the server closed the connection"
        self._core.disconnected(link, f"the connection was lost: {cause}", now)

    # --- The thread that makes a connection

    def _connect(self, link: Link) -> None:
        made: socket.socket | None = None
        failure: DialError | None = None
        try:
            made = self._open(link)
        except Exception as error:
            failure = dial_error(self._endpoint, error)
        with self._lock:
            now = self._enter()
            self._dialing.pop(link, None)
            del self._dials[link]
            if failure is not None:
                self._core.dial_failed(link, failure.text, now, is_final=failure.is_final)
            elif made is not None and link in self._core.links:
                self._sockets[link] = made
                self._changed.add(link)
                self._core.connected(link, now)
                self._wake_thread()
            elif made is not None:
                made.close()
            self._leave(now)

    def _open(self, link: Link) -> socket.socket:
        ends = time.monotonic() + self._options.timing.setup_s
        if self._endpoint.path is not None:
            return self._open_one(link, socket.AF_UNIX, self._endpoint.path, ends)
        found = socket.getaddrinfo(self._endpoint.host, self._endpoint.port, type=socket.SOCK_STREAM)
        failure: Exception = DialError(f"{self._endpoint} has no address")
        for left in range(len(found), 0, -1):
            family, _, _, _, address = found[-left]
            now = time.monotonic()
            try:
                return self._open_one(link, family, address, now + (ends - now) / left)
            except (OSError, DialError) as error:
                failure = error
        raise failure

    def _open_one(self, link: Link, family: int, address: tuple[Any, ...] | str, ends: float) -> socket.socket:
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            if family != socket.AF_UNIX:
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                made = self._context.wrap_socket(made, server_hostname=self._server_name, do_handshake_on_connect=False)
            made.settimeout(max(0.001, ends - time.monotonic()))
            with self._lock:
                if link not in self._core.links:
                    raise DialError("given up")
                self._dialing[link] = made
            made.connect(address)
            if isinstance(made, ssl.SSLSocket):
                made.do_handshake()
                check_alpn(self._endpoint, made.selected_alpn_protocol())
            elif self._token is not None and not self._options.allow_plaintext_token:
                check_plaintext_token(self._endpoint, made.getpeername())
            made.setblocking(False)
            return made
        except BaseException:
            made.close()
            raise

    # --- The thread that reads and keeps time

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except BaseException as error:
            with self._lock:
                self._restart(InternalError(f"the client failed: {type(error).__name__}"))
                self._core.is_closed = True
            raise
        finally:
            self._release()

    def _turn(self) -> bool:
        with self._lock:
            now = self._enter()
            while self._abandoned:
                self._core.cancel(self._abandoned.popleft(), now)
            if self._is_stopping and self._closes_by is None:
                self._closes_by = now + _CLOSE_S
                self._core.close(now)
            self._core.tick(now)
            if self._closes_by is not None and now >= self._closes_by:
                self._core.abort(Cancelled("the client was closed"))
            self._leave(now)
            self._watch()
            if self._closes_by is not None and not self._core.links:
                return False
            times = [when for when in (self._core.next_time, self._closes_by) if when is not None]
            self._sleeps_until = min(times, default=float("inf"))
            timeout = max(0.0, self._sleeps_until - now) if times else None
        ready = self._selector.select(timeout)
        self._sleeps_until = 0.0
        for key, _ in ready:
            if key.data is None:
                self._drain_wakes()
                continue
            is_more = True
            while is_more:
                with self._lock:
                    now = self._enter()
                    is_more = self._read(key.data, now)
                    self._leave(now)
        return True

    def _drain_wakes(self) -> None:
        try:
            while self._wake_reader.recv(4096):
                pass
        except BlockingIOError:
            return

    def _watch(self) -> None:
        """Brings the selector up to date."""
        registered = self._selector.get_map()
        for link in self._changed:
            connected = self._sockets.get(link)
            if connected is None:
                continue
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link in self._blocked else 0)
            if connected.fileno() in registered:
                self._selector.modify(connected, events, link)
            else:
                self._selector.register(connected, events, link)
        self._changed.clear()
        for gone in self._to_close:
            if gone.fileno() in registered:
                self._selector.unregister(gone)
            gone.close()
        self._to_close.clear()

    def _release(self) -> None:
        self._watch()
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()


def _shut(dialing: socket.socket) -> None:
    try:
        dialing.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Not connected yet, or closed already.
        return
