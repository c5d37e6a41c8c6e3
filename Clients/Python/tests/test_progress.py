"""Streams that are taken up again: a server by hand that forgets, repeats and breaks off."""

from __future__ import annotations

from cutover import v1
from cutover.progress import AlarmProgress, AuditProgress, BatchProgress, WatchProgress


def change(revision: int, index: int = 0) -> v1.WatchEvent:
    event = v1.TaskEvent(revision=revision, index=index, task_id="t")
    return v1.WatchEvent(kind=v1.WATCH_KIND_CHANGE, revision=revision, event=event)


def after(progress: WatchProgress) -> int:
    request = progress.opening[1]
    assert isinstance(request, v1.WatchTasksRequest)
    return request.after_revision


def test_a_watch_goes_on_within_a_revision() -> None:
    progress = WatchProgress(v1.WatchTasksRequest(after_revision=5, name_glob="shop*"))
    assert after(progress) == 5
    assert progress.take(change(7)) and progress.take(change(8, 0)) and progress.take(change(8, 1))
    # Perhaps revision 8 has more changes: it is asked for again, and what was told of it is not told again.
    assert after(progress) == 7
    assert progress.lost() is None
    assert [progress.take(change(8, n)) for n in range(4)] == [False, False, True, True]
    assert getattr(progress.opening[1], "name_glob") == "shop*"


def test_a_watch_asks_for_nothing_before_its_beginning() -> None:
    progress = WatchProgress(v1.WatchTasksRequest(after_revision=7))
    progress.take(change(8))
    assert after(progress) == 7


def test_a_whole_listing_is_not_repeated_and_a_broken_one_is() -> None:
    progress = WatchProgress(v1.WatchTasksRequest())
    present = v1.WatchEvent(kind=v1.WATCH_KIND_PRESENT)
    assert progress.take(present)
    notice = progress.lost()
    assert notice is not None and notice.kind == v1.WATCH_KIND_RELIST
    assert after(progress) == 0 and progress.lost() is None
    assert progress.take(present) and progress.take(v1.WatchEvent(kind=v1.WATCH_KIND_PRESENT_END, revision=9))
    assert after(progress) == 9 and progress.lost() is None
    assert [progress.take(change(9, 3)), progress.take(change(10))] == [False, True]


def test_what_is_no_longer_kept_is_forgotten() -> None:
    progress = WatchProgress(v1.WatchTasksRequest(after_revision=3))
    progress.take(change(8))
    assert progress.take(v1.WatchEvent(kind=v1.WATCH_KIND_RELIST))
    assert after(progress) == 0
    progress.take(v1.WatchEvent(kind=v1.WATCH_KIND_PRESENT_END, revision=2))
    assert after(progress) == 2


def test_progress_of_a_task_is_told_each_time() -> None:
    progress = WatchProgress(v1.WatchTasksRequest())
    message = v1.WatchEvent(kind=v1.WATCH_KIND_PROGRESS, revision=1)
    assert progress.take(message) and progress.take(message)


def item(task: str, result: v1.StopItemResult, final: bool) -> v1.BatchStopEvent:
    return v1.BatchStopEvent(item=v1.BatchItem(task_id=task, result=result, final=final))


def test_a_batch_tells_no_result_twice() -> None:
    request = v1.BatchStopRequest(request_id="b")
    progress = BatchProgress(request)
    assert progress.opening[1] is request
    accepted = v1.BatchStopEvent(accepted=v1.BatchAccepted(batch_id="b"))
    told = [
        progress.take(message)
        for message in (
            accepted,
            item("1", v1.STOP_ITEM_RESULT_ACCEPTED, False),
            item("2", v1.STOP_ITEM_RESULT_REJECTED, True),
            accepted,
            item("1", v1.STOP_ITEM_RESULT_ACCEPTED, False),
            item("2", v1.STOP_ITEM_RESULT_REJECTED, True),
            item("1", v1.STOP_ITEM_RESULT_STOPPED, True),
            item("1", v1.STOP_ITEM_RESULT_STOPPED, True),
        )
    ]
    assert told == [True, True, True, False, False, False, True, False]
    assert not progress.is_complete
    assert progress.take(v1.BatchStopEvent(summary=v1.BatchSummary())) and progress.is_complete


def test_alarms_and_the_audit_log_go_on_after_the_last() -> None:
    alarms = AlarmProgress(v1.WatchAlarmsRequest(task_id="t"))
    alarms.take(v1.WatchAlarmsEvent(alarm=v1.Alarm(change=4)))
    assert alarms.opening[1] == v1.WatchAlarmsRequest(task_id="t", after_change=4)
    audit = AuditProgress(2)
    audit.take(v1.ReadAuditEvent(record=v1.AuditRecord(sequence=3)))
    assert audit.opening[1] == v1.ReadAuditRequest(after_sequence=3) and not audit.is_complete
    audit.take(v1.ReadAuditEvent(head=v1.AuditHead(sequence=3)))
    assert audit.is_complete
