from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
TASK_STATUS_COMPLETED: TaskStatus
TASK_STATUS_CONFIGURATION: TaskStatus
TASK_STATUS_CREATE_FAILED: TaskStatus
TASK_STATUS_CREATING: TaskStatus
TASK_STATUS_FAULT_RECTIFICATION: TaskStatus
TASK_STATUS_FULL_MIGRATION: TaskStatus
TASK_STATUS_FULL_MIGRATION_FAILED: TaskStatus
TASK_STATUS_INCREMENTAL_MIGRATION: TaskStatus
TASK_STATUS_INCREMENTAL_MIGRATION_FAILED: TaskStatus
TASK_STATUS_PAUSED: TaskStatus
TASK_STATUS_PENDING_START: TaskStatus
TASK_STATUS_STARTING: TaskStatus
TASK_STATUS_START_FAILED: TaskStatus
TASK_STATUS_STOPPED: TaskStatus
TASK_STATUS_STOPPING: TaskStatus
TASK_STATUS_STOP_FAILED: TaskStatus
TASK_STATUS_UNSPECIFIED: TaskStatus

class TaskFailure(_message.Message):
    __slots__ = ["at_ms", "code", "message", "retriable"]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRIABLE_FIELD_NUMBER: _ClassVar[int]
    at_ms: int
    code: str
    message: str
    retriable: bool
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., at_ms: _Optional[int] = ..., retriable: bool = ...) -> None: ...

class TaskLabel(_message.Message):
    __slots__ = ["key", "value"]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class TaskStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
