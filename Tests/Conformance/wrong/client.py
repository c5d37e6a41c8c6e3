"""A small client behind an adapter that is right, or wrong in one way: ``client.py [FAULT]``. For the self-test of the runner alone.

One thread looks after stdin, one connection for new calls, those being drained, and timers.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance import wire  # noqa: E402
from conformance.notation import message, read_message  # noqa: E402

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
PREFACE = bytes.fromhex("B552504302000000") if FAULT == "another-preface" else wire.PREFACE


def say(*words: object) -> None:
    print(*words, flush=True)


def word(data: bytes) -> str:
    return data.hex().upper() or "-"


def unwrap(payload: bytes) -> bytes:
    return dict(read_message(payload) or []).get(1, b"")


class Call:
    def __init__(self, words: list[str], is_stream: bool) -> None:
        self.id = int(words[0])
        self.method = f"{int(words[2]):08X}"
        self.is_idempotent = words[3] == "1"
        timeout = int(words[4])
        self.ends = time.monotonic() + timeout / 1000 if timeout else None
        self.payload = message([(1, b"" if words[5] == "-" else bytes.fromhex(words[5]))])
        self.is_stream = is_stream
        self.is_held = "hold" in words
        self.attempts = 0
        self.slot = 0
        self.link: Link | None = None
        self.items: list[tuple[bytes, int]] = []
        self.turns = 0
        self.had_items = False
        self.owed = 0


class Link:
    """A connection; ``calls`` are those without RESPONSE by slot, None for one that nobody waits for."""

    def __init__(self, address: str, credit: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(address.removeprefix("unix:"))
        self.buffer = b""
        self.is_open = False
        self.is_drained = False
        self.calls: dict[int, Call | None] = {}
        self.credits: dict[int, int] = {}
        settings = {"max_frame": 1 << 20, "max_inflight": 1024, "stream_credit": credit, "agent": "selftest"}
        self.socket.sendall(PREFACE + wire.encode({"type": "HELLO", "settings": settings}))

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, frame: dict[str, Any]) -> None:
        try:
            self.socket.sendall(wire.encode(frame))
        except OSError:
            return


class Client:
    def __init__(self, address: str, credit: int) -> None:
        self._address = address
        self._credit = credit
        self._current: Link | None = None
        self.links: list[Link] = []
        self.calls: dict[int, Call] = {}
        self._waiting: list[Call] = []
        self._timers: list[tuple[float, Callable[[], None]]] = []
        self._connect_at = 0.0

    # --- Calls

    def start(self, call: Call) -> None:
        self.calls[call.id] = call
        self._waiting.append(call)

    def settle(self, call: Call, status: str, retry_after: int = 0, not_executed: bool = False, payload: bytes = b"") -> None:
        if self.calls.pop(call.id, None) is None:
            return
        if call in self._waiting:
            self._waiting.remove(call)
        say("end", call.id, wire.STATUSES.index(status), retry_after, int(not_executed), "-", "-", 0, word(payload))

    def give_up(self, call: Call, status: str, reason: str) -> None:
        link = call.link
        if link is not None and FAULT != "sends-no-cancel":
            link.send({"type": "CANCEL", "slot": call.slot, "reason": reason})
        if link is not None and FAULT == "frees-cancelled-slots":
            del link.calls[call.slot]
        elif link is not None:
            link.calls[call.slot] = None
        call.link = None
        self.settle(call, status)

    def take(self, call: Call, count: int) -> None:
        call.turns += count
        self._deliver(call)

    def _deliver(self, call: Call) -> None:
        while call.items and (call.turns > 0 or not call.is_held):
            payload, cost = call.items.pop(0)
            call.turns -= 1
            call.owed += cost
            say("item", call.id, word(unwrap(payload)))
        if call.link is not None and call.owed * 2 >= self._credit and FAULT != "grants-nothing":
            call.link.send({"type": "CREDIT", "slot": call.slot, "bytes": call.owed})
            call.link.credits[call.slot] += call.owed
            call.owed = 0

    def _retry(self, call: Call, is_lost: bool, status: str, retry_after: int = 0, not_executed: bool = False) -> None:
        call.link = None
        may = not_executed or (is_lost and (call.is_idempotent or FAULT == "sends-everything-again"))
        if retry_after == wire.NEVER and FAULT != "hopes-for-ever":
            may = False
        wait = 0.05 * 2 ** (call.attempts - 1)
        if FAULT != "waits-for-nothing" and retry_after != wire.NEVER:
            wait = max(wait, retry_after / 1000)
        if FAULT == "never-sends-again" or not may or call.had_items or call.attempts == 5:
            self.settle(call, status, retry_after, not_executed)
        else:
            self._timers.append((time.monotonic() + wait, lambda: self._waiting.append(call)))

    # --- Connections

    def tick(self) -> None:
        """Does what time has made due, and sends what waits."""
        now = time.monotonic()
        for timer in [timer for timer in self._timers if timer[0] <= now]:
            self._timers.remove(timer)
            timer[1]()
        for call in [call for call in self.calls.values() if call.ends is not None and call.ends <= now]:
            self.give_up(call, "DEADLINE_EXCEEDED", "deadline")
        if self._waiting and self._current is None and now >= self._connect_at:
            self._connect_at = now + 0.05
            try:
                self._current = Link(self._address, self._credit)
                self.links.append(self._current)
            except OSError:
                return
        while self._waiting and self._current is not None and self._current.is_open:
            self._send(self._waiting.pop(0), self._current)

    def _send(self, call: Call, link: Link) -> None:
        if call.id not in self.calls:
            return
        call.slot = next(slot for slot in range(1, 1024) if slot not in link.calls)
        call.link, call.attempts = link, call.attempts + 1
        link.calls[call.slot] = call
        link.credits[call.slot] = self._credit
        left = max(1, int((call.ends - time.monotonic()) * 1000)) if call.ends is not None else 0
        link.send({
            "type": "REQUEST", "slot": call.slot, "method": call.method, "stream": call.is_stream, "timeout_ms": left,
            "idempotent": call.is_idempotent, "credit": self._credit if call.is_stream else 0, "payload": call.payload.hex(),
        })  # fmt: skip

    def receive(self, link: Link) -> None:
        try:
            data = link.socket.recv(65_536)
        except OSError:
            data = b""
        link.buffer += data
        if not data:
            self._lost(link)
        while link in self.links and len(link.buffer) >= wire.HEADER_BYTES:
            length = wire.frame_length(link.buffer)
            if length - wire.HEADER_BYTES > 1 << 20:
                self._break(link)
                return
            if len(link.buffer) < length:
                return
            frame, link.buffer = wire.Frame(link.buffer[:length]), link.buffer[length:]
            if not frame.type & 0x80:
                self._take(link, frame)

    def _take(self, link: Link, frame: wire.Frame) -> None:
        found = wire.fields(frame)
        if wire.breach(frame, "server", 1 << 20) is not None or (frame.name == "HELLO") == link.is_open:
            self._break(link)
        elif frame.name == "HELLO":
            link.is_open = True
        elif frame.name == "PING":
            link.send({"type": "PONG", "opaque": found["opaque"]})
        elif frame.name == "GOAWAY" and found["reason"] in ("drain", "idle", "maximum-age"):
            self._drain(link)
        elif frame.name in ("RESPONSE", "ITEM") and frame.id in link.calls:
            self._answer(link, frame, found)
        elif FAULT != "takes-answers-for-nothing":
            self._break(link)

    def _answer(self, link: Link, frame: wire.Frame, found: dict[str, Any]) -> None:
        payload = bytes.fromhex(found["payload"])
        call = link.calls[frame.id]
        if frame.name == "RESPONSE":
            del link.calls[frame.id]
            if call is not None and found["status"] == "OK":
                self.settle(call, "OK", payload=unwrap(payload))
            elif call is not None:
                self._retry(call, False, found["status"], found["retry_after_ms"], found["not_executed"])
        elif (call is not None and not call.is_stream) or (link.credits[frame.id] <= 0 and FAULT != "counts-no-credit"):
            self._break(link)
        else:
            cost = max(64, len(frame.body))
            link.credits[frame.id] -= cost
            if call is not None:
                call.items.append((payload, cost))
                call.had_items = True
                self._deliver(call)

    def _drain(self, link: Link) -> None:
        if link.is_drained:
            return
        link.is_drained = True
        if FAULT != "never-says-drained":
            link.send({"type": "DRAINED"})
        if self._current is link and FAULT != "stays-on-drained-connections":
            self._current = None

    def _break(self, link: Link) -> None:
        """The server broke a rule."""
        if FAULT == "takes-anything":
            return
        if FAULT == "answers-breaches":
            link.send({"type": "GOAWAY", "reason": "protocol"})
        self._lost(link)

    def _lost(self, link: Link) -> None:
        self.links.remove(link)
        link.socket.close()
        if self._current is link:
            self._current = None
        for call in [call for call in link.calls.values() if call is not None]:
            self._retry(call, True, "UNAVAILABLE")

    def close(self) -> None:
        for link in list(self.links):
            link.send({"type": "DRAINED"})
            link.socket.close()


def obey(client: Client | None, words: list[str]) -> Client | None:
    if words[0] == "open":
        options = dict(one.split("=") for one in words[2:])
        client = Client(words[1], int(options.get("stream_credit", 262_144)))
        say("opened")
    elif client is None:
        raise SystemExit(f"no client for {words}")
    elif words[0] in ("call", "stream"):
        client.start(Call(words[1:], words[0] == "stream"))
    elif words[0] == "take":
        client.take(client.calls[int(words[1])], int(words[2]))
    elif words[0] == "cancel":
        client.give_up(client.calls[int(words[1])], "CANCELLED", "user")
    elif words[0] == "close":
        client.close()
        client = None
        say("closed")
    return client


def main() -> None:
    say("ready")
    client: Client | None = None
    lines = b""
    while True:
        links = client.links if client is not None else []
        ready, _, _ = select.select([sys.stdin, *links], [], [], 0.01)
        if sys.stdin in ready:
            data = os.read(sys.stdin.fileno(), 1 << 20)
            if not data:
                return
            lines += data
            while b"\n" in lines:
                line, _, lines = lines.partition(b"\n")
                client = obey(client, line.decode().split())
        for link in [link for link in ready if isinstance(link, Link)]:
            if client is not None and link in client.links:
                client.receive(link)
        if client is not None:
            client.tick()


if __name__ == "__main__":
    main()
