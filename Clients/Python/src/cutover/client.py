"""The client: every order and question of Cutover as a method."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

from . import v1
from .aio import AsyncChannel, AsyncStream
from .call import new_request_id
from .endpoint import TLS, Endpoint
from .method import Request, Response, StreamMethod, UnaryMethod
from .options import Options
from .progress import AlarmProgress, AuditProgress, BatchProgress, WatchProgress
from .resume import AsyncResumedStream
from .v1 import methods

# As the timeout of a call: that of the client. None is no deadline at all.
DEFAULT: Final = -1.0


def _labels(labels: Mapping[str, str] | None) -> list[v1.TaskLabel]:
    return [v1.TaskLabel(key=key, value=value) for key, value in (labels or {}).items()]


class AsyncCutover:
    """A client of one server, over one connection that is made at the first call and made anew when it is lost.

    Any number of calls may be in flight at a time. Times are in seconds. A deadline bounds the waiting of the client only: an
    order that the server accepted, such as a stop, goes on. Calls that change something carry a request id, made when none is given and
    the same over all attempts: repeating a call with its request id is always safe.

    Every call raises :class:`CutoverError`, whose subclasses tell the kinds of failure apart.

    Args:
        endpoint: ``host:port``, ``host`` (port 7450), ``[v6]:port`` or ``unix:/path``.
        tls: TLS 1.3 to the server; None is plaintext, for loopback and Unix sockets.
        token: The bearer token; never logged, and not sent in plaintext to other machines.
        timeout: The deadline of a call that names none, in seconds; None is none.
        options: Everything else.
    """

    def __init__(
        self,
        endpoint: str = "127.0.0.1:7450",
        *,
        tls: TLS | None = None,
        token: str | None = None,
        timeout: float | None = 10.0,
        options: Options | None = None,
    ) -> None:
        self._options = options or Options()
        self._timeout = timeout
        self._channel = AsyncChannel(Endpoint.parse(endpoint), self._options, tls, _token_bytes(token))

    async def __aenter__(self) -> AsyncCutover:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends all calls, and the connection in order. Accepted orders go on at the server."""
        await self._channel.close()

    def use_token(self, token: str | None) -> None:
        """Takes another token, for connections made from now on. A token that was refused is not tried again before this."""
        self._channel.use_token(_token_bytes(token))

    # --- Any method

    async def call(
        self,
        method: UnaryMethod[Request, Response],
        request: Request,
        *,
        timeout: float | None = DEFAULT,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> Response:
        """Calls any method of ``cutover.v1.methods`` that has one answer.

        Args:
            method: Such as ``methods.StopService.GetStop``.
            request: The method's message.
            timeout: The deadline in seconds, over all attempts; None is none.
            metadata: Such as a ``traceparent``; 64 entries and 8 KiB at most.
        """
        return await self._channel.call(method, request, self._deadline(timeout), metadata)

    def stream(
        self,
        method: StreamMethod[Request, Response],
        request: Request,
        *,
        timeout: float | None = None,
        metadata: Mapping[str, str | bytes] | None = None,
    ) -> AsyncStream[Response]:
        """Calls any method of ``cutover.v1.methods`` that answers with a stream. It is not taken up again when it is lost."""
        return self._channel.stream(method, request, timeout, metadata)

    def _deadline(self, timeout: float | None) -> float | None:
        return self._timeout if timeout == DEFAULT else timeout

    # --- The server

    async def health(self, *, timeout: float | None = DEFAULT) -> v1.ServingStatus:
        """Whether the server takes calls."""
        return (await self.call(methods.Health.Check, v1.HealthCheckRequest(), timeout=timeout)).status

    async def echo(self, payload: bytes = b"", *, timeout: float | None = DEFAULT) -> bytes:
        """Sends bytes there and back."""
        return (await self.call(methods.Echo.Echo, v1.EchoRequest(payload=payload), timeout=timeout)).payload

    # --- Tasks

    async def create_task(
        self,
        name: str,
        spec: v1.TaskSpec | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        request_id: str = "",
        timeout: float | None = DEFAULT,
    ) -> v1.MigrationTask:
        """Makes a task; with a spec it is configured at once."""
        request = v1.CreateTaskRequest(name=name, spec=spec, labels=_labels(labels), request_id=request_id)
        return await self.call(methods.TaskService.CreateTask, request, timeout=timeout)

    async def configure_task(
        self, task_id: str, spec: v1.TaskSpec, *, request_id: str = "", timeout: float | None = DEFAULT
    ) -> v1.MigrationTask:
        """Says what a task migrates, and begins its pre-check."""
        request = v1.ConfigureTaskRequest(task_id=task_id, spec=spec, request_id=request_id)
        return await self.call(methods.TaskService.ConfigureTask, request, timeout=timeout)

    async def start_task(
        self, task_id: str, *, request_id: str = "", timeout: float | None = DEFAULT
    ) -> v1.MigrationTask:
        request = v1.StartTaskRequest(task_id=task_id, request_id=request_id)
        return await self.call(methods.TaskService.StartTask, request, timeout=timeout)

    async def pause_task(
        self, task_id: str, *, request_id: str = "", timeout: float | None = DEFAULT
    ) -> v1.MigrationTask:
        request = v1.PauseTaskRequest(task_id=task_id, request_id=request_id)
        return await self.call(methods.TaskService.PauseTask, request, timeout=timeout)

    async def resume_task(
        self, task_id: str, *, request_id: str = "", timeout: float | None = DEFAULT
    ) -> v1.MigrationTask:
        request = v1.ResumeTaskRequest(task_id=task_id, request_id=request_id)
        return await self.call(methods.TaskService.ResumeTask, request, timeout=timeout)

    async def delete_task(self, task_id: str, *, request_id: str = "", timeout: float | None = DEFAULT) -> None:
        request = v1.DeleteTaskRequest(task_id=task_id, request_id=request_id)
        await self.call(methods.TaskService.DeleteTask, request, timeout=timeout)

    async def get_task(self, task_id: str, *, timeout: float | None = DEFAULT) -> v1.MigrationTask:
        return await self.call(methods.TaskService.GetTask, v1.GetTaskRequest(task_id=task_id), timeout=timeout)

    async def list_tasks(
        self, request: v1.ListTasksRequest | None = None, *, timeout: float | None = DEFAULT
    ) -> v1.ListTasksResponse:
        """One page of the tasks that fit the request."""
        return await self.call(methods.TaskService.ListTasks, request or v1.ListTasksRequest(), timeout=timeout)

    async def tasks(self, request: v1.ListTasksRequest | None = None) -> AsyncIterator[v1.MigrationTask]:
        """All tasks that fit the request, page by page."""
        page = v1.ListTasksRequest()
        page.CopyFrom(request or v1.ListTasksRequest(page_size=1000))
        while True:
            answer = await self.list_tasks(page)
            for task in answer.tasks:
                yield task
            if not answer.next_page_token:
                return
            page.page_token = answer.next_page_token

    async def list_actions(self, task_id: str, *, timeout: float | None = DEFAULT) -> v1.ListActionsResponse:
        """What may be done to a task now, and why not what may not."""
        return await self.call(methods.TaskService.ListActions, v1.ListActionsRequest(task_id=task_id), timeout=timeout)

    def watch(
        self,
        task_ids: Iterable[str] = (),
        *,
        request: v1.WatchTasksRequest | None = None,
        timeout: float | None = None,
    ) -> AsyncResumedStream[v1.WatchEvent]:
        """The changes of these tasks, or of all; without gap or repetition also when the server is lost in between.

        A message of the kind ``WATCH_KIND_RELIST`` says that the changes in between are no longer kept: forget what you hold, each task
        follows as it stands, then ``WATCH_KIND_PRESENT_END``. It ends with the timeout, in seconds, or when you leave it.

        Args:
            task_ids: Only these.
            request: Any other terms: the revision to begin after, progress, stops, a batch, a filter.
            timeout: How long in all; None is without end.
        """
        terms = v1.WatchTasksRequest()
        terms.CopyFrom(request or terms)
        terms.task_ids.extend(task_ids)
        return AsyncResumedStream(self._channel, WatchProgress(terms), timeout, self._options.resume_s)

    # --- Stops

    async def stop(
        self,
        task_id: str,
        *,
        mode: v1.StopMode = v1.STOP_MODE_AUTO,
        reason: str = "",
        plan_hash: bytes = b"",
        drain_to: v1.DrainTarget | None = None,
        drain_deadline_ms: int = 0,
        on_deadline: v1.OnDeadline = v1.ON_DEADLINE_KEEP_RUNNING,
        when_illegal: v1.WhenIllegal = v1.WHEN_ILLEGAL_REFUSE,
        require_all_objects: bool = False,
        request_id: str = "",
        timeout: float | None = DEFAULT,
    ) -> v1.StopTaskResponse:
        """Stops a task. The answer comes when the stop is accepted, durably; ``watch`` tells when it has ended.

        Args:
            task_id: The task.
            mode: Graceful, forced, or as the task's state demands.
            reason: Why; needed for a forced stop.
            plan_hash: Of ``plan_stop``: raises :class:`Aborted` when the plan would be another one by now.
            drain_to: Up to where; None is up to where the source stands.
            drain_deadline_ms: How long the drain may take; 0 is the server's default.
            on_deadline: What happens then.
            when_illegal: Whether to wait for the end of a repair.
            require_all_objects: The stop fails when a trigger or event cannot be moved.
            request_id: A UUID that names this stop; made when empty.
            timeout: How long to wait for the answer, in seconds.
        """
        request = v1.StopTaskRequest(
            task_id=task_id,
            mode=mode,
            reason=reason,
            plan_hash=plan_hash,
            drain_to=drain_to,
            drain_deadline_ms=drain_deadline_ms,
            on_deadline=on_deadline,
            when_illegal=when_illegal,
            require_all_objects=require_all_objects,
            request_id=request_id,
        )
        return await self.call(methods.StopService.StopTask, request, timeout=timeout)

    async def plan_stop(
        self,
        task_id: str,
        *,
        mode: v1.StopMode = v1.STOP_MODE_AUTO,
        drain_to: v1.DrainTarget | None = None,
        drain_deadline_ms: int = 0,
        on_deadline: v1.OnDeadline = v1.ON_DEADLINE_KEEP_RUNNING,
        when_illegal: v1.WhenIllegal = v1.WHEN_ILLEGAL_REFUSE,
        require_all_objects: bool = False,
        timeout: float | None = DEFAULT,
    ) -> v1.StopPlan:
        """What a stop on these terms would do now. Nothing is changed."""
        request = v1.PlanStopRequest(
            task_id=task_id,
            mode=mode,
            drain_to=drain_to,
            drain_deadline_ms=drain_deadline_ms,
            on_deadline=on_deadline,
            when_illegal=when_illegal,
            require_all_objects=require_all_objects,
        )
        return await self.call(methods.StopService.PlanStop, request, timeout=timeout)

    async def get_stop(
        self, *, task_id: str = "", stop_id: str = "", timeout: float | None = DEFAULT
    ) -> v1.StopTaskResponse:
        """The stop of a task, or by its own id; with its receipt when it has ended."""
        request = v1.GetStopRequest(task_id=task_id, stop_id=stop_id)
        return await self.call(methods.StopService.GetStop, request, timeout=timeout)

    async def cancel_stop(
        self,
        *,
        task_id: str = "",
        stop_id: str = "",
        reason: str = "",
        request_id: str = "",
        timeout: float | None = DEFAULT,
    ) -> v1.StopTaskResponse:
        """Withdraws a stop before its point of no return; after it, raises :class:`FailedPrecondition`."""
        request = v1.CancelStopRequest(task_id=task_id, stop_id=stop_id, reason=reason, request_id=request_id)
        return await self.call(methods.StopService.CancelStop, request, timeout=timeout)

    async def finish_residue(
        self,
        *,
        task_id: str = "",
        stop_id: str = "",
        reason: str = "",
        request_id: str = "",
        timeout: float | None = DEFAULT,
    ) -> v1.StopTaskResponse:
        """Moves what a forced stop left behind."""
        request = v1.FinishResidueRequest(task_id=task_id, stop_id=stop_id, reason=reason, request_id=request_id)
        return await self.call(methods.StopService.FinishResidue, request, timeout=timeout)

    # --- Batches

    def batch_stop(
        self,
        task_ids: Iterable[str] = (),
        *,
        request: v1.BatchStopRequest | None = None,
        mode: v1.StopMode = v1.STOP_MODE_AUTO,
        reason: str = "",
        selector: v1.StopSelector | None = None,
        wait: bool = False,
        request_id: str = "",
        timeout: float | None = None,
    ) -> AsyncResumedStream[v1.BatchStopEvent]:
        """Stops many tasks: first what was accepted, then each task's result as it is known, last the summary.

        The batch is durable. When the server is lost in between, the stream is taken up again under the same request id, and tells no
        result twice.

        Args:
            task_ids: The tasks, at most 100,000.
            request: Any other terms; what is given beside it wins.
            mode: Graceful, forced, or as each task's state demands.
            reason: Why; needed for a forced stop.
            selector: Also the tasks that fit this.
            wait: Go on until each stop has ended, not only until it is accepted.
            request_id: A UUID that names this batch; made when empty.
            timeout: How long to follow it in all, in seconds; None is to its end.
        """
        terms = v1.BatchStopRequest()
        terms.CopyFrom(request or terms)
        given = v1.BatchStopRequest(
            task_ids=task_ids, reason=reason, selector=selector, wait=wait, request_id=request_id
        )
        if mode != v1.STOP_MODE_AUTO:
            given.mode = mode
        terms.MergeFrom(given)
        terms.request_id = terms.request_id or new_request_id()
        return AsyncResumedStream(self._channel, BatchProgress(terms), timeout, self._options.resume_s)

    async def get_batch_stop(
        self, request: v1.GetBatchStopRequest, *, timeout: float | None = DEFAULT
    ) -> v1.GetBatchStopResponse:
        """A batch, and one page of its results."""
        return await self.call(methods.BatchStopService.GetBatchStop, request, timeout=timeout)

    async def list_batch_stops(
        self, request: v1.ListBatchStopsRequest | None = None, *, timeout: float | None = DEFAULT
    ) -> v1.ListBatchStopsResponse:
        """One page of the batches, the latest first."""
        terms = request or v1.ListBatchStopsRequest()
        return await self.call(methods.BatchStopService.ListBatchStops, terms, timeout=timeout)

    def watch_batch_stop(
        self, batch_id: str, *, only_changes: bool = False, timeout: float | None = None
    ) -> AsyncResumedStream[v1.BatchStopEvent]:
        """The results of a batch as they stand, then as they change, and the summary when it has finished."""
        request = v1.WatchBatchStopRequest(batch_id=batch_id, only_changes=only_changes)
        return AsyncResumedStream(self._channel, BatchProgress(request), timeout, self._options.resume_s)

    async def cancel_batch_stop(
        self, batch_id: str, *, reason: str = "", withdraw: bool = False, timeout: float | None = DEFAULT
    ) -> v1.StopBatch:
        """Stops no more tasks of a batch; ``withdraw`` also takes back what has not passed the point of no return."""
        request = v1.CancelBatchStopRequest(batch_id=batch_id, reason=reason, withdraw=withdraw)
        return await self.call(methods.BatchStopService.CancelBatchStop, request, timeout=timeout)

    # --- Alarms and the audit log

    async def list_alarms(
        self, request: v1.ListAlarmsRequest | None = None, *, timeout: float | None = DEFAULT
    ) -> v1.ListAlarmsResponse:
        """One page of the alarms, the latest change first."""
        return await self.call(methods.AlarmService.ListAlarms, request or v1.ListAlarmsRequest(), timeout=timeout)

    def watch_alarms(
        self, request: v1.WatchAlarmsRequest | None = None, *, timeout: float | None = None
    ) -> AsyncResumedStream[v1.WatchAlarmsEvent]:
        """Alarms as they are raised, repeated and cleared."""
        progress = AlarmProgress(request or v1.WatchAlarmsRequest())
        return AsyncResumedStream(self._channel, progress, timeout, self._options.resume_s)

    def read_audit(
        self, after_sequence: int = 0, *, timeout: float | None = None
    ) -> AsyncResumedStream[v1.ReadAuditEvent]:
        """The records of the audit log in their order, then its head."""
        return AsyncResumedStream(self._channel, AuditProgress(after_sequence), timeout, self._options.resume_s)


def _token_bytes(token: str | None) -> bytes | None:
    return None if token is None else token.encode("ascii")
