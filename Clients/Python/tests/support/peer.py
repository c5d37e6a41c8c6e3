"""A server that plays a script for each connection, in threads of its own. It shares no code with the client under test."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import frames
from .frames import Raw

PREFACE = b"\xb5RPC\1\0\0\0"
ECHO = 5


class Wire:
    """A server's end of one connection."""

    def __init__(self, connected: socket.socket, number: int) -> None:
        self._socket = connected
        # Which connection of the peer this is, from 1.
        self.number = number
        self.hello: Raw | None = None

    def begin(self, hello: bytes = frames.server_hello()) -> None:
        """Preface and HELLO, both ways."""
        assert self.read_bytes(8) == PREFACE
        self.hello = self.read()
        assert self.hello is not None and self.hello.type == frames.HELLO
        self.send(hello)

    def read_bytes(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def read(self) -> Raw | None:
        """The next frame; None at the end."""
        header = self.read_bytes(16)
        if not header:
            return None
        length, type, flags, meta_len, id, aux = struct.unpack(">IBBHII", header)
        return Raw(type, flags, meta_len, id, aux, self.read_bytes(length))

    def expect(self, type: int) -> Raw:
        frame = self.read()
        assert frame is not None and frame.type == type, f"frame {frame} instead of type {type}"
        return frame

    def send(self, *data: bytes) -> None:
        self._socket.sendall(b"".join(data))

    def until_closed(self) -> list[Raw]:
        """What else the client sends before it closes."""
        found = []
        try:
            while (frame := self.read()) is not None:
                found.append(frame)
        except OSError:
            # Reset: the client did not read all that was sent, which is its right.
            return found
        return found

    def echo(self, calls: int | None = None) -> None:
        """Answers each call with its payload, until so many are answered or the client goes."""
        while calls is None or calls > 0:
            frame = self.read()
            if frame is None or frame.type == frames.DRAINED:
                return
            if frame.type == frames.REQUEST:
                self.send(frames.response(frame.id, frame.body[8 + frame.meta_len :]))
                calls = None if calls is None else calls - 1
            elif frame.type == frames.PING:
                self.send(frames.frame(frames.PONG, body=frame.body))


Script = Callable[[Wire], None]


class Peer:
    def __init__(self, script: Script, listener: socket.socket, address: str, tls: ssl.SSLContext | None) -> None:
        self._script = script
        self._listener = listener
        self._tls = tls
        self.address = address
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="peer")]
        self._failures: list[BaseException] = []
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            if connected.family == socket.AF_INET:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(connected, self.connections), name="peer-connection")
            self._threads.append(thread)
            thread.start()

    def _play(self, connected: socket.socket, number: int) -> None:
        # A script that waits for what never comes is a failed test, not one that hangs.
        connected.settimeout(20)
        try:
            if self._tls is not None:
                connected = self._tls.wrap_socket(connected, server_side=True)
            self._sockets.append(connected)
            self._script(Wire(connected, number))
        except (ssl.SSLError, ConnectionError, BrokenPipeError):
            # The client went. Whether it should have is the test's to say.
            return
        except BaseException as failure:
            self._failures.append(failure)
        finally:
            connected.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            thread.join(25)
            assert not thread.is_alive()
        if self._failures:
            raise self._failures[0]


@contextmanager
def peer(script: Script, folder: Path | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A peer on a Unix socket in the folder, or on a loopback port."""
    if folder is not None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "peer"))
        address = f"unix:{folder}/peer"
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    listener.listen()
    running = Peer(script, listener, address, tls)
    try:
        yield running
    finally:
        running.close()
