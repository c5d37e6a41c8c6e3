"""The steps of a case that both kinds of case have: bytes and frames on connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from . import wire
from .match import mismatch
from .peer import Ended, Failure, Peer, Transcript

# How long an expected thing may take unless the step says otherwise. Long, for machines that do other work too.
WITHIN_MS: Final = 8_000

Step = dict[str, Any]


class Script:
    """Carries out the steps of one case. A verb is a method called ``do_`` and the verb.

    ``sender`` is what the other side is, "client" or "server".
    """

    def __init__(self, sender: str, ends: float, transcript: Transcript) -> None:
        self.sender = sender
        self.transcript = transcript
        self._ends = ends
        self.peers: dict[str, Peer] = {}
        self._last = ""
        # Frames that a step gave a name, and the number of the round of each repetition.
        self._named: dict[str, wire.Frame] = {}
        self._rounds: dict[str, int] = {}
        # The first number that is too great here: ``beyond`` as a slot or a length.
        self.beyond: dict[str, int] = {}

    @classmethod
    def verbs(cls) -> set[str]:
        return {name[3:] for name in dir(cls) if name.startswith("do_")}

    @classmethod
    def verb(cls, step: Step) -> str:
        """The verb of a step. Raises ValueError when it has none, or two."""
        found = cls.verbs() & step.keys()
        if len(found) != 1:
            raise ValueError(f"a step has one verb of {', '.join(sorted(cls.verbs()))}: {step}")
        return found.pop()

    def run(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps, 1):
            verb = self.verb(step)
            self.transcript.note(f"-- step {number}: {self._describe(step)}")
            perform: Callable[[Step], None] = getattr(self, f"do_{verb}")
            try:
                perform(step)
            except Failure as failure:
                raise Failure(f"step {number} ({verb}): {failure}") from None
            if time.monotonic() > self._ends:
                raise Failure(f"step {number} ({verb}): the case took longer than its deadline")

    def close(self) -> None:
        for peer in self.peers.values():
            peer.close()

    # --- Within

    @staticmethod
    def _describe(step: Step) -> str:
        text = str(step)
        return text if len(text) <= 200 else f"{text[:200]}..."

    def add(self, peer: Peer) -> None:
        self.peers[peer.name] = peer
        self._last = peer.name

    def peer(self, step: Step) -> Peer:
        """The connection that a step names with ``on``, else the last one that was made."""
        name = step.get("on", self._last)
        if name not in self.peers:
            raise Failure(f"there is no connection {name}")
        return self.peers[name]

    def ends(self, step: Step) -> float:
        return min(time.monotonic() + step.get("within_ms", WITHIN_MS) / 1000, self._ends)

    def spec(self, spec: dict[str, Any]) -> dict[str, Any]:
        """A frame's fields with names of frames and of rounds replaced: ``"slot": "r1"`` is the slot of the frame r1."""
        filled = dict(spec)
        for key, value in spec.items():
            if isinstance(value, str) and value.startswith("$"):
                filled[key] = self._rounds[value[1:]]
            elif value == "beyond":
                filled[key] = self.beyond[key]
            elif isinstance(value, str) and key == "slot":
                filled[key] = self._frame(value).id
            elif isinstance(value, str) and key == "opaque" and value in self._named:
                filled[key] = self._frame(value).body.hex()
        return filled

    def _frame(self, name: str) -> wire.Frame:
        if name not in self._named:
            raise Failure(f"no frame was named {name}")
        return self._named[name]

    def _bytes(self, step: Step) -> bytes:
        what = step["send"]
        frames = what if isinstance(what, list) else [what]
        data = b"".join(wire.encode(self.spec(frame)) for frame in frames)
        return data * step.get("times", 1)

    def greeting(self, step: Step) -> bytes:
        """The HELLO of this side, as the step has it."""
        settings = step.get("hello") if isinstance(step.get("hello"), dict) else self.usual_hello
        return wire.encode({"type": "HELLO", "settings": settings})

    @property
    def usual_hello(self) -> dict[str, Any]:
        return {"max_frame": 1_048_576, "max_inflight": 64, "agent": "conformance"}

    # --- Verbs

    def do_send(self, step: Step) -> None:
        """Frames in one write, or in pieces of ``pieces`` bytes with a pause between them."""
        peer, data = self.peer(step), self._bytes(step)
        if "cut" in step:
            data = data[: step["cut"]] if step["cut"] >= 0 else data[step["cut"] :]
        size = step.get("pieces")
        if size is None:
            peer.send(data)
            return
        for at in range(0, len(data), size):
            peer.send(data[at : at + size])
            time.sleep(step.get("pause_ms", 1) / 1000)

    def do_flood(self, step: Step) -> None:
        """The same bytes until the other side takes no more; ``flood`` is the most, in bytes."""
        data = self._bytes({"send": step["frame"], "times": step.get("times", 64)})
        self.peer(step).send_until_blocked(data, step["flood"])

    def do_expect(self, step: Step) -> None:
        """The next frame, which may be named with ``as``; those of the types in ``ignoring`` are skipped.

        ``not_before_ms`` counts from this side's last bytes on the connection; a name of a connection in ``since`` takes that one's.
        """
        peer = self.peer(step)
        frame = self._next(peer, step)
        differs = mismatch(self._expected(step["expect"]), wire.fields(frame))
        if differs is not None:
            raise Failure(f"a {frame.name}: {differs}; it is {wire.fields(frame)}")
        early = step.get("not_before_ms", 0) / 1000 - (time.monotonic() - self.peers[step.get("since", peer.name)].sent_at)
        if early > 0:
            raise Failure(f"a {frame.name} came {early * 1000:.0f} ms too early")
        if "as" in step:
            self._named[step["as"]] = frame

    def do_expect_all(self, step: Step) -> None:
        """As many frames as there are patterns, in any order."""
        patterns = [self._expected(pattern) for pattern in step["expect_all"]]
        while patterns:
            found = wire.fields(self._next(self.peer(step), step))
            fitting = next((one for one in patterns if mismatch(one, found) is None), None)
            if fitting is None:
                raise Failure(f"{found} is none of {patterns}")
            patterns.remove(fitting)

    def _expected(self, pattern: dict[str, Any]) -> dict[str, Any]:
        return self.spec(pattern)

    def _next(self, peer: Peer, step: Step) -> wire.Frame:
        ends = self.ends(step)
        while True:
            frame = peer.read_frame(ends)
            if frame.name not in step.get("ignoring", []):
                return frame

    def do_silence_ms(self, step: Step) -> None:
        """Nothing at all comes for so long, not even the end."""
        peer = self.peer(step)
        if not peer.has_bytes(step["silence_ms"] / 1000):
            return
        try:
            frame = peer.read_frame(time.monotonic() + 1)
        except Ended:
            raise Failure("the connection ended instead of nothing") from None
        raise Failure(f"a {frame.name} instead of nothing: {wire.fields(frame)}")

    def do_end(self, step: Step) -> None:
        """The other side ends the connection; frames of the types in ``ignoring`` may come before."""
        peer = self.peer({"on": step["end"]} if isinstance(step["end"], str) else step)
        ends = self.ends(step)
        while step.get("ignoring"):
            try:
                frame = peer.read_frame(ends)
            except Ended:
                return
            if frame.name not in step["ignoring"]:
                raise Failure(f"a {frame.name} instead of the end: {wire.fields(frame)}")
        peer.expect_end(ends)

    def do_half_close(self, step: Step) -> None:
        self.peer({"on": step["half_close"]} if isinstance(step["half_close"], str) else step).half_close()

    def do_close(self, step: Step) -> None:
        self.peer({"on": step["close"]} if isinstance(step["close"], str) else step).close()

    def do_wait_ms(self, step: Step) -> None:
        time.sleep(step["wait_ms"] / 1000)

    def do_repeat(self, step: Step) -> None:
        """Steps again and again; ``$`` and the name in ``round`` (i by default) is the number of the round, from ``from`` (1)."""
        name = step.get("round", "i")
        start = step.get("from", 1)
        for number in range(start, start + step["repeat"]):
            self._rounds[name] = number
            for inner in step["steps"]:
                getattr(self, f"do_{self.verb(inner)}")(inner)

    def do_text(self, step: Step) -> None:
        """Exactly these bytes, as text, and then the end."""
        rest = self.peer(step).rest(self.ends(step))
        if rest != step["text"].encode():
            raise Failure(f"{rest[:200]!r}, not {step['text']!r}")
