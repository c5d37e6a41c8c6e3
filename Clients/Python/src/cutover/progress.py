"""What of a stream was delivered, so that it can be taken up again where it was lost, without gap or repetition. Pure."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from .method import StreamMethod
from .v1 import (
    WATCH_KIND_PRESENT,
    WATCH_KIND_PRESENT_END,
    WATCH_KIND_RELIST,
    BatchItem,
    BatchStopEvent,
    BatchStopRequest,
    ReadAuditEvent,
    ReadAuditRequest,
    WatchAlarmsEvent,
    WatchAlarmsRequest,
    WatchBatchStopRequest,
    WatchEvent,
    WatchTasksRequest,
)
from .v1.methods import AlarmService, AuditService, BatchStopService, TaskService

M = TypeVar("M", bound=Message)

# The call that begins a stream, or goes on with it.
Opening = tuple[StreamMethod[Any, M], Message]


class Progress(Protocol[M]):
    """How a stream is opened, and what is new of it."""

    @property
    def is_complete(self) -> bool:
        """Everything was delivered. A stream without an end of its own is never complete."""

    @property
    def opening(self) -> Opening[M]:
        """The call that begins the stream, or goes on with it."""

    def take(self, message: M) -> bool:
        """Takes a message in; whether it is new and to be delivered."""

    def lost(self) -> M | None:
        """The connection was lost; what to deliver about it, if anything."""


class WatchProgress:
    """Of a watch of tasks."""

    is_complete = False

    def __init__(self, request: WatchTasksRequest) -> None:
        self._request = WatchTasksRequest()
        self._request.CopyFrom(request)
        # Revision and index of the last change that was delivered; with no index, all of the revision was.
        self._last: tuple[int, float] | None = None
        self._is_listing = False

    @property
    def opening(self) -> Opening[WatchEvent]:
        request = WatchTasksRequest()
        request.CopyFrom(self._request)
        if self._last is not None:
            revision, index = self._last
            # A revision may hold several changes, and the connection may have been lost between two of them.
            again = revision if index == float("inf") else max(0, revision - 1)
            request.after_revision = max(request.after_revision, again)
        return TaskService.WatchTasks, request

    def take(self, message: WatchEvent) -> bool:
        if message.kind == WATCH_KIND_RELIST:
            # What the watch began from is of no use any more.
            self._last = None
            self._request.after_revision = 0
            self._is_listing = False
        elif message.kind == WATCH_KIND_PRESENT:
            self._is_listing = True
        elif message.kind == WATCH_KIND_PRESENT_END:
            self._is_listing = False
            if message.revision:
                self._last = (message.revision, float("inf"))
        elif message.HasField("event"):
            place = (message.event.revision, float(message.event.index))
            if self._last is not None and place <= self._last:
                return False
            self._last = place
        return True

    def lost(self) -> WatchEvent | None:
        """A listing that broke off begins anew, and what was deleted since would not be in it: the reader has to forget what it holds."""
        if not self._is_listing:
            return None
        self._is_listing = False
        return WatchEvent(kind=WATCH_KIND_RELIST)


class BatchProgress:
    """Of a batch stop that was begun, or is watched. It keeps a small number for each task, not the results."""

    def __init__(self, request: BatchStopRequest | WatchBatchStopRequest) -> None:
        self._request = request
        self._is_announced = False
        self._told: dict[str, tuple[int, int, int, bool]] = {}
        self.is_complete = False

    @property
    def opening(self) -> Opening[BatchStopEvent]:
        if isinstance(self._request, BatchStopRequest):
            return BatchStopService.BatchStop, self._request
        return BatchStopService.WatchBatchStop, self._request

    def take(self, message: BatchStopEvent) -> bool:
        if message.HasField("accepted"):
            is_new = not self._is_announced
            self._is_announced = True
            return is_new
        if message.HasField("item"):
            return self._take_item(message.item)
        if message.HasField("summary"):
            self.is_complete = True
            self._told.clear()
        return True

    def _take_item(self, item: BatchItem) -> bool:
        told = (item.result, item.status, item.mode_taken, item.final)
        before = self._told.get(item.task_id)
        if before is not None and (before == told or before[3]):
            return False
        self._told[item.task_id] = told
        return True

    def lost(self) -> None:
        return None


class AlarmProgress:
    """Of a watch of alarms, which come in the order of their changes."""

    is_complete = False

    def __init__(self, request: WatchAlarmsRequest) -> None:
        self._request = WatchAlarmsRequest()
        self._request.CopyFrom(request)

    @property
    def opening(self) -> Opening[WatchAlarmsEvent]:
        return AlarmService.WatchAlarms, self._request

    def take(self, message: WatchAlarmsEvent) -> bool:
        self._request.after_change = max(self._request.after_change, message.alarm.change)
        return True

    def lost(self) -> None:
        return None


class AuditProgress:
    """Of a reading of the audit log. Everything is delivered, also what is out of its order: whoever verifies it must see it."""

    def __init__(self, after_sequence: int) -> None:
        self._request = ReadAuditRequest(after_sequence=after_sequence)
        self.is_complete = False

    @property
    def opening(self) -> Opening[ReadAuditEvent]:
        return AuditService.ReadAudit, self._request

    def take(self, message: ReadAuditEvent) -> bool:
        if message.HasField("head"):
            self.is_complete = True
        else:
            self._request.after_sequence = max(self._request.after_sequence, message.record.sequence)
        return True

    def lost(self) -> None:
        return None
