from cutover.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ALARM_KIND_DESTINATION_UNREACHABLE: AlarmKind
ALARM_KIND_LAG_HIGH: AlarmKind
ALARM_KIND_POSITION_LOST: AlarmKind
ALARM_KIND_SOURCE_UNREACHABLE: AlarmKind
ALARM_KIND_STOP_STUCK: AlarmKind
ALARM_KIND_UNSPECIFIED: AlarmKind
ALARM_KIND_WORKER_LOST: AlarmKind
DESCRIPTOR: _descriptor.FileDescriptor

class Alarm(_message.Message):
    __slots__ = ["change", "cleared_at_ms", "cleared_reason", "count", "id", "kind", "message", "raised_at_ms", "repeated_at_ms", "task_id", "task_name"]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    CLEARED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CLEARED_REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RAISED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    REPEATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_NAME_FIELD_NUMBER: _ClassVar[int]
    change: int
    cleared_at_ms: int
    cleared_reason: str
    count: int
    id: str
    kind: AlarmKind
    message: str
    raised_at_ms: int
    repeated_at_ms: int
    task_id: str
    task_name: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[AlarmKind, str]] = ..., task_id: _Optional[str] = ..., message: _Optional[str] = ..., raised_at_ms: _Optional[int] = ..., repeated_at_ms: _Optional[int] = ..., cleared_at_ms: _Optional[int] = ..., count: _Optional[int] = ..., task_name: _Optional[str] = ..., cleared_reason: _Optional[str] = ..., change: _Optional[int] = ...) -> None: ...

class ListAlarmsRequest(_message.Message):
    __slots__ = ["include_cleared", "kinds", "page_size", "page_token", "task_id"]
    INCLUDE_CLEARED_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    include_cleared: bool
    kinds: _containers.RepeatedScalarFieldContainer[AlarmKind]
    page_size: int
    page_token: str
    task_id: str
    def __init__(self, include_cleared: bool = ..., task_id: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[AlarmKind, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlarmsResponse(_message.Message):
    __slots__ = ["alarms", "change", "next_page_token"]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    change: int
    next_page_token: str
    def __init__(self, alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., change: _Optional[int] = ...) -> None: ...

class WatchAlarmsEvent(_message.Message):
    __slots__ = ["alarm"]
    ALARM_FIELD_NUMBER: _ClassVar[int]
    alarm: Alarm
    def __init__(self, alarm: _Optional[_Union[Alarm, _Mapping]] = ...) -> None: ...

class WatchAlarmsRequest(_message.Message):
    __slots__ = ["after_change", "kinds", "task_id"]
    AFTER_CHANGE_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    after_change: int
    kinds: _containers.RepeatedScalarFieldContainer[AlarmKind]
    task_id: str
    def __init__(self, after_change: _Optional[int] = ..., task_id: _Optional[str] = ..., kinds: _Optional[_Iterable[_Union[AlarmKind, str]]] = ...) -> None: ...

class AlarmKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
