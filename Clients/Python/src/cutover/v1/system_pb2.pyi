from cutover.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SERVING_STATUS_NOT_SERVING: ServingStatus
SERVING_STATUS_SERVING: ServingStatus
SERVING_STATUS_UNSPECIFIED: ServingStatus

class EchoRequest(_message.Message):
    __slots__ = ["payload"]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    def __init__(self, payload: _Optional[bytes] = ...) -> None: ...

class EchoResponse(_message.Message):
    __slots__ = ["payload"]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    def __init__(self, payload: _Optional[bytes] = ...) -> None: ...

class GetStatsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class HealthCheckRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class HealthCheckResponse(_message.Message):
    __slots__ = ["status"]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: ServingStatus
    def __init__(self, status: _Optional[_Union[ServingStatus, str]] = ...) -> None: ...

class ListMethodsRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListMethodsResponse(_message.Message):
    __slots__ = ["file_descriptor_set", "methods"]
    FILE_DESCRIPTOR_SET_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    file_descriptor_set: bytes
    methods: _containers.RepeatedCompositeFieldContainer[MethodDescription]
    def __init__(self, methods: _Optional[_Iterable[_Union[MethodDescription, _Mapping]]] = ..., file_descriptor_set: _Optional[bytes] = ...) -> None: ...

class MethodDescription(_message.Message):
    __slots__ = ["id", "idempotent", "name", "role", "stream"]
    IDEMPOTENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    id: int
    idempotent: bool
    name: str
    role: str
    stream: bool
    def __init__(self, name: _Optional[str] = ..., id: _Optional[int] = ..., stream: bool = ..., idempotent: bool = ..., role: _Optional[str] = ...) -> None: ...

class MethodStats(_message.Message):
    __slots__ = ["answered", "elapsed_us", "failed", "live", "name", "not_executed"]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_US_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NOT_EXECUTED_FIELD_NUMBER: _ClassVar[int]
    answered: int
    elapsed_us: int
    failed: int
    live: int
    name: str
    not_executed: int
    def __init__(self, name: _Optional[str] = ..., answered: _Optional[int] = ..., failed: _Optional[int] = ..., not_executed: _Optional[int] = ..., live: _Optional[int] = ..., elapsed_us: _Optional[int] = ...) -> None: ...

class ServerStats(_message.Message):
    __slots__ = ["connections", "connections_accepted", "connections_refused", "methods", "now_ms", "started_at_ms", "unknown_methods", "version"]
    CONNECTIONS_ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_REFUSED_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    NOW_MS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_METHODS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    connections: int
    connections_accepted: int
    connections_refused: int
    methods: _containers.RepeatedCompositeFieldContainer[MethodStats]
    now_ms: int
    started_at_ms: int
    unknown_methods: int
    version: str
    def __init__(self, version: _Optional[str] = ..., started_at_ms: _Optional[int] = ..., now_ms: _Optional[int] = ..., connections: _Optional[int] = ..., connections_accepted: _Optional[int] = ..., connections_refused: _Optional[int] = ..., unknown_methods: _Optional[int] = ..., methods: _Optional[_Iterable[_Union[MethodStats, _Mapping]]] = ...) -> None: ...

class ServingStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
