# Made by dev/generate. Do not change it.

"""Every method of every service: a class a service, an attribute a method."""

from typing import Any, Final

from .. import v1
from ..method import StreamMethod, UnaryMethod


class AlarmService:
    ListAlarms: Final = UnaryMethod(
        "cutover.v1.AlarmService/ListAlarms", 0x83E5103D, v1.ListAlarmsRequest, v1.ListAlarmsResponse, idempotent=True, read_only=True,
    )
    WatchAlarms: Final = StreamMethod(
        "cutover.v1.AlarmService/WatchAlarms", 0x71B3B9A8, v1.WatchAlarmsRequest, v1.WatchAlarmsEvent, idempotent=True, read_only=True,
    )


class StopService:
    StopTask: Final = UnaryMethod(
        "cutover.v1.StopService/StopTask", 0xF97B9817, v1.StopTaskRequest, v1.StopTaskResponse, idempotent=True, read_only=False,
    )
    PlanStop: Final = UnaryMethod(
        "cutover.v1.StopService/PlanStop", 0xFA109A99, v1.PlanStopRequest, v1.StopPlan, idempotent=True, read_only=True,
    )
    GetStop: Final = UnaryMethod(
        "cutover.v1.StopService/GetStop", 0x13A858C6, v1.GetStopRequest, v1.StopTaskResponse, idempotent=True, read_only=True,
    )
    CancelStop: Final = UnaryMethod(
        "cutover.v1.StopService/CancelStop", 0xB7713328, v1.CancelStopRequest, v1.StopTaskResponse, idempotent=True, read_only=False,
    )
    FinishResidue: Final = UnaryMethod(
        "cutover.v1.StopService/FinishResidue", 0xC1217512, v1.FinishResidueRequest, v1.StopTaskResponse, idempotent=True, read_only=False,
    )


class BatchStopService:
    BatchStop: Final = StreamMethod(
        "cutover.v1.BatchStopService/BatchStop", 0x456D7C02, v1.BatchStopRequest, v1.BatchStopEvent, idempotent=True, read_only=False,
    )
    GetBatchStop: Final = UnaryMethod(
        "cutover.v1.BatchStopService/GetBatchStop", 0x571F2D8E, v1.GetBatchStopRequest, v1.GetBatchStopResponse, idempotent=True, read_only=True,
    )
    ListBatchStops: Final = UnaryMethod(
        "cutover.v1.BatchStopService/ListBatchStops", 0x34488DE7, v1.ListBatchStopsRequest, v1.ListBatchStopsResponse, idempotent=True, read_only=True,
    )
    WatchBatchStop: Final = StreamMethod(
        "cutover.v1.BatchStopService/WatchBatchStop", 0xB386E44B, v1.WatchBatchStopRequest, v1.BatchStopEvent, idempotent=True, read_only=True,
    )
    CancelBatchStop: Final = UnaryMethod(
        "cutover.v1.BatchStopService/CancelBatchStop", 0xA6A97E24, v1.CancelBatchStopRequest, v1.StopBatch, idempotent=True, read_only=False,
    )


class AuditService:
    ReadAudit: Final = StreamMethod(
        "cutover.v1.AuditService/ReadAudit", 0x9B733CB4, v1.ReadAuditRequest, v1.ReadAuditEvent, idempotent=True, read_only=True,
    )


class Health:
    Check: Final = UnaryMethod(
        "cutover.v1.Health/Check", 0x00000001, v1.HealthCheckRequest, v1.HealthCheckResponse, idempotent=True, read_only=True,
    )
    Watch: Final = StreamMethod(
        "cutover.v1.Health/Watch", 0x00000002, v1.HealthCheckRequest, v1.HealthCheckResponse, idempotent=True, read_only=True,
    )


class Reflection:
    List: Final = UnaryMethod(
        "cutover.v1.Reflection/List", 0x00000003, v1.ListMethodsRequest, v1.ListMethodsResponse, idempotent=True, read_only=True,
    )


class Stats:
    Get: Final = UnaryMethod(
        "cutover.v1.Stats/Get", 0x00000004, v1.GetStatsRequest, v1.ServerStats, idempotent=True, read_only=True,
    )


class Echo:
    Echo: Final = UnaryMethod(
        "cutover.v1.Echo/Echo", 0x00000005, v1.EchoRequest, v1.EchoResponse, idempotent=True, read_only=True,
    )


class TaskService:
    CreateTask: Final = UnaryMethod(
        "cutover.v1.TaskService/CreateTask", 0xA0D8CF0E, v1.CreateTaskRequest, v1.MigrationTask, idempotent=True, read_only=False,
    )
    ConfigureTask: Final = UnaryMethod(
        "cutover.v1.TaskService/ConfigureTask", 0xA81D8480, v1.ConfigureTaskRequest, v1.MigrationTask, idempotent=True, read_only=False,
    )
    StartTask: Final = UnaryMethod(
        "cutover.v1.TaskService/StartTask", 0x3366BE7C, v1.StartTaskRequest, v1.MigrationTask, idempotent=True, read_only=False,
    )
    PauseTask: Final = UnaryMethod(
        "cutover.v1.TaskService/PauseTask", 0x020B1336, v1.PauseTaskRequest, v1.MigrationTask, idempotent=True, read_only=False,
    )
    ResumeTask: Final = UnaryMethod(
        "cutover.v1.TaskService/ResumeTask", 0x2E6AD5C1, v1.ResumeTaskRequest, v1.MigrationTask, idempotent=True, read_only=False,
    )
    DeleteTask: Final = UnaryMethod(
        "cutover.v1.TaskService/DeleteTask", 0x1C351809, v1.DeleteTaskRequest, v1.DeleteTaskResponse, idempotent=True, read_only=False,
    )
    GetTask: Final = UnaryMethod(
        "cutover.v1.TaskService/GetTask", 0x3FB813F8, v1.GetTaskRequest, v1.MigrationTask, idempotent=True, read_only=True,
    )
    ListTasks: Final = UnaryMethod(
        "cutover.v1.TaskService/ListTasks", 0xD35401A7, v1.ListTasksRequest, v1.ListTasksResponse, idempotent=True, read_only=True,
    )
    ListActions: Final = UnaryMethod(
        "cutover.v1.TaskService/ListActions", 0x84F0790A, v1.ListActionsRequest, v1.ListActionsResponse, idempotent=True, read_only=True,
    )
    WatchTasks: Final = StreamMethod(
        "cutover.v1.TaskService/WatchTasks", 0x0F7E6EC8, v1.WatchTasksRequest, v1.WatchEvent, idempotent=True, read_only=True,
    )


ALL: Final[tuple[UnaryMethod[Any, Any] | StreamMethod[Any, Any], ...]] = (
    AlarmService.ListAlarms,
    AlarmService.WatchAlarms,
    StopService.StopTask,
    StopService.PlanStop,
    StopService.GetStop,
    StopService.CancelStop,
    StopService.FinishResidue,
    BatchStopService.BatchStop,
    BatchStopService.GetBatchStop,
    BatchStopService.ListBatchStops,
    BatchStopService.WatchBatchStop,
    BatchStopService.CancelBatchStop,
    AuditService.ReadAudit,
    Health.Check,
    Health.Watch,
    Reflection.List,
    Stats.Get,
    Echo.Echo,
    TaskService.CreateTask,
    TaskService.ConfigureTask,
    TaskService.StartTask,
    TaskService.PauseTask,
    TaskService.ResumeTask,
    TaskService.DeleteTask,
    TaskService.GetTask,
    TaskService.ListTasks,
    TaskService.ListActions,
    TaskService.WatchTasks,
)
