from __future__ import annotations

import copy
import pickle

from cutover import errors
from cutover.errors import CutoverError, NotFound, of_response
from cutover.status import Status
from cutover.v1 import ErrorDetail, ErrorInfo


def test_each_status_has_its_class() -> None:
    for status in Status:
        if status in (Status.OK, Status.UNKNOWN):
            continue
        error = of_response(status, b"", False, 0)
        assert type(error) is not CutoverError and error.status is status
        assert type(error).__name__ in vars(errors)
    for number in (2, 17, 255):
        assert of_response(number, b"", False, 0).status is Status.UNKNOWN


def test_texts_of_a_server_are_bounded() -> None:
    info = ErrorInfo(message="é" * 1000, reason="R" * 5000)
    info.details.extend(ErrorDetail(key=str(n), value="v" * 2000) for n in range(50))
    error = of_response(5, info.SerializeToString(), True, 7)
    assert isinstance(error, NotFound)
    assert len(error.message.encode()) == 1024 and len(error.reason) == 1024
    assert len(error.details) == 32 and len(error.details[0][1]) == 1024
    assert (error.not_executed, error.retry_after_ms) == (True, 7)


def test_what_is_no_error_info_leaves_the_status() -> None:
    error = of_response(5, b"\xff\xff", False, 0)
    assert str(error) == "NOT_FOUND" and error.reason == ""


def test_errors_can_be_copied_and_pickled() -> None:
    error = NotFound("gone", reason="UNKNOWN_TASK", details=(("a", "b"),), not_executed=True, retry_after_ms=3)
    for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is NotFound and vars(other) == vars(error) and str(other) == "NOT_FOUND (UNKNOWN_TASK): gone"
