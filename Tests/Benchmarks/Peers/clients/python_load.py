"""Load clients in Python: ``cutover`` (Clients/Python) and ``grpcio``, each blocking and with asyncio.

Takes the arguments of the load clients in C and, with ``--client``, which of the four to be. Messages are those of
``cutover.v1`` in all four, packed and unpacked for each call, so that they differ in nothing but what carries them.
Every slot always holds one call; a blocking client has a thread for each. One connection.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
import time
from pathlib import Path

from cutover import v1

METHOD = "/cutover.v1.StopService/StopTask"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", choices=sorted(CLIENTS), required=True)
    for name in ("port", "server-pid", "warmup-ms", "measure-ms", "timeout-ms", "in-flight"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--connections", type=int, choices=[1], required=True)
    parser.add_argument("--request", type=Path, required=True)
    parser.add_argument("--response", type=Path, required=True)
    return parser.parse_args()


class Window:
    """The time in which calls are counted, and what was used in it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.server_pid: int = options.server_pid
        self.begin = time.perf_counter() + options.warmup_ms / 1000
        self.end = self.begin + options.measure_ms / 1000
        self.latencies: list[float] = []
        self._used: tuple[float, float] | None = None
        # CPU times are read at the bounds of the window by a thread that no event loop can delay.
        self._watch = threading.Thread(target=self._take_times)
        self._watch.start()

    def _take_times(self) -> None:
        time.sleep(max(0.0, self.begin - time.perf_counter()))
        server, client = cpu_seconds(self.server_pid), time.process_time()
        time.sleep(max(0.0, self.end - time.perf_counter()))
        self._used = (cpu_seconds(self.server_pid) - server, time.process_time() - client)

    def print(self) -> None:
        self._watch.join()
        calls = len(self.latencies)
        if calls == 0 or self._used is None:
            sys.exit("no call was answered")
        self.latencies.sort()
        fields = {
            "calls": calls,
            "seconds": self.end - self.begin,
            "calls_per_s": calls / (self.end - self.begin),
            "p50_us": 1e6 * self.latencies[calls // 2],
            "p99_us": 1e6 * self.latencies[min(calls - 1, calls * 99 // 100)],
            "server_cpu_s_per_100k": 100_000 * self._used[0] / calls,
            "client_cpu_s_per_100k": 100_000 * self._used[1] / calls,
        }
        print(",".join(f'"{name}":{value:.4f}' for name, value in fields.items()))


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Work:
    """The call, and the answer that must come."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.request = v1.StopTaskRequest.FromString(options.request.read_bytes())
        self.response = v1.StopTaskResponse.FromString(options.response.read_bytes())
        self.target = f"127.0.0.1:{options.port}"
        self.timeout_s: float = options.timeout_ms / 1000
        self.in_flight: int = options.in_flight
        self._options = options
        self.window: Window

    def begin(self) -> None:
        """Opens the window, once the client is there."""
        self.window = Window(self._options)

    def count(self, sent: float, answer: v1.StopTaskResponse) -> float:
        """Notes one answer; returns the time."""
        now = time.perf_counter()
        if answer != self.response:
            raise ValueError("a wrong answer")
        if self.window.begin <= now < self.window.end:
            self.window.latencies.append(now - sent)
        return now


def in_threads(work: Work, call) -> None:
    """A thread for each call in flight; ``call()`` makes one and waits for it."""
    work.begin()
    failures: list[BaseException] = []

    def calls() -> None:
        now = time.perf_counter()
        try:
            while now < work.window.end:
                now = work.count(now, call())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=calls) for _ in range(work.in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


async def in_tasks(work: Work, call) -> None:
    """An asyncio task for each call in flight."""
    work.begin()

    async def calls() -> None:
        now = time.perf_counter()
        while now < work.window.end:
            now = work.count(now, await call())

    await asyncio.gather(*(calls() for _ in range(work.in_flight)))


def cutover_blocking(work: Work) -> None:
    from cutover import Cutover
    from cutover.v1 import methods

    with Cutover(work.target, timeout=work.timeout_s) as client:
        in_threads(work, lambda: client.call(methods.StopService.StopTask, work.request))


async def cutover_asyncio(work: Work) -> None:
    from cutover import AsyncCutover
    from cutover.v1 import methods

    async with AsyncCutover(work.target, timeout=work.timeout_s) as client:
        await in_tasks(work, lambda: client.call(methods.StopService.StopTask, work.request))


def grpcio_stub(channel):
    return channel.unary_unary(
        METHOD, request_serializer=v1.StopTaskRequest.SerializeToString, response_deserializer=v1.StopTaskResponse.FromString
    )


def grpcio_blocking(work: Work) -> None:
    import grpc

    with grpc.insecure_channel(work.target) as channel:
        stop = grpcio_stub(channel)
        in_threads(work, lambda: stop(work.request, timeout=work.timeout_s))


async def grpcio_asyncio(work: Work) -> None:
    import grpc.aio

    async with grpc.aio.insecure_channel(work.target) as channel:
        stop = grpcio_stub(channel)
        await in_tasks(work, lambda: stop(work.request, timeout=work.timeout_s))


CLIENTS = {
    "cutover-asyncio": cutover_asyncio,
    "cutover-blocking": cutover_blocking,
    "grpcio-asyncio": grpcio_asyncio,
    "grpcio-blocking": grpcio_blocking,
}


def main() -> None:
    options = arguments()
    work = Work(options)
    client = CLIENTS[options.client]
    if asyncio.iscoroutinefunction(client):
        asyncio.run(client(work))
    else:
        client(work)
    work.window.print()


main()
