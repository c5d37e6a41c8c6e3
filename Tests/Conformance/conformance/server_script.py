"""Cases for a server: the runner is a client made by hand."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from . import wire
from .peer import Failure, Peer, Transcript
from .script import Script, Step


def connect(address: str, within_s: float = 10.0) -> socket.socket:
    """A connection to ``host:port`` or ``unix:/path``."""
    if address.startswith("unix:"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(within_s)
        link.connect(address[5:])
        return link
    host, _, port = address.rpartition(":")
    link = socket.create_connection((host.strip("[]"), int(port)), within_s)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


class ServerScript(Script):
    """``terminate`` asks the server under test to shut down; None when it may not be."""

    def __init__(self, address: str, ends: float, transcript: Transcript, terminate: Callable[[], None] | None) -> None:
        super().__init__("server", ends, transcript)
        self._address = address
        self._terminate = terminate

    def do_connect(self, step: Step) -> None:
        """A connection on which nothing was said."""
        try:
            self.add(Peer(step["connect"], connect(self._address), self.sender, self.transcript))
        except OSError as error:
            raise Failure(f"cannot connect to {self._address}: {error}") from None

    def do_open(self, step: Step) -> None:
        """A connection that is set up: preface and HELLO (``hello``) were sent, the server's HELLO was read."""
        self.do_connect({"connect": step["open"]})
        peer = self.peer({})
        peer.send(wire.PREFACE + self.greeting(step))
        frame = peer.read_frame(self.ends(step))
        if frame.name != "HELLO":
            raise Failure(f"a {frame.name} instead of HELLO")
        hello = wire.decode_hello(frame.body)
        if hello is None:
            raise Failure("the server's HELLO breaks the rules of settings")
        ours = step.get("hello", self.usual_hello)
        peer.max_frame = ours.get("max_frame", 65_536)
        slots = [one["max_inflight"] for one in (ours, hello) if "max_inflight" in one]
        self.beyond = {"slot": min(slots, default=1_024) + 1, "length": hello.get("max_frame", 65_536) + 1}

    def do_no_connect(self, step: Step) -> None:
        """The server takes no connection any more."""
        ends = self.ends(step)
        while time.monotonic() < ends:
            try:
                link = connect(self._address)
            except OSError:
                return
            link.close()
            time.sleep(0.05)
        raise Failure("the server still takes connections")

    def do_goaway(self, step: Step) -> None:
        """GOAWAY for this reason without grace, as a violation is answered (VIOL-1), and the end of the stream."""
        peer, ends = self.peer(step), self.ends(step)
        while True:
            frame = peer.read_frame(ends)
            if frame.name not in step.get("ignoring", []):
                break
        found = wire.fields(frame)
        wanted = step["goaway"] if isinstance(step["goaway"], list) else [step["goaway"]]
        if frame.name != "GOAWAY" or found["reason"] not in wanted:
            raise Failure(f"{found} instead of GOAWAY({' or '.join(wanted)})")
        if found["grace_ms"] != 0:
            raise Failure(f"[VIOL-1] a grace of {found['grace_ms']} ms")
        peer.expect_end(ends)

    def do_alive(self, step: Step) -> None:
        """The connection still works: a PING is answered."""
        peer = self.peer(step)
        opaque = f"{time.monotonic_ns() & 0xFFFFFFFFFFFFFFFF:016X}"
        peer.send(wire.encode({"type": "PING", "opaque": opaque}))
        frame = self._next(peer, step)
        if wire.fields(frame) | {"type": "PONG", "opaque": opaque} != wire.fields(frame):
            raise Failure(f"{wire.fields(frame)} instead of PONG {opaque}")

    def do_echo(self, step: Step) -> None:
        """A call of Echo in slot ``echo`` is answered."""
        slot = self.spec({"slot": step["echo"]})["slot"] if isinstance(step["echo"], str) else step["echo"]
        peer = self.peer(step)
        peer.send(wire.encode({"type": "REQUEST", "slot": slot, "method": "Echo", "payload": "echo:C0FFEE"}))
        frame = self._next(peer, step)
        found = wire.fields(frame)
        if found["type"] != "RESPONSE" or found["slot"] != slot or found["status"] != "OK" or found["payload"] != "0A03C0FFEE":
            raise Failure(f"{found} instead of the answer of Echo")

    def do_terminate(self, step: Step) -> None:
        """The server is asked to shut down (SIGTERM)."""
        if self._terminate is None:
            raise Failure("this server was not started by the runner")
        self._terminate()
