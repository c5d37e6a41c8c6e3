"""The server under test, started by the runner and ended by its pid."""

from __future__ import annotations

import shlex
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from . import wire
from .peer import Failure, Peer, Transcript
from .server_script import connect

_START_S = 60.0
_STOP_S = 20.0


class ServerProcess:
    """``command`` holds ``{address}`` and ``{folder}``: where to listen, and a folder of the server's own."""

    def __init__(self, command: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="conform-")
        self.address = f"unix:{self._folder.name}/s"
        words = [word.format(address=self.address, folder=self._folder.name) for word in shlex.split(command)]
        self._log = Path(self._folder.name, "log")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._wait_until_serving()
        except BaseException:
            self.stop()
            raise

    def _wait_until_serving(self) -> None:
        ends = time.monotonic() + _START_S
        while not serves(self.address):
            if self._process.poll() is not None or time.monotonic() > ends:
                raise Failure(f"the server did not start: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ends it, in order if it will."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()


def serves(address: str) -> bool:
    """Whether a server answers Health.Check there."""
    try:
        link = connect(address)
    except OSError:
        return False
    peer = Peer("health", link, "server", Transcript())
    try:
        peer.send(wire.PREFACE + wire.encode({"type": "HELLO"}) + wire.encode({"type": "REQUEST", "slot": 1, "method": "Health"}))
        ends = time.monotonic() + 10
        frames = [peer.read_frame(ends), peer.read_frame(ends)]
        return frames[0].name == "HELLO" and wire.fields(frames[1]).get("payload") == "0801"
    except Failure:
        return False
    finally:
        peer.close()
