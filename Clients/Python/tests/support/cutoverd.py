"""A real cutoverd in a temporary folder; ended by its pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cutover import TLS, Cutover, CutoverError, v1

EXECUTABLE = Path(os.environ.get("CUTOVERD", Path(__file__).parents[4] / ".build/debug/cutoverd"))


class Cutoverd:
    def __init__(
        self,
        folder: Path,
        *,
        tcp: bool = False,
        settings: tuple[str, ...] = (),
        tls: TLS | None = None,
        token: str | None = None,
    ) -> None:
        """``settings`` are name=value; ``tls`` and ``token`` are what this uses to see whether the server is up."""
        self._folder = folder
        self._tls = tls
        self._token = token
        # Paths of Unix sockets are short: the test's own folder may be too deep.
        self._sockets = tempfile.TemporaryDirectory(prefix="cutoverd-")
        self.address = f"127.0.0.1:{_free_port()}" if tcp else f"unix:{self._sockets.name}/s"
        self._settings = [argument for setting in settings for argument in ("--set", setting)]
        self.process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        data = str(self._folder / "data")
        command = [str(EXECUTABLE), "--listen", self.address, "--data-directory", data, *self._settings]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        ends = time.monotonic() + 60
        with Cutover(self.address, tls=self._tls, token=self._token) as client:
            while True:
                try:
                    if client.health(timeout=5) == v1.SERVING_STATUS_SERVING:
                        return process
                except CutoverError:
                    assert process.poll() is None and time.monotonic() < ends, self.log
                time.sleep(0.02)

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text()[-3000:]

    def crash(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """SIGTERM, and waits for the orderly end."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log

    def start_again(self) -> None:
        self.process = self._launch()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.crash()
        self._sockets.cleanup()


def run(folder: Path, *arguments: str) -> str:
    """What a command of cutoverd prints, for the server whose folder this is."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    command = [str(EXECUTABLE), *arguments, "--data-directory", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
