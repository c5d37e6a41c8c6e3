"""Client of Cutover, which runs online database migrations and stops them well.

``Cutover`` blocks, ``AsyncCutover`` is for asyncio; both have the same methods. Messages are in ``cutover.v1``.
"""

from .client import DEFAULT, AsyncCutover
from .endpoint import TLS
from .errors import (
    NEVER_RETRY,
    Aborted,
    AlreadyExists,
    Cancelled,
    CutoverError,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    InternalError,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from .generated.client import Cutover
from .options import Options
from .status import Status

__all__ = [
    "DEFAULT",
    "NEVER_RETRY",
    "TLS",
    "Aborted",
    "AlreadyExists",
    "AsyncCutover",
    "Cancelled",
    "Cutover",
    "CutoverError",
    "DataLoss",
    "DeadlineExceeded",
    "FailedPrecondition",
    "InternalError",
    "InvalidArgument",
    "NotFound",
    "Options",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "Status",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
]
