"""What a call raises when it does not do what was asked."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from .status import Status
from .v1 import error_pb2
from .wire import limits

# As retry_after_ms: no retry can help (RESP-2).
NEVER_RETRY = 0xFFFFFF


class CutoverError(Exception):
    """A call failed. The message is for people and holds neither secrets nor SQL; decide by the other fields.

    Attributes:
        status: The kind of failure; also the subclass.
        reason: A stable, machine-readable reason such as ``TASK_STOPPED``; empty when none was given.
        message: What happened and what to do about it.
        details: Further facts as pairs, at most 32.
        not_executed: True when nothing of the call was run.
        retry_after_ms: How long the server asks to wait before another attempt; 0 when it did not say, ``NEVER_RETRY`` when no
            attempt can help.
    """

    status: Status = Status.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        status: Status | None = None,
        reason: str = "",
        details: tuple[tuple[str, str], ...] = (),
        not_executed: bool = False,
        retry_after_ms: int = 0,
    ) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status
        self.message = message
        self.reason = reason
        self.details = details
        self.not_executed = not_executed
        self.retry_after_ms = retry_after_ms

    def __str__(self) -> str:
        cause = f"{self.status.name} ({self.reason})" if self.reason else self.status.name
        return f"{cause}: {self.message}" if self.message else cause

    def detail(self, key: str) -> str | None:
        """The first detail with this key."""
        return next((value for name, value in self.details if name == key), None)


class Cancelled(CutoverError):
    """The call was given up, by its caller or by the server."""

    status = Status.CANCELLED


class InvalidArgument(CutoverError):
    """The request itself is wrong; sending it again cannot help."""

    status = Status.INVALID_ARGUMENT


class DeadlineExceeded(CutoverError):
    """No answer came in time. What was asked may have been done: repeat it with the same request id."""

    status = Status.DEADLINE_EXCEEDED


class NotFound(CutoverError):
    """There is no such task, stop or batch."""

    status = Status.NOT_FOUND


class AlreadyExists(CutoverError):
    """It exists already with another content."""

    status = Status.ALREADY_EXISTS


class PermissionDenied(CutoverError):
    """The caller's role does not allow it."""

    status = Status.PERMISSION_DENIED


class ResourceExhausted(CutoverError):
    """The server, or this client, has too much to do, or a limit is reached."""

    status = Status.RESOURCE_EXHAUSTED


class FailedPrecondition(CutoverError):
    """The rules do not allow it in the task's present status; ``reason`` says which rule."""

    status = Status.FAILED_PRECONDITION


class Aborted(CutoverError):
    """Something changed in between; look again and repeat."""

    status = Status.ABORTED


class OutOfRange(CutoverError):
    """A revision or page that the server no longer has."""

    status = Status.OUT_OF_RANGE


class Unimplemented(CutoverError):
    """The server is of another version and does not offer this."""

    status = Status.UNIMPLEMENTED


class InternalError(CutoverError):
    """A fault in the server, or in its answer."""

    status = Status.INTERNAL


class Unavailable(CutoverError):
    """The server cannot be reached, was lost, or does not take calls now."""

    status = Status.UNAVAILABLE


class DataLoss(CutoverError):
    """Stored data cannot be read."""

    status = Status.DATA_LOSS


class Unauthenticated(CutoverError):
    """The server does not accept the token or the certificate."""

    status = Status.UNAUTHENTICATED


_BY_STATUS: dict[Status, type[CutoverError]] = {kind.status: kind for kind in CutoverError.__subclasses__()}


def of_response(status: int, payload: bytes, not_executed: bool, retry_after_ms: int) -> CutoverError:
    """The error for a RESPONSE whose status is not OK. Limits and leniency: ERROR-1, ERROR-2."""
    known = Status.read(status)
    info = error_pb2.ErrorInfo()
    try:
        info.ParseFromString(payload)
    except DecodeError:
        info.Clear()
    details = tuple((_bounded(one.key), _bounded(one.value)) for one in info.details[: limits.ERROR_DETAILS])
    return _BY_STATUS.get(known, CutoverError)(
        _bounded(info.message),
        status=known,
        reason=_bounded(info.reason),
        details=details,
        not_executed=not_executed,
        retry_after_ms=retry_after_ms,
    )


def _bounded(text: str) -> str:
    return text.encode()[: limits.ERROR_TEXT_BYTES].decode(errors="ignore")
