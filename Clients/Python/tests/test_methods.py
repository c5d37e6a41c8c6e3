from __future__ import annotations

import pytest

from cutover import v1
from cutover.call import metadata_bytes, request_bytes
from cutover.method import StreamMethod, UnaryMethod, method_number
from cutover.v1 import methods, stop_pb2, system_pb2, task_pb2


def test_the_table_is_what_the_descriptors_say() -> None:
    found = {method.name: method for method in methods.ALL}
    assert len(found) == len(methods.ALL)
    assert len({method.number for method in methods.ALL}) == len(methods.ALL)
    for file in (system_pb2, task_pb2, stop_pb2):
        for service in file.DESCRIPTOR.services_by_name.values():
            for one in service.methods:
                method = found[f"{service.full_name}/{one.name}"]
                assert isinstance(method, StreamMethod if one.server_streaming else UnaryMethod)
                assert method.request.DESCRIPTOR is one.input_type
                assert method.response.DESCRIPTOR is one.output_type
                level = one.GetOptions().idempotency_level
                assert (method.read_only, method.idempotent) == (level == 1, level in (1, 2))


def test_numbers() -> None:
    assert method_number("cutover.v1.TaskService/GetTask") == 0x3FB813F8
    assert (methods.Health.Check.number, methods.Echo.Echo.number) == (1, 5)
    for method in methods.ALL:
        if method.number > 1023:
            assert method.number == method_number(method.name)


def test_what_changes_something_is_named_once() -> None:
    unnamed = v1.StopTaskRequest(task_id="t")
    made = v1.StopTaskRequest.FromString(request_bytes(methods.StopService.StopTask, unnamed))
    assert len(made.request_id) == 36 and unnamed.request_id == ""
    again = v1.StopTaskRequest.FromString(request_bytes(methods.StopService.StopTask, unnamed))
    assert again.request_id != made.request_id
    named = v1.StopTaskRequest(task_id="t", request_id="mine")
    assert request_bytes(methods.StopService.StopTask, named) == named.SerializeToString()
    # A plan changes nothing, and a cancelled batch needs no name.
    assert request_bytes(methods.StopService.PlanStop, v1.PlanStopRequest()) == b""
    assert request_bytes(methods.BatchStopService.CancelBatchStop, v1.CancelBatchStopRequest()) == b""


def test_metadata_leaves_room_for_the_attempt() -> None:
    assert metadata_bytes({"traceparent": "00-x"}) == b"\x0btraceparent\0\x0400-x"
    with pytest.raises(ValueError, match="more than 64"):
        metadata_bytes({f"k{n}": b"" for n in range(64)})
