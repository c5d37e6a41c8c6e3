"""Where a client under test connects to."""

from __future__ import annotations

import os
import select
import socket
import tempfile
import time


class Listener:
    """A listening socket that can be closed and opened again at the same address; ``kind`` is ``unix`` or ``tcp``."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._folder = tempfile.TemporaryDirectory(prefix="conform-")
        self._port = 0
        self._socket: socket.socket | None = None
        self.open()

    @property
    def address(self) -> str:
        return f"unix:{self._folder.name}/s" if self._kind == "unix" else f"127.0.0.1:{self._port}"

    def open(self) -> None:
        if self._kind == "unix":
            path = f"{self._folder.name}/s"
            if os.path.exists(path):
                os.unlink(path)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(path)
            self._socket.listen(64)
        else:
            self._socket = socket.create_server(("127.0.0.1", self._port), backlog=64)
            self._port = self._socket.getsockname()[1]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def dispose(self) -> None:
        self.close()
        self._folder.cleanup()

    def accept(self, ends: float) -> socket.socket | None:
        """The next connection; None when there is none in time."""
        if self._socket is None or not select.select([self._socket], [], [], max(ends - time.monotonic(), 0))[0]:
            return None
        return self._socket.accept()[0]
