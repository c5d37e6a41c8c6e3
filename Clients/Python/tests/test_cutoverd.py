"""Both clients against a real cutoverd. Tasks that were not configured yet are stopped at once, without any database."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cutoverd import Cutoverd

from cutover import (
    AsyncCutover,
    Cutover,
    CutoverError,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Options,
    Status,
    Unavailable,
    v1,
)
from cutover.method import StreamMethod
from cutover.v1 import methods


@pytest.fixture
def client(cutoverd: Cutoverd) -> Iterator[Cutover]:
    with Cutover(cutoverd.address) as client:
        yield client


def test_health_echo_and_a_tcp_port(tmp_path: Path) -> None:
    server = Cutoverd(tmp_path, tcp=True)
    try:
        with Cutover(server.address) as client:
            assert client.health() == v1.SERVING_STATUS_SERVING
            assert client.echo(bytes(range(256)) * 1000) == bytes(range(256)) * 1000
    finally:
        server.kill()


def test_every_method_of_the_table_is_served(client: Cutover) -> None:
    for method in methods.ALL:
        try:
            if isinstance(method, StreamMethod):
                with client.stream(method, method.request(), timeout=1) as stream:
                    next(stream, None)
            else:
                client.call(method, method.request())
        except CutoverError as error:
            assert error.status not in (Status.UNIMPLEMENTED, Status.UNAVAILABLE, Status.INTERNAL), f"{method.name}: {error}"


def test_a_task_from_its_making_to_its_receipt(client: Cutover) -> None:
    task = client.create_task("shop", labels={"wave": "1"})
    assert task.status == v1.TASK_STATUS_CONFIGURATION
    assert client.get_task(task.id) == task
    assert [one.id for one in client.tasks()] == [task.id]
    actions = {one.action: one for one in client.list_actions(task.id).actions}
    assert actions[v1.TASK_ACTION_STOP_GRACEFUL].available and not actions[v1.TASK_ACTION_RESUME].available
    plan = client.plan_stop(task.id)
    assert plan.legal and len(plan.plan_hash) == 32
    stop = client.stop(task.id, reason="cut-over", plan_hash=plan.plan_hash)
    assert stop.stop.task_id == task.id and stop.stop.reason == "cut-over"
    answer = client.get_stop(task_id=task.id)
    assert answer.status == v1.TASK_STATUS_STOPPED and answer.receipt.sequence == 1
    with pytest.raises(FailedPrecondition) as caught:
        client.resume_task(task.id)
    assert caught.value.reason == "TASK_STOPPED" and not caught.value.not_executed
    with pytest.raises(NotFound) as missing:
        client.get_task(str(uuid.uuid4()))
    assert missing.value.reason == "UNKNOWN_TASK"
    records = [event.record.sequence for event in client.read_audit() if event.HasField("record")]
    assert records == [1]
    client.delete_task(task.id)
    assert list(client.tasks()) == []


def test_a_stop_is_the_same_stop_under_its_request_id_also_after_a_crash(cutoverd: Cutoverd, client: Cutover) -> None:
    task = client.create_task("shop")
    name = str(uuid.uuid4())
    first = client.stop(task.id, reason="once", request_id=name)
    again = client.stop(task.id, reason="once", request_id=name)
    assert again.stop.id == first.stop.id
    cutoverd.crash()
    cutoverd.start_again()
    after = client.stop(task.id, reason="once", request_id=name, timeout=30)
    assert after.stop.id == first.stop.id and after.result == again.result
    with pytest.raises(InvalidArgument):
        client.stop(task.id, reason="another", request_id=name)


def test_a_watch_misses_nothing_over_a_crash(cutoverd: Cutoverd, client: Cutover) -> None:
    tasks = [client.create_task(f"shop {n}") for n in range(3)]
    with client.watch([task.id for task in tasks], timeout=60) as watch:
        seen = []
        for event in watch:
            seen.append((event.kind, event.task.id, event.task.status))
            if event.kind == v1.WATCH_KIND_PRESENT_END:
                break
        assert {id for kind, id, _ in seen if kind == v1.WATCH_KIND_PRESENT} == {task.id for task in tasks}
        client.stop(tasks[0].id)
        assert next(watch).task.id == tasks[0].id
        cutoverd.crash()
        # The watch is away while this is stopped, by another client.
        cutoverd.start_again()
        with Cutover(cutoverd.address) as other:
            other.stop(tasks[1].id)
        ended = set()
        for event in watch:
            assert event.kind == v1.WATCH_KIND_CHANGE
            if event.task.status == v1.TASK_STATUS_STOPPED:
                ended.add(event.task.id)
            if tasks[1].id in ended:
                break
        assert tasks[2].id not in ended


def test_a_batch_by_selector_and_by_ids(client: Cutover) -> None:
    labelled = [client.create_task(f"a {n}", labels={"wave": "2"}).id for n in range(20)]
    named = [client.create_task(f"b {n}").id for n in range(5)]
    others = client.create_task("c").id
    missing = str(uuid.uuid4())
    chosen = v1.StopSelector(labels=[v1.TaskLabel(key="wave", value="2")])
    events = list(client.batch_stop([*named, named[0], missing], selector=chosen, reason="wave 2", wait=True))
    accepted, *items, summary = events
    assert accepted.accepted.duplicates == 1
    final = {event.item.task_id: event.item.result for event in items if event.item.final}
    assert set(final) == {*labelled, *named, missing}
    assert final[missing] == v1.STOP_ITEM_RESULT_UNKNOWN_TASK
    assert summary.summary.stopped == 25 and summary.summary.unknown == 1
    assert client.get_task(others).status == v1.TASK_STATUS_CONFIGURATION
    batch = client.get_batch_stop(v1.GetBatchStopRequest(batch_id=accepted.accepted.batch_id))
    assert batch.batch.state == v1.BATCH_STATE_FINISHED and len(batch.items) == 26
    again = list(client.watch_batch_stop(accepted.accepted.batch_id))
    assert again[-1].summary == summary.summary


def test_a_batch_is_followed_over_a_crash(cutoverd: Cutoverd) -> None:
    # Few results come ahead, so that the crash finds most of them untold.
    with Cutover(cutoverd.address, options=Options(stream_credit=512)) as client:
        ids = [client.create_task(f"shop {n}").id for n in range(300)]
        told: list[str] = []
        summaries = []
        with client.batch_stop(ids, wait=True, timeout=60) as batch:
            for event in batch:
                if event.HasField("summary"):
                    summaries.append(event.summary)
                elif event.HasField("item") and event.item.final:
                    told.append(event.item.task_id)
                    if len(told) == 10:
                        cutoverd.crash()
                        restart = threading.Thread(target=cutoverd.start_again)
                        restart.start()
                    elif len(told) == 30:
                        assert cutoverd.log.count("cutoverd listens") == 2, "told by the server that crashed"
        restart.join()
        assert sorted(told) == sorted(ids), "each is told once"
        assert [summary.stopped for summary in summaries] == [300]


def test_a_deadline_ends_the_waiting(cutoverd: Cutoverd, client: Cutover) -> None:
    with client.watch(timeout=0.3) as watch:
        with pytest.raises(DeadlineExceeded):
            for _ in watch:
                continue
    with client.stream(methods.TaskService.WatchTasks, v1.WatchTasksRequest(), timeout=0.3) as stream:
        with pytest.raises(DeadlineExceeded):
            for _ in stream:
                continue
    assert client.health() == v1.SERVING_STATUS_SERVING


def test_an_orderly_restart_fails_no_call(cutoverd: Cutoverd) -> None:
    """SIGTERM, and a new server on the same address, under calls of eight threads."""
    stopped = threading.Event()
    counts = [0] * 8
    failures: list[CutoverError] = []

    def load(number: int, client: Cutover) -> None:
        while not stopped.is_set():
            try:
                client.echo(b"x", timeout=30)
                counts[number] += 1
            except CutoverError as error:
                failures.append(error)
                return

    with Cutover(cutoverd.address, options=Options(patience_s=30)) as client:
        threads = [threading.Thread(target=load, args=(number, client)) for number in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            time.sleep(0.3)
            cutoverd.stop()
            cutoverd.start_again()
        time.sleep(0.3)
        before = sum(counts)
        time.sleep(0.3)
        stopped.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert sum(counts) > before > 0


def test_a_call_waits_for_a_server_that_comes_up(cutoverd: Cutoverd, client: Cutover) -> None:
    client.health()
    cutoverd.crash()
    with pytest.raises((DeadlineExceeded, Unavailable)):
        client.health(timeout=0.2)
    starting = threading.Thread(target=cutoverd.start_again)
    starting.start()
    task = client.create_task("late", timeout=30)
    starting.join()
    assert client.get_task(task.id).name == "late"


def test_asyncio_stops_watches_and_cancels(cutoverd: Cutoverd) -> None:
    async def main() -> None:
        async with AsyncCutover(cutoverd.address) as client:
            tasks = await asyncio.gather(*(client.create_task(f"shop {n}") for n in range(100)))
            watching = asyncio.create_task(drain(client))
            await asyncio.sleep(0.1)
            stops = await asyncio.gather(*(client.stop(task.id) for task in tasks[:50]))
            assert len({stop.stop.id for stop in stops}) == 50
            chosen = [task.id for task in tasks]
            summary = [event async for event in client.batch_stop(chosen, wait=True)][-1].summary
            assert (summary.items, summary.stopped + summary.already_stopped) == (100, 100)
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching
            assert [task.status async for task in client.tasks()] == [v1.TASK_STATUS_STOPPED] * 100

    async def drain(client: AsyncCutover) -> None:
        async for _ in client.watch():
            continue

    asyncio.run(main())


def test_a_request_that_is_too_large_is_refused_here(client: Cutover) -> None:
    with pytest.raises(CutoverError) as caught:
        client.echo(bytes(1 << 24))
    assert caught.value.reason == "MESSAGE_TOO_LARGE" and caught.value.not_executed
