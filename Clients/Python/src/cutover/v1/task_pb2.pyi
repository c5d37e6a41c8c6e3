from cutover.v1 import options_pb2 as _options_pb2
from cutover.v1 import status_pb2 as _status_pb2
from cutover.v1 import stop_pb2 as _stop_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
FINDING_SEVERITY_ERROR: FindingSeverity
FINDING_SEVERITY_NOTE: FindingSeverity
FINDING_SEVERITY_UNSPECIFIED: FindingSeverity
FINDING_SEVERITY_WARNING: FindingSeverity
MIGRATION_KIND_FULL_AND_INCREMENTAL: MigrationKind
MIGRATION_KIND_FULL_ONLY: MigrationKind
MIGRATION_KIND_UNSPECIFIED: MigrationKind
TASK_ACTION_CANCEL_STOP: TaskAction
TASK_ACTION_CONFIGURE: TaskAction
TASK_ACTION_DELETE: TaskAction
TASK_ACTION_FINISH_RESIDUE: TaskAction
TASK_ACTION_PAUSE: TaskAction
TASK_ACTION_RESUME: TaskAction
TASK_ACTION_START: TaskAction
TASK_ACTION_STOP_FORCED: TaskAction
TASK_ACTION_STOP_GRACEFUL: TaskAction
TASK_ACTION_UNSPECIFIED: TaskAction
WATCH_KIND_CHANGE: WatchKind
WATCH_KIND_PRESENT: WatchKind
WATCH_KIND_PRESENT_END: WatchKind
WATCH_KIND_PROGRESS: WatchKind
WATCH_KIND_RELIST: WatchKind
WATCH_KIND_UNSPECIFIED: WatchKind

class ActionAvailability(_message.Message):
    __slots__ = ["action", "available", "explanation", "reason"]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    action: TaskAction
    available: bool
    explanation: str
    reason: str
    def __init__(self, action: _Optional[_Union[TaskAction, str]] = ..., available: bool = ..., reason: _Optional[str] = ..., explanation: _Optional[str] = ...) -> None: ...

class ConfigureTaskRequest(_message.Message):
    __slots__ = ["request_id", "spec", "task_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    spec: TaskSpec
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., spec: _Optional[_Union[TaskSpec, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateTaskRequest(_message.Message):
    __slots__ = ["labels", "name", "request_id", "spec"]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    name: str
    request_id: str
    spec: TaskSpec
    def __init__(self, name: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ..., spec: _Optional[_Union[TaskSpec, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DatabaseEndpoint(_message.Message):
    __slots__ = ["host", "password", "password_env", "password_file", "port", "unix_socket", "user"]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_ENV_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FILE_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    UNIX_SOCKET_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    host: str
    password: str
    password_env: str
    password_file: str
    port: int
    unix_socket: str
    user: str
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., unix_socket: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., password_env: _Optional[str] = ..., password_file: _Optional[str] = ...) -> None: ...

class DeleteTaskRequest(_message.Message):
    __slots__ = ["request_id", "task_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteTaskResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetTaskRequest(_message.Message):
    __slots__ = ["task_id"]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    def __init__(self, task_id: _Optional[str] = ...) -> None: ...

class ListActionsRequest(_message.Message):
    __slots__ = ["task_id"]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    def __init__(self, task_id: _Optional[str] = ...) -> None: ...

class ListActionsResponse(_message.Message):
    __slots__ = ["actions", "status"]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[ActionAvailability]
    status: _status_pb2.TaskStatus
    def __init__(self, status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., actions: _Optional[_Iterable[_Union[ActionAvailability, _Mapping]]] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ["labels", "name_glob", "page_size", "page_token", "statuses"]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_GLOB_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    name_glob: str
    page_size: int
    page_token: str
    statuses: _containers.RepeatedScalarFieldContainer[_status_pb2.TaskStatus]
    def __init__(self, statuses: _Optional[_Iterable[_Union[_status_pb2.TaskStatus, str]]] = ..., name_glob: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ["next_page_token", "revision", "tasks"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    revision: int
    tasks: _containers.RepeatedCompositeFieldContainer[MigrationTask]
    def __init__(self, tasks: _Optional[_Iterable[_Union[MigrationTask, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class MigrationProgress(_message.Message):
    __slots__ = ["applied_position", "applied_transaction_at_ms", "backlog_transactions", "blocker", "bytes_copied", "bytes_per_second", "destination_unreachable_since_ms", "eta_ms", "lag_ms", "received_position", "rows_applied", "rows_copied", "rows_estimated", "rows_per_second", "snapshot_position", "source_position", "source_unreachable_since_ms", "tables_done", "tables_total", "transactions_applied", "transactions_per_second", "updated_at_ms"]
    APPLIED_POSITION_FIELD_NUMBER: _ClassVar[int]
    APPLIED_TRANSACTION_AT_MS_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    BLOCKER_FIELD_NUMBER: _ClassVar[int]
    BYTES_COPIED_FIELD_NUMBER: _ClassVar[int]
    BYTES_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_UNREACHABLE_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    ETA_MS_FIELD_NUMBER: _ClassVar[int]
    LAG_MS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_POSITION_FIELD_NUMBER: _ClassVar[int]
    ROWS_APPLIED_FIELD_NUMBER: _ClassVar[int]
    ROWS_COPIED_FIELD_NUMBER: _ClassVar[int]
    ROWS_ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    ROWS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_POSITION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_POSITION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_UNREACHABLE_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    TABLES_DONE_FIELD_NUMBER: _ClassVar[int]
    TABLES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONS_APPLIED_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    applied_position: str
    applied_transaction_at_ms: int
    backlog_transactions: int
    blocker: str
    bytes_copied: int
    bytes_per_second: int
    destination_unreachable_since_ms: int
    eta_ms: int
    lag_ms: int
    received_position: str
    rows_applied: int
    rows_copied: int
    rows_estimated: int
    rows_per_second: int
    snapshot_position: str
    source_position: str
    source_unreachable_since_ms: int
    tables_done: int
    tables_total: int
    transactions_applied: int
    transactions_per_second: int
    updated_at_ms: int
    def __init__(self, tables_total: _Optional[int] = ..., tables_done: _Optional[int] = ..., rows_estimated: _Optional[int] = ..., rows_copied: _Optional[int] = ..., bytes_copied: _Optional[int] = ..., transactions_applied: _Optional[int] = ..., rows_applied: _Optional[int] = ..., source_position: _Optional[str] = ..., received_position: _Optional[str] = ..., applied_position: _Optional[str] = ..., lag_ms: _Optional[int] = ..., rows_per_second: _Optional[int] = ..., bytes_per_second: _Optional[int] = ..., blocker: _Optional[str] = ..., updated_at_ms: _Optional[int] = ..., snapshot_position: _Optional[str] = ..., transactions_per_second: _Optional[int] = ..., backlog_transactions: _Optional[int] = ..., eta_ms: _Optional[int] = ..., source_unreachable_since_ms: _Optional[int] = ..., destination_unreachable_since_ms: _Optional[int] = ..., applied_transaction_at_ms: _Optional[int] = ...) -> None: ...

class MigrationTask(_message.Message):
    __slots__ = ["abnormal_since_ms", "configuration_failed", "configuration_running", "created_at_ms", "ended_at_ms", "epoch", "failure", "id", "labels", "name", "pre_check", "previous_status", "progress", "repair_attempts", "repair_attempts_limit", "repair_due_at_ms", "repair_running", "revision", "spec", "started_at_ms", "status", "stop_id", "updated_at_ms"]
    ABNORMAL_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FAILED_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_RUNNING_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATUS_FIELD_NUMBER: _ClassVar[int]
    PRE_CHECK_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_ATTEMPTS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    REPAIR_DUE_AT_MS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_RUNNING_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    abnormal_since_ms: int
    configuration_failed: bool
    configuration_running: bool
    created_at_ms: int
    ended_at_ms: int
    epoch: int
    failure: _status_pb2.TaskFailure
    id: str
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    name: str
    pre_check: PreCheckReport
    previous_status: _status_pb2.TaskStatus
    progress: MigrationProgress
    repair_attempts: int
    repair_attempts_limit: int
    repair_due_at_ms: int
    repair_running: bool
    revision: int
    spec: TaskSpec
    started_at_ms: int
    status: _status_pb2.TaskStatus
    stop_id: str
    updated_at_ms: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., revision: _Optional[int] = ..., epoch: _Optional[int] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ..., created_at_ms: _Optional[int] = ..., updated_at_ms: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., configuration_failed: bool = ..., configuration_running: bool = ..., repair_running: bool = ..., repair_attempts: _Optional[int] = ..., repair_attempts_limit: _Optional[int] = ..., previous_status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., failure: _Optional[_Union[_status_pb2.TaskFailure, _Mapping]] = ..., spec: _Optional[_Union[TaskSpec, _Mapping]] = ..., pre_check: _Optional[_Union[PreCheckReport, _Mapping]] = ..., progress: _Optional[_Union[MigrationProgress, _Mapping]] = ..., stop_id: _Optional[str] = ..., abnormal_since_ms: _Optional[int] = ..., repair_due_at_ms: _Optional[int] = ...) -> None: ...

class PauseTaskRequest(_message.Message):
    __slots__ = ["request_id", "task_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class PreCheckFinding(_message.Message):
    __slots__ = ["advice", "code", "message", "object", "severity"]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    advice: str
    code: str
    message: str
    object: str
    severity: FindingSeverity
    def __init__(self, code: _Optional[str] = ..., severity: _Optional[_Union[FindingSeverity, str]] = ..., object: _Optional[str] = ..., message: _Optional[str] = ..., advice: _Optional[str] = ...) -> None: ...

class PreCheckReport(_message.Message):
    __slots__ = ["at_ms", "bytes", "destination_version", "events", "findings", "rows", "source_version", "tables", "triggers", "truncated"]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_VERSION_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    at_ms: int
    bytes: int
    destination_version: str
    events: int
    findings: _containers.RepeatedCompositeFieldContainer[PreCheckFinding]
    rows: int
    source_version: str
    tables: int
    triggers: int
    truncated: bool
    def __init__(self, at_ms: _Optional[int] = ..., findings: _Optional[_Iterable[_Union[PreCheckFinding, _Mapping]]] = ..., truncated: bool = ..., source_version: _Optional[str] = ..., destination_version: _Optional[str] = ..., tables: _Optional[int] = ..., rows: _Optional[int] = ..., bytes: _Optional[int] = ..., triggers: _Optional[int] = ..., events: _Optional[int] = ...) -> None: ...

class ResumeTaskRequest(_message.Message):
    __slots__ = ["request_id", "task_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartTaskRequest(_message.Message):
    __slots__ = ["request_id", "task_id"]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class TaskEvent(_message.Message):
    __slots__ = ["action", "actor", "at_ms", "batch_id", "index", "revision", "stop_id", "task_id", "to"]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    action: str
    actor: str
    at_ms: int
    batch_id: str
    index: int
    revision: int
    stop_id: str
    task_id: str
    to: _status_pb2.TaskStatus
    def __init__(self, revision: _Optional[int] = ..., index: _Optional[int] = ..., task_id: _Optional[str] = ..., to: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., actor: _Optional[str] = ..., at_ms: _Optional[int] = ..., action: _Optional[str] = ..., batch_id: _Optional[str] = ..., stop_id: _Optional[str] = ..., **kwargs) -> None: ...

class TaskRecord(_message.Message):
    __slots__ = ["abnormal_since_ms", "configuration_failed", "configuration_running", "copy_done", "created_at_ms", "destination_touched", "ended_at_ms", "epoch", "failure", "id", "kind", "labels", "name", "previous_status", "repair_attempts", "repair_due_at_ms", "repair_running", "revision", "start_at_ms", "started_at_ms", "status", "stop_id", "stray_worker", "updated_at_ms"]
    ABNORMAL_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FAILED_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_RUNNING_FIELD_NUMBER: _ClassVar[int]
    COPY_DONE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_TOUCHED_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATUS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_DUE_AT_MS_FIELD_NUMBER: _ClassVar[int]
    REPAIR_RUNNING_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    START_AT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    STRAY_WORKER_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    abnormal_since_ms: int
    configuration_failed: bool
    configuration_running: bool
    copy_done: bool
    created_at_ms: int
    destination_touched: bool
    ended_at_ms: int
    epoch: int
    failure: _status_pb2.TaskFailure
    id: str
    kind: MigrationKind
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    name: str
    previous_status: _status_pb2.TaskStatus
    repair_attempts: int
    repair_due_at_ms: int
    repair_running: bool
    revision: int
    start_at_ms: int
    started_at_ms: int
    status: _status_pb2.TaskStatus
    stop_id: str
    stray_worker: bool
    updated_at_ms: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., revision: _Optional[int] = ..., epoch: _Optional[int] = ..., created_at_ms: _Optional[int] = ..., updated_at_ms: _Optional[int] = ..., started_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., configuration_failed: bool = ..., configuration_running: bool = ..., repair_running: bool = ..., repair_attempts: _Optional[int] = ..., previous_status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., failure: _Optional[_Union[_status_pb2.TaskFailure, _Mapping]] = ..., stop_id: _Optional[str] = ..., destination_touched: bool = ..., copy_done: bool = ..., start_at_ms: _Optional[int] = ..., repair_due_at_ms: _Optional[int] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ..., kind: _Optional[_Union[MigrationKind, str]] = ..., abnormal_since_ms: _Optional[int] = ..., stray_worker: bool = ...) -> None: ...

class TaskSpec(_message.Message):
    __slots__ = ["chunk_bytes", "copy_connections", "databases", "destination", "exclude_tables", "kind", "source", "start_at_ms"]
    CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    COPY_CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    DATABASES_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_TABLES_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_AT_MS_FIELD_NUMBER: _ClassVar[int]
    chunk_bytes: int
    copy_connections: int
    databases: _containers.RepeatedScalarFieldContainer[str]
    destination: DatabaseEndpoint
    exclude_tables: _containers.RepeatedScalarFieldContainer[str]
    kind: MigrationKind
    source: DatabaseEndpoint
    start_at_ms: int
    def __init__(self, source: _Optional[_Union[DatabaseEndpoint, _Mapping]] = ..., destination: _Optional[_Union[DatabaseEndpoint, _Mapping]] = ..., databases: _Optional[_Iterable[str]] = ..., exclude_tables: _Optional[_Iterable[str]] = ..., kind: _Optional[_Union[MigrationKind, str]] = ..., copy_connections: _Optional[int] = ..., chunk_bytes: _Optional[int] = ..., start_at_ms: _Optional[int] = ...) -> None: ...

class WatchEvent(_message.Message):
    __slots__ = ["batch", "event", "kind", "revision", "stop", "task", "task_id"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    batch: _stop_pb2.StopBatch
    event: TaskEvent
    kind: WatchKind
    revision: int
    stop: _stop_pb2.Stop
    task: MigrationTask
    task_id: str
    def __init__(self, revision: _Optional[int] = ..., event: _Optional[_Union[TaskEvent, _Mapping]] = ..., task: _Optional[_Union[MigrationTask, _Mapping]] = ..., stop: _Optional[_Union[_stop_pb2.Stop, _Mapping]] = ..., task_id: _Optional[str] = ..., kind: _Optional[_Union[WatchKind, str]] = ..., batch: _Optional[_Union[_stop_pb2.StopBatch, _Mapping]] = ...) -> None: ...

class WatchTasksRequest(_message.Message):
    __slots__ = ["after_revision", "batch_id", "labels", "name_glob", "progress_interval_ms", "statuses", "stop_ids", "task_ids"]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    NAME_GLOB_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    STOP_IDS_FIELD_NUMBER: _ClassVar[int]
    TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    after_revision: int
    batch_id: str
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    name_glob: str
    progress_interval_ms: int
    statuses: _containers.RepeatedScalarFieldContainer[_status_pb2.TaskStatus]
    stop_ids: _containers.RepeatedScalarFieldContainer[str]
    task_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, task_ids: _Optional[_Iterable[str]] = ..., after_revision: _Optional[int] = ..., progress_interval_ms: _Optional[int] = ..., stop_ids: _Optional[_Iterable[str]] = ..., batch_id: _Optional[str] = ..., statuses: _Optional[_Iterable[_Union[_status_pb2.TaskStatus, str]]] = ..., name_glob: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ...) -> None: ...

class MigrationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class TaskAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class FindingSeverity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class WatchKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
