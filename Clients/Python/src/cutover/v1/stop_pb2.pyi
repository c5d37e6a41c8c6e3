from cutover.v1 import error_pb2 as _error_pb2
from cutover.v1 import options_pb2 as _options_pb2
from cutover.v1 import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

BATCH_STATE_ACCEPTING: BatchState
BATCH_STATE_FINISHED: BatchState
BATCH_STATE_RUNNING: BatchState
BATCH_STATE_UNSPECIFIED: BatchState
DESCRIPTOR: _descriptor.FileDescriptor
DRAIN_POINT_APPLIED: DrainPoint
DRAIN_POINT_CURRENT: DrainPoint
DRAIN_POINT_GTID: DrainPoint
DRAIN_POINT_TIME: DrainPoint
DRAIN_POINT_UNSPECIFIED: DrainPoint
OBJECT_KIND_AUTO_INCREMENT: ObjectKind
OBJECT_KIND_EVENT: ObjectKind
OBJECT_KIND_TRIGGER: ObjectKind
OBJECT_KIND_UNSPECIFIED: ObjectKind
OBJECT_RESULT_CREATED: ObjectResult
OBJECT_RESULT_FAILED: ObjectResult
OBJECT_RESULT_LEFT_BEHIND: ObjectResult
OBJECT_RESULT_PRESENT: ObjectResult
OBJECT_RESULT_SKIPPED: ObjectResult
OBJECT_RESULT_UNSPECIFIED: ObjectResult
ON_DEADLINE_FORCE: OnDeadline
ON_DEADLINE_KEEP_RUNNING: OnDeadline
ON_DEADLINE_STOP_UNDRAINED: OnDeadline
ON_DEADLINE_UNSPECIFIED: OnDeadline
RECEIPT_KIND_RESIDUE_FINISHED: ReceiptKind
RECEIPT_KIND_STOPPED: ReceiptKind
RECEIPT_KIND_UNSPECIFIED: ReceiptKind
RECEIPT_KIND_WITHDRAWN: ReceiptKind
STOP_ITEM_RESULT_ACCEPTED: StopItemResult
STOP_ITEM_RESULT_ALREADY_STOPPED: StopItemResult
STOP_ITEM_RESULT_FAILED: StopItemResult
STOP_ITEM_RESULT_IN_PROGRESS: StopItemResult
STOP_ITEM_RESULT_NOT_ATTEMPTED: StopItemResult
STOP_ITEM_RESULT_REJECTED: StopItemResult
STOP_ITEM_RESULT_STOPPED: StopItemResult
STOP_ITEM_RESULT_UNKNOWN_TASK: StopItemResult
STOP_ITEM_RESULT_UNSPECIFIED: StopItemResult
STOP_ITEM_RESULT_WITHDRAWN: StopItemResult
STOP_MODE_AUTO: StopMode
STOP_MODE_FORCED: StopMode
STOP_MODE_GRACEFUL: StopMode
STOP_MODE_UNSPECIFIED: StopMode
STOP_PHASE_ACCEPTED: StopPhase
STOP_PHASE_DRAINING: StopPhase
STOP_PHASE_FAILED: StopPhase
STOP_PHASE_MIGRATING_EVENTS: StopPhase
STOP_PHASE_MIGRATING_TRIGGERS: StopPhase
STOP_PHASE_RELEASING: StopPhase
STOP_PHASE_STOPPED: StopPhase
STOP_PHASE_UNSPECIFIED: StopPhase
STOP_PHASE_WAITING: StopPhase
STOP_PHASE_WITHDRAWN: StopPhase
WHEN_ILLEGAL_REFUSE: WhenIllegal
WHEN_ILLEGAL_UNSPECIFIED: WhenIllegal
WHEN_ILLEGAL_WAIT: WhenIllegal

class AuditHead(_message.Message):
    __slots__ = ["hash", "sequence"]
    HASH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    hash: bytes
    sequence: int
    def __init__(self, sequence: _Optional[int] = ..., hash: _Optional[bytes] = ...) -> None: ...

class AuditRecord(_message.Message):
    __slots__ = ["final_status", "hash", "kind", "previous_hash", "sequence", "stop"]
    FINAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    final_status: _status_pb2.TaskStatus
    hash: bytes
    kind: ReceiptKind
    previous_hash: bytes
    sequence: int
    stop: bytes
    def __init__(self, sequence: _Optional[int] = ..., previous_hash: _Optional[bytes] = ..., hash: _Optional[bytes] = ..., kind: _Optional[_Union[ReceiptKind, str]] = ..., final_status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., stop: _Optional[bytes] = ...) -> None: ...

class BatchAccepted(_message.Message):
    __slots__ = ["batch_id", "dry_run", "duplicates", "items", "resumed"]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    dry_run: bool
    duplicates: int
    items: int
    resumed: bool
    def __init__(self, batch_id: _Optional[str] = ..., items: _Optional[int] = ..., duplicates: _Optional[int] = ..., resumed: bool = ..., dry_run: bool = ...) -> None: ...

class BatchItem(_message.Message):
    __slots__ = ["drained", "error", "final", "mode_taken", "result", "status", "stop_id", "task_id", "task_name", "undrained"]
    DRAINED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    MODE_TAKEN_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    UNDRAINED_FIELD_NUMBER: _ClassVar[int]
    drained: bool
    error: _error_pb2.ErrorInfo
    final: bool
    mode_taken: StopMode
    result: StopItemResult
    status: _status_pb2.TaskStatus
    stop_id: str
    task_id: str
    task_name: str
    undrained: bool
    def __init__(self, task_id: _Optional[str] = ..., result: _Optional[_Union[StopItemResult, str]] = ..., status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., mode_taken: _Optional[_Union[StopMode, str]] = ..., stop_id: _Optional[str] = ..., error: _Optional[_Union[_error_pb2.ErrorInfo, _Mapping]] = ..., final: bool = ..., drained: bool = ..., task_name: _Optional[str] = ..., undrained: bool = ...) -> None: ...

class BatchPage(_message.Message):
    __slots__ = ["batch_id", "index", "items", "overrides"]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    index: int
    items: _containers.RepeatedCompositeFieldContainer[BatchItem]
    overrides: _containers.RepeatedCompositeFieldContainer[StopOverride]
    def __init__(self, batch_id: _Optional[str] = ..., index: _Optional[int] = ..., items: _Optional[_Iterable[_Union[BatchItem, _Mapping]]] = ..., overrides: _Optional[_Iterable[_Union[StopOverride, _Mapping]]] = ...) -> None: ...

class BatchRecord(_message.Message):
    __slots__ = ["batch", "fingerprint", "open_page", "page_items", "pages", "selected", "selected_before_ms", "selector_token"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    OPEN_PAGE_FIELD_NUMBER: _ClassVar[int]
    PAGES_FIELD_NUMBER: _ClassVar[int]
    PAGE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    SELECTED_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    SELECTED_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_TOKEN_FIELD_NUMBER: _ClassVar[int]
    batch: StopBatch
    fingerprint: bytes
    open_page: int
    page_items: int
    pages: int
    selected: bool
    selected_before_ms: int
    selector_token: str
    def __init__(self, batch: _Optional[_Union[StopBatch, _Mapping]] = ..., fingerprint: _Optional[bytes] = ..., pages: _Optional[int] = ..., page_items: _Optional[int] = ..., open_page: _Optional[int] = ..., selector_token: _Optional[str] = ..., selected: bool = ..., selected_before_ms: _Optional[int] = ...) -> None: ...

class BatchStopEvent(_message.Message):
    __slots__ = ["accepted", "item", "summary"]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    accepted: BatchAccepted
    item: BatchItem
    summary: BatchSummary
    def __init__(self, accepted: _Optional[_Union[BatchAccepted, _Mapping]] = ..., item: _Optional[_Union[BatchItem, _Mapping]] = ..., summary: _Optional[_Union[BatchSummary, _Mapping]] = ...) -> None: ...

class BatchStopRequest(_message.Message):
    __slots__ = ["atomic_accept", "drain_deadline_ms", "drain_to", "dry_run", "max_parallel", "mode", "on_deadline", "overrides", "reason", "request_id", "require_all_objects", "selector", "stop_after_failures", "task_ids", "wait", "when_illegal"]
    ATOMIC_ACCEPT_FIELD_NUMBER: _ClassVar[int]
    DRAIN_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    MAX_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ON_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ALL_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    STOP_AFTER_FAILURES_FIELD_NUMBER: _ClassVar[int]
    TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    WHEN_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    atomic_accept: bool
    drain_deadline_ms: int
    drain_to: DrainTarget
    dry_run: bool
    max_parallel: int
    mode: StopMode
    on_deadline: OnDeadline
    overrides: _containers.RepeatedCompositeFieldContainer[StopOverride]
    reason: str
    request_id: str
    require_all_objects: bool
    selector: StopSelector
    stop_after_failures: int
    task_ids: _containers.RepeatedScalarFieldContainer[str]
    wait: bool
    when_illegal: WhenIllegal
    def __init__(self, task_ids: _Optional[_Iterable[str]] = ..., mode: _Optional[_Union[StopMode, str]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ..., wait: bool = ..., require_all_objects: bool = ..., drain_deadline_ms: _Optional[int] = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., on_deadline: _Optional[_Union[OnDeadline, str]] = ..., when_illegal: _Optional[_Union[WhenIllegal, str]] = ..., selector: _Optional[_Union[StopSelector, _Mapping]] = ..., overrides: _Optional[_Iterable[_Union[StopOverride, _Mapping]]] = ..., max_parallel: _Optional[int] = ..., stop_after_failures: _Optional[int] = ..., atomic_accept: bool = ..., dry_run: bool = ...) -> None: ...

class BatchSummary(_message.Message):
    __slots__ = ["accepted", "already_stopped", "failed", "forced", "in_progress", "items", "not_attempted", "pending", "rejected", "stopped", "undrained", "unknown", "withdrawn"]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_STOPPED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    FORCED_FIELD_NUMBER: _ClassVar[int]
    IN_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NOT_ATTEMPTED_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    UNDRAINED_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    already_stopped: int
    failed: int
    forced: int
    in_progress: int
    items: int
    not_attempted: int
    pending: int
    rejected: int
    stopped: int
    undrained: int
    unknown: int
    withdrawn: int
    def __init__(self, items: _Optional[int] = ..., accepted: _Optional[int] = ..., in_progress: _Optional[int] = ..., stopped: _Optional[int] = ..., already_stopped: _Optional[int] = ..., rejected: _Optional[int] = ..., unknown: _Optional[int] = ..., failed: _Optional[int] = ..., withdrawn: _Optional[int] = ..., not_attempted: _Optional[int] = ..., pending: _Optional[int] = ..., forced: _Optional[int] = ..., undrained: _Optional[int] = ...) -> None: ...

class CancelBatchStopRequest(_message.Message):
    __slots__ = ["batch_id", "reason", "withdraw"]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    reason: str
    withdraw: bool
    def __init__(self, batch_id: _Optional[str] = ..., reason: _Optional[str] = ..., withdraw: bool = ...) -> None: ...

class CancelStopRequest(_message.Message):
    __slots__ = ["reason", "request_id", "stop_id", "task_id"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    request_id: str
    stop_id: str
    task_id: str
    def __init__(self, stop_id: _Optional[str] = ..., task_id: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DrainTarget(_message.Message):
    __slots__ = ["gtid", "point", "time_ms"]
    GTID_FIELD_NUMBER: _ClassVar[int]
    POINT_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    gtid: str
    point: DrainPoint
    time_ms: int
    def __init__(self, point: _Optional[_Union[DrainPoint, str]] = ..., gtid: _Optional[str] = ..., time_ms: _Optional[int] = ...) -> None: ...

class FinishResidueRequest(_message.Message):
    __slots__ = ["reason", "request_id", "stop_id", "task_id"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    request_id: str
    stop_id: str
    task_id: str
    def __init__(self, stop_id: _Optional[str] = ..., task_id: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetBatchStopRequest(_message.Message):
    __slots__ = ["batch_id", "page_size", "page_token", "results"]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    page_size: int
    page_token: str
    results: _containers.RepeatedScalarFieldContainer[StopItemResult]
    def __init__(self, batch_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., results: _Optional[_Iterable[_Union[StopItemResult, str]]] = ...) -> None: ...

class GetBatchStopResponse(_message.Message):
    __slots__ = ["batch", "items", "next_page_token"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    batch: StopBatch
    items: _containers.RepeatedCompositeFieldContainer[BatchItem]
    next_page_token: str
    def __init__(self, batch: _Optional[_Union[StopBatch, _Mapping]] = ..., items: _Optional[_Iterable[_Union[BatchItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetStopRequest(_message.Message):
    __slots__ = ["stop_id", "task_id"]
    STOP_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    stop_id: str
    task_id: str
    def __init__(self, stop_id: _Optional[str] = ..., task_id: _Optional[str] = ...) -> None: ...

class ListBatchStopsRequest(_message.Message):
    __slots__ = ["page_size", "page_token"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBatchStopsResponse(_message.Message):
    __slots__ = ["batches", "next_page_token"]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    batches: _containers.RepeatedCompositeFieldContainer[StopBatch]
    next_page_token: str
    def __init__(self, batches: _Optional[_Iterable[_Union[StopBatch, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ObjectInventory(_message.Message):
    __slots__ = ["at_ms", "objects"]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    at_ms: int
    objects: _containers.RepeatedCompositeFieldContainer[ObjectOutcome]
    def __init__(self, at_ms: _Optional[int] = ..., objects: _Optional[_Iterable[_Union[ObjectOutcome, _Mapping]]] = ...) -> None: ...

class ObjectOutcome(_message.Message):
    __slots__ = ["database", "kind", "message", "name", "result", "sql", "table"]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    database: str
    kind: ObjectKind
    message: str
    name: str
    result: ObjectResult
    sql: str
    table: str
    def __init__(self, kind: _Optional[_Union[ObjectKind, str]] = ..., database: _Optional[str] = ..., name: _Optional[str] = ..., table: _Optional[str] = ..., result: _Optional[_Union[ObjectResult, str]] = ..., message: _Optional[str] = ..., sql: _Optional[str] = ...) -> None: ...

class PhaseRecord(_message.Message):
    __slots__ = ["ended_at_ms", "phase", "started_at_ms"]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ended_at_ms: int
    phase: StopPhase
    started_at_ms: int
    def __init__(self, phase: _Optional[_Union[StopPhase, str]] = ..., started_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ...) -> None: ...

class PlanStopRequest(_message.Message):
    __slots__ = ["drain_deadline_ms", "drain_to", "mode", "on_deadline", "require_all_objects", "task_id", "when_illegal"]
    DRAIN_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ON_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ALL_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    WHEN_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    drain_deadline_ms: int
    drain_to: DrainTarget
    mode: StopMode
    on_deadline: OnDeadline
    require_all_objects: bool
    task_id: str
    when_illegal: WhenIllegal
    def __init__(self, task_id: _Optional[str] = ..., mode: _Optional[_Union[StopMode, str]] = ..., require_all_objects: bool = ..., drain_deadline_ms: _Optional[int] = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., on_deadline: _Optional[_Union[OnDeadline, str]] = ..., when_illegal: _Optional[_Union[WhenIllegal, str]] = ...) -> None: ...

class ReadAuditEvent(_message.Message):
    __slots__ = ["head", "record"]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    head: AuditHead
    record: AuditRecord
    def __init__(self, record: _Optional[_Union[AuditRecord, _Mapping]] = ..., head: _Optional[_Union[AuditHead, _Mapping]] = ...) -> None: ...

class ReadAuditRequest(_message.Message):
    __slots__ = ["after_sequence"]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    def __init__(self, after_sequence: _Optional[int] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ["final_status", "hash", "kind", "previous_hash", "sequence", "stop"]
    FINAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    final_status: _status_pb2.TaskStatus
    hash: bytes
    kind: ReceiptKind
    previous_hash: bytes
    sequence: int
    stop: Stop
    def __init__(self, stop: _Optional[_Union[Stop, _Mapping]] = ..., sequence: _Optional[int] = ..., previous_hash: _Optional[bytes] = ..., hash: _Optional[bytes] = ..., final_status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., kind: _Optional[_Union[ReceiptKind, str]] = ...) -> None: ...

class ResourceOutcome(_message.Message):
    __slots__ = ["message", "released", "resource"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    message: str
    released: bool
    resource: str
    def __init__(self, resource: _Optional[str] = ..., released: bool = ..., message: _Optional[str] = ...) -> None: ...

class Stop(_message.Message):
    __slots__ = ["accepted_at_ms", "actor", "applied_position", "attempts", "batch_id", "blocker", "completes", "copy_complete", "deadline_passed", "drain_deadline_at_ms", "drain_deadline_ms", "drain_to", "drained", "ended_at_ms", "escalated", "failure", "fence_epoch", "id", "mode_asked", "mode_reason", "mode_taken", "objects", "objects_known_at_ms", "on_deadline", "phase", "phase_eta_ms", "phases", "reason", "received_position", "request_id", "requested_position", "require_all_objects", "residue", "residue_actor", "residue_finished_at_ms", "residue_reason", "resources", "rows_applied", "rows_copied", "status_before", "tables", "task_id", "task_name", "transactions_applied", "withdrawn_by", "withdrawn_reason"]
    ACCEPTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    APPLIED_POSITION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    BLOCKER_FIELD_NUMBER: _ClassVar[int]
    COMPLETES_FIELD_NUMBER: _ClassVar[int]
    COPY_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_PASSED_FIELD_NUMBER: _ClassVar[int]
    DRAINED_FIELD_NUMBER: _ClassVar[int]
    DRAIN_DEADLINE_AT_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ESCALATED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    FENCE_EPOCH_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MODE_ASKED_FIELD_NUMBER: _ClassVar[int]
    MODE_REASON_FIELD_NUMBER: _ClassVar[int]
    MODE_TAKEN_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_KNOWN_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ON_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    PHASES_FIELD_NUMBER: _ClassVar[int]
    PHASE_ETA_MS_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_POSITION_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_POSITION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ALL_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    RESIDUE_ACTOR_FIELD_NUMBER: _ClassVar[int]
    RESIDUE_FIELD_NUMBER: _ClassVar[int]
    RESIDUE_FINISHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    RESIDUE_REASON_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    ROWS_APPLIED_FIELD_NUMBER: _ClassVar[int]
    ROWS_COPIED_FIELD_NUMBER: _ClassVar[int]
    STATUS_BEFORE_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    TRANSACTIONS_APPLIED_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_BY_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_REASON_FIELD_NUMBER: _ClassVar[int]
    accepted_at_ms: int
    actor: str
    applied_position: str
    attempts: int
    batch_id: str
    blocker: str
    completes: bool
    copy_complete: bool
    deadline_passed: bool
    drain_deadline_at_ms: int
    drain_deadline_ms: int
    drain_to: DrainTarget
    drained: bool
    ended_at_ms: int
    escalated: bool
    failure: _status_pb2.TaskFailure
    fence_epoch: int
    id: str
    mode_asked: StopMode
    mode_reason: str
    mode_taken: StopMode
    objects: _containers.RepeatedCompositeFieldContainer[ObjectOutcome]
    objects_known_at_ms: int
    on_deadline: OnDeadline
    phase: StopPhase
    phase_eta_ms: int
    phases: _containers.RepeatedCompositeFieldContainer[PhaseRecord]
    reason: str
    received_position: str
    request_id: str
    requested_position: str
    require_all_objects: bool
    residue: _containers.RepeatedCompositeFieldContainer[ObjectOutcome]
    residue_actor: str
    residue_finished_at_ms: int
    residue_reason: str
    resources: _containers.RepeatedCompositeFieldContainer[ResourceOutcome]
    rows_applied: int
    rows_copied: int
    status_before: _status_pb2.TaskStatus
    tables: _containers.RepeatedCompositeFieldContainer[TableOutcome]
    task_id: str
    task_name: str
    transactions_applied: int
    withdrawn_by: str
    withdrawn_reason: str
    def __init__(self, id: _Optional[str] = ..., task_id: _Optional[str] = ..., task_name: _Optional[str] = ..., batch_id: _Optional[str] = ..., request_id: _Optional[str] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., mode_asked: _Optional[_Union[StopMode, str]] = ..., mode_taken: _Optional[_Union[StopMode, str]] = ..., mode_reason: _Optional[str] = ..., phase: _Optional[_Union[StopPhase, str]] = ..., phases: _Optional[_Iterable[_Union[PhaseRecord, _Mapping]]] = ..., accepted_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., status_before: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., requested_position: _Optional[str] = ..., received_position: _Optional[str] = ..., applied_position: _Optional[str] = ..., drained: bool = ..., copy_complete: bool = ..., tables: _Optional[_Iterable[_Union[TableOutcome, _Mapping]]] = ..., rows_copied: _Optional[int] = ..., rows_applied: _Optional[int] = ..., transactions_applied: _Optional[int] = ..., objects: _Optional[_Iterable[_Union[ObjectOutcome, _Mapping]]] = ..., resources: _Optional[_Iterable[_Union[ResourceOutcome, _Mapping]]] = ..., require_all_objects: bool = ..., blocker: _Optional[str] = ..., failure: _Optional[_Union[_status_pb2.TaskFailure, _Mapping]] = ..., drain_deadline_ms: _Optional[int] = ..., fence_epoch: _Optional[int] = ..., attempts: _Optional[int] = ..., escalated: bool = ..., objects_known_at_ms: _Optional[int] = ..., completes: bool = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., on_deadline: _Optional[_Union[OnDeadline, str]] = ..., drain_deadline_at_ms: _Optional[int] = ..., deadline_passed: bool = ..., withdrawn_by: _Optional[str] = ..., withdrawn_reason: _Optional[str] = ..., residue: _Optional[_Iterable[_Union[ObjectOutcome, _Mapping]]] = ..., residue_finished_at_ms: _Optional[int] = ..., residue_actor: _Optional[str] = ..., residue_reason: _Optional[str] = ..., phase_eta_ms: _Optional[int] = ...) -> None: ...

class StopBatch(_message.Message):
    __slots__ = ["actor", "cancelled", "cancelled_by", "cancelled_reason", "created_at_ms", "duplicates", "ended_at_ms", "forbids_force", "id", "named", "revision", "state", "summary", "terms", "withdraws"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_BY_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_REASON_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FORBIDS_FORCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWS_FIELD_NUMBER: _ClassVar[int]
    actor: str
    cancelled: bool
    cancelled_by: str
    cancelled_reason: str
    created_at_ms: int
    duplicates: int
    ended_at_ms: int
    forbids_force: bool
    id: str
    named: int
    revision: int
    state: BatchState
    summary: BatchSummary
    terms: BatchStopRequest
    withdraws: bool
    def __init__(self, id: _Optional[str] = ..., actor: _Optional[str] = ..., state: _Optional[_Union[BatchState, str]] = ..., created_at_ms: _Optional[int] = ..., ended_at_ms: _Optional[int] = ..., terms: _Optional[_Union[BatchStopRequest, _Mapping]] = ..., named: _Optional[int] = ..., duplicates: _Optional[int] = ..., summary: _Optional[_Union[BatchSummary, _Mapping]] = ..., cancelled: bool = ..., cancelled_by: _Optional[str] = ..., cancelled_reason: _Optional[str] = ..., withdraws: bool = ..., revision: _Optional[int] = ..., forbids_force: bool = ...) -> None: ...

class StopOverride(_message.Message):
    __slots__ = ["drain_deadline_ms", "drain_to", "mode", "on_deadline", "reason", "require_all_objects", "task_id"]
    DRAIN_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ON_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ALL_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    drain_deadline_ms: int
    drain_to: DrainTarget
    mode: StopMode
    on_deadline: OnDeadline
    reason: str
    require_all_objects: bool
    task_id: str
    def __init__(self, task_id: _Optional[str] = ..., mode: _Optional[_Union[StopMode, str]] = ..., reason: _Optional[str] = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., drain_deadline_ms: _Optional[int] = ..., on_deadline: _Optional[_Union[OnDeadline, str]] = ..., require_all_objects: bool = ...) -> None: ...

class StopPlan(_message.Message):
    __slots__ = ["backlog_transactions", "drain_estimate_known", "drain_estimate_ms", "drain_to", "events", "lag_ms", "legal", "losses", "mode_reason", "mode_taken", "objects", "objects_known", "objects_truncated", "plan_hash", "refusal", "status", "task_id", "task_name", "triggers", "waits"]
    BACKLOG_TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_ESTIMATE_KNOWN_FIELD_NUMBER: _ClassVar[int]
    DRAIN_ESTIMATE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    LAG_MS_FIELD_NUMBER: _ClassVar[int]
    LEGAL_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    MODE_REASON_FIELD_NUMBER: _ClassVar[int]
    MODE_TAKEN_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    PLAN_HASH_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    backlog_transactions: int
    drain_estimate_known: bool
    drain_estimate_ms: int
    drain_to: DrainTarget
    events: int
    lag_ms: int
    legal: bool
    losses: _containers.RepeatedScalarFieldContainer[str]
    mode_reason: str
    mode_taken: StopMode
    objects: _containers.RepeatedCompositeFieldContainer[ObjectOutcome]
    objects_known: bool
    objects_truncated: bool
    plan_hash: bytes
    refusal: _error_pb2.ErrorInfo
    status: _status_pb2.TaskStatus
    task_id: str
    task_name: str
    triggers: int
    waits: bool
    def __init__(self, task_id: _Optional[str] = ..., task_name: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., legal: bool = ..., refusal: _Optional[_Union[_error_pb2.ErrorInfo, _Mapping]] = ..., mode_taken: _Optional[_Union[StopMode, str]] = ..., mode_reason: _Optional[str] = ..., lag_ms: _Optional[int] = ..., triggers: _Optional[int] = ..., events: _Optional[int] = ..., losses: _Optional[_Iterable[str]] = ..., objects_known: bool = ..., plan_hash: _Optional[bytes] = ..., objects: _Optional[_Iterable[_Union[ObjectOutcome, _Mapping]]] = ..., objects_truncated: bool = ..., drain_estimate_ms: _Optional[int] = ..., drain_estimate_known: bool = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., waits: bool = ..., backlog_transactions: _Optional[int] = ...) -> None: ...

class StopSelector(_message.Message):
    __slots__ = ["all", "labels", "min_age_ms", "min_unchanged_ms", "name_glob", "statuses"]
    ALL_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    MIN_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    MIN_UNCHANGED_MS_FIELD_NUMBER: _ClassVar[int]
    NAME_GLOB_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    all: bool
    labels: _containers.RepeatedCompositeFieldContainer[_status_pb2.TaskLabel]
    min_age_ms: int
    min_unchanged_ms: int
    name_glob: str
    statuses: _containers.RepeatedScalarFieldContainer[_status_pb2.TaskStatus]
    def __init__(self, statuses: _Optional[_Iterable[_Union[_status_pb2.TaskStatus, str]]] = ..., name_glob: _Optional[str] = ..., labels: _Optional[_Iterable[_Union[_status_pb2.TaskLabel, _Mapping]]] = ..., min_age_ms: _Optional[int] = ..., min_unchanged_ms: _Optional[int] = ..., all: bool = ...) -> None: ...

class StopTaskRequest(_message.Message):
    __slots__ = ["drain_deadline_ms", "drain_to", "mode", "on_deadline", "plan_hash", "reason", "request_id", "require_all_objects", "task_id", "when_illegal"]
    DRAIN_DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    DRAIN_TO_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    ON_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    PLAN_HASH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ALL_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    WHEN_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    drain_deadline_ms: int
    drain_to: DrainTarget
    mode: StopMode
    on_deadline: OnDeadline
    plan_hash: bytes
    reason: str
    request_id: str
    require_all_objects: bool
    task_id: str
    when_illegal: WhenIllegal
    def __init__(self, task_id: _Optional[str] = ..., mode: _Optional[_Union[StopMode, str]] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ..., require_all_objects: bool = ..., drain_deadline_ms: _Optional[int] = ..., drain_to: _Optional[_Union[DrainTarget, _Mapping]] = ..., on_deadline: _Optional[_Union[OnDeadline, str]] = ..., when_illegal: _Optional[_Union[WhenIllegal, str]] = ..., plan_hash: _Optional[bytes] = ...) -> None: ...

class StopTaskResponse(_message.Message):
    __slots__ = ["addenda", "receipt", "result", "status", "stop"]
    ADDENDA_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    addenda: _containers.RepeatedCompositeFieldContainer[Receipt]
    receipt: Receipt
    result: StopItemResult
    status: _status_pb2.TaskStatus
    stop: Stop
    def __init__(self, result: _Optional[_Union[StopItemResult, str]] = ..., stop: _Optional[_Union[Stop, _Mapping]] = ..., receipt: _Optional[_Union[Receipt, _Mapping]] = ..., status: _Optional[_Union[_status_pb2.TaskStatus, str]] = ..., addenda: _Optional[_Iterable[_Union[Receipt, _Mapping]]] = ...) -> None: ...

class TableOutcome(_message.Message):
    __slots__ = ["complete", "database", "rows", "table"]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    complete: bool
    database: str
    rows: int
    table: str
    def __init__(self, database: _Optional[str] = ..., table: _Optional[str] = ..., complete: bool = ..., rows: _Optional[int] = ...) -> None: ...

class WatchBatchStopRequest(_message.Message):
    __slots__ = ["batch_id", "only_changes"]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ONLY_CHANGES_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    only_changes: bool
    def __init__(self, batch_id: _Optional[str] = ..., only_changes: bool = ...) -> None: ...

class StopMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class StopPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DrainPoint(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class OnDeadline(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class WhenIllegal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ObjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ObjectResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ReceiptKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class StopItemResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class BatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
