"""A small server that is right, or wrong in one way: ``server.py ADDRESS [FAULT]``. For the self-test of the runner alone.

It serves Health.Check, Echo, and a Watch that sends one empty message. A thread belongs to each connection.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance import wire  # noqa: E402

FAULT = sys.argv[2] if len(sys.argv) > 2 else ""
MAX_FRAME = 1 << 20
SLOTS = 64
HELLO = {"max_frame": MAX_FRAME, "max_inflight": SLOTS, "agent": "selftest", "versions": "hex:0101"}
HTTP = (b"GET ", b"POST", b"HEAD", b"PUT ", b"DELE", b"OPTI", b"PATC", b"CONN", b"PRI ")


class Violation(Exception):
    """The client broke a rule; the argument is the reason of the GOAWAY."""


class Connection:
    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._is_open = False
        self._is_drained = False
        # Busy slots: the credit of a stream, whether its message was sent, and its deadline.
        self._streams: dict[int, dict[str, Any]] = {}

    def serve(self) -> None:
        try:
            if self._preface():
                self._send({"type": "HELLO", "settings": HELLO})
                self._frames()
        except Violation as violation:
            self._refuse(str(violation))
        except (OSError, EOFError):
            pass
        self._link.close()

    def _send(self, frame: dict[str, Any]) -> None:
        self._link.sendall(wire.encode(frame))

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                part = self._link.recv(count - len(data))
            except TimeoutError:
                self._end_late_streams()
                continue
            if not part:
                raise EOFError
            data += part
        return data

    # --- The beginning

    def _preface(self) -> bool:
        begun = b""
        while len(begun) < 8:
            begun += self._read(8 - len(begun) if FAULT == "waits-for-a-whole-preface" else 1)
            if begun in HTTP:
                if FAULT != "no-word-for-http":
                    self._link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return False
            could_be_http = any(word.startswith(begun) for word in HTTP)
            if not could_be_http and begun[:4] != wire.PREFACE[: min(len(begun), 4)]:
                return False
        return begun[4] == 1 and begun[6:] == b"\0\0"

    def _hello(self, frame: wire.Frame) -> None:
        settings = wire.decode_hello(frame.body)
        if frame.name != "HELLO" or settings is None or not 65_536 <= settings.get("max_frame", 65_536) <= 16_777_215:
            raise Violation("protocol")
        critical = [name for name in settings if name not in wire.SETTINGS and name[0] in "89ABCDEF"]
        if critical and FAULT != "takes-critical-keys":
            raise Violation("unsupported")
        self._is_open = True

    # --- Frames

    def _frames(self) -> None:
        self._link.settimeout(0.02)
        while not (self._is_drained and not self._streams and FAULT != "stays-when-drained"):
            frame = self._frame()
            if frame.type & 0x80:
                continue
            if not self._is_open:
                self._hello(frame)
            else:
                self._take(frame)

    def _frame(self) -> wire.Frame:
        header = self._read(wire.HEADER_BYTES)
        length = wire.frame_length(header) - wire.HEADER_BYTES
        most = MAX_FRAME if self._is_open else 8_192
        if length > most and FAULT != "takes-any-length":
            raise Violation("frame-size")
        if header[4] & 0x80 and FAULT == "skips-no-extension":
            raise Violation("unsupported")
        frame = wire.Frame(header + self._read(length))
        wrong = wire.breach(frame, "client", most)
        if wrong is not None:
            reasons = {"[FRAME-4]": "unsupported", "[FRAME-8]": "frame-size", "[FRAME-11]": "frame-size"}
            raise Violation(reasons.get(wrong.split(" ")[0], "protocol"))
        return frame

    def _take(self, frame: wire.Frame) -> None:
        if frame.name == "PING":
            opaque = "00" * 8 if FAULT == "pong-of-zeroes" else frame.body.hex()
            self._send({"type": "PONG", "opaque": opaque})
        elif frame.name == "REQUEST":
            self._request(frame)
        elif frame.name == "CANCEL":
            if frame.id in self._streams:
                self._end(frame.id, "CANCELLED")
        elif frame.name == "CREDIT":
            if frame.id in self._streams:
                self._streams[frame.id]["credit"] += frame.aux
                self._feed(frame.id)
        elif frame.name == "DRAINED":
            self._is_drained = True
        else:
            raise Violation("protocol")

    def _request(self, frame: wire.Frame) -> None:
        if frame.id > SLOTS or frame.id in self._streams or self._is_drained:
            raise Violation("protocol")
        found = wire.fields(frame)
        if found["method"] == "Watch" and found["stream"]:
            ends = time.monotonic() + found["timeout_ms"] / 1000 if found["timeout_ms"] else None
            self._streams[frame.id] = {"credit": found["credit"], "is_sent": False, "ends": ends}
            self._feed(frame.id)
        elif found["method"] in ("Echo", "Health"):
            payload = "0801" if found["method"] == "Health" else found["payload"]
            for _ in range(2 if FAULT == "answers-twice" else 1):
                self._send({"type": "RESPONSE", "slot": frame.id, "payload": payload})
        else:
            is_said = FAULT != "forgets-not-executed"
            error = {"reason": "UNKNOWN_METHOD"}
            self._send({
                "type": "RESPONSE", "slot": frame.id, "status": "UNIMPLEMENTED", "error": error, "not_executed": is_said,
                "retry_after_ms": wire.NEVER,
            })  # fmt: skip

    # --- Streams

    def _feed(self, slot: int) -> None:
        stream = self._streams[slot]
        if (stream["credit"] > 0 or FAULT == "sends-without-credit") and not stream["is_sent"]:
            stream["is_sent"] = True
            self._send({"type": "ITEM", "slot": slot})

    def _end(self, slot: int, status: str) -> None:
        del self._streams[slot]
        self._send({"type": "RESPONSE", "slot": slot, "status": status})

    def _end_late_streams(self) -> None:
        if FAULT == "keeps-no-deadline":
            return
        late = [slot for slot, stream in self._streams.items() if stream["ends"] and time.monotonic() > stream["ends"]]
        for slot in late:
            self._end(slot, "DEADLINE_EXCEEDED")

    # --- The end

    def _refuse(self, reason: str) -> None:
        if FAULT == "dies-of-violations":
            os._exit(1)
        if FAULT == "ends-without-goaway":
            return
        if FAULT == "another-reason":
            reason = "timeout"
        grace = 1_000 if FAULT == "grace-for-violations" else 0
        self._send({"type": "GOAWAY", "reason": reason, "grace_ms": grace})
        self._link.settimeout(1.0)
        if FAULT == "serves-on":
            self._send({"type": "PONG"})
        if FAULT != "never-hangs-up":
            self._link.shutdown(socket.SHUT_WR)
        ends = time.monotonic() + (20 if FAULT == "never-hangs-up" else 1)
        while time.monotonic() < ends:
            try:
                if not self._link.recv(65_536):
                    return
            except TimeoutError:
                continue


def main() -> None:
    path = sys.argv[1].removeprefix("unix:")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(64)
        while True:
            link, _ = listener.accept()
            threading.Thread(target=Connection(link).serve, daemon=True).start()


if __name__ == "__main__":
    main()
