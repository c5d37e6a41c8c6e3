"""Cases for a client: the runner is its server, right or deliberately wrong, and tells its adapter what to call."""

from __future__ import annotations

import select
import time
from typing import Any, Final

from . import wire
from .adapter import Adapter, word
from .listener import Listener
from .match import mismatch
from .notation import hex_bytes, message
from .peer import Ended, Failure, Peer, Transcript
from .script import Script, Step

# Ids of calls that the runner makes by itself.
_OWN_CALLS: Final = 90_000
_ITEM_COST: Final = 64


class ClientScript(Script):
    def __init__(self, adapter: Adapter, listener: Listener, ends: float, transcript: Transcript) -> None:
        super().__init__("client", ends, transcript)
        self._adapter = adapter
        self._listener = listener
        self._own_calls = _OWN_CALLS
        # REQUESTs that came before the server's HELLO.
        self._kept: list[wire.Frame] = []
        self.is_shut = False

    @property
    def usual_hello(self) -> dict[str, Any]:
        return {"max_frame": 1_048_576, "max_inflight": 1_024, "stream_credit": 262_144, "agent": "conformance", "versions": "hex:0101"}

    # --- What the client is told

    def do_call(self, step: Step) -> None:
        """The client makes a unary call with this id."""
        self._adapter.command(" ".join(["call", *self._call_words(step["call"], step)]))

    def do_stream(self, step: Step) -> None:
        """The client makes a streaming call; with ``hold`` it reads messages only when it is told to (``take``)."""
        words = self._call_words(step["stream"], step)
        self._adapter.command(" ".join(["stream", *words, *(["hold"] if step.get("hold") else [])]))

    def _call_words(self, call: int | str, step: Step) -> list[str]:
        number = self._id(call)
        method = step.get("method", "Echo")
        name, _ = wire.METHODS.get(method, (method, None))
        words = [str(number), name, str(wire.method_number(method)), "1" if step.get("idempotent") else "0"]
        words += [str(step.get("timeout_ms", 0)), word(hex_bytes(step.get("payload", "")))]
        return words + [f"{key}={word(wire.setting_bytes(value, 0))}" for key, value in step.get("metadata", [])]

    def _id(self, call: int | str) -> int:
        """The id of a call, which may be the number of a round."""
        number = self.spec({"id": call})["id"]
        assert isinstance(number, int)
        return number

    def do_take(self, step: Step) -> None:
        """The client reads so many messages of a stream that it holds."""
        self._adapter.command(f"take {step['take']} {step.get('count', 1)}")

    def do_cancel(self, step: Step) -> None:
        """The caller gives a call up."""
        self._adapter.command(f"cancel {self._id(step['cancel'])}")

    def do_shutdown(self, step: Step) -> None:
        """The client is closed; ``closed`` waits for it."""
        self._adapter.command("close")
        self.is_shut = True

    # --- What the client says

    def do_result(self, step: Step) -> None:
        """How a call ended; what is said in the step must be so."""
        call = self._id(step["result"])
        event = self._adapter.event(call, self.ends(step))
        expected = {key: value for key, value in step.items() if key not in ("result", "within_ms")}
        if event.kind != "end":
            raise Failure(f"call {call}: an item {event.fields} instead of the end")
        differs = mismatch(expected, event.fields)
        if differs is not None:
            raise Failure(f"call {call}: {differs}; it ended {event.fields}")

    def do_item(self, step: Step) -> None:
        """The next message of a stream, ``count`` times."""
        for _ in range(step.get("count", 1)):
            event = self._adapter.event(step["item"], self.ends(step))
            differs = mismatch({"payload": step.get("payload", "*")}, event.fields)
            if event.kind != "item" or differs is not None:
                raise Failure(f"stream {step['item']}: {differs or 'the end instead of an item'}: {event.fields}")

    def do_no_event(self, step: Step) -> None:
        """Nothing is heard of a call for ``for_ms``."""
        self._adapter.no_event(step["no_event"], step.get("for_ms", 200) / 1000)

    # --- Connections

    def do_accept(self, step: Step) -> None:
        """The client's connection, with its preface and HELLO (``greeting``); HELLO (``hello``) is answered unless that is false."""
        peer = self._accept(step["accept"], self.ends(step))
        if peer is None:
            raise Failure("the client did not connect")
        self._greeting(peer, step)
        if step.get("hello") is not False:
            peer.send(self.greeting(step))

    def _accept(self, name: str, ends: float) -> Peer | None:
        link = self._listener.accept(ends)
        if link is None:
            return None
        peer = Peer(name, link, self.sender, self.transcript)
        self.add(peer)
        return peer

    def _greeting(self, peer: Peer, step: Step) -> None:
        ends = self.ends(step)
        preface = peer.read_exactly(len(wire.PREFACE), ends)
        if preface != wire.PREFACE:
            raise Failure(f"[PREFACE-1] {preface.hex().upper()} instead of the preface")
        frame = peer.read_frame(ends)
        settings = wire.decode_hello(frame.body)
        if frame.name != "HELLO" or settings is None or len(frame.body) > 8_192:
            raise Failure(f"[HELLO-1] {wire.fields(frame)} instead of HELLO")
        if not 65_536 <= settings.get("max_frame", 65_536) <= 16_777_215 or settings.get("max_inflight", 16) < 16:
            raise Failure(f"[HELLO-6] {settings}")
        differs = mismatch(step.get("greeting", {}), settings)
        if differs is not None:
            raise Failure(f"HELLO: {differs}")
        self.beyond = {"length": settings.get("max_frame", 65_536) + 1, "slot": settings.get("max_inflight", 65_535) + 1}
        server = step.get("hello") or self.usual_hello
        peer.max_frame = server.get("max_frame", 65_536)

    def do_no_accept_ms(self, step: Step) -> None:
        """The client makes no connection for so long."""
        if self._listener.accept(time.monotonic() + step["no_accept_ms"] / 1000) is not None:
            raise Failure("the client connected")

    def do_deaf(self, step: Step) -> None:
        """The server's address is not there (true), or is there again (false)."""
        if step["deaf"]:
            self._listener.close()
        else:
            self._listener.open()

    # --- Whole exchanges

    def do_breach(self, step: Step) -> None:
        """Frames that break a rule: the client closes the connection without a frame (VIOL-2)."""
        peer = self.peer(step)
        peer.send(self._bytes({"send": step["breach"], "times": step.get("times", 1)}))
        self.do_end({"end": peer.name, "ignoring": step.get("ignoring", []), "within_ms": step.get("within_ms", 5_000)})

    def do_works(self, step: Step) -> None:
        """The client makes one more call, and it comes and is answered on this connection."""
        self._exchange(self.peers[step["works"]], step)

    def do_recovers(self, step: Step) -> None:
        """The client makes one more call on a new connection of this name."""
        call = self._begin_own_call()
        self.do_accept({"accept": step["recovers"], "within_ms": step.get("within_ms", 8_000)})
        self._finish_own_call(call, self.peers[step["recovers"]], step)

    def _exchange(self, peer: Peer, step: Step) -> None:
        self._finish_own_call(self._begin_own_call(), peer, step)

    def _begin_own_call(self) -> int:
        self._own_calls += 1
        self.do_call({"call": self._own_calls, "payload": "AA55", "timeout_ms": 20_000})
        return self._own_calls

    def _finish_own_call(self, call: int, peer: Peer, step: Step) -> None:
        frame = self._next(peer, {"ignoring": ["CREDIT", "PONG", "PING", "CANCEL", *step.get("ignoring", [])]})
        if frame.name != "REQUEST":
            raise Failure(f"{wire.fields(frame)} instead of a REQUEST")
        peer.send(wire.encode({"type": "RESPONSE", "slot": frame.id, "payload": "echo:55AA"}))
        self.do_result({"result": call, "status": "OK", "payload": "55AA"})

    def do_early(self, step: Step) -> None:
        """For ``early`` ms before the server's HELLO: only what HELLO-11 allows may come. The calls are kept for ``serve``."""
        peer, ends = self.peer(step), time.monotonic() + step["early"] / 1000
        while peer.has_bytes(ends - time.monotonic()):
            frame = peer.read_frame(time.monotonic() + 1)
            if frame.name not in ("REQUEST", "CANCEL", "CREDIT") or frame.id > 16 or len(frame.body) > 65_536:
                raise Failure(f"[HELLO-11] a {frame.name} in slot {frame.id} of {len(frame.body)} bytes before the server's HELLO")
            if frame.name == "REQUEST":
                self._kept.append(frame)
        peer.send(self.greeting(step))

    def do_serve(self, step: Step) -> None:
        """Answers ``serve`` calls with their own payloads. No more than ``at_once`` may be under way; they are answered in turns."""
        peer, ends = self.peer(step), self.ends(step)
        busy = {frame.id: frame for frame in self._kept}
        self._kept = []
        answered = 0
        while answered < step["serve"]:
            settled = 0.05 if busy else max(ends - time.monotonic(), 0)
            if peer.has_bytes(settled):
                frame = peer.read_frame(ends)
                if frame.name != "REQUEST":
                    continue
                if frame.id in busy:
                    raise Failure(f"[SLOT-1] a REQUEST in the busy slot {frame.id}")
                busy[frame.id] = frame
                if len(busy) > step.get("at_once", 65_535) or frame.id > step.get("at_once", 65_535):
                    raise Failure(f"[SLOT-1] slot {frame.id}, {len(busy)} calls, with max_inflight {step['at_once']}")
                continue
            if not busy:
                raise Failure(f"only {answered} calls came")
            slot, frame = busy.popitem()
            payload = frame.body[8 + frame.meta_len :]
            peer.send(wire.encode({"type": "RESPONSE", "slot": slot, "payload": payload.hex()}))
            answered += 1

    def do_feed(self, step: Step) -> None:
        """``feed`` messages of ``bytes`` bytes to the stream ``to``, none without credit, and the end."""
        peer, ends = self.peer(step), self.ends(step)
        request = self._frame(step["to"])
        balance = int.from_bytes(request.body[4:8])
        for number in range(step["feed"]):
            payload = message([(1, number.to_bytes(4) + bytes(step.get("bytes", 0)))])
            while balance <= 0:
                frame = peer.read_frame(ends)
                if frame.name != "CREDIT" or frame.id != request.id or frame.aux == 0:
                    raise Failure(f"{wire.fields(frame)} instead of CREDIT; message {number} waits")
                balance += frame.aux
            peer.send(wire.encode({"type": "ITEM", "slot": request.id, "payload": payload.hex()}))
            balance -= max(_ITEM_COST, len(payload))
        peer.send(wire.encode({"type": "RESPONSE", "slot": request.id}))

    def do_slam(self, step: Step) -> None:
        """For ``slam`` ms every connection gets ``frames`` and is closed; there are at most ``at_most`` of them."""
        ends, count = time.monotonic() + step["slam"] / 1000, 0
        data = self._bytes({"send": step.get("frames", [])})
        while (link := self._listener.accept(ends)) is not None:
            count += 1
            peer = Peer(f"slammed {count}", link, self.sender, self.transcript)
            peer.send(data)
            if step.get("keep"):
                self.peers[peer.name] = peer
            else:
                peer.close()
        if count > step["at_most"] or count < step.get("at_least", 1):
            raise Failure(f"the client connected {count} times in {step['slam']} ms")

    def do_drain_each(self, step: Step) -> None:
        """Every connection is drained as soon as it is set up, for ``drain_each`` ms; calls that come all the same are answered."""
        ends, count = time.monotonic() + step["drain_each"] / 1000, 0
        hello = wire.encode({"type": "HELLO", "settings": self.usual_hello})
        goaway = wire.encode({"type": "GOAWAY", "reason": "drain", "grace_ms": 60_000})
        while time.monotonic() < ends:
            peer = self._accept(f"drained {count}", min(ends, time.monotonic() + 0.02))
            if peer is not None:
                count += 1
                self._greeting(peer, {})
                peer.send(hello + goaway)
            for peer in list(self.peers.values()):
                self._answer(peer)
        if count > step["at_most"] or count == 0:
            raise Failure(f"the client connected {count} times in {step['drain_each']} ms")

    def _answer(self, peer: Peer) -> None:
        while peer.fileno() >= 0 and select.select([peer], [], [], 0)[0]:
            try:
                frame = peer.read_frame(time.monotonic() + 1)
            except Ended:
                peer.close()
                return
            if frame.name == "REQUEST":
                payload = frame.body[8 + frame.meta_len :]
                peer.send(wire.encode({"type": "RESPONSE", "slot": frame.id, "payload": payload.hex()}))
